"""Records that only those who treat the patient open, and how somebody else opened one in an emergency."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Connection, ForeignKey, Index, Select, bindparam, exists, func, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from clinic.domain.restricted import EmergencyReason, EmergencyVerdict, RestrictionKind
from clinic.store.base import Base, one_of
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.print_runs import PrintedLetter
from clinic.store.rights import RightsRequest
from clinic.store.users import User

SHORTEST_WORDS = 10
Asked = Session | Connection
"""What stands before a page is asked of a bare connection, what a service does of its unit."""


class Restriction(Base):
    """A record that the privacy officer closed to all but those who treat the patient; lifted, never deleted."""

    __tablename__ = "restrictions"
    __table_args__ = (
        one_of("kind", RestrictionKind),
        CheckConstraint("(lifted_at IS NULL) = (lifted_by IS NULL)", name="lifted_whole"),
        Index("ix_restrictions_patient_open", "patient_id", "lifted_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    kind: Mapped[str]
    marked_at: Mapped[datetime]
    marked_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class Admitted(Base):
    """Who opens a restricted record besides the patient's regular nurse and doctor."""

    __tablename__ = "restriction_admitted"

    restriction_id: Mapped[int] = mapped_column(ForeignKey("restrictions.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)


class EmergencyOpening(Base):
    """Somebody who does not treat the patient opened her record, with a reason, for some hours."""

    __tablename__ = "emergency_openings"
    __table_args__ = (
        one_of("reason", EmergencyReason),
        one_of("verdict", EmergencyVerdict, nullable=True),
        CheckConstraint(f"length(words) >= {SHORTEST_WORDS}", name="words_given"),
        CheckConstraint("ends_at > opened_at", name="ends_after_start"),
        CheckConstraint(
            "(verdict IS NULL) = (judged_at IS NULL) AND (verdict IS NULL) = (judged_by IS NULL)", name="judged_whole"
        ),
        Index("ix_emergency_openings_patient_user", "patient_id", "user_id", "ends_at"),
        Index("ix_emergency_openings_verdict", "verdict", "opened_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    form_token: Mapped[str] = mapped_column(unique=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str]
    words: Mapped[str]
    opened_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    verdict: Mapped[str | None]
    remark: Mapped[str | None]
    judged_at: Mapped[datetime | None]
    judged_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


NUMBER = aliased(Patient)
KEPT = func.coalesce(NUMBER.merged_into_id, NUMBER.id)
"""The patient whom a number is of: a number that was merged is closed as its patient is."""

# asked by every page about a patient, so put together once
CLOSED = (
    select(Restriction.id)
    .join(Patient, Patient.id == Restriction.patient_id)
    .where(
        Restriction.patient_id == select(KEPT).where(NUMBER.id == bindparam("patient_id")).scalar_subquery(),
        Restriction.lifted_at.is_(None),
        func.coalesce(Patient.regular_nurse_id, 0) != bindparam("user_id"),
        func.coalesce(Patient.regular_doctor_id, 0) != bindparam("user_id"),
        ~exists().where(Admitted.restriction_id == Restriction.id, Admitted.user_id == bindparam("user_id")),
    )
    .limit(1)
)


def is_closed(store: Asked, patient_id: int, user_id: int) -> bool:
    """Whether this record is restricted, and this person not among those who treat the patient."""
    return store.execute(CLOSED, {"patient_id": patient_id, "user_id": user_id}).first() is not None


def open_until(store: Asked, patient_id: int, user_id: int, now: datetime) -> datetime | None:
    """Until when this person may be in this record because of an emergency."""
    hers = (EmergencyOpening.patient_id == patient_id, EmergencyOpening.user_id == user_id)
    return store.scalar(select(func.max(EmergencyOpening.ends_at)).where(*hers, EmergencyOpening.ends_at > now))


def closed_to(user_id: int) -> Select[int]:
    """Whose records are restricted and not for this person; an emergency opens a record and no list."""
    named = exists().where(Admitted.restriction_id == Restriction.id, Admitted.user_id == user_id)
    return (
        select(Restriction.patient_id)
        .join(Patient, Patient.id == Restriction.patient_id)
        .where(
            Restriction.lifted_at.is_(None),
            func.coalesce(Patient.regular_nurse_id, 0) != user_id,
            func.coalesce(Patient.regular_doctor_id, 0) != user_id,
            ~named,
        )
    )


def closed_among(session: Session, patient_ids: Collection[int], user_id: int) -> set[int]:
    """Which of these numbers are of such a record."""
    query = select(NUMBER.id).where(NUMBER.id.in_(patient_ids), KEPT.in_(closed_to(user_id)))
    return set(session.scalars(query))


def stays(store: Asked, patient_id: int) -> int:
    """The patient whom a number is of."""
    return store.scalars(select(KEPT).where(NUMBER.id == patient_id)).one()


def of_letters(store: Asked, letter_ids: Sequence[int]) -> Sequence[int]:
    """Whom these letters are about."""
    query = select(Letter.patient_id).where(Letter.id.in_(letter_ids)).distinct()
    return store.scalars(query.order_by(Letter.patient_id)).all()


def of_run(store: Asked, run_id: int) -> Sequence[int]:
    """Whose letters the file of a print run holds."""
    printed = select(PrintedLetter.letter_id).where(PrintedLetter.run_id == run_id)
    return of_letters(store, store.scalars(printed).all())


def of_request(store: Asked, request_id: int) -> Sequence[int]:
    """Who asked."""
    return store.scalars(select(RightsRequest.patient_id).where(RightsRequest.id == request_id)).all()


def standing(session: Session) -> Sequence[Any]:
    """Records that are restricted now, each with its number and who did it."""
    query = (
        select(Restriction, Patient.number, User.name)
        .join(Patient, Patient.id == Restriction.patient_id)
        .join(User, User.id == Restriction.marked_by)
        .where(Restriction.lifted_at.is_(None))
    )
    return session.execute(query.order_by(Restriction.marked_at.desc(), Restriction.id.desc())).all()


def admitted_to(session: Session, restriction_ids: Sequence[int]) -> Sequence[Any]:
    """Who was named, by record."""
    query = select(Admitted.restriction_id, User.name).join(User, User.id == Admitted.user_id)
    return session.execute(query.where(Admitted.restriction_id.in_(restriction_ids)).order_by(User.name)).all()


def openings(session: Session, most: int) -> Sequence[Any]:
    """Emergencies with the number and the name: those nobody judged first, then the latest."""
    query = (
        select(EmergencyOpening, Patient.number, User.name, User.function)
        .join(Patient, Patient.id == EmergencyOpening.patient_id)
        .join(User, User.id == EmergencyOpening.user_id)
        .order_by(EmergencyOpening.verdict.is_not(None), EmergencyOpening.opened_at.desc(), EmergencyOpening.id.desc())
    )
    return session.execute(query.limit(most)).all()


def waiting(session: Session) -> int:
    """How many emergencies nobody judged."""
    return session.scalar(select(func.count()).where(EmergencyOpening.verdict.is_(None))) or 0
