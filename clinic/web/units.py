"""The unit of work of a request: reading pages keep only their looks, posts keep everything or nothing."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

from flask import current_app, g, request
from flask_login import current_user
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from clinic.services.emergency import EmergencyLog
from clinic.services.work import Actor, Work, as_rows, begin, keep_looks, local_day
from clinic.store.audit import AuditEntry


def engine() -> Engine:
    """The app's engine."""
    found: Engine = current_app.extensions["engine"]
    return found


def now() -> datetime:
    """The clock: one of the few edges where time comes in. UTC without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)


def counted() -> float:
    """Seconds that go by whatever the clock is set to, also while this machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def today() -> date:
    """The clinic's day."""
    return local_day(now())


def trace() -> str:
    """What every line about this request shares."""
    if "trace" not in g:
        g.trace = secrets.token_hex(8)
    found: str = g.trace
    return found


def keep(looks: list[AuditEntry]) -> None:
    """Store looks before the page leaves: in the log, else in the emergency log, else the page is refused.

    Only looks go there. A change stands or falls with its line in the same transaction.
    """
    try:
        keep_looks(engine(), looks)
        g.kept = g.get("kept", False) or bool(looks)
    except DBAPIError as problem:
        spare: EmergencyLog = current_app.extensions["emergency_log"]
        try:
            spare.add(as_rows(looks))
        except OSError:
            raise problem from None
        current_app.logger.error("the log cannot be written (%s): emergency log", type(problem.orig).__name__)


def actor() -> Actor:
    """Who is signed in, as services know people."""
    person = current_user._get_current_object()  # the person, not a proxy that looks her up at each mention
    return Actor(
        id=person.id,
        name=person.name,
        function=person.function,
        role=person.role,
        may_authorise=person.may_authorise,
        address=request.remote_addr,
        trace=trace(),
        confirmed_at=person.confirmed_at,
        emergency=g.get("emergency", frozenset()),
    )


@contextmanager
def reading(who: Actor | None = None) -> Iterator[Work]:
    """For a GET: what was looked at is stored before the page leaves; nothing else is."""
    with begin(engine(), who or actor(), now(), writes=False) as work:
        yield work
        looks = work.entries
    keep(looks)


@contextmanager
def writing() -> Iterator[Work]:
    """For a POST: the service commits; what it did not commit is rolled back."""
    with begin(engine(), actor(), now(), writes=True) as work:
        try:
            yield work
        finally:
            g.kept = g.get("kept", False) or work.kept
