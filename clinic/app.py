"""The application: engine, security, blueprints, error pages; no logic."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask, request
from flask_bootstrap import Bootstrap5
from flask_login import LoginManager
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

from clinic.security.guard import SignedIn, load_user
from clinic.services.clock import Watch
from clinic.services.emergency import EmergencyLog
from clinic.store.base import make_engine
from clinic.web import (
    blueprints,
    calendar_feed,
    clock,
    errors,
    form_markup,
    headers,
    language,
    measured,
    once_more,
    pace,
    page,
    restored,
    restricted,
    shown_again,
    typed,
)
from clinic.web.units import now
from config import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

ROOT = Path(__file__).parent


class KeyConverter(IntegerConverter):
    """A number that a table can have as a key; a longer one is an address that does not exist."""

    regex = r"\d{1,9}"


def create_app(settings: Settings) -> Flask:
    """The app over one database; `settings` is the only thing it takes from outside."""
    app = Flask(
        "clinic",
        root_path=str(ROOT),
        template_folder=str(ROOT.parent / "templates"),
        static_folder=str(ROOT / "web" / "static"),
    )
    configure(app, settings)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.url_map.converters |= {"int": KeyConverter, "feed_token": calendar_feed.FeedTokenConverter}
    CSRFProtect(app)
    form_markup.register()
    Bootstrap5(app)
    language.register(app)
    login = LoginManager(app)
    login.session_protection = None  # the session lives on the server; an address that changes is no reason

    @login.user_loader
    def person(token: str) -> SignedIn | None:
        return load_user(app.extensions["engine"], app.config["SETTINGS"], token, now(), request.endpoint)

    measured.register(app)
    typed.register(app)
    headers.register(app)
    errors.register(app)
    page.register(app)
    pace.register(app)
    restored.register(app)
    clock.register(app)
    shown_again.register(app)
    restricted.register(app)
    once_more.register(app)
    blueprints.register(app)
    return app


def behind(app: Flask, proxies: int) -> WSGIApplication:
    """The app with the visitor's own address when that many proxies say it; what a visitor says herself counts not."""
    bare = Flask.wsgi_app.__get__(app)
    return ProxyFix(bare, x_for=proxies, x_proto=proxies, x_host=0) if proxies else bare


def configure(app: Flask, settings: Settings) -> None:
    """All of the app that depends on the settings: its configuration, and the engine on their database."""
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="__Host-botwacht" if settings.secure_cookies else "botwacht",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(days=1),
        WTF_CSRF_TIME_LIMIT=None,  # the token lives as long as the session; idle ends are the server's
        MAX_CONTENT_LENGTH=20 * 1024 * 1024,
        BOOTSTRAP_SERVE_LOCAL=True,
        SETTINGS=settings,
    )
    app.wsgi_app = behind(app, settings.proxies)  # type: ignore[assignment,method-assign]
    app.extensions["engine"] = make_engine(settings.database_url)
    app.extensions["clock"] = Watch()
    app.extensions["pace"] = pace.Pace()
    app.extensions["emergency_log"] = EmergencyLog(settings.instance_dir, settings.audit_key.encode())
    for kept in ("restored", "provider"):  # of the settings before
        app.extensions.pop(kept, None)
