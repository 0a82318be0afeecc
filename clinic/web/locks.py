"""The lock on a screen that was left alone: its page, the way back to what stood there, and who is still at work."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField
from wtforms.validators import InputRequired

from clinic.domain.errors import RuleBroken
from clinic.security.guard import mark_seen, public, signed_in
from clinic.services import locks
from clinic.services.sign_in import NotHalfWay
from clinic.web import back
from clinic.web.door import at_the_door
from clinic.web.errors import show_on_form
from clinic.web.kept_typed import Kept, kept_typed, resume
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
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


def page(kept: Kept) -> str | None:
    """The page of a locked session, with what had been typed; None when nobody's stands locked here."""
    form = UnlockForm(formdata=None)
    form.back.data = request.full_path.rstrip("?") if request.method == "GET" else ""
    return shown(form, kept)


def shown(form: UnlockForm, kept: Kept) -> str | None:
    """The same with what was said of her password."""
    with at_the_door(writes=False) as door:
        user = locks.owner(door, token(), current_app.config["SETTINGS"].absolute_end)
        return None if user is None else render_template("auth/locked.html", form=form, kept=kept, name=user.name)


@bp.post("/unlock")
@public
def unlock() -> ResponseReturnValue:
    """Go on where she was, or say that it is not her password; a session that ended asks for both steps."""
    from clinic.web.second_factor import begin_again

    form, kept = UnlockForm(), kept_typed()
    if form.validate_on_submit():
        try:
            with at_the_door() as door:
                locks.unlock(door, token(), current_app.config["SETTINGS"].absolute_end, form.password.data)
        except RuleBroken as broken:
            show_on_form(form, broken)
        except NotHalfWay:
            return begin_again(kept, GONE)
        else:
            return redirect(back.back_or(url_for("home.index")), 303) if kept.path is None else resume(kept)
    locked = shown(form, kept)
    return begin_again(kept, GONE) if locked is None else (locked, 422)


@bp.post("/still-here")
@signed_in
def still_here() -> ResponseReturnValue:
    """She works on without asking for a page; a page says so only when she did something (CVE-2026-25476)."""
    mark_seen(engine(), current_user.token, now())
    return str(current_user.id), 200, {"Content-Type": "text/plain; charset=utf-8"}
