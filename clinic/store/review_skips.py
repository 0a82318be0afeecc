"""A doctor passed a review over today, and why: it stays in the queue, behind the others."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from clinic.store.base import Base


class ReviewSkip(Base):
    """Holds for one doctor and one day; the last reason counts."""

    __tablename__ = "review_skips"
    __table_args__ = (
        UniqueConstraint("patient_id", "by", "on_date"),
        CheckConstraint("length(reason) > 0", name="reason_given"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    on_date: Mapped[date]
    at: Mapped[datetime]
    reason: Mapped[str]
