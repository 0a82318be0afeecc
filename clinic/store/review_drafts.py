"""What a doctor typed in a review and has not signed; kept on the server, one per patient, doctor and decision."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from clinic.store.base import Base, Json


class ReviewDraft(Base):
    """Nothing of it counts; `review_id` is the signed version that it is to correct, null of a new decision."""

    __tablename__ = "review_drafts"
    __table_args__ = (
        UniqueConstraint("patient_id", "by", "review_id"),
        Index(
            "ux_review_drafts_new", "patient_id", "by", unique=True, sqlite_where=text("review_id IS NULL"),
            postgresql_where=text("review_id IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    review_id: Mapped[int | None] = mapped_column(ForeignKey("reviews.id"))
    saved_at: Mapped[datetime]
    typed: Mapped[Json]
