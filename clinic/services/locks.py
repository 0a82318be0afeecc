"""A session left alone stands locked: its owner's password, or a passkey of hers, opens it with all she had typed.

The day ends it.
"""

from __future__ import annotations

from datetime import timedelta

from clinic.security import accounts, attempts, passkeys
from clinic.security.attempts import Counters
from clinic.security.audit import Action
from clinic.security.factors import Way
from clinic.security.passkeys import Refused, Site
from clinic.services.passkey_sign_in import ask_her
from clinic.services.sign_in import Door, NotHalfWay
from clinic.store.base import Json
from clinic.store.users import User, UserSession


def owner(door: Door, token: str, absolute_end: timedelta) -> User | None:
    """Whose session this is, when both factors were shown in it and nothing ended it; she may have been away."""
    row = door.session.get(UserSession, accounts.hashed(token))
    if row is None or not row.whole or row.ended_at or row.created_at <= door.now - absolute_end:
        return None
    user = door.session.get_one(User, row.user_id)
    return user if user.active and user.password_hash else None


def whose(door: Door, token: str) -> int | None:
    """Who signed in in this session, however it ended since; None when nobody knows."""
    row = door.session.get(UserSession, accounts.hashed(token))
    return row.user_id if row is not None and row.whole else None


def unlock(door: Door, token: str, absolute_end: timedelta, password: str) -> User:
    """Go on in this session by her password."""
    user, counted = let_try(door, token, absolute_end)
    if not accounts.password_fits(user, password):
        door.refuse("password", "unlock_wrong", counted, user)
    return go_on(door, token, user)


def ask(door: Door, token: str, absolute_end: timedelta, site: Site) -> str:
    """What the browser is asked at a locked screen: one of its owner's passkeys."""
    user = owner(door, token, absolute_end)
    if user is None:
        raise NotHalfWay
    return ask_her(door, token, site, user.id)


def unlock_by_passkey(door: Door, token: str, absolute_end: timedelta, site: Site, answer: str) -> User:
    """Go on in this session by a passkey of hers, which is as good as her password and more."""
    user, counted = let_try(door, token, absolute_end)
    try:
        passkeys.check(door.session, site, token, answer, user, door.now)
    except Refused as refused:
        door.refuse("passkey", "passkey_wrong", counted, user, refused.because)
    return go_on(door, token, user, {"second_factor": Way.PASSKEY_ALONE.value})


def let_try(door: Door, token: str, absolute_end: timedelta) -> tuple[User, Counters]:
    """Whose session it is, and what a failure counts for; who guesses too often ends it."""
    user = owner(door, token, absolute_end)
    if user is None:
        raise NotHalfWay
    counted = attempts.beyond(user.username, f"locked {accounts.hashed(token)[:16]}")
    if attempts.too_many(door.session, counted, door.now):
        accounts.end_session(door.session, token, door.now, "guessed at while locked")
        door.note(Action.SESSION_ENDED, user)
        door.session.commit()
        raise NotHalfWay
    return user, counted


def go_on(door: Door, token: str, user: User, details: Json | None = None) -> User:
    """It is she: the idle clock begins anew."""
    door.session.get_one(UserSession, accounts.hashed(token)).seen_at = door.now
    door.note(Action.SESSION_UNLOCKED, user, details)
    door.session.commit()
    return user
