"""A session left alone stands locked: its owner's password opens it again with all she had typed; the day ends it."""

from __future__ import annotations

from datetime import timedelta

from clinic.security import accounts, attempts
from clinic.security.audit import Action
from clinic.services.sign_in import Door, NotHalfWay
from clinic.store.users import User, UserSession


def owner(door: Door, token: str, absolute_end: timedelta) -> User | None:
    """Whose session this is, when both factors were shown in it and nothing ended it; she may have been away."""
    row = door.session.get(UserSession, accounts.hashed(token))
    if row is None or not row.whole or row.ended_at or row.created_at <= door.now - absolute_end:
        return None
    user = door.session.get_one(User, row.user_id)
    return user if user.active and user.password_hash else None


def unlock(door: Door, token: str, absolute_end: timedelta, password: str) -> User:
    """Go on in this session; who guesses too often ends it."""
    user = owner(door, token, absolute_end)
    if user is None:
        raise NotHalfWay
    counted = attempts.beyond(user.username, f"locked {accounts.hashed(token)[:16]}")
    if attempts.too_many(door.session, counted, door.now):
        accounts.end_session(door.session, token, door.now, "guessed at while locked")
        door.note(Action.SESSION_ENDED, user)
        door.session.commit()
        raise NotHalfWay
    if not accounts.password_fits(user, password):
        door.refuse("password", "unlock_wrong", counted, user)
    door.session.get_one(UserSession, accounts.hashed(token)).seen_at = door.now
    door.note(Action.SESSION_UNLOCKED, user)
    door.session.commit()
    return user
