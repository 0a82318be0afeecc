"""What is asked for outside the clinic of a letter that had left: the GP told of a correction, a breach looked at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from clinic.domain.vocabulary import BreachState, LetterAbout, TellChoice
from clinic.store.base import Base, one_of
from clinic.store.letters import OUT, TO_PATIENT, Letter, LetterSubject
from clinic.store.patients import Patient
from clinic.store.users import User

MOST = 200


class CorrectionNotice(Base):
    """What was chosen when a control was corrected whose letter had left."""

    __tablename__ = "correction_notices"
    __table_args__ = (
        one_of("choice", TellChoice),
        CheckConstraint("(choice = 'none') = (because IS NOT NULL)", name="none_because"),
        UniqueConstraint("control_id"),
        Index("ix_correction_notices_patient", "patient_id", "choice", "told_in"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    control_id: Mapped[int] = mapped_column(ForeignKey("controls.id"))
    """The version that came."""
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id"))
    """The letter that told of the version before."""
    choice: Mapped[str]
    because: Mapped[str | None]
    by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    told_in: Mapped[int | None] = mapped_column(ForeignKey("letters.id"))


class BreachTask(Base):
    """A letter told of what was not this patient's, or somebody else read it: for the privacy officer (AVG art. 33)."""

    __tablename__ = "breach_tasks"
    __table_args__ = (
        one_of("state", BreachState),
        CheckConstraint(
            "(state = 'open') = (settled_at IS NULL) AND (settled_at IS NULL) = (settled_by IS NULL) "
            "AND (settled_at IS NULL) = (remark IS NULL)",
            name="settled_whole",
        ),
        UniqueConstraint("control_id", "letter_id"),
        Index("ix_breach_tasks_state", "state", "found_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    control_id: Mapped[int | None] = mapped_column(ForeignKey("controls.id"))
    """The control that was voided, when it was one."""
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id"))
    found_at: Mapped[datetime]
    found_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    remark: Mapped[str | None]


def letters_that_left(session: Session, patient_id: int, about: LetterAbout, ids: Sequence[int]) -> Sequence[Letter]:
    """Sent letters to the GP that told of one of these versions of a fact, the last one first."""
    told = select(LetterSubject.letter_id).where(
        LetterSubject.patient_id == patient_id, LetterSubject.about == about.value, LetterSubject.fact_id.in_(ids)
    )
    query = select(Letter).where(Letter.id.in_(told), Letter.state.in_(OUT))
    return session.scalars(query.order_by(Letter.id.desc())).all()


def results_that_left(session: Session, patient_id: int, made_on: date) -> Sequence[Letter]:
    """The same of letters to the patient with the result of the DXA of a day."""
    query = select(Letter).where(
        Letter.patient_id == patient_id, Letter.kind == f"{TO_PATIENT}result", Letter.state.in_(OUT)
    )
    found = session.scalars(query.order_by(Letter.id.desc())).all()
    return [letter for letter in found if (letter.facts.get("scan") or {}).get("on") == made_on.isoformat()]


# asked by each letter, so put together once
NOTICES = CorrectionNotice.__table__.c
TO_MENTION = (
    select(NOTICES.id)
    .where(
        NOTICES.patient_id == bindparam("patient_id"),
        NOTICES.choice != TellChoice.NONE.value,
        NOTICES.told_in.is_(None),
    )
    .order_by(NOTICES.id)
)


def to_mention(session: Session, patient_id: int) -> Sequence[CorrectionNotice]:
    """Corrections that wait for her next letter, or of which the letter was stopped; most wait for none."""
    session.flush()  # what this very unit told of already
    waiting = session.execute(TO_MENTION, {"patient_id": patient_id}).scalars()
    return [session.get_one(CorrectionNotice, one) for one in waiting]


def told_in(session: Session, letter_id: int) -> Sequence[CorrectionNotice]:
    """The corrections that a letter tells of."""
    return session.scalars(select(CorrectionNotice).where(CorrectionNotice.told_in == letter_id)).all()


def notice_of(session: Session, control_id: int) -> CorrectionNotice | None:
    """What was chosen when this version came."""
    return session.scalar(select(CorrectionNotice).where(CorrectionNotice.control_id == control_id))


def task_of(session: Session, control_id: int, letter_id: int) -> BreachTask | None:
    """What the privacy officer was asked about a voided control and a letter."""
    its = (BreachTask.control_id == control_id, BreachTask.letter_id == letter_id)
    return session.scalar(select(BreachTask).where(*its))


def asked_before(session: Session, letter_id: int, by: int | None, reason: str) -> bool:
    """Whether somebody's reason led the privacy officer to this letter already, whatever fact was voided with it."""
    same = (BreachTask.letter_id == letter_id, BreachTask.found_by == by, BreachTask.reason == reason)
    return session.scalars(select(BreachTask.id).where(*same).limit(1)).first() is not None


def tasks(session: Session, only_open: bool) -> Sequence[Any]:
    """Possible breaches with the patient's number, the letter and who found it; the oldest open one first."""
    query = (
        select(BreachTask, Patient.number, Letter.reference, Letter.sent_on, Letter.queued_at, User.name)
        .join(Patient, Patient.id == BreachTask.patient_id)
        .join(Letter, Letter.id == BreachTask.letter_id)
        .join(User, User.id == BreachTask.found_by)
        .order_by(BreachTask.state != BreachState.OPEN.value, BreachTask.found_at, BreachTask.id)
    )
    return session.execute(query.where(BreachTask.state == "open") if only_open else query.limit(MOST)).all()
