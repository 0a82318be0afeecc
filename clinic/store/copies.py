"""Who else always receives a copy of the letters about a patient, and the copies that left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from clinic.store.base import Base, Json, one_of
from clinic.store.practices import Gp

COPY_STATES = ("queued", "sent", "failed")


class StandingCopy(Base):
    """A copy of each letter for another recipient, or for the patient herself when `gp_id` is empty."""

    __tablename__ = "standing_copies"
    __table_args__ = (
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended_when_and_by_whom"),
        Index("ix_standing_copies_patient", "patient_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    gp_id: Mapped[int | None] = mapped_column(ForeignKey("gps.id"))
    since: Mapped[date]
    reason: Mapped[str]
    entered_at: Mapped[datetime]
    entered_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class LetterCopy(Base):
    """A copy of one letter: its own envelope, frozen with its own hash, and what came of it."""

    __tablename__ = "letter_copies"
    __table_args__ = (
        one_of("state", COPY_STATES),
        CheckConstraint("(state = 'sent') = (sent_on IS NOT NULL)", name="sent_has_day"),
        CheckConstraint("state <> 'failed' OR failure IS NOT NULL", name="failed_because"),
        Index(
            "ix_letter_copies_waiting",
            "letter_id",
            sqlite_where=text("state = 'queued'"),
            postgresql_where=text("state = 'queued'"),
        ),
    )

    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id"), primary_key=True)
    standing_copy_id: Mapped[int] = mapped_column(ForeignKey("standing_copies.id"), primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"), index=True)
    channel: Mapped[str]
    envelope: Mapped[Json]
    envelope_sha256: Mapped[str]
    state: Mapped[str]
    queued_at: Mapped[datetime]
    sent_on: Mapped[date | None]
    failure: Mapped[str | None]


def standing(session: Session, patient_id: int) -> Sequence[Any]:
    """Who receives copies of a patient's letters, with the recipient or None for herself, the first first."""
    query = (
        select(StandingCopy, Gp)
        .outerjoin(Gp, Gp.id == StandingCopy.gp_id)
        .where(StandingCopy.patient_id == patient_id, StandingCopy.ended_at.is_(None))
        .order_by(StandingCopy.id)
    )
    return session.execute(query).all()


def of_letter(session: Session, letter_id: int) -> Sequence[LetterCopy]:
    """The copies of a letter that left or should leave."""
    query = select(LetterCopy).where(LetterCopy.letter_id == letter_id).order_by(LetterCopy.standing_copy_id)
    return session.scalars(query).all()
