"""Deaths that a file from outside told of: proposed, until somebody settled them on the patient's status."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from clinic.store.base import Base


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
