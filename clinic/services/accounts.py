"""What the manager does with accounts, and a person with her own password; each act ends what it must end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select

from clinic.domain.errors import RuleBroken
from clinic.security import accounts, attempts, factors
from clinic.security.audit import Action
from clinic.security.permissions import May, Role
from clinic.services.work import Stale, Work
from clinic.store import calendar_feeds
from clinic.store.base import Json
from clinic.store.passkeys import passkeys_of
from clinic.store.users import User, UserSession

USERNAME = re.compile(r"[a-z][a-z0-9.\-]{1,39}")
CONFIRMED_FOR = timedelta(minutes=5)
"""So long may somebody sign after she showed at the identity provider, once more, that it is she."""
CHANGED = ("name", "function", "role", "may_authorise", "active")


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to be; the code is the page's, so that the same form twice gives the same code."""

    username: str
    name: str
    function: str
    role: Role
    mandate: bool
    code: str


@dataclass(frozen=True, slots=True)
class ChangeAccount:
    """What the manager changed; `seen` is the state the page was opened on."""

    user_id: int
    name: str
    function: str
    role: Role
    mandate: bool
    seen: str
    role_confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """An account on the list."""

    user: User
    last_in: datetime | None
    waits: bool


def listed(work: Work) -> list[Row]:
    """Every account, the active ones first, by name."""
    work.needs(May.EDIT_ACCOUNTS)
    last = select(UserSession.user_id, func.max(UserSession.created_at).label("at")).group_by(UserSession.user_id)
    seen = last.subquery()
    waiting = attempts.waiting(work.session, work.now)
    people = select(User, seen.c.at).outerjoin(seen, seen.c.user_id == User.id)
    rows = work.session.execute(people.order_by(User.active.desc(), func.lower(User.name), User.id))
    return [Row(user, at, user.username in waiting) for user, at in rows]


def add(work: Work, command: NewAccount) -> User:
    """Make an account that its one-time code opens; the same form twice is one account."""
    work.needs(May.EDIT_ACCOUNTS)
    username = command.username.strip().lower()
    if USERNAME.fullmatch(username) is None:
        raise RuleBroken("username", "username_form")
    known = work.session.scalar(select(User).where(User.username == username))
    if known is not None:
        if accounts.code_fits(known, command.code, work.now):
            return known
        raise RuleBroken("username", "username_taken")
    user = User(
        username=username, name=command.name, function=command.function, role=command.role.value,
        may_authorise=may_authorise(command.role, command.mandate), created_at=work.now,
    )  # fmt: skip
    accounts.give_code(user, work.now, command.code)
    work.session.add(user)
    work.session.flush()
    noted(work, user, {"account": [None, username], "role": [None, user.role]})
    return user


def may_authorise(role: Role, mandate: bool) -> bool:
    """A doctor authorises letters by profession, a nurse by the clinic's mandate, nobody else does."""
    return role is Role.DOCTOR or (role is Role.NURSE and mandate)


def fingerprint(user: User) -> str:
    """The state of an account as a page showed it."""
    return accounts.hashed("|".join(str(getattr(user, name)) for name in CHANGED))[:16]


def change(work: Work, command: ChangeAccount) -> None:
    """Name, function, mandate, role; another role asks once more and ends that person's sessions."""
    work.needs(May.EDIT_ACCOUNTS)
    user = found(work, command.user_id)
    if command.seen != fingerprint(user):
        raise Stale
    before = state(user)
    if command.role != user.role:
        another_role(work, user, command)
    user.name, user.function, user.role = command.name, command.function, command.role.value
    user.may_authorise = may_authorise(command.role, command.mandate)
    noted(work, user, differences(before, state(user)))


def another_role(work: Work, user: User, command: ChangeAccount) -> None:
    """Refuse for oneself and for the last manager; ask; end the sessions that stood on the old role."""
    may_leave(work, user, "role")
    if not command.role_confirmed:
        raise RuleBroken("role_confirmed", "role_confirm")
    shut_out(work, user, "role changed")


def rename(work: Work, user_id: int, name: str, function: str, seen: str) -> None:
    """How letters name a doctor: her name and function, and nothing else of her account."""
    work.needs(May.EDIT_SETTINGS)
    user = found(work, user_id)
    if user.role != Role.DOCTOR:
        raise LookupError(user_id)
    if seen != fingerprint(user):
        raise Stale
    before = state(user)
    user.name, user.function = name, function
    noted(work, user, differences(before, state(user)))


def deactivate(work: Work, user_id: int) -> None:
    """Nobody comes in by this account any more, from this moment; what its owner recorded stays hers."""
    work.needs(May.EDIT_ACCOUNTS)
    user = found(work, user_id)
    may_leave(work, user, "active")
    if user.active:
        user.active = False
        user.code_hash = user.code_until = None
        shut_out(work, user, "account closed")
        noted(work, user, {"active": [True, False]})


def reactivate(work: Work, user_id: int, code: str) -> User:
    """Open a closed account again; its owner chooses a new password."""
    return with_code(work, user_id, code, {"active": [False, True]})


def new_code(work: Work, user_id: int, code: str) -> User:
    """A one-time code for a forgotten or known password, which no longer opens the account."""
    return with_code(work, user_id, code, {"password": [None, "one-time code"]})


