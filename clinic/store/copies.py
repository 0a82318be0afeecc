"""Who else always receives a copy of the letters about a patient, and the copies that left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Connection, ForeignKey, Index, Select, func, literal, select, text, tuple_
from sqlalchemy.orm import Mapped, Session, mapped_column

from clinic.store.base import Base, Json, one_of
from clinic.store.letters import OUT, Letter
from clinic.store.lists import MOST_COUNTED
from clinic.store.patients import Patient
from clinic.store.practices import Gp

COPY_STATES = ("queued", "sent", "delivered", "failed", "ended")
COPY_OUT = ("sent", "delivered")  # its recipient has it, as far as anybody knows; each has its day
Place = tuple[int, int]


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
        CheckConstraint("(state IN ('sent', 'delivered')) = (sent_on IS NOT NULL)", name="sent_has_day"),
        CheckConstraint("state <> 'failed' OR failure IS NOT NULL", name="failed_because"),
        CheckConstraint("(state = 'ended') = (ended_because IS NOT NULL)", name="ended_because"),
        Index(
            "ix_letter_copies_waiting",
            "letter_id",
            sqlite_where=text("state = 'queued'"),
            postgresql_where=text("state = 'queued'"),
        ),
        Index(
            "ix_letter_copies_failed",
            "letter_id",
            "standing_copy_id",
            sqlite_where=text("state = 'failed'"),
            postgresql_where=text("state = 'failed'"),
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
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    next_try_at: Mapped[datetime | None]
    """When the program tries again by itself to hand over a copy with which something unforeseen went wrong."""
    failure: Mapped[str | None]
    came_back: Mapped[int] = mapped_column(default=0)
    """How often it left and came back: the next time it leaves under a name of its own."""
    ended_because: Mapped[str | None]
    """Why a copy that did not arrive is not sent again."""


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


def did_not_arrive() -> Select[Any]:
    """The copies that failed of letters that are out; of a letter that is not, they go along when it leaves again."""
    failed = literal("failed", literal_execute=True)  # said outright: an index of some rows serves no other question
    return (
        select(LetterCopy)
        .join(Letter, Letter.id == LetterCopy.letter_id)
        .where(LetterCopy.state == failed, Letter.state.in_(OUT))
    )


def failed(session: Session, after: Place | None, most: int) -> Sequence[Any]:
    """Those, of the oldest letter first, with their letter, their patient and their recipient: none is herself."""
    order = (LetterCopy.letter_id, LetterCopy.standing_copy_id)
    query = (
        did_not_arrive()
        .add_columns(Letter, Patient, Gp)
        .join(Patient, Patient.id == LetterCopy.patient_id)
        .join(StandingCopy, StandingCopy.id == LetterCopy.standing_copy_id)
        .outerjoin(Gp, Gp.id == StandingCopy.gp_id)
        .order_by(*order)
        .limit(most)
    )
    if after is not None:
        query = query.where(tuple_(*order) > tuple_(*(literal(part) for part in after)))
    return session.execute(query).all()


def count_failed(session: Session | Connection) -> int:
    """How many there are, up to one more than is counted exactly."""
    some = did_not_arrive().with_only_columns(LetterCopy.letter_id).limit(MOST_COUNTED + 1)
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0
