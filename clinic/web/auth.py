"""Signing in and out, and the one-time code of a new account."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user, login_user, logout_user
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired

from clinic.domain.errors import RuleBroken
from clinic.security import accounts
from clinic.security.audit import Action
from clinic.security.guard import as_signed_in, public, signed_in
from clinic.services import calls, items
from clinic.services.work import local_day
from clinic.store.audit import AuditEntry
from clinic.store.users import User
from clinic.web.errors import show_on_form
from clinic.web.units import engine, now

bp = Blueprint("auth", __name__)
KEPT = "_kept_"  # prefix of the fields a closed session could not save


class SignInForm(FlaskForm):
    """Name and password."""

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
def sign_in() -> ResponseReturnValue:
    """The page to sign in."""
    if current_user.is_authenticated:
        return redirect(url_for("home.index"))
    return render_template("auth/sign_in.html", form=SignInForm(), kept=[], kept_path=None)


@bp.post("/sign-in")
@public
def sign_in_post() -> ResponseReturnValue:
    """Check name and password; start a session, or say no without saying which was wrong."""
    form = SignInForm()
    kept, path = kept_fields()
    if form.validate_on_submit():
        username = form.username.data.strip().lower()
        key = f"{username}|{request.remote_addr}"
        with Session(engine().execution_options(writes=True)) as session:
            problem = try_password(session, username, form.password.data, key)
            session.commit()
        if problem is None:
            return resume(kept, path)
        form.password.errors = [problem]
    return render_template("auth/sign_in.html", form=form, kept=kept, kept_path=path), 422


def try_password(session: Session, username: str, password: str, key: str) -> str | None:
    """Sign in, or give the sentence why not; both are written down."""
    if accounts.too_many_failures(session, key, now()):
        session.add(entry(Action.SIGN_IN_FAILED, None))
        return str(_("Too many attempts. Wait ten minutes, or ask the manager for a code."))
    user = session.scalar(select(User).where(User.username == username, User.active.is_(True)))
    if user is None or not accounts.password_fits(user, password):
        accounts.remember_failure(session, key, now())
        session.add(entry(Action.SIGN_IN_FAILED, user))
        return str(_("User name and password do not belong together."))
    start(session, user)
    return None


def start(session: Session, user: User) -> None:
    """Open a session and put its token in the cookie; the day's first sign-in brings the items up to the day (D5)."""
    if items.refresh_due_today(session, local_day(now())):
        session.add(entry(Action.ITEMS_REBUILT, user))
    token = accounts.open_session(session, user, now())
    session.add(entry(Action.SIGNED_IN, user))
    login_user(as_signed_in(user, token))


def entry(action: Action, user: User | None) -> AuditEntry:
    """A line in the log about signing in and what comes with it."""
    return AuditEntry(
        at=now(),
        action=action,
        actor_id=user.id if user else None,
        role=user.role if user else None,
        address=request.remote_addr,
    )


def kept_fields() -> tuple[list[tuple[str, str]], str | None]:
    """What was typed on a page whose session had closed; it travels along and is posted again after signing in."""
    path = request.form.get("kept_path")
    if path is None or not path.startswith("/") or path.startswith(("//", "/\\")):
        return [], None
    fields = [
        (name.removeprefix(KEPT), value)
        for name, values in request.form.lists()
        if name.startswith(KEPT)
        for value in values
    ]
    return fields, path


def resume(kept: list[tuple[str, str]], path: str | None) -> ResponseReturnValue:
    """Home, or the page that offers to save what had been typed."""
    if path is None:
        return redirect(url_for("home.index"), 303)
    return render_template("auth/resume.html", kept=kept, kept_path=path)


@bp.get("/one-time-code")
@public
def code() -> ResponseReturnValue:
    """The page for a one-time code."""
    return render_template("auth/code.html", form=CodeForm())


@bp.post("/one-time-code")
@public
def code_post() -> ResponseReturnValue:
    """Spend the code, set the password, start a session."""
    form = CodeForm()
    if form.validate_on_submit():
        with Session(engine().execution_options(writes=True)) as session:
            try:
                accepted = spend_code(session, form)
            except RuleBroken as broken:
                show_on_form(form, broken)
                accepted = False
            session.commit()
        if accepted:
            return redirect(url_for("home.index"), 303)
    return render_template("auth/code.html", form=form), 422


def spend_code(session: Session, form: CodeForm) -> bool:
    """Whether the code was right; then the password is set and every other session of the account ends."""
    username = form.username.data.strip().lower()
    key = f"{username}|{request.remote_addr}"
    user = session.scalar(select(User).where(User.username == username, User.active.is_(True)))
    if accounts.too_many_failures(session, key, now()):
        session.add(entry(Action.SIGN_IN_FAILED, None))
        form.code.errors = [_("Too many attempts. Wait ten minutes, or ask the manager for a code.")]
        return False
    if user is None or not accounts.code_fits(user, form.code.data, now()):
        accounts.remember_failure(session, key, now())
        session.add(entry(Action.SIGN_IN_FAILED, user))
        form.code.errors = [_("This code does not open this account, or no longer.")]
        return False
    accounts.set_password(user, form.password.data)
    accounts.end_all_sessions(session, user.id, now(), "password set")
    chosen = entry(Action.ACCOUNT_CHANGED, user)
    chosen.subject, chosen.details = f"user:{user.id}", {"changes": {"password": ["one-time code", "chosen"]}}
    session.add(chosen)
    start(session, user)
    return True


@bp.post("/sign-out")
@signed_in
def sign_out() -> ResponseReturnValue:
    """End the session on the server as well as in the browser."""
    with Session(engine().execution_options(writes=True)) as session:
        accounts.end_session(session, current_user.token, now(), "signed out")
        calls.release(session, current_user.id)
        session.add(entry(Action.SIGNED_OUT, session.get(User, current_user.id)))
        session.commit()
    logout_user()
    return redirect(url_for("auth.sign_in"), 303)
