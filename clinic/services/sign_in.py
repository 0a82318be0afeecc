"""Coming in: a password or one-time code, then the second factor; each step is written down, and none is left out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.domain.errors import RuleBroken
from clinic.security import accounts, attempts, factors
from clinic.security.attempts import Counters
from clinic.security.audit import Action, purpose
from clinic.security.factors import Way
from clinic.security.permissions import Role
from clinic.services import items
from clinic.services.work import by, local_day
from clinic.store.audit import AuditEntry
from clinic.store.base import Json
from clinic.store.users import User, UserSession

HALF_WAY = timedelta(minutes=10)
"""How long somebody may take between her password and the second factor."""


class NotHalfWay(Exception):
    """No password was given in this browser, or too long ago: begin again."""


@dataclass(frozen=True, slots=True)
class Door:
    """Where somebody stands who wants in: when, from which address and program; and what the server knows."""

    session: Session
    now: datetime
    key: str
    address: str | None
    agent: str = ""
    demo: bool = False
    trace: str | None = None
    device: str = ""
    knows: frozenset[int] = frozenset()
    """Who came in before in this browser, by account; `device` is its number."""
    clock_is_right: bool = True
    """Whether it is known which day it is; people come in to read all the same."""

    def counters(self, username: str, user: User | None) -> Counters:
        """What a failure counts for here."""
        return attempts.at_the_door(username, self.address, self.hers(user))

    def beyond(self, username: str, user: User | None) -> Counters:
        """What a wrong code counts for after the right password; a browser of hers for itself alone here too."""
        return attempts.beyond(username, f"second factor {self.hers(user)}".rstrip())

    def hers(self, user: User | None) -> str:
        """The number of this browser when she came in here before, else nothing."""
        return self.device if user is not None and user.id in self.knows else ""

    def shut_to(self, user: User) -> bool:
        """Whether this is an account of the made-up clinic, and no demo."""
        return user.demo and not self.demo

    def note(self, action: Action, user: User | None, details: Json | None = None, about: User | None = None) -> None:
        """Write down a step of somebody, or what was tried at an account by nobody known."""
        about = user if action is Action.ACCOUNT_CHANGED else about
        self.session.add(
            AuditEntry(
                at=self.now,
                action=action,
                **by(user) if user else {},
                subject=f"user:{about.id}" if about else None,
                details=details,
                address=self.address,
                purpose=purpose(action, Role(user.role) if user else None),
                trace=self.trace,
            )
        )

    def refuse(
        self, field: str, code: str, counted: Counters, user: User | None, because: str | None = None
    ) -> NoReturn:
        """Count the failure, write it down, keep both, and say no; why stands in the log alone."""
        attempts.remember(self.session, counted, self.now)
        self.note(Action.SIGN_IN_FAILED, user, {"because": because} if because else None)
        self.session.commit()
        raise RuleBroken(field, code)

    def slow_down(self, field: str, counted: Counters, user: User | None, code: str = "sign_in_wait") -> None:
        """Let nobody guess on; the line names the account as what was tried at, for nobody showed that it is hers."""
        if attempts.too_many(self.session, counted, self.now):
            self.note(Action.SIGN_IN_FAILED, None, {"because": "sign_in_wait"}, about=user)
            self.session.commit()
            raise RuleBroken(field, code)


@dataclass(frozen=True, slots=True)
class Step:
    """How far somebody came: her session's token, and whether it opens the clinic already."""

    user: User
    token: str
    whole: bool


def with_password(door: Door, username: str, password: str) -> Step:
    """The first step: name and password; a refusal does not say which of them was wrong.

    Where too many failures were counted the password alone is not looked at any more: both factors are asked at once.
    """
    username = username.strip().lower()
    user = active(door, username)
    counted = door.counters(username, user)
    door.slow_down("code", counted, user, "sign_in_both")
    if not accounts.password_fits(user, password) or user is None:
        door.refuse("password", "sign_in_wrong", counted, user)
    return half_way(door, user)


def with_code(door: Door, username: str, code: str, password: str) -> Step:
    """The first step with a one-time code: her password is set, every other session ends; the factor stays asked.

    The right one lets in whatever strangers tried before: 64 bits by chance are not guessed (NIST SP 800-63B 3.1.2.2).
    """
    username = username.strip().lower()
    user = active(door, username)
    counted = door.counters(username, user)
    if user is None or not accounts.code_fits(user, code, door.now):
        door.slow_down("code", counted, user)
        door.refuse("code", "code_wrong", counted, user)
    accounts.set_password(user, password)
    accounts.end_all_sessions(door.session, user.id, door.now, "password set")
    door.note(Action.ACCOUNT_CHANGED, user, {"changes": {"password": ["one-time code", "chosen"]}})
    return half_way(door, user)


