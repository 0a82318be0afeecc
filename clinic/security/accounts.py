"""Passwords, one-time codes and sessions on the server."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, cast

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import CursorResult, Delete, Update, select, update
from sqlalchemy.orm import Session

from clinic.security.passwords import check_new_password
from clinic.store.users import User, UserSession

HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)  # OWASP 2024 minimum for argon2id
CODE_LIFE = timedelta(days=3)


def hashed(token: str) -> str:
    """What is stored of a random token: useless to whoever reads the table."""
    return hashlib.sha256(token.encode()).hexdigest()


def set_password(user: User, password: str) -> None:
    """Give a user a password; the one-time code is spent."""
    check_new_password(password, user.username)
    user.password_hash = HASHER.hash(password)
    user.code_hash = user.code_until = None


def new_code() -> str:
    """Four groups of four signs, by chance."""
    return "-".join(secrets.token_hex(2) for _ in range(4))


def give_code(user: User, now: datetime, code: str | None = None) -> str:
    """A one-time code for a new account or a forgotten password; returned once, stored as a hash."""
    code = code or new_code()
    user.code_hash, user.code_until = hashed(code), now + CODE_LIFE
    return code


@lru_cache(maxsize=1)
def nobodys_hash() -> str:
    """Of a password that nobody has, so that an unknown name takes as long as a known one."""
    return HASHER.hash(secrets.token_hex())


def password_fits(user: User | None, password: str) -> bool:
    """Whether this password opens this account."""
    stored = user.password_hash if user is not None else None
    try:
        return HASHER.verify(stored or nobodys_hash(), password)
    except VerificationError:
        return False


def changed_one(session: Session, change: Update | Delete) -> bool:
    """Whether a change met its row: of two who spend one code at the same time, one does."""
    return cast(CursorResult[Any], session.execute(change)).rowcount == 1


def code_fits(user: User, code: str, now: datetime) -> bool:
    """Whether this one-time code still opens this account."""
    if user.code_hash is None or user.code_until is None or user.code_until < now:
        return False
    return secrets.compare_digest(user.code_hash, hashed(code.strip().lower()))


def open_session(session: Session, user: User, now: datetime, **more: Any) -> str:
    """Start a session; the token goes into the cookie, its hash into the table."""
    token = secrets.token_urlsafe(32)
    session.add(UserSession(token_hash=hashed(token), user_id=user.id, created_at=now, seen_at=now, **more))
    return token


def end_session(session: Session, token: str, now: datetime, reason: str) -> None:
    """End one session."""
    session.execute(
        update(UserSession)
        .where(UserSession.token_hash == hashed(token), UserSession.ended_at.is_(None))
        .values(ended_at=now, end_reason=reason)
    )


def sessions_of(session: Session, user_id: int, since: datetime) -> Sequence[UserSession]:
    """Where somebody is signed in: what is open and was in use after this moment, the latest first."""
    own = (UserSession.user_id == user_id, UserSession.ended_at.is_(None), UserSession.whole.is_(True))
    found = select(UserSession).where(*own, UserSession.seen_at > since)
    return session.scalars(found.order_by(UserSession.seen_at.desc(), UserSession.token_hash)).all()


def end_all_sessions(session: Session, user_id: int, now: datetime, reason: str, but: str = "") -> None:
    """End every session of a user, `but` that of one token: role changed, account closed, password changed."""
    session.execute(
        update(UserSession)
        .where(UserSession.user_id == user_id, UserSession.ended_at.is_(None), UserSession.token_hash != hashed(but))
        .values(ended_at=now, end_reason=reason)
    )
