"""Signing in and out, and the one-time code of a new account; the second step is `web.second_factor`."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_login import current_user, logout_user
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired

from clinic.domain.errors import RuleBroken
from clinic.security import accounts
from clinic.security.audit import Action
from clinic.security.guard import public, signed_in
from clinic.services import calls, sign_in
from clinic.services.sign_in import Door, Step
from clinic.store.users import User
from clinic.web import second_factor
from clinic.web.door import HALF_WAY, at_the_door
from clinic.web.errors import show_on_form
from clinic.web.kept_typed import NOTHING, kept_typed
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.second_factor import CODE_KEYS

bp = Blueprint("auth", __name__)

SENTENCES |= {
    "sign_in_wrong": lambda: _("User name and password do not belong together."),
    "sign_in_both": lambda: _(
        "Too many attempts at this name or from this place: fill in your password and the code of your app together."
    ),
    "both_wrong": lambda: _("User name, password and code do not belong together, or the code was used before."),
    "sign_in_wait": lambda: _("Too many attempts. Wait ten minutes, or ask the manager for a code."),
    "code_wrong": lambda: _("This code does not open this account, or no longer."),
}


class SignInForm(FlaskForm):
    """Name and password; and the code, shown once both are asked together."""

    username = StringField(
        _l("User name"),
        validators=[InputRequired(_l("Fill in your user name."))],
        render_kw={"autocomplete": "username"},
    )
    password = PasswordField(
        _l("Password"),
        validators=[InputRequired(_l("Fill in your password."))],
        render_kw={"autocomplete": "current-password"},
    )
    code = StringField(_l("Code"), render_kw=CODE_KEYS)


class CodeForm(FlaskForm):
    """A one-time code, and the password its owner chooses."""

    username = StringField(
        _l("User name"),
        validators=[InputRequired(_l("Fill in your user name."))],
        render_kw={"autocomplete": "username"},
    )
    code = StringField(_l("One-time code"), validators=[InputRequired(_l("Fill in the code you were given."))])
    password = PasswordField(
        _l("New password"),
        validators=[InputRequired(_l("Choose a password."))],
        render_kw={"autocomplete": "new-password"},
    )


@bp.get("/sign-in")
@public
def sign_in_page() -> ResponseReturnValue:
    """The page to sign in."""
    if current_user.is_authenticated:
        return redirect(url_for("home.index"))
    return render_template("auth/sign_in.html", form=SignInForm(), kept=NOTHING)


@bp.post("/sign-in")
@public
def sign_in_post() -> ResponseReturnValue:
    """Check name and password and go on to the second step, or say no without saying which was wrong."""
    form, kept = SignInForm(), kept_typed()
    if form.validate_on_submit():
        try:
            with at_the_door() as door:
                step = first_step(door, form)
        except RuleBroken as broken:
            show_on_form(form, broken)
        else:
            return second_factor.go_on(step, kept)
    return render_template("auth/sign_in.html", form=form, kept=kept), 422


def first_step(door: Door, form: SignInForm) -> Step:
    """The password alone, or with the code where it is not enough."""
    username, password = form.username.data, form.password.data
    if not form.code.data:
        return sign_in.with_password(door, username, password)
    step = sign_in.with_both(door, username, password, form.code.data)
    second_factor.warn_of_few(door, step)
    return step


@bp.get("/one-time-code")
@public
def code() -> ResponseReturnValue:
    """The page for a one-time code."""
    return render_template("auth/code.html", form=CodeForm())


@bp.post("/one-time-code")
@public
def code_post() -> ResponseReturnValue:
    """Spend the code, set the password, go on to the second step."""
    form = CodeForm()
    if form.validate_on_submit():
        try:
            with at_the_door() as door:
                step = sign_in.with_code(door, form.username.data, form.code.data, form.password.data)
        except RuleBroken as broken:
            show_on_form(form, broken)
        else:
            return second_factor.go_on(step, NOTHING)
    return render_template("auth/code.html", form=form), 422


@bp.post("/sign-out")
@signed_in
def sign_out() -> ResponseReturnValue:
    """End the session on the server as well as in the browser."""
    with at_the_door() as door:
        accounts.end_session(door.session, current_user.token, door.now, "signed out")
        calls.release(door.session, current_user.id)
        door.note(Action.SIGNED_OUT, door.session.get(User, current_user.id))
        door.session.commit()
    session.pop(HALF_WAY, None)
    logout_user()
    return redirect(url_for("auth.sign_in_page"), 303)
