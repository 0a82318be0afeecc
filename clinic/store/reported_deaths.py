"""Deaths that a file from outside told of: proposed, until somebody settled them on the patient's status."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, and_, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from clinic.store.appointments import Appointment
from clinic.store.base import Base
from clinic.store.patients import Patient


class ReportedDeath(Base):
    """One report; `rejected_because` says why it was not so, and without it the status was changed."""

    __tablename__ = "reported_deaths"
    __table_args__ = (
        UniqueConstraint("patient_id", "died_on"),
        CheckConstraint("(settled_at IS NULL) = (settled_by IS NULL)", name="settled_when_and_by_whom"),
        CheckConstraint("rejected_because IS NULL OR settled_at IS NOT NULL", name="rejected_is_settled"),
        Index("ix_reported_deaths_open", "settled_at", "reported_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    died_on: Mapped[date]
    source: Mapped[str]
    reported_at: Mapped[datetime]
    reported_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    rejected_because: Mapped[str | None]


OPEN_DEATHS = ReportedDeath.settled_at.is_(None)
DROPPED = and_(Appointment.missing_since.is_not(None), Appointment.state == "booked")
MOST = 200
OF_PATIENT = (
    select(func.max(ReportedDeath.died_on)).where(ReportedDeath.patient_id == Patient.id, OPEN_DEATHS).scalar_subquery()
)
"""The day on which the patient of a row is said to have died, as long as nobody settled it."""


def open_ones(session: Session) -> list[tuple[ReportedDeath, Patient]]:
    """Reports that wait, the oldest first."""
    query = select(ReportedDeath, Patient).join(Patient, Patient.id == ReportedDeath.patient_id).where(OPEN_DEATHS)
    rows = session.execute(query.order_by(ReportedDeath.reported_at, ReportedDeath.id).limit(MOST))
    return [(row.ReportedDeath, row.Patient) for row in rows]


def missing(session: Session) -> list[tuple[Appointment, Patient]]:
    """Bookings that the agenda no longer shows, the first day first."""
    query = select(Appointment, Patient).join(Patient, Patient.id == Appointment.patient_id).where(DROPPED)
    rows = session.execute(query.order_by(Appointment.on_date, Appointment.at_time, Appointment.id).limit(MOST))
    return [(row.Appointment, row.Patient) for row in rows]


def count(session: Session) -> int:
    """How many of both wait."""
    deaths = select(func.count()).select_from(ReportedDeath).where(OPEN_DEATHS).scalar_subquery()
    dropped = select(func.count()).select_from(Appointment).where(DROPPED).scalar_subquery()
    return session.scalar(select(deaths + dropped)) or 0
