"""Coming in by the hospital's identity provider: it says who somebody is, with which role, and by how many factors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.security import accounts
from clinic.security.audit import Action
from clinic.security.factors import Way
from clinic.security.permissions import Role
from clinic.services.accounts import CONFIRMED_FOR, may_authorise
from clinic.services.sign_in import Door, Step, come_in, half_way
from clinic.store import restores
from clinic.store.users import User, UserSession
from clinic.wording.people import role_label


@dataclass(frozen=True, slots=True)
class Identity:
    """What the provider vouches for."""

    subject: str
    """Issuer and number there: the only thing by which a person is known again."""
    username: str
    name: str
    role: Role | None
    two_factors: bool | None
    """Whether two were shown there; None when the clinic does not rely on the provider for that."""


def enter(door: Door, who: Identity) -> Step:
    """In, or on to the clinic's own second factor; a role that changed there ends what was open under the old one."""
    if who.role is None:
        shut_out(door, who)
    if who.two_factors is False:
        refuse(door, "provider_one_factor", None)
    refuse_while_restored(door, who)
    user = known(door, who) or new(door, who, who.role)
    if not user.active:
        refuse(door, "provider_closed", user)
    if user.role != who.role:
        change_role(door, user, who.role)
    return come_in(door, user, Way.PROVIDER) if who.two_factors else half_way(door, user)


def refuse_while_restored(door: Door, who: Identity) -> None:
    """In a register that came back and that nobody confirmed an account is neither made, linked nor changed."""
    user = by_subject(door, who)
    same = user is not None and user.role == who.role
    if not same and restores.unconfirmed_since(door.session.connection()):
        refuse(door, "provider_restored", user)


def shut_out(door: Door, who: Identity) -> NoReturn:
    """No role there is no role here: what somebody had open with the one she lost ends too."""
    user = by_subject(door, who)
    if user is not None:
        accounts.end_all_sessions(door.session, user.id, door.now, "role lost")
    refuse(door, "provider_no_role", user)


def by_subject(door: Door, who: Identity) -> User | None:
    """Whom the provider's number stands for."""
    return door.session.scalar(select(User).where(User.subject == who.subject))


def known(door: Door, who: Identity) -> User | None:
    """Her account; one that a manager made under her name is hers from now on, and its password opens nothing more."""
    user = by_subject(door, who)
    if user is not None:
        return user
    waiting = select(User).where(User.username == who.username, User.subject.is_(None))
    user = door.session.scalar(waiting)
    if user is not None:
        user.subject, user.password_hash, user.code_hash, user.code_until = who.subject, None, None, None
        accounts.end_all_sessions(door.session, user.id, door.now, "signs in by the provider")
        door.note(Action.ACCOUNT_CHANGED, user, {"changes": {"provider": [None, "linked"]}})
    return user


def new(door: Door, who: Identity, role: Role) -> User:
    """An account for somebody whom the provider gives a role here."""
    if door.session.scalar(select(User.id).where(User.username == who.username)) is not None:
        refuse(door, "provider_name_taken", None)
    user = User(
        username=who.username, name=who.name, function=role_label(role, "nl"), role=role.value, subject=who.subject,
        may_authorise=may_authorise(role, False), created_at=door.now,
    )  # fmt: skip
    door.session.add(user)
    door.session.flush()
    door.note(Action.ACCOUNT_CHANGED, user, {"changes": {"account": [None, user.username], "role": [None, user.role]}})
    return user


def change_role(door: Door, user: User, role: Role) -> None:
    """The provider decides on roles; sessions of the old one end at once."""
    door.note(Action.ACCOUNT_CHANGED, user, {"changes": {"role": [user.role, role.value]}})
    user.role, user.may_authorise = role.value, may_authorise(role, False)
    accounts.end_all_sessions(door.session, user.id, door.now, "role changed")


def refuse(door: Door, code: str, user: User | None) -> NoReturn:
    """Write it down, keep that, and say no."""
    door.note(Action.SIGN_IN_FAILED, user, {"because": code})
    door.session.commit()
    raise RuleBroken("username", code)


def confirm(door: Door, token: str, user_id: int, who: Identity, shown_at: datetime) -> None:
    """Once more it is she, and a moment ago: what she signs in this session in the next minutes is hers."""
    user = door.session.get_one(User, user_id)
    if user.subject != who.subject:
        refuse(door, "provider_somebody_else", user)
    if who.two_factors is False or shown_at < door.now - CONFIRMED_FOR:
        refuse(door, "provider_not_asked", user)
    door.session.get_one(UserSession, accounts.hashed(token)).confirmed_at = door.now
    door.note(Action.SESSION_CONFIRMED, user)
    door.session.commit()