def new_factor_code(work: Work, user_id: int, code: str) -> User:
    """For a lost app: it, her codes and passkeys open nothing any more; this code and her password set up another."""
    work.needs(May.EDIT_ACCOUNTS)
    user = found(work, user_id)
    not_oneself(work, user, "code")
    if user.factor_code_hash == accounts.hashed(code):
        return user
    lost = ", ".join(one.name for one in passkeys_of(work.session, user.id))
    factors.lose_app(work.session, user, work.now, code)
    attempts.forget(work.session, user.username)
    shut_out(work, user, "second factor reset")
    noted(work, user, {"second_factor": [None, "one-time code"]} | ({"passkey": [lost, None]} if lost else {}))
    return user


def with_code(work: Work, user_id: int, code: str, told: Json) -> User:
    """Give a code, take the password, end the sessions; the same form twice gives one code."""
    work.needs(May.EDIT_ACCOUNTS)
    user = found(work, user_id)
    not_oneself(work, user, "code")
    if accounts.code_fits(user, code, work.now):
        return user
    user.active, user.password_hash = True, None
    accounts.give_code(user, work.now, code)
    attempts.forget(work.session, user.username)
    shut_out(work, user, "one-time code given")
    noted(work, user, told)
    return user


def shut_out(work: Work, user: User, reason: str) -> None:
    """End what opens the clinic for an account: its sessions, and the feed of its calendar."""
    accounts.end_all_sessions(work.session, user.id, work.now, reason)
    calendar_feeds.end(work.session, user.id)


def unlock(work: Work, user_id: int) -> None:
    """Forget the failed tries of an account, so that its owner need not wait."""
    work.needs(May.EDIT_ACCOUNTS)
    user = found(work, user_id)
    attempts.forget(work.session, user.username)
    noted(work, user, {"sign_in": ["waiting", "unlocked"]})


def change_password(work: Work, current: str, new: str, token: str) -> None:
    """Her own password, against the current one; every other session of hers ends.

    None beside the hospital's account: by it she would stay when her role there is taken away.
    """
    user = found(work, work.actor.id)
    if by_provider(user):
        raise RuleBroken("current_password", "password_elsewhere")
    ask_again(work, user, current, "current_password")
    accounts.set_password(user, new)
    accounts.end_all_sessions(work.session, user.id, work.now, "password changed", but=token)
    noted(work, user, {"password": [None, "chosen"]})


def ask_again(work: Work, user: User, typed: str, field: str) -> None:
    """Make sure that it is she who acts: her password once more; guessing is slowed down as at signing in.

    Whoever has no password here, because she comes in by the hospital's identity provider, is asked there.
    """
    if by_provider(user):
        return confirmed(work, field)
    slow_down(work, user, field)
    if not accounts.password_fits(user, typed):
        not_she(work, user)
        raise RuleBroken(field, "password_wrong")


def by_provider(user: User) -> bool:
    """Whether she comes in by the hospital's identity provider alone."""
    return user.subject is not None and user.password_hash is None


def slow_down(work: Work, user: User, field: str) -> None:
    """Let nobody guess on at an open screen; that it was tried is written down too."""
    if attempts.too_many(work.session, attempts.beyond(user.username, "signed in"), work.now):
        failed(work, user, "password_wait")
        raise RuleBroken(field, "password_wait")


def remember_sure(work: Work, token: str) -> None:
    """She showed in this session that it is she: for some minutes acts on accounts and records are not asked again."""
    work.session.get_one(UserSession, accounts.hashed(token)).confirmed_at = work.now
    work.note(Action.SESSION_CONFIRMED, subject=f"user:{work.actor.id}")
    work.commit()


def not_she(work: Work, user: User, because: str | None = None) -> None:
    """What was shown once more was not hers: count it, write it down, keep both."""
    attempts.remember(work.session, attempts.beyond(user.username, "signed in"), work.now)
    failed(work, user, because)


def failed(work: Work, user: User, because: str | None) -> None:
    """Somebody at her screen did not show that it is she, and why where that is not the password."""
    work.note(Action.SIGN_IN_FAILED, subject=f"user:{user.id}", details={"because": because} if because else None)
    work.commit()


def confirmed(work: Work, field: str) -> None:
    """A moment ago it was she, says the provider."""
    if work.actor.confirmed_at is None or work.actor.confirmed_at < work.now - CONFIRMED_FOR:
        raise RuleBroken(field, "confirm_first")


def found(work: Work, user_id: int) -> User:
    """The account; the managers' rows are held until the commit, so that their acts follow each other."""
    work.session.execute(managers().with_for_update())
    user = work.session.get(User, user_id, populate_existing=True)
    if user is None:
        raise LookupError(user_id)
    return user


def managers() -> Select[int]:
    """Who keeps accounts now."""
    return select(User.id).where(User.role == Role.MANAGER.value, User.active.is_(True)).order_by(User.id)


def not_oneself(work: Work, user: User, field: str) -> None:
    """Nobody shuts herself out by accident."""
    if user.id == work.actor.id:
        raise RuleBroken(field, "own_account")


def may_leave(work: Work, user: User, field: str) -> None:
    """Refuse for oneself and for the last manager: two cannot remove each other at the same time."""
    not_oneself(work, user, field)
    if set(work.session.scalars(managers())) == {user.id}:
        raise RuleBroken(field, "last_manager")


def state(user: User) -> dict[str, Any]:
    """What the log tells of an account."""
    return {name: getattr(user, name) for name in CHANGED}


def differences(before: dict[str, Any], after: dict[str, Any]) -> Json:
    """Old and new of what changed."""
    return {name: [before[name], after[name]] for name in after if before[name] != after[name]}


def noted(work: Work, user: User, changes: Json) -> None:
    """Write it down and keep it, when anything changed."""
    if changes:
        work.note(Action.ACCOUNT_CHANGED, subject=f"user:{user.id}", details={"changes": changes})
        work.commit()
