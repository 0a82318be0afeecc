"""The unit of work of a request: reading pages keep only their looks, posts keep everything or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

from flask import current_app, request
from flask_login import current_user
from sqlalchemy import Engine

from clinic.services.work import Actor, Work, begin, keep_looks, local_day


def engine() -> Engine:
    """The app's engine."""
    found: Engine = current_app.extensions["engine"]
    return found


def now() -> datetime:
    """The clock: one of the few edges where time comes in. UTC without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)


def today() -> date:
    """The clinic's day."""
    return local_day(now())


def actor() -> Actor:
    """Who is signed in, as services know people."""
    return Actor(
        id=current_user.id,
        name=current_user.name,
        function=current_user.function,
        role=current_user.role,
        may_authorise=current_user.may_authorise,
        address=request.remote_addr,
    )


@contextmanager
def reading(who: Actor | None = None) -> Iterator[Work]:
    """For a GET: what was looked at is stored before the page leaves; nothing else is."""
    with begin(engine(), who or actor(), now(), writes=False) as work:
        yield work
        looks = work.entries
    keep_looks(engine(), looks)


@contextmanager
def writing() -> Iterator[Work]:
    """For a POST: the service commits; what it did not commit is rolled back."""
    with begin(engine(), actor(), now(), writes=True) as work:
        yield work
