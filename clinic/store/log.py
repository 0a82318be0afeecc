"""Reading the log: newest first, a page at a time, by patient, person, action and period."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, case, func, or_, select, tuple_
from sqlalchemy.orm import Session

from clinic.security.audit import WITH_ANY_CLOCK, Action
from clinic.store.audit import AuditEntry
from clinic.store.looks import held
from clinic.store.patients import Patient
from clinic.store.rights import Tombstone
from clinic.store.users import User


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines, times in UTC, `until` excluded; `shown` adds lists, prints and files on which she only stood."""

    patient_id: int | None = None
    user_id: int | None = None
    actions: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    shown: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the log, with what its keys stand for today: the account, and the patient's number."""

    entry: AuditEntry
    username: str | None
    name: str | None
    """For lines of before the name of that day was kept with them."""
    number: str | None


def lines(session: Session, wanted: Wanted, most: int, after: int | None = None) -> list[Line]:
    """At most so many lines, newest first, from the one after `after` on."""
    query = (
        select(AuditEntry, User.username, User.name, func.coalesce(Patient.number, Tombstone.number))
        .outerjoin(User, User.id == AuditEntry.actor_id)
        .outerjoin(Patient, Patient.id == AuditEntry.patient_id)
        .outerjoin(Tombstone, Tombstone.patient_id == AuditEntry.patient_id)
        .where(*conditions(wanted))
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(most)
    )
    last = session.get(AuditEntry, after) if after is not None else None
    if last is not None:
        query = query.where(tuple_(AuditEntry.at, AuditEntry.id) < (last.at, last.id))
    return [Line(*row) for row in session.execute(query)]


def conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    """What was asked for, in SQL."""
    found: list[ColumnElement[bool]] = []
    if wanted.patient_id is not None:
        about = AuditEntry.patient_id == wanted.patient_id
        found.append(or_(about, held([wanted.patient_id])) if wanted.shown else about)
    if wanted.user_id is not None:
        found.append(AuditEntry.actor_id == wanted.user_id)
    if wanted.actions:
        found.append(AuditEntry.action.in_(wanted.actions))
    if wanted.since is not None:
        found.append(AuditEntry.at >= wanted.since)
    if wanted.until is not None:
        found.append(AuditEntry.at < wanted.until)
    return found


def newest_change(session: Session, after: int = 0) -> datetime | None:
    """When something was last changed that waits for a right clock, of the lines that were written after this one."""
    changes = select(AuditEntry.at).where(AuditEntry.action.not_in(WITH_ANY_CLOCK))
    query = changes.order_by(AuditEntry.at.desc()).limit(1)
    return session.scalar(query.where(AuditEntry.id > after) if after else query)


def requests_since(session: Session, user_id: int, since: datetime, subject: str) -> tuple[int, bool]:
    """How many requests of somebody left lines after a moment, and whether one of the lines is about this."""
    pages, told = session.execute(REQUESTS, {"user_id": user_id, "since": since, "subject": subject}).one()
    return pages, bool(told)


# asked by every page about patients, so put together once
REQUESTS = select(
    func.count(AuditEntry.trace.distinct()),
    func.max(case((AuditEntry.subject == bindparam("subject"), 1), else_=0)),
).where(AuditEntry.actor_id == bindparam("user_id"), AuditEntry.at > bindparam("since"))


def last_of(session: Session, action: Action) -> AuditEntry | None:
    """The last line that says this."""
    query = select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id.desc())
    return session.scalar(query.limit(1))
