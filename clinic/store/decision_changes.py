"""A signed decision whose grounds became others when a value was corrected: it goes back to its doctor."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Select, exists, func, not_, select, tuple_
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from clinic.store.base import Base, Json
from clinic.store.patients import Patient
from clinic.store.reviews import Review


class DecisionChange(Base):
    """What the decision rested on and what stands now; open until a doctor says that it stands, or decides anew."""

    __tablename__ = "decision_changes"
    __table_args__ = (
        CheckConstraint("(settled_at IS NULL) = (settled_by IS NULL)", name="settled_when_and_by_whom"),
        CheckConstraint("reason IS NULL OR settled_at IS NOT NULL", name="reason_when_settled"),
        Index("ix_decision_changes_open", "settled_at", "review_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"))
    found_at: Mapped[datetime]
    found_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    what: Mapped[Json]
    """What it rested on to [answer then, answer now, value then, value now]; an answer is true, false or null."""
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str | None]
    """Why the decision stands all the same."""


def waiting(elsewhere: Sequence[int]) -> Select[*tuple[Any, ...]]:
    """What waits for a doctor: of decisions that stand, all but what these other doctors signed."""
    later = aliased(Review)
    after = tuple_(later.on_date, later.id) > tuple_(Review.on_date, Review.id)  # a corrected one keeps its day
    newer = exists().where(later.patient_id == Review.patient_id, later.stands.is_(True), after)
    return (
        select(DecisionChange, Review, Patient)
        .join(Review, Review.id == DecisionChange.review_id)
        .join(Patient, Patient.id == DecisionChange.patient_id)
        .where(
            DecisionChange.settled_at.is_(None), Review.stands.is_(True), Review.recorded_by.not_in(elsewhere),
            not_(newer),
        )
        .order_by(DecisionChange.found_at, DecisionChange.id)
    )  # fmt: skip


def count(session: Session, elsewhere: Sequence[int]) -> int:
    """How many wait for a doctor."""
    return session.scalar(select(func.count()).select_from(waiting(elsewhere).order_by(None).subquery("open"))) or 0
