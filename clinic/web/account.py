"""What a person chooses for herself: password, language, theme, density, single-letter keys."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy import update
from sqlalchemy.orm import Session
from wtforms import PasswordField
from wtforms.validators import InputRequired

from clinic.domain.errors import RuleBroken
from clinic.security.guard import public, signed_in
from clinic.services import accounts, calendar_feed, sessions
from clinic.services.work import local_day
from clinic.store.users import User
from clinic.web import own_sessions
from clinic.web.back import is_local
from clinic.web.calendar_feed import new_form_token
from clinic.web.errors import show_on_form
from clinic.web.language import gettext as _
from clinic.web.units import engine, reading, writing

bp = Blueprint("account", __name__, url_prefix="/account")
CHOICES = {"language": ("nl", "en"), "theme": ("light", "dark", ""), "density": ("comfortable", "compact")}


class PasswordForm(FlaskForm):
    """The current password and the next one."""

    current_password = PasswordField(
        _l("Current password"),
        validators=[InputRequired(_l("Fill in your password."))],
        render_kw={"autocomplete": "current-password"},
    )
    password = PasswordField(
        _l("New password"),
        validators=[InputRequired(_l("Choose a password."))],
        render_kw={"autocomplete": "new-password"},
    )


class EndForm(FlaskForm):
    """That it is she who puts herself out elsewhere; the button says where."""

    # named as every password is, so that no page keeps it; the form above has an element of that name already
    password = PasswordField(_l("Current password"), id="end-password", render_kw={"autocomplete": "current-password"})


@bp.get("")
@signed_in
def index() -> ResponseReturnValue:
    """One's own account."""
    return page(PasswordForm(formdata=None))


def page(form: PasswordForm, ending: EndForm | None = None) -> str:
    """Her password, her sessions, her calendar, her screen."""
    with reading() as work:
        since, signed_in_at = calendar_feed.made_at(work), own_sessions.lines(work)
    return render_template(
        "account/index.html", form=form, feed_since=since and local_day(since), form_token=new_form_token(),
        sessions=signed_in_at, ending=ending or EndForm(formdata=None),
    )  # fmt: skip


@bp.post("/password")
@signed_in
def password() -> ResponseReturnValue:
    """Another password; every other session of this person ends."""
    form = PasswordForm()
    if form.validate_on_submit():
        try:
            with writing() as work:
                accounts.change_password(work, form.current_password.data, form.password.data, current_user.token)
        except RuleBroken as broken:
            show_on_form(form, broken)
        else:
            flash(_("Your password is changed. You are signed out everywhere else."), "ok")
            return redirect(url_for("account.index"), 303)
    return page(form), 422


@bp.post("/sessions/end")
@signed_in
def end_sessions() -> ResponseReturnValue:
    """One of her other sessions, or all of them."""
    form = EndForm()
    if form.validate_on_submit():
        try:
            with writing() as work:
                typed = form.password.data or ""
                sessions.end_own(work, current_user.token, request.form.get("session", ""), typed)
        except RuleBroken as broken:
            show_on_form(form, broken)
        else:
            flash(_("Signed out there."), "ok")
            return redirect(url_for("account.index"), 303)
    return page(PasswordForm(formdata=None), form), 422


@bp.get("/keys")
@signed_in
def keys() -> ResponseReturnValue:
    """Which keys there are; `?` shows the same over any page."""
    return render_template("account/keys.html")


@bp.post("/language")
@public
def language() -> ResponseReturnValue:
    """Dutch or English, also before signing in."""
    choice = request.form.get("language", "")
    if choice in CHOICES["language"]:
        session["language"] = choice
        if current_user.is_authenticated:
            choose("language", choice)
    return redirect(back(), 303)


@bp.post("/appearance")
@signed_in
def appearance() -> ResponseReturnValue:
    """Theme, density, single-letter keys."""
    for name in ("theme", "density"):
        choice = request.form.get(name)
        if choice in CHOICES[name]:
            choose(name, choice or None)
    if "single_keys" in request.form:
        choose("single_keys", request.form["single_keys"] == "1")
    return redirect(back(), 303)


def choose(name: str, value: str | bool | None) -> None:
    """Store one choice of the person herself."""
    with Session(engine().execution_options(writes=True)) as store:
        store.execute(update(User).where(User.id == current_user.id).values({name: value}))
        store.commit()


def back() -> str:
    """The page the choice was made on, never another site."""
    path = request.form.get("next", "")
    return path if is_local(path) else url_for("home.index")
