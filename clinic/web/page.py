"""What every page knows: who is signed in, the menu of her role, the words for codes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import Flask, current_app, request, url_for
from flask_babel import format_date
from flask_login import current_user

from clinic.letters.dutch import PRESCRIBERS
from clinic.security.permissions import May, Role, allows
from clinic.web import language, presenters
from clinic.web.causes import why
from clinic.web.language import gettext as _
from clinic.web.units import today


@dataclass(frozen=True, slots=True)
class NavEntry:
    """One entry of the menu."""

    href: str
    label: str
    count: str | None
    current: bool


# the pages of the menu; an entry is the current one on its own page and on those below it
MENU: dict[Role, tuple[str, ...]] = {
    Role.NURSE: ("home.index", "worklists.index", "doses.index", "patients.index", "letters.index"),
    Role.DOCTOR: ("home.index", "review_queue.index", "worklists.index", "patients.index", "letters.index"),
    Role.SECRETARY: (
        "home.index",
        "worklists.index",
        "doses.index",
        "letters.index",
        "patients.index",
        "practices.index",
    ),
    Role.MANAGER: (
        "home.index",
        "imports.index",
        "practices.index",
        "protocol.index",
        "settings.index",
        "accounts.index",
    ),
    Role.PRIVACY_OFFICER: (
        "home.index",
        "requests.index",
        "breaches.index",
        "restrictions.index",
        "log.index",
        "log_reviews.index",
    ),
}


def labels() -> dict[str, str]:
    """What each entry of the menu is called."""
    return {
        "home.index": _("Today"),
        "review_queue.index": _("To review"),
        "worklists.index": _("Worklist"),
        "doses.index": _("Infusions"),
        "patients.index": _("Patients"),
        "letters.index": _("Letters"),
        "practices.index": _("Practices"),
        "imports.index": _("Import"),
        "protocol.index": _("Protocol"),
        "settings.index": _("Settings"),
        "accounts.index": _("Accounts"),
        "requests.index": _("Requests"),
        "breaches.index": _("Data breaches"),
        "restrictions.index": _("Restricted records"),
        "log.index": _("Log"),
        "log_reviews.index": _("Reviews of the log"),
    }


def has_endpoint(name: str) -> bool:
    """Whether the app serves this endpoint."""
    return name in current_app.view_functions


def menu() -> list[NavEntry]:
    """The menu of the person's role."""
    if not current_user.is_authenticated:
        return []
    entries = entries_of(current_user.role, language.current(), request.root_path)
    here, home = request.root_path + request.path, url_for("home.index")
    return [
        NavEntry(href, words, None, here == href or (href != home and here.startswith(f"{href.rstrip('/')}/")))
        for _name, href, words in entries
    ]


@lru_cache
def entries_of(role: Role, _lang: str, _root: str) -> list[tuple[str, str, str]]:
    """Endpoint, address and words of a role's menu; the same on every page of a language."""
    words = labels()
    return [(name, url_for(name), words[name]) for name in MENU[role]]


def static_url(filename: str) -> str:
    """Where a file of ours is."""
    return fixed_url("static", filename=filename)


def fixed_url(endpoint: str, **values: Any) -> str:
    """The address of what has one for everybody; worked out once for each place the app is mounted at."""
    return fixed_url_under(request.root_path, endpoint, **values)


@lru_cache
def fixed_url_under(_root: str, endpoint: str, **values: Any) -> str:
    """Kept by root: a page asks for its icons a hundred times, and every page for the same dozen addresses."""
    return url_for(endpoint, **values)


def may(act: str) -> bool:
    """Whether the person may do this; templates show what she can do and nothing else."""
    return bool(current_user.is_authenticated and allows(current_user.role, May(act)))


def register(app: Flask) -> None:
    """Hand these to every template."""
    app.jinja_env.globals.update(
        has_endpoint=has_endpoint, may=may, static_url=static_url, fixed_url=fixed_url, format_date=format_date,
        prescribers=PRESCRIBERS,
    )  # fmt: skip
    for name in ("day", "number", "signed", "cm", "kg", "bmd", "phone", "count_text"):
        app.jinja_env.filters[name] = getattr(presenters, name)
    app.jinja_env.filters["why"] = why

    @app.context_processor
    def everywhere() -> dict[str, Any]:
        person = current_user._get_current_object()  # the person, not a proxy that looks her up at each mention
        return {"nav": menu(), "user": person, "today": today(), "lang": language.current()}
