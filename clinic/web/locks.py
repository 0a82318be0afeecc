"""The lock on a screen that was left alone: its page, the way back to what stood there, and who is still at work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask import Blueprint, abort, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField
from wtforms.validators import InputRequired

from clinic.domain.errors import RuleBroken
from clinic.security.guard import mark_seen, public, signed_in
from clinic.services import locks
from clinic.services.sign_in import Door, NotHalfWay
from clinic.store.passkeys import has_any
from clinic.store.users import User
from clinic.web import back
from clinic.web.door import at_the_door
from clinic.web.errors import show_on_form
from clinic.web.kept_typed import Kept, kept_typed, resume
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.passkeys import answer, as_json, site
from clinic.web.second_factor import begin_again
from clinic.web.units import engine, now

bp = Blueprint("locks", __name__)
GONE = 410
"""The session that was to be opened again has ended."""
SENTENCES |= {"unlock_wrong": lambda: _("This is not your password.")}


class UnlockForm(FlaskForm):
    """Her password, and where she was."""

    password = PasswordField(
        _l("Password"),
        validators=[InputRequired(_l("Fill in your password."))],
        render_kw={"autocomplete": "current-password", "autofocus": True},
    )
    back = HiddenField()


def token() -> str:
    """Of the session in this browser, open or locked; empty when there is none."""
    return str(session.get("_user_id", ""))


def absolute_end() -> timedelta:
    """How long a session lasts at most."""
    longest: timedelta = current_app.config["SETTINGS"].absolute_end
    return longest


def page(kept: Kept) -> str | None:
    """The page of a locked session, with what had been typed; None when nobody's stands locked here."""
    form = UnlockForm(formdata=None)
    form.back.data = request.full_path.rstrip("?") if request.method == "GET" else ""
    return shown(form, kept)


def shown(form: UnlockForm, kept: Kept) -> str | None:
    """The same with what was said of her password or passkey."""
    with at_the_door(writes=False) as door:
        user = locks.owner(door, token(), absolute_end())
        if user is None:
            return None
        has_passkey = has_any(door.session, user.id)
        return render_template("auth/locked.html", form=form, kept=kept, name=user.name, has_passkey=has_passkey)


@bp.post("/unlock")
@public
def unlock() -> ResponseReturnValue:
    """Go on where she was, or say that it is not her password."""
    form = UnlockForm()
    typed = form.password.data if form.validate_on_submit() else None
    return tried(form, lambda door: locks.unlock(door, token(), absolute_end(), typed) if typed else None)


@bp.post("/unlock/passkey/ask")
@public
def ask() -> ResponseReturnValue:
    """What the browser is asked at a locked screen; nothing where none stands locked."""
    here = site()
    try:
        with at_the_door() as door:
            return as_json(locks.ask(door, token(), absolute_end(), here))
    except NotHalfWay:
        abort(404)


@bp.post("/unlock/passkey")
@public
def unlock_by_passkey() -> ResponseReturnValue:
    """Go on where she was, or say that it is no passkey of hers."""
    here, form = site(), UnlockForm(formdata=None, back=request.form.get("back", ""))
    return tried(form, lambda door: locks.unlock_by_passkey(door, token(), absolute_end(), here, answer()))


def tried(form: UnlockForm, opens: Callable[[Door], User | None]) -> ResponseReturnValue:
    """Where she was, with what she typed; else the lock once more. A session that ended asks for both steps."""
    kept = kept_typed()
    try:
        with at_the_door() as door:
            opened = opens(door)
    except RuleBroken as broken:
        opened = None
        show_on_form(form, broken)
    except NotHalfWay:
        return begin_again(kept, GONE)
    if opened is not None:
        return redirect(back.back_or(url_for("home.index")), 303) if kept.path is None else resume(kept)
    locked = shown(form, kept)
    return begin_again(kept, GONE) if locked is None else (locked, 422)


@bp.post("/still-here")
@signed_in
def still_here() -> ResponseReturnValue:
    """She works on without asking for a page; a page says so only when she did something (CVE-2026-25476)."""
    mark_seen(engine(), current_user.token, now())
    return str(current_user.id), 200, {"Content-Type": "text/plain; charset=utf-8"}
