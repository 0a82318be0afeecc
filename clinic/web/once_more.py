"""Before somebody changes who comes in or may what, closes a record or destroys one: she shows that it is she.

A screen that was left open is enough for all else; these acts outlive it (ASVS 7.5.1). Asked once in five minutes.
"""

from __future__ import annotations

from flask import Flask, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import PasswordField

from clinic.domain.errors import RuleBroken
from clinic.security.permissions import May, allows
from clinic.services import accounts
from clinic.web.errors import show_on_form, typed
from clinic.web.own_passkeys import sure_who_signs
from clinic.web.units import now, writing

ASKED = frozenset((
    "accounts.save", "accounts.change", "accounts.deactivate", "accounts.code", "accounts.second_factor",
    "accounts.unlock", "accounts.end_sessions", "settings.save_doctor", "settings.give_mandate",
    "settings.withdraw_mandate", "settings.let_own", "requests.decide", "requests.destroy", "restrictions.restrict",
    "restrictions.lift",
))  # fmt: skip
PREFIX = "once-"
PASSKEY = "passkey"
"""What this page's own form may send in place of the password."""


class OnceMoreForm(FlaskForm):
    """Her password; its name is no field's of the page that she comes from."""

    password = PasswordField(_l("Password"), render_kw={"autocomplete": "current-password", "autofocus": True})


def register(app: Flask) -> None:
    """Stand before these acts, for who may do them; everybody else is refused by the route itself."""

    @app.before_request
    def once_more() -> ResponseReturnValue | None:
        if request.endpoint not in ASKED or not current_user.is_authenticated or not admitted() or is_recent():
            return None
        return asked()


def admitted() -> bool:
    """Whether her role may do this at all."""
    act = getattr(current_app.view_functions[request.endpoint or ""], "needs", None)
    return isinstance(act, May) and allows(current_user.role, act)


def is_recent() -> bool:
    """Whether she showed it a moment ago, in this session."""
    return current_user.confirmed_at is not None and current_user.confirmed_at >= now() - accounts.CONFIRMED_FOR


def asked() -> ResponseReturnValue | None:
    """Her answer lets the act go on; without one, or with a wrong one, the page asks and keeps what was typed."""
    form = OnceMoreForm(prefix=PREFIX)
    if any(name.startswith(PREFIX) for name in request.form):
        try:
            with writing() as work:
                sure_who_signs(work, form.password.data)
                accounts.remember_sure(work, current_user.token)
        except RuleBroken as broken:
            show_on_form(form, broken)
        else:
            return None
    kept = [(name, value) for name, value in typed() if not name.startswith(PREFIX) and name != PASSKEY]
    return render_template("auth/once_more.html", form=form, kept=kept, path=request.full_path.rstrip("?")), 422
