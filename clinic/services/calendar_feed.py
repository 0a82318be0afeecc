"""One's own calendar as a feed for a telephone or Outlook: made, revoked, read; it names no patient."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from clinic.domain.calendar import add_days
from clinic.security.accounts import hashed
from clinic.security.audit import Action
from clinic.security.permissions import May, Role
from clinic.services.accounts import found, noted
from clinic.services.work import Actor, Work
from clinic.store import calendar_feeds
from clinic.store.appointments import Appointment
from clinic.store.calendar_feeds import CalendarFeed

DAYS_BACK, DAYS_AHEAD = 7, 90


def made_at(work: Work) -> datetime | None:
    """Since when the actor has a feed."""
    feed = work.session.get(CalendarFeed, work.actor.id)
    return feed.made_at if feed else None


def make(work: Work, token: str) -> None:
    """A feed at this token; the one she had answers no more, and the same form twice is one feed."""
    work.needs(May.READ_LISTS)
    user = found(work, work.actor.id)
    known = work.session.get(CalendarFeed, user.id)
    if known is not None and known.token_hash == hashed(token):
        return
    calendar_feeds.end(work.session, user.id)
    work.session.add(CalendarFeed(user_id=user.id, token_hash=hashed(token), made_at=work.now))
    noted(work, user, {"calendar_feed": [None, "made"]})


def revoke(work: Work) -> None:
    """The actor's feed answers no more."""
    user = found(work, work.actor.id)
    if calendar_feeds.end(work.session, user.id):
        noted(work, user, {"calendar_feed": ["made", "revoked"]})


def owner(engine: Engine, token: str, address: str | None) -> tuple[Actor, str | None]:
    """Who stands behind a token and the language she chose; LookupError when nobody does."""
    bind: Engine = engine.execution_options(writes=False)
    with Session(bind) as session:
        user = calendar_feeds.owner(session, hashed(token))
    if user is None:
        raise LookupError("calendar")
    return Actor(user.id, user.name, user.function, Role(user.role), address=address), user.language


def read(work: Work) -> Sequence[Appointment]:
    """The actor's appointments of the past week and the coming quarter; that they were fetched is written down."""
    work.note(Action.CALENDAR_READ, subject=f"user:{work.actor.id}")
    return calendar_feeds.appointments(work.session, work.actor.id, *span(work.today))


def span(today: date) -> tuple[date, date]:
    """The first and the last day of the feed."""
    return add_days(today, -DAYS_BACK), add_days(today, DAYS_AHEAD)
