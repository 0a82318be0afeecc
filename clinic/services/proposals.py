"""What a nurse enters in a doctor's name waits for that doctor, who confirms it or sends it back with a remark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import false, select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import ProposalState, StopReason
from clinic.security.audit import Action
from clinic.security.permissions import May, Role, allows
from clinic.services.absences import queue
from clinic.services.facts import lock_patient
from clinic.services.work import Work
from clinic.store import proposals
from clinic.store.proposals import Found, Proposal
from clinic.store.treatments import Course, CourseStop

F = TypeVar("F", Course, CourseStop)


def propose(
    work: Work,
    patient_id: int,
    course: Course | None = None,
    stop: CourseStop | None = None,
    doctor_id: int | None = None,
) -> None:
    """Let what was just written wait for the doctor in whose name it was, or who settles what a nurse heard.

    What stood already is not asked again.
    """
    doctor_id = work.actor.on_behalf_of or doctor_id
    new = [fact for fact in (course, stop) if fact is not None and fact.recorded_at == work.now]
    if not work.flushed or not new or doctor_id is None:
        return
    work.session.add(
        Proposal(
            patient_id=patient_id,
            course_id=course.id if course in new else None,
            stop_id=stop.id if stop in new else None,
            doctor_id=doctor_id,
            proposed_by=work.actor.id,
            proposed_at=work.now,
            state=ProposalState.WAITING.value,
        )
    )


def confirm(work: Work, patient_id: int, proposal_id: int) -> None:
    """A doctor makes it her decision; said twice is one."""
    work.needs(May.DECIDE_COURSE)
    row = own(work, patient_id, proposal_id)
    if row.state == ProposalState.CONFIRMED:
        return
    decide(work, row, ProposalState.CONFIRMED, Action.PROPOSAL_CONFIRMED)


def send_back(work: Work, patient_id: int, proposal_id: int, remark: str) -> None:
    """A doctor asks for another look; it counts for the lists until it is corrected or voided."""
    work.needs(May.DECIDE_COURSE)
    row = own(work, patient_id, proposal_id)
    if row.state == ProposalState.RETURNED and row.remark == remark.strip():
        return
    if row.state == ProposalState.CONFIRMED:
        raise RuleBroken("remark", "proposal_confirmed")
    if not remark.strip():
        raise RuleBroken("remark", "remark_missing")
    row.remark = remark.strip()
    decide(work, row, ProposalState.RETURNED, Action.PROPOSAL_RETURNED)


def may_void(work: Work, fact: Course | CourseStop) -> bool:
    """Whether who asks may take a course or its end back.

    A doctor may; a nurse what no doctor decided or confirmed, and that the patient stopped herself.
    """
    if allows(work.actor.role, May.DECIDE_COURSE):
        return True
    if isinstance(fact, CourseStop):
        return fact.reason == StopReason.PATIENT_WISH or hers(work, fact)
    ends = select(CourseStop).where(CourseStop.course_id == fact.id, CourseStop.stands.is_(True))
    return hers(work, fact) and all(may_void(work, stop) for stop in work.session.scalars(ends))


def hers(work: Work, fact: F) -> bool:
    """Whether she who asks recorded every version of it, or a doctor sent it back; none was confirmed."""
    about = Proposal.course_id if isinstance(fact, Course) else Proposal.stop_id
    version: F | None = fact
    while version is not None:
        state = work.session.scalar(select(Proposal.state).where(about == version.id))
        if state == ProposalState.CONFIRMED:
            return False
        if state != ProposalState.RETURNED and version.recorded_by != work.actor.id:
            return False
        version = work.session.get(type(fact), version.supersedes_id) if version.supersedes_id else None
    return True


def own(work: Work, patient_id: int, proposal_id: int) -> Proposal:
    """A proposal of this patient as it is now; LookupError when there is none."""
    lock_patient(work, patient_id)
    row = work.session.get(Proposal, proposal_id, populate_existing=True)
    if row is None or row.patient_id != patient_id:
        raise LookupError(proposal_id)
    return row


def decide(work: Work, row: Proposal, state: ProposalState, action: Action) -> None:
    """Keep a decision about what still stands."""
    stop = work.session.get(CourseStop, row.stop_id) if row.stop_id else None
    course = work.session.get(Course, row.course_id) if row.course_id else None
    if not any(fact is not None and fact.stands for fact in (course, stop)):
        raise RuleBroken("remark", "proposal_gone")
    row.state, row.decided_at, row.decided_by = state.value, work.now, work.actor.id
    work.note(action, row.patient_id, f"proposal:{row.id}")
    work.commit()


def to_do(work: Work) -> Sequence[Found]:
    """What waits for the doctor who asks or for whom she stands in; for nurses, what a doctor sent back."""
    if work.actor.role is Role.DOCTOR:
        rule = proposals.waiting_for(queue(work).elsewhere)
    else:
        rule = Proposal.state == ProposalState.RETURNED if work.actor.role is Role.NURSE else false()
    found = proposals.open_ones(work.session, rule)
    if found:
        shown = list(dict.fromkeys(line.patient.id for line in found))
        work.note(Action.PATIENT_LISTED, subject="list:proposals", shown=shown)
    return found


def of_patient(work: Work, patient_id: int) -> Sequence[Found]:
    """What of her treatment no doctor has confirmed yet."""
    return proposals.of_patient(work.session, patient_id)
