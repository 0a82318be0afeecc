"""Passwords, one-time codes and sessions on the server."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from clinic.domain.errors import RuleBroken
from clinic.store.users import SignInFailure, User, UserSession

HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)  # OWASP 2024 minimum for argon2id
SHORTEST, LONGEST = 12, 128
CODE_LIFE = timedelta(days=3)
TRIES, TRIES_WITHIN = 10, timedelta(minutes=10)
COMMON = {"wachtwoord123", "welkom123456", "password1234", "123456789012", "qwertyuiop12", "osteoporose1"}


def hashed(token: str) -> str:
    """What is stored of a random token: useless to whoever reads the table."""
    return hashlib.sha256(token.encode()).hexdigest()


def check_new_password(password: str, username: str) -> None:
    """Length 12 to 128, not common, not the user's own name (ASVS 6.2); no composition rules."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise RuleBroken("password", "password_length", shortest=SHORTEST, longest=LONGEST)
    if password.lower() in COMMON or username.lower() in password.lower() or len(set(password)) < 5:
        raise RuleBroken("password", "password_common")


def set_password(user: User, password: str) -> None:
    """Give a user a password; the one-time code is spent."""
    check_new_password(password, user.username)
    user.password_hash = HASHER.hash(password)
    user.code_hash = user.code_until = None


def give_code(user: User, now: datetime, code: str | None = None) -> str:
    """A one-time code for a new account or a forgotten password; returned once, stored as a hash."""
    code = code or "-".join(secrets.token_hex(2) for _ in range(4))
    user.code_hash, user.code_until = hashed(code), now + CODE_LIFE
    return code


def password_fits(user: User, password: str) -> bool:
    """Whether this password opens this account."""
    if user.password_hash is None:
        return False
    try:
        return HASHER.verify(user.password_hash, password)
    except VerificationError:
        return False


def code_fits(user: User, code: str, now: datetime) -> bool:
    """Whether this one-time code still opens this account."""
    if user.code_hash is None or user.code_until is None or user.code_until < now:
        return False
    return secrets.compare_digest(user.code_hash, hashed(code.strip().lower()))


def too_many_failures(session: Session, key: str, now: datetime) -> bool:
    """Whether this account-and-address pair has to wait; another address is not locked out by it."""
    since = now - TRIES_WITHIN
    count = session.scalar(select(func.count()).where(SignInFailure.key == key, SignInFailure.at > since))
    return (count or 0) >= TRIES


def remember_failure(session: Session, key: str, now: datetime) -> None:
    """Count a failure and drop those too old to matter."""
    session.execute(delete(SignInFailure).where(SignInFailure.at < now - TRIES_WITHIN))
    session.add(SignInFailure(key=key, at=now))


def waiting(session: Session, now: datetime) -> set[str]:
    """The user names for which, from some address, too many failures were counted."""
    counted = (
        select(SignInFailure.key)
        .where(SignInFailure.at > now - TRIES_WITHIN)
        .group_by(SignInFailure.key)
        .having(func.count() >= TRIES)
    )
    return {key.rpartition("|")[0] for key in session.scalars(counted)}


def forget_failures(session: Session, username: str) -> None:
    """Let the owner of this account try again at once, from any address."""
    session.execute(delete(SignInFailure).where(SignInFailure.key.startswith(f"{username}|", autoescape=True)))


def open_session(session: Session, user: User, now: datetime) -> str:
    """Start a session; the token goes into the cookie, its hash into the table."""
    token = secrets.token_urlsafe(32)
    session.add(UserSession(token_hash=hashed(token), user_id=user.id, created_at=now, seen_at=now))
    return token


def end_session(session: Session, token: str, now: datetime, reason: str) -> None:
    """End one session."""
    session.execute(
        update(UserSession)
        .where(UserSession.token_hash == hashed(token), UserSession.ended_at.is_(None))
        .values(ended_at=now, end_reason=reason)
    )


def end_all_sessions(session: Session, user_id: int, now: datetime, reason: str, but: str = "") -> None:
    """End every session of a user, `but` that of one token: role changed, account closed, password changed."""
    session.execute(
        update(UserSession)
        .where(UserSession.user_id == user_id, UserSession.ended_at.is_(None), UserSession.token_hash != hashed(but))
        .values(ended_at=now, end_reason=reason)
    )
