"""The second factor: codes of an authenticator app, recovery codes on paper, a manager's code for a lost app.

Passkeys, which stand for it too, are in `security.passkeys`.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import UTC, datetime
from enum import StrEnum

import pyotp
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from clinic.domain.errors import RuleBroken
from clinic.security.accounts import CODE_LIFE, changed_one, hashed
from clinic.store.passkeys import Passkey
from clinic.store.users import RecoveryCode, User

ISSUER = "Botwacht"
HALF_MINUTE = 30
DRIFT = (0, -1, 1)
"""A code of the half minute before or after does too: the clock of a phone is seldom exact."""
LONGEST_CODE = 40
RECOVERY_CODES = 10
RECOVERY_SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that are taken for another on paper


class Way(StrEnum):
    """How the second factor was shown; the log tells it."""

    APP = "app"
    RECOVERY = "recovery"
    PASSKEY = "passkey"
    PASSKEY_ALONE = "passkey alone"
    MANAGER = "manager"
    PROVIDER = "provider"
    DEMO = "demo"


def new_seed() -> str:
    """What a new app's secret is made of."""
    return secrets.token_hex(20)


def secret_of(seed: str, key: str) -> str:
    """The secret of an authenticator app: the database holds its seed alone, the server its key."""
    return base64.b32encode(hmac.digest(key.encode(), f"second factor {seed}".encode(), "sha1")).decode()


def address_of(secret: str, username: str) -> str:
    """What stands in the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)


def step_of(secret: str, typed: str, now: datetime) -> int | None:
    """The half minute whose code was typed, of the current one and its neighbours."""
    current = int(now.replace(tzinfo=UTC).timestamp()) // HALF_MINUTE
    codes = pyotp.HOTP(secret)
    return next((current + drift for drift in DRIFT if codes.verify(typed, current + drift)), None)


def is_asked(user: User) -> bool:
    """Whether this account has a second factor to show, or has to replace one with a manager's code."""
    return user.factor_since is not None or user.factor_code_hash is not None


def way_of(session: Session, user: User, typed: str, key: str, now: datetime) -> Way | None:
    """Which second factor was typed, if any; a code of her own is spent by that, a manager's when an app stands."""
    plain = "".join(typed.split()).lower()[:LONGEST_CODE]
    if spend_app_code(session, user, plain, key, now):
        return Way.APP
    if spend_recovery_code(session, user, plain, key, now):
        return Way.RECOVERY
    return Way.MANAGER if is_managers_code(user, plain, now) else None


def spend_app_code(session: Session, user: User, typed: str, key: str, now: datetime) -> bool:
    """Whether it is a code of her app that was not used before, nor one before it."""
    if user.factor_seed is None:
        return False
    step = step_of(secret_of(user.factor_seed, key), typed, now)
    if step is None:
        return False
    unused = or_(User.factor_step.is_(None), User.factor_step < step)
    return changed_one(session, update(User).where(User.id == user.id, unused).values(factor_step=step))


def spend_recovery_code(session: Session, user: User, typed: str, key: str, now: datetime) -> bool:
    """Whether it is one of her codes on paper, not used before."""
    this = (RecoveryCode.user_id == user.id, RecoveryCode.code_hash == recovery_hash(typed, key))
    return changed_one(session, update(RecoveryCode).where(*this, RecoveryCode.used_at.is_(None)).values(used_at=now))


def is_managers_code(user: User, typed: str, now: datetime) -> bool:
    """Whether it is the code that a manager gave for a lost app, in time.

    It is owed until an app stands: spent at once, an abandoned set-up would leave the password alone as the key.
    """
    if user.factor_code_hash is None or user.factor_code_until is None or user.factor_code_until < now:
        return False
    return hmac.compare_digest(user.factor_code_hash, hashed(typed))


def keep_app(session: Session, user: User, seed: str, typed: str, key: str, now: datetime) -> list[str]:
    """Make this app her second factor once it shows the right code; gives new recovery codes."""
    step = step_of(secret_of(seed, key), "".join(typed.split()), now)
    if step is None or not takes_the_place(session, user, seed, step, now):
        raise RuleBroken("code", "factor_not_set_up")
    return new_recovery_codes(session, user, key, now)


def takes_the_place(session: Session, user: User, seed: str, step: int, now: datetime) -> bool:
    """Whether the app stands, and a manager's code is spent with it: of two at once one does, none past a reset."""
    as_before = (
        User.factor_seed.is_not_distinct_from(user.factor_seed),
        User.factor_code_hash.is_not_distinct_from(user.factor_code_hash),
    )
    spent = {"factor_code_hash": None, "factor_code_until": None}
    stands = update(User).where(User.id == user.id, *as_before)
    return changed_one(session, stands.values(factor_seed=seed, factor_since=now, factor_step=step, **spent))


def lose_app(session: Session, user: User, now: datetime, code: str) -> None:
    """App, codes on paper and passkeys open nothing any more; this one-time code lets its owner set up another app."""
    user.factor_seed = user.factor_since = user.factor_step = None
    user.factor_code_hash, user.factor_code_until = hashed(code), now + CODE_LIFE
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    session.execute(delete(Passkey).where(Passkey.user_id == user.id))


def new_recovery_codes(session: Session, user: User, key: str, now: datetime) -> list[str]:
    """Ten codes to print, shown once; those of before open nothing any more."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = ["-".join(some_signs(4) for _ in range(3)) for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(user_id=user.id, code_hash=recovery_hash(code, key), made_at=now) for code in codes)
    return codes


def some_signs(count: int) -> str:
    """Letters and digits by chance."""
    return "".join(secrets.choice(RECOVERY_SIGNS) for _ in range(count))


def recovery_hash(code: str, key: str) -> str:
    """What is stored of a recovery code: nobody can try codes against the table without the server's key."""
    return hmac.new(key.encode(), f"recovery code {code.replace('-', '')}".encode(), "sha256").hexdigest()


def recovery_left(session: Session, user: User) -> int:
    """How many codes on paper she still has."""
    unused = (RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None))
    return session.scalar(select(func.count()).where(*unused)) or 0
