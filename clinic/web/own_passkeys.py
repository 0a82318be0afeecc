"""One's own passkeys: which there are, another one, one less; and signing with one in place of the password."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField

from clinic.domain.errors import RuleBroken
from clinic.security.guard import signed_in
from clinic.services import accounts, own_passkeys, passkey_sign_in
from clinic.services.own_factor import Both
from clinic.services.work import Work, local_day
from clinic.store.passkeys import Passkey
from clinic.store.users import User
from clinic.web.door import at_the_door, server_key
from clinic.web.errors import show_on_form
from clinic.web.keys import key_or
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES, sentence
from clinic.web.passkeys import answer, as_json, site
from clinic.web.second_factor import CODE_KEYS
from clinic.web.units import reading, writing

bp = Blueprint("own_passkeys", __name__, url_prefix="/account/passkeys")

SENTENCES |= {
    "passkey_name": lambda: _("Give the passkey a name of at most %(longest)s characters."),
    "passkey_name_taken": lambda: _("You have a passkey of this name already."),
    "passkey_not_made": lambda: _("No passkey was made. Begin again."),
}


class AddForm(FlaskForm):
    """What it is called, and both factors once more, so that nobody does this at a screen that was left open."""

    name = StringField(_l("Name"), render_kw={"autocomplete": "off", "maxlength": own_passkeys.LONGEST_NAME})
    current_password = PasswordField(_l("Current password"), render_kw={"autocomplete": "current-password"})
    code = StringField(_l("Code"), render_kw=CODE_KEYS)

    def both(self) -> Both:
        """What was typed to show who she is."""
        return Both(self.current_password.data or "", self.code.data or "", current_user.token, server_key())


class RemoveForm(FlaskForm):
    """That it is she who takes one away; the button says which."""

    password = PasswordField(_l("Password"), id="remove-password", render_kw={"autocomplete": "current-password"})


@dataclass(frozen=True, slots=True)
class Line:
    """A passkey as its owner knows it again."""

    id: int
    name: str
    added: date
    used: date | None


def line(row: Passkey) -> Line:
    """By the clinic's days."""
    return Line(row.id, row.name, local_day(row.added_at), row.used_at and local_day(row.used_at))


@bp.get("")
@signed_in
def index() -> ResponseReturnValue:
    """Which there are."""
    site()
    return page(AddForm(formdata=None), RemoveForm(formdata=None))


def page(adding: AddForm, removing: RemoveForm) -> str:
    """Which there are, another one, one less."""
    with reading() as work:
        user = work.session.get_one(User, work.actor.id)
        lines = [line(row) for row in own_passkeys.own(work)]
    return render_template(
        "second_factor/passkeys.html", lines=lines, adding=adding, removing=removing, has_app=user.factor_since
    )


@bp.post("")
@signed_in
def begin() -> ResponseReturnValue:
    """Start making one, once it is sure who does."""
    site()
    form = AddForm()
    if form.validate_on_submit():
        try:
            with writing() as work:
                own_passkeys.begin(work, form.both(), form.name.data or "")
            return redirect(url_for("own_passkeys.new"), 303)
        except RuleBroken as broken:
            show_on_form(form, broken)
    return page(form, RemoveForm(formdata=None)), 422


@bp.get("/new")
@signed_in
def new() -> ResponseReturnValue:
    """What the browser is asked for the one that is being made; begins again when that took too long."""
    here = site()
    with reading() as work:
        found = own_passkeys.being_made(work, current_user.token, here)
    if found is None:
        return redirect(url_for("own_passkeys.index"), 303)
    name, options = found
    return render_template("second_factor/new_passkey.html", name=name, options=options)


@bp.post("/new")
@signed_in
def finish() -> ResponseReturnValue:
    """What the device made is kept, or is not."""
    try:
        with writing() as work:
            own_passkeys.finish(work, current_user.token, site(), answer())
    except RuleBroken as broken:
        flash(sentence(broken), "late")
    else:
        flash(_("The passkey is added; from now on you can sign in with it."), "ok")
    return redirect(url_for("own_passkeys.index"), 303)


@bp.post("/remove")
@signed_in
def remove() -> ResponseReturnValue:
    """One less, after the password."""
    site()
    form = RemoveForm()
    if form.validate_on_submit():
        try:
            with writing() as work:
                chosen = key_or(request.form.get("chosen"), 0)
                own_passkeys.remove(work, chosen, form.password.data or "", current_user.token)
        except LookupError:
            abort(404)
        except RuleBroken as broken:
            show_on_form(form, broken)
        else:
            flash(_("The passkey is removed, and you are signed out everywhere else."), "ok")
            return redirect(url_for("own_passkeys.index"), 303)
    return page(AddForm(formdata=None), form), 422


@bp.post("/ask")
@signed_in
def ask() -> ResponseReturnValue:
    """What the browser is asked of somebody who is about to sign."""
    here = site()
    with at_the_door() as door:
        return as_json(passkey_sign_in.ask_her(door, current_user.token, here, current_user.id))


def sure_who_signs(work: Work, password: str | None) -> None:
    """The passkey that was shown on this page, else the password once more; what is wrong is said at the password."""
    if shown := answer():
        own_passkeys.sign(work, current_user.token, site(), shown, "password")
    else:
        accounts.ask_again(work, work.session.get_one(User, work.actor.id), password or "", "password")


def may_show_one() -> bool:
    """Whether the pages on which she signs, and the lock on her screen, offer that."""
    return bool(current_app.config["SETTINGS"].address and current_user.has_passkey)


@bp.record_once
def hand_to_templates(state: BlueprintSetupState) -> None:
    """For the pages on which somebody signs, and for the lock."""
    state.app.jinja_env.globals["may_show_passkey"] = may_show_one
