"""The monthly review of the log: which looks were laid before the privacy officer, and what she found of each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from clinic.domain.vocabulary import LogSignal, LogVerdict
from clinic.security.audit import Purpose
from clinic.store.appointments import Appointment
from clinic.store.audit import AuditEntry
from clinic.store.base import Base, Json, one_of
from clinic.store.looks import CAME
from clinic.store.patients import Patient, PatientName
from clinic.store.rights import Tombstone
from clinic.store.users import User

AT_ONCE = 2_000


class LogReview(Base):
    """One month, looked over once and signed."""

    __tablename__ = "log_reviews"
    __table_args__ = (
        UniqueConstraint("month"),
        CheckConstraint(
            "(signed_at IS NULL) = (signed_by IS NULL) AND (signed_at IS NULL OR conclusion IS NOT NULL)",
            name="signed_whole",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[date]
    """Its first day."""
    begun_at: Mapped[datetime]
    begun_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    visits: Mapped[int]
    """How often somebody was at a record on a day: what the samples were taken from."""
    signalled: Mapped[Json | None]
    """How many of a signal there were, where only some are laid before her; none in reviews of before that was kept."""
    kept_at: Mapped[datetime | None]
    """When somebody last kept what she found."""
    signed_at: Mapped[datetime | None]
    signed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    conclusion: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}


class LogFinding(Base):
    """One thing to look at: a sample or a signal, and what was found."""

    __tablename__ = "log_findings"
    __table_args__ = (one_of("signal", LogSignal), one_of("verdict", LogVerdict, nullable=True))

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("log_reviews.id"), index=True)
    signal: Mapped[str]
    on_date: Mapped[date]
    actor_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    patient_id: Mapped[int | None]
    """Whose record; none where it is about many. No reference: the log outlives a record."""
    count: Mapped[int]
    verdict: Mapped[str | None]
    remark: Mapped[str | None]


def emergencies(session: Session, since: datetime, until: datetime) -> Sequence[Any]:
    """Who was at whose record because of an emergency in a period."""
    query = select(AuditEntry.at, AuditEntry.actor_id, AuditEntry.patient_id).distinct()
    period = (AuditEntry.at >= since, AuditEntry.at < until)
    return session.execute(query.where(*period, AuditEntry.purpose == Purpose.EMERGENCY.value)).all()


def lines(
    session: Session, since: datetime, until: datetime, out: Collection[str], actor_id: int | None
) -> Iterator[Any]:
    """What people did at records, saw on lists or took out in a period, oldest first, some at a time."""
    columns = (AuditEntry.at, AuditEntry.action, AuditEntry.actor_id, AuditEntry.patient_id, AuditEntry.shown,
               AuditEntry.subject, AuditEntry.details, AuditEntry.purpose)  # fmt: skip
    query = select(*columns).where(AuditEntry.at >= since, AuditEntry.at < until, AuditEntry.outcome == "done")
    held = AuditEntry.patient_id.is_not(None) | AuditEntry.shown.is_not(None)
    query = query.where(held | AuditEntry.action.in_(out))
    query = query.where(AuditEntry.actor_id == actor_id if actor_id else AuditEntry.actor_id.is_not(None))
    yield from session.execute(query.order_by(AuditEntry.at, AuditEntry.id).execution_options(yield_per=AT_ONCE))


def came(session: Session, first: date, last: date) -> set[tuple[int, date]]:
    """Whose appointment was on which day."""
    query = select(Appointment.patient_id, Appointment.on_date).where(Appointment.state.in_(CAME))
    rows = session.execute(query.where(Appointment.on_date >= first, Appointment.on_date <= last))
    return {(row.patient_id, row.on_date) for row in rows}


def called(session: Session, since: datetime, until: datetime, actor_ids: Collection[int]) -> Sequence[Any]:
    """Each name and function that these people had in the lines of a period, from when to when, the latest first."""
    hers = (AuditEntry.actor_id, AuditEntry.actor_name, AuditEntry.actor_function)
    first, last = func.min(AuditEntry.at).label("first"), func.max(AuditEntry.at).label("last")
    period = (AuditEntry.at >= since, AuditEntry.at < until, AuditEntry.actor_id.in_(actor_ids))
    query = select(*hers, first, last).where(*period, AuditEntry.actor_name.is_not(None)).group_by(*hers)
    return session.execute(query.order_by(first.desc())).all()


def named(session: Session, keys: Sequence[str]) -> dict[int, set[str]]:
    """The patients who bear one of these names, with which."""
    found: dict[int, set[str]] = {}
    for row in session.execute(select(PatientName.patient_id, PatientName.key).where(PatientName.key.in_(keys))):
        found.setdefault(row.patient_id, set()).add(row.key)
    return found


def reviews(session: Session) -> Sequence[Any]:
    """Every month that was begun, the latest first, with who signed it."""
    query = select(LogReview, User.name).outerjoin(User, User.id == LogReview.signed_by)
    return session.execute(query.order_by(LogReview.month.desc())).all()


def findings(session: Session, review_id: int) -> Sequence[LogFinding]:
    """What there is to look at in a month, signal by signal."""
    query = select(LogFinding).where(LogFinding.review_id == review_id)
    return session.scalars(query.order_by(LogFinding.signal, LogFinding.on_date, LogFinding.id)).all()


def numbers_of(session: Session, ids: Collection[int | None]) -> dict[int | None, str]:
    """Numbers by key, also of patients whose record was destroyed."""
    found: dict[int | None, str] = {None: ""}
    for key, number in ((Tombstone.patient_id, Tombstone.number), (Patient.id, Patient.number)):
        found |= {row[0]: row[1] for row in session.execute(select(key, number).where(key.in_(ids)))}
    return found
