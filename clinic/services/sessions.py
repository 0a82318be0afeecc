"""Where somebody is signed in, and ending that: a person her own sessions, a manager everybody's."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update

from clinic.security import accounts
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services.accounts import ask_again, found
from clinic.services.work import Work
from clinic.store.users import UserSession

MARK = 16
"""So many signs of a session's hash tell it from the others; nobody gets in with them."""


def open_ones(work: Work, since: datetime) -> list[UserSession]:
    """Her own sessions that are open and were in use after this moment, the latest first."""
    return list(accounts.sessions_of(work.session, work.actor.id, since))


def mark(row: UserSession) -> str:
    """How a page names a session."""
    return row.token_hash[:MARK]


def end_own(work: Work, token: str, chosen: str, password: str) -> None:
    """One of her other sessions, or all of them when none is chosen, after she showed once more that it is she.

    The one she acts in goes on. Whoever sits down at a screen that was left open puts nobody out elsewhere.
    """
    ask_again(work, found(work, work.actor.id), password, "password")
    others = (UserSession.user_id == work.actor.id, UserSession.token_hash != accounts.hashed(token))
    one = (UserSession.token_hash.startswith(chosen, autoescape=True),) if chosen else ()
    work.session.execute(
        update(UserSession)
        .where(*others, *one, UserSession.ended_at.is_(None))
        .values(ended_at=work.now, end_reason="ended by its owner")
    )
    noted(work, work.actor.id)


def end_of(work: Work, user_id: int) -> None:
    """Whoever is signed in with this account is out, at once, also where she showed only her password."""
    work.needs(May.EDIT_ACCOUNTS)
    user = found(work, user_id)
    accounts.end_all_sessions(work.session, user.id, work.now, "ended by a manager")
    noted(work, user.id)


def noted(work: Work, user_id: int) -> None:
    """Write it down and keep it."""
    work.note(Action.SESSION_ENDED, subject=f"user:{user_id}")
    work.commit()
