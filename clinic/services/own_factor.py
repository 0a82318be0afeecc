"""What a person does with her own second factor: another app, new codes on paper; each asks for both factors again."""

from __future__ import annotations

from dataclasses import dataclass

from clinic.domain.errors import RuleBroken
from clinic.security import accounts as doors
from clinic.security import factors
from clinic.services.accounts import ask_again, found, not_she, noted
from clinic.services.work import Work
from clinic.store.users import User, UserSession


@dataclass(frozen=True, slots=True)
class Both:
    """Her password and a code, typed once more; `token` is her session's and `key` the server's."""

    password: str
    code: str
    token: str
    key: str


def begin(work: Work, typed: Both) -> None:
    """Let another app be set up in this session; the one there is goes on until then."""
    user = asked_both(work, typed)
    session_of(work, typed.token).new_seed = factors.new_seed()
    noted(work, user, {"second_factor": [None, "being set up"]})


def new_seed_of(work: Work, token: str) -> str | None:
    """What the app that is being set up in this session is made of."""
    return session_of(work, token).new_seed


def finish(work: Work, token: str, typed: str, key: str) -> list[str]:
    """The other app shows its first code and takes the place of the old one; every other session of hers ends."""
    user, row = found(work, work.actor.id), session_of(work, token)
    if row.new_seed is None:
        raise LookupError(token)
    codes = factors.keep_app(work.session, user, row.new_seed, typed, key, work.now)
    row.new_seed = None
    doors.end_all_sessions(work.session, user.id, work.now, "second factor set up", but=token)
    noted(work, user, {"second_factor": [None, "set up"]})
    return codes


def new_codes(work: Work, typed: Both) -> list[str]:
    """Ten other codes on paper; those of before open nothing any more."""
    user = asked_both(work, typed)
    codes = factors.new_recovery_codes(work.session, user, typed.key, work.now)
    noted(work, user, {"recovery_codes": [None, "made"]})
    return codes


def asked_both(work: Work, typed: Both) -> User:
    """Whoever sits at an open screen is not let near the factor: the password, and a code of the factor there is."""
    user = found(work, work.actor.id)
    ask_again(work, user, typed.password, "current_password")
    if user.factor_since is not None and not factors.way_of(work.session, user, typed.code, typed.key, work.now):
        not_she(work, user)
        raise RuleBroken("code", "factor_wrong")
    return user


def session_of(work: Work, token: str) -> UserSession:
    """Her session."""
    return work.session.get_one(UserSession, doors.hashed(token))