def with_both(door: Door, username: str, password: str, code: str) -> Step:
    """Password and code in one: in or not, whoever failed before at this name or from this address.

    No stranger keeps her out by failing, and none learns anything: the answer is the same whichever of them was wrong,
    so that a guess at the password is worth something only with the code of that half minute. Who has the password
    guesses at codes no faster than at the second step. Both are always looked at, so that the time tells nothing.
    """
    username = username.strip().lower()
    user = active(door, username)
    counted = door.beyond(username, user)
    full = attempts.too_many(door.session, counted, door.now)
    way = factors.way_of(door.session, user or User(), code, door.key, door.now)
    fits = accounts.password_fits(user, password)
    if user is None or not fits or way is None or full:
        door.session.rollback()  # a code that was right is not spent
        door.refuse("code", "both_wrong", counted if fits else attempts.beyond(username, "both"), user)
    token = accounts.open_session(door.session, user, door.now, whole=False)
    return past_factor(door, token, user, way)


def active(door: Door, username: str) -> User | None:
    """The open account of this name; one of the made-up clinic, whose password everybody can read, in a demo alone."""
    user = door.session.scalar(select(User).where(User.username == username, User.active.is_(True)))
    return None if user is None or door.shut_to(user) else user


def half_way(door: Door, user: User) -> Step:
    """Ask the second factor, or have it set up; an account of the made-up clinic goes through while the demo runs."""
    if door.demo and user.demo:
        return come_in(door, user, Way.DEMO)
    seed = None if factors.is_asked(user) else factors.new_seed()
    token = accounts.open_session(door.session, user, door.now, whole=False, new_seed=seed)
    door.session.commit()
    return Step(user, token, whole=False)


def waiting(door: Door, token: str) -> tuple[UserSession, User]:
    """Who gave her password a moment ago and still owes the second factor."""
    row = door.session.get(UserSession, accounts.hashed(token))
    user = door.session.get(User, row.user_id) if row is not None else None
    if row is None or user is None or row.whole or row.ended_at or row.created_at < door.now - HALF_WAY:
        raise NotHalfWay
    return row, user


def with_factor(door: Door, token: str, typed: str) -> Step:
    """The second step: a code of the app or on paper lets in, a manager's code leads to setting up another app."""
    row, user = waiting(door, token)
    if row.new_seed is not None:
        raise NotHalfWay
    counted = door.beyond(user.username, user)
    door.slow_down("code", counted, user)
    way = factors.way_of(door.session, user, typed, door.key, door.now)
    if way is None:
        door.refuse("code", "factor_wrong", counted, user)
    return past_factor(door, token, user, way)


def past_factor(door: Door, token: str, user: User, way: Way) -> Step:
    """Both were shown: in, or with a manager's code on to another app."""
    if way is Way.MANAGER:
        row = door.session.get_one(UserSession, accounts.hashed(token))
        row.new_seed = factors.new_seed()
        door.note(Action.ACCOUNT_CHANGED, user, {"changes": {"second_factor": ["one-time code", "being set up"]}})
        door.session.commit()
        return Step(user, token, whole=False)
    accounts.end_session(door.session, token, door.now, "second factor shown")
    return come_in(door, user, way)


def set_up(door: Door, token: str, typed: str) -> tuple[Step, list[str]]:
    """The second step of somebody without a factor: the app's first code, and with it her codes on paper."""
    row, user = waiting(door, token)
    if row.new_seed is None:
        raise NotHalfWay
    codes = factors.keep_app(door.session, user, row.new_seed, typed, door.key, door.now)
    accounts.end_all_sessions(door.session, user.id, door.now, "second factor set up")
    door.note(Action.ACCOUNT_CHANGED, user, {"changes": {"second_factor": [None, "set up"]}})
    return come_in(door, user, Way.APP), codes


def come_in(door: Door, user: User, way: Way) -> Step:
    """A session that opens the clinic; the day's first sign-in brings the items up to the day (D5)."""
    if door.clock_is_right and items.refresh_due_today(door.session, local_day(door.now)):
        door.note(Action.ITEMS_REBUILT, user)
    agent = door.agent[:200] or None
    token = accounts.open_session(door.session, user, door.now, address=door.address, agent=agent)
    door.note(Action.SIGNED_IN, user, {"second_factor": way.value})
    door.session.commit()
    return Step(user, token, whole=True)
