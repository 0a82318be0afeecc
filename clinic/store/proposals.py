"""Starts, stops and switches that a nurse entered in a doctor's name, until that doctor has said yes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from clinic.domain.vocabulary import ProposalState
from clinic.store.base import Base, one_of
from clinic.store.patients import Patient
from clinic.store.treatments import Course, CourseStop
from clinic.store.users import User

MOST = 50  # shown at once; the rest follow when these are decided


class Proposal(Base):
    """What waits for a doctor: a course that starts, one that ends, or, in a switch, both at once."""

    __tablename__ = "proposals"
    __table_args__ = (
        one_of("state", ProposalState),
        CheckConstraint("course_id IS NOT NULL OR stop_id IS NOT NULL", name="about_something"),
        CheckConstraint(
            "(decided_at IS NULL) = (state = 'waiting') AND (decided_at IS NULL) = (decided_by IS NULL)",
            name="decided_when_and_by_whom",
        ),
        CheckConstraint("state <> 'returned' OR (remark IS NOT NULL AND remark <> '')", name="returned_because"),
        Index("ix_proposals_state_doctor", "state", "doctor_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"), index=True)
    course_id: Mapped[int | None] = mapped_column(ForeignKey("courses.id"), unique=True)
    stop_id: Mapped[int | None] = mapped_column(ForeignKey("course_stops.id"), unique=True)
    doctor_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    proposed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime]
    state: Mapped[str]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    remark: Mapped[str | None]


@dataclass(frozen=True, slots=True)
class Found:
    """A proposal with what still stands of it, whose it is, and between whom it goes."""

    proposal: Proposal
    patient: Patient
    course: Course | None
    stop: CourseStop | None
    drug: str
    nurse: str
    doctor: str


NURSE, DOCTOR, ENDED = aliased(User), aliased(User), aliased(Course)
OPEN = (
    select(Proposal, Patient, Course, CourseStop, func.coalesce(ENDED.drug, Course.drug), NURSE.name, DOCTOR.name)
    .join(Patient, Patient.id == Proposal.patient_id)
    .outerjoin(Course, and_(Course.id == Proposal.course_id, Course.stands.is_(True)))
    .outerjoin(CourseStop, and_(CourseStop.id == Proposal.stop_id, CourseStop.stands.is_(True)))
    .outerjoin(ENDED, ENDED.id == CourseStop.course_id)
    .join(NURSE, NURSE.id == Proposal.proposed_by)
    .join(DOCTOR, DOCTOR.id == Proposal.doctor_id)
    .where(Proposal.state.in_((ProposalState.WAITING, ProposalState.RETURNED)))
    .where(or_(Course.id.is_not(None), CourseStop.id.is_not(None)))
    .order_by(case((Proposal.state == ProposalState.RETURNED, 0), else_=1), Proposal.proposed_at, Proposal.id)
    .limit(MOST)
)
OF_PATIENT = OPEN.where(Proposal.patient_id == bindparam("patient_id"))
"""Proposals that are not confirmed and of which something still stands: sent back ones first, oldest first."""


def open_ones(session: Session, rule: ColumnElement[bool]) -> list[Found]:
    """The open proposals to which this applies."""
    return [Found(*row) for row in session.execute(OPEN.where(rule))]


def of_patient(session: Session, patient_id: int) -> list[Found]:
    """The open proposals of one patient."""
    return [Found(*row) for row in session.execute(OF_PATIENT, {"patient_id": patient_id})]


def waiting_for(others: Sequence[int]) -> ColumnElement[bool]:
    """What waits for a doctor: all but what these other doctors have."""
    return and_(Proposal.state == ProposalState.WAITING, Proposal.doctor_id.not_in(others))
