"""Failed tries to come in: counted so that nobody guesses on, and so that no stranger keeps a nurse out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import case, delete, func, select
from sqlalchemy.orm import Session

from clinic.store.users import SignInFailure

TRIES, WITHIN = 10, timedelta(minutes=10)
STRANGERS, MOST_STRANGERS = "strangers", 50
MOST_AT_ADDRESS = 200
"""One address may be a whole hospital."""
LONGEST_NAME = 100

Counters = Mapping[str, int]
"""What a failure counts for, and how many failures each bears."""


def at_the_door(username: str, address: str | None, device: str = "") -> Counters:
    """What a failed sign-in counts for (ASVS 6.3.1: guessing is slowed, nobody is locked out on purpose).

    A browser in which she came in before counts for itself alone (OWASP's device cookies): whatever strangers do, from
    her hospital's address too, she is let try there. Everybody else counts for account and address, for the account,
    and for the address; where one of these is full both factors are asked at once (`services.sign_in.with_both`), or
    what nobody guesses: a passkey, a manager's code. So it closes the password alone, never the clinic to its owner.
    """
    name = username[:LONGEST_NAME]
    if device:
        return {f"{name}|device {device}": TRIES}
    return {f"{name}|{address}": TRIES, f"{name}|{STRANGERS}": MOST_STRANGERS, f"|{address}": MOST_AT_ADDRESS}


def beyond(username: str, step: str) -> Counters:
    """What counts for somebody who has shown who she is: counted apart, so that no stranger makes her wait."""
    return {f"{username[:LONGEST_NAME]}|{step}": TRIES}


def too_many(session: Session, counters: Counters, now: datetime) -> bool:
    """Whether one of the counters is full, so that the next try has to wait."""
    recent = (SignInFailure.key.in_(counters), SignInFailure.at > now - WITHIN)
    counted = session.execute(select(SignInFailure.key, func.count()).where(*recent).group_by(SignInFailure.key))
    return any(count >= counters[key] for key, count in counted)


def remember(session: Session, counters: Counters, now: datetime) -> None:
    """Count a failure and drop those too old to matter."""
    session.execute(delete(SignInFailure).where(SignInFailure.at < now - WITHIN))
    session.add_all(SignInFailure(key=key, at=now) for key in counters)


def waiting(session: Session, now: datetime) -> set[str]:
    """The user names for which, from somewhere, too many failures were counted."""
    most = case((SignInFailure.key.endswith(f"|{STRANGERS}"), MOST_STRANGERS), else_=TRIES)
    recent = select(SignInFailure.key).where(SignInFailure.at > now - WITHIN)
    full = session.scalars(recent.group_by(SignInFailure.key).having(func.count() >= most))
    return {key.rpartition("|")[0] for key in full} - {""}


def forget(session: Session, username: str) -> None:
    """Let the owner of this account try again at once, from anywhere."""
    session.execute(delete(SignInFailure).where(SignInFailure.key.startswith(f"{username}|", autoescape=True)))
