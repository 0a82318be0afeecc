"""Appointments: booked, moved, cancelled, missed, attended."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, and_
from sqlalchemy.orm import Mapped, mapped_column

from clinic.store.base import Base, one_of

KINDS = ("control", "phone", "dxa", "review", "infusion")
MINUTES = {"control": 15, "phone": 10, "dxa": 30, "review": 15, "infusion": 60}
"""How long each kind usually takes."""
SHORTEST, LONGEST = 5, 480
STATES = ("booked", "moved", "cancelled", "no_show", "attended")


class Appointment(Base):
    """A booking; moving it makes a new row and leaves the old one as `moved`."""

    __tablename__ = "appointments"
    __table_args__ = (
        one_of("kind", KINDS),
        one_of("state", STATES),
        CheckConstraint("(state = 'booked') = (settled_at IS NULL)", name="settled_has_time"),
        CheckConstraint(f"minutes BETWEEN {SHORTEST} AND {LONGEST}", name="minutes_possible"),
        CheckConstraint("state <> 'cancelled' OR reason IS NOT NULL", name="cancelled_because"),
        Index("ix_appointments_day", "on_date", "at_time", "id"),
        CheckConstraint("missing_since IS NULL OR external_number IS NOT NULL", name="missing_was_in_agenda"),
        Index("ix_appointments_patient", "patient_id", "state", "on_date"),
        Index("ix_appointments_missing", "missing_since", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    kind: Mapped[str]
    on_date: Mapped[date]
    at_time: Mapped[time | None]
    minutes: Mapped[int] = mapped_column(default=15)
    place: Mapped[str | None]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    item_code: Mapped[str | None]
    item_subject: Mapped[date | None]
    """The due item this booking is for, by its key; kept when the item is no longer due."""
    state: Mapped[str] = mapped_column(default="booked")
    arrived_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(default=0)
    """Attempts to reach a patient who did not come."""
    moved_from_id: Mapped[int | None] = mapped_column(ForeignKey("appointments.id"))
    control_id: Mapped[int | None] = mapped_column(ForeignKey("controls.id"))
    form_token: Mapped[str] = mapped_column(unique=True)
    external_number: Mapped[str | None] = mapped_column(unique=True)
    """The number of the hospital's agenda; the booking that stands has it, so it goes along with a move."""
    agenda_said: Mapped[str | None]
    """What that agenda last said: as long as it says the same, a move made by hand stands."""
    missing_since: Mapped[datetime | None]
    """The hospital's agenda no longer shows it; somebody has to cancel it or say that it stands."""
    booked_at: Mapped[datetime]
    booked_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}


def stands_for(booking: type[Appointment], item: Any, day: Any) -> ColumnElement[bool]:
    """Whether a booking is for this item and still to come: a visit that is past hides nothing that is due."""
    return and_(
        booking.patient_id == item.patient_id,
        booking.state == "booked",
        booking.on_date >= day,
        booking.item_code == item.code,
        booking.item_subject == item.subject,
    )
