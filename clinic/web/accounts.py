"""The manager's accounts: who has one, a new one, what changes in it, and one-time codes that are shown once."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Regexp

from clinic.domain.errors import RuleBroken
from clinic.security.accounts import CODE_LIFE
from clinic.security.guard import needs
from clinic.security.permissions import May, Role
from clinic.services import accounts, sessions
from clinic.services.work import Stale, Work, local_day
from clinic.store.passkeys import passkeys_of
from clinic.store.users import User
from clinic.web import account_export, language, spreadsheet
from clinic.web.account_state import state_of
from clinic.web.errors import show_on_form
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.presenters import day
from clinic.web.units import reading, writing
from clinic.wording.people import role_label

bp = Blueprint("accounts", __name__, url_prefix="/accounts")
bp.add_url_rule("/export/<any(csv, xlsx):kind>", "export", account_export.export)

SENTENCES |= {
    "username_form": lambda: _("Use 2 to 40 letters, digits, points or hyphens, a letter first."),
    "username_taken": lambda: _("There is an account with this user name already."),
    "own_account": lambda: _("This is your own account: ask another manager."),
    "last_manager": lambda: _("This is the last manager: make another manager first."),
    "role_confirm": lambda: _(
        "Another role opens other screens and ends this person's sessions. Tick when it is right."
    ),
    "password_wait": lambda: _("Too many attempts. Wait ten minutes, or ask the manager for a code."),
    "password_wrong": lambda: _("This is not your current password."),
}
LONGEST = 80
TOKEN = re.compile(r"[0-9a-f]{32}\Z")


class AccountForm(FlaskForm):
    """Who somebody is and what she may."""

    name = StringField(_l("Name"), validators=[InputRequired(_l("Fill in the name.")), Length(max=LONGEST)])
    function = StringField(_l("Function"), validators=[InputRequired(_l("Fill in the function.")), Length(max=LONGEST)])
    role = RadioField(_l("Role"), validators=[InputRequired(_l("Choose a role."))])
    mandate = BooleanField(_l("Authorises letters by the clinic's mandate (nurses only)"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.role.choices = [SelectChoice(role.value, role_label(role.value, language.current())) for role in Role]


class NewForm(AccountForm):
    """An account that does not exist yet."""

    username = StringField(
        _l("User name"),
        validators=[InputRequired(_l("Fill in the user name."))],
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )
    form_token = HiddenField(validators=[Regexp(TOKEN)])

    def command(self) -> accounts.NewAccount:
        """What was asked."""
        name, function = self.name.data.strip(), self.function.data.strip()
        code = code_of(self.form_token.data)
        return accounts.NewAccount(self.username.data, name, function, Role(self.role.data), self.mandate.data, code)


class EditForm(AccountForm):
    """An account as it is."""

    seen = HiddenField()
    role_confirmed = BooleanField(_l("Yes, this person gets another role"))

    def command(self, user_id: int) -> accounts.ChangeAccount:
        """What was asked."""
        return accounts.ChangeAccount(
            user_id, self.name.data.strip(), self.function.data.strip(), Role(self.role.data), self.mandate.data,
            self.seen.data, self.role_confirmed.data,
        )  # fmt: skip


def code_of(form_token: str) -> str:
    """The one-time code that belongs to one showing of a page: who posts it twice gets one code."""
    key = str(current_app.secret_key).encode()
    digest = hmac.new(key, f"one-time code {form_token}".encode(), "sha256").hexdigest()
    return "-".join(digest[start : start + 4] for start in range(0, 16, 4))


@bp.get("")
@needs(May.EDIT_ACCOUNTS)
def index() -> ResponseReturnValue:
    """Everybody with an account, the active ones first."""
    lang = language.current()
    with reading() as work:
        rows = [
            {"user": row.user, "role": role_label(row.user.role, lang), "state": state_of(work, row),
             "last_in": day(local_day(row.last_in)) if row.last_in else ""}
            for row in accounts.listed(work)
        ]  # fmt: skip
    exports = [url_for("accounts.export", kind=kind) for kind in spreadsheet.KINDS]
    return render_template("accounts/index.html", rows=rows, exports=exports)


@bp.get("/new")
@needs(May.EDIT_ACCOUNTS)
def new() -> ResponseReturnValue:
    """An empty form."""
    return render_template("accounts/new.html", form=NewForm(formdata=None, form_token=secrets.token_hex(16)))


@bp.post("")
@needs(May.EDIT_ACCOUNTS)
def save() -> ResponseReturnValue:
    """Make the account and show its code, once."""
    form = NewForm()
    if form.validate_on_submit():
        try:
            with writing() as work:
                return code_page(accounts.add(work, form.command()), code_of(form.form_token.data))
        except RuleBroken as broken:
            show_on_form(form, broken)
    return render_template("accounts/new.html", form=form), 422


def code_page(user: User, code: str, factor: bool = False) -> str:
    """The code to hand over; it cannot be shown again."""
    return render_template("accounts/code.html", account=user, code=code, days=CODE_LIFE.days, factor=factor)


@bp.get("/<int:user_id>")
@needs(May.EDIT_ACCOUNTS)
def edit(user_id: int) -> ResponseReturnValue:
    """One account."""
    with reading() as work:
        user = one(work, user_id)
        return page(work, user, as_stored(user))


def as_stored(user: User) -> EditForm:
    """The form with what stands."""
    return EditForm(
        formdata=None, name=user.name, function=user.function, role=user.role,
        mandate=user.may_authorise and user.role == Role.NURSE, seen=accounts.fingerprint(user),
    )  # fmt: skip


def one(work: Work, user_id: int) -> User:
    """The account, or 404."""
    user = work.session.get(User, user_id)
    if user is None:
        abort(404)
    return user


def page(work: Work, user: User, form: EditForm) -> str:
    """One account with what can be done with it."""
    row = next(row for row in accounts.listed(work) if row.user.id == user.id)
    return render_template(
        "accounts/edit.html", form=form, account=user, state=state_of(work, row), waits=row.waits,
        own=user.id == work.actor.id, form_token=secrets.token_hex(16), code_days=CODE_LIFE.days,
        passkeys=len(passkeys_of(work.session, user.id)),
    )  # fmt: skip


@bp.post("/<int:user_id>")
@needs(May.EDIT_ACCOUNTS)
def change(user_id: int) -> ResponseReturnValue:
    """Keep what changed."""
    form = EditForm()
    if form.validate_on_submit():
        return act(user_id, form, lambda work: accounts.change(work, form.command(user_id)), _("The account is saved."))
    with reading() as work:
        return page(work, one(work, user_id), form), 422


@bp.post("/<int:user_id>/deactivate")
@needs(May.EDIT_ACCOUNTS)
def deactivate(user_id: int) -> ResponseReturnValue:
    """Close the account and end its sessions."""
    said = _("The account is inactive; its sessions have ended.")
    return act(user_id, None, lambda work: accounts.deactivate(work, user_id), said)


@bp.post("/<int:user_id>/unlock")
@needs(May.EDIT_ACCOUNTS)
def unlock(user_id: int) -> ResponseReturnValue:
    """Nobody has to wait after failed sign-ins."""
    return act(user_id, None, lambda work: accounts.unlock(work, user_id), _("This person can try again at once."))


@bp.post("/<int:user_id>/end-sessions")
@needs(May.EDIT_ACCOUNTS)
def end_sessions(user_id: int) -> ResponseReturnValue:
    """Whoever is signed in with this account is out."""
    return act(user_id, None, lambda work: sessions.end_of(work, user_id), _("The sessions have ended."))


def act(user_id: int, form: EditForm | None, do: Callable[[Work], None], said: str) -> ResponseReturnValue:
    """Do one thing with an account and come back to it; what cannot be done is said on its page."""
    with writing() as work:
        try:
            do(work)
        except LookupError:
            abort(404)
        except (RuleBroken, Stale) as problem:
            return refused(work, user_id, form, problem)
    flash(said, "ok")
    return redirect(url_for("accounts.edit", user_id=user_id), 303)


def refused(work: Work, user_id: int, form: EditForm | None, problem: RuleBroken | Stale) -> ResponseReturnValue:
    """The account's page with what was typed and why it was not kept."""
    work.session.rollback()
    user = one(work, user_id)
    form = form or as_stored(user)
    if isinstance(problem, RuleBroken):
        show_on_form(form, problem)
    else:
        told = _("Somebody else changed this account meanwhile to: %(name)s, %(function)s, %(role)s. Save once more to "
                 "put yours in its place.", name=user.name, function=user.function,
                 role=role_label(user.role, language.current()))  # fmt: skip
        form.form_errors.append(told)
        form.seen.data = accounts.fingerprint(user)
    return page(work, user, form), 422


@bp.post("/<int:user_id>/code")
@needs(May.EDIT_ACCOUNTS)
def code(user_id: int) -> ResponseReturnValue:
    """A new one-time code; it opens a closed account again."""
    token = request.form.get("form_token", "")
    if TOKEN.match(token) is None:
        abort(400)
    with writing() as work:
        try:
            give = accounts.new_code if one(work, user_id).active else accounts.reactivate
            return code_page(give(work, user_id, code_of(token)), code_of(token))
        except RuleBroken as broken:
            return refused(work, user_id, None, broken)


@bp.post("/<int:user_id>/second-factor")
@needs(May.EDIT_ACCOUNTS)
def second_factor(user_id: int) -> ResponseReturnValue:
    """A one-time code for a lost app; her password stays asked beside it."""
    token = request.form.get("form_token", "")
    if TOKEN.match(token) is None:
        abort(400)
    with writing() as work:
        try:
            user = accounts.new_factor_code(work, one(work, user_id).id, code_of(token))
            return code_page(user, code_of(token), factor=True)
        except RuleBroken as broken:
            return refused(work, user_id, None, broken)
