"""Due items and red alerts as the rules derived them, so that lists need no rules."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from clinic.domain.vocabulary import AlertLevel
from clinic.store.base import IN_BYTES, Base, Json, one_of


class DueItem(Base):
    """What is due for a patient, from her facts alone; its status depends on the day and is not stored.

    Key: patient, code, subject (the date of the fact it belongs to, or the epoch when there is one only),
    number. Bookings, claims and overrides hang on that key and outlive the row.
    """

    __tablename__ = "due_items"
    __table_args__ = (
        UniqueConstraint("patient_id", "code", "subject", "number"),
        CheckConstraint("opens_on <= late_after", name="opens_before_late"),
        CheckConstraint("very_late_after IS NULL OR very_late_after >= late_after", name="late_before_very_late"),
        # a list walks the first in its order; the others count ranges without touching the table
        Index(
            "ix_due_items_list", "backlog", "due_on", "code", "patient_id", "opens_on", "late_after", "very_late_after"
        ),
        Index("ix_due_items_late", "backlog", "late_after", "code", "patient_id"),
        Index("ix_due_items_open", "backlog", "opens_on", "late_after", "code", "patient_id", "subject"),
        Index("ix_due_items_code_open", "backlog", "code", "opens_on", "late_after", "patient_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    code: Mapped[str] = mapped_column(IN_BYTES)
    subject: Mapped[date]
    number: Mapped[int] = mapped_column(default=1)
    due_on: Mapped[date]
    opens_on: Mapped[date]
    late_after: Mapped[date]
    very_late_after: Mapped[date | None]
    backlog: Mapped[bool]
    why: Mapped[Json]
    """{"code": …, "params": {…}}: said in the reader's language at the edge."""
    source: Mapped[str]
    protocol: Mapped[str]


class RedAlert(Base):
    """An alert from the day it holds until the day it no longer does (null: until a fact changes it)."""

    __tablename__ = "alerts"
    __table_args__ = (
        one_of("level", AlertLevel),
        CheckConstraint("holds_until IS NULL OR holds_until >= holds_from", name="holds_a_while"),
        Index("ix_alerts_patient", "patient_id"),
        Index("ix_alerts_list", "level", "since", "code", "patient_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    code: Mapped[str]
    level: Mapped[str]
    since: Mapped[date]
    holds_from: Mapped[date]
    holds_until: Mapped[date | None]
    why: Mapped[Json]
    source: Mapped[str]
    protocol: Mapped[str]
