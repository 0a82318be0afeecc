"""Start, correct, stop and switch a course; dates follow in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

from sqlalchemy import select, update

from clinic.domain.errors import RuleBroken
from clinic.domain.protocol import BISPHOSPHONATES, FOLLOW_ON
from clinic.domain.vocabulary import ControlsBy, Drug, PatientStatus, StartPrecision, StopReason
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import course_letters, items, stop_decisions, visits
from clinic.services.facts import lock_patient, need_reason, void
from clinic.services.proposals import may_void, propose
from clinic.services.said import finish, not_far_ahead, on_behalf, own, place, said_before, who_settles
from clinic.services.work import Work
from clinic.store.patients import Patient
from clinic.store.reviews import Review
from clinic.store.treatments import Course, CourseStop, Dose, Pause

Event = CourseStop | Pause | Dose
E = TypeVar("E", bound=CourseStop | Pause | Dose)
EVENTS: tuple[type[Event], ...] = (CourseStop, Pause, Dose)
SHORTEST, LONGEST = Decimal("0.5"), Decimal(10)


@dataclass(frozen=True, slots=True)
class StartCourse:
    """A course as it was decided or found; `planned_years` None is "not recorded before referral" (C1)."""

    patient_id: int
    drug: Drug
    started_on: date
    start_precision: StartPrecision = StartPrecision.DAY
    start_source: str = ""
    dose: str = ""
    schedule: str = ""
    planned_years: Decimal | None = None
    planned_years_reason: str = ""
    indication: str = ""
    controls_by: ControlsBy = ControlsBy.CLINIC
    doctor_id: int | None = None


@dataclass(frozen=True, slots=True)
class StopCourse:
    """The end of a course; whose decision it was, unless the patient stopped herself."""

    patient_id: int
    course_id: int
    stopped_on: date
    reason: StopReason
    explanation: str = ""
    doctor_id: int | None = None
    precision: StartPrecision = StartPrecision.DAY


def start(work: Work, command: StartCourse) -> int:
    """Keep a new course and say its id; the same course said twice is one."""
    patient = lock_patient(work, command.patient_id)
    ends = course_letters.decided_stops(work, patient.id)
    course = write_course(work, command)
    propose(work, patient.id, course=course)
    course_letters.follow_decisions(work, patient, ends)
    end_act(work, patient, Action.COURSE_SAVED, f"course:{course.id}")
    return course.id


def end_act(
    work: Work, patient: Patient, action: Action, subject: str, ended: CourseStop | None = None,
    begun: Course | None = None,
) -> None:  # fmt: skip
    """Keep what was done to a treatment; no authorised letter says otherwise any more, and the GP hears of an end."""
    work.session.flush()
    if work.flushed:
        course_letters.take_back_outdated(work, patient)
        if ended is not None:
            course_letters.tell_stop(work, patient, ended, begun)
    finish(work, patient, action, subject)


def correct_course(work: Work, course_id: int, command: StartCourse, reason: str) -> int:
    """Let another description stand for a course; its stop, pauses, doses and what was decided about it go with it."""
    patient = lock_patient(work, command.patient_id)
    old = own(work, Course, patient.id, course_id)
    ends = course_letters.decided_stops(work, patient.id)
    course = write_course(work, command, old, reason)
    for table in (*EVENTS, Review):
        work.session.execute(update(table).where(table.course_id == old.id).values(course_id=course.id))
    propose(work, patient.id, course=course)
    if course is not old:
        course_letters.correct_start(work, patient, old, course)
        course_letters.correct_last(work, patient)
        course_letters.follow_decisions(work, patient, ends)
    end_act(work, patient, Action.FACT_CORRECTED, f"course:{course.id}")
    return course.id


def stop(work: Work, command: StopCourse) -> int:
    """End a course and say the id of the end."""
    patient = lock_patient(work, command.patient_id)
    settles = settled_by(work, patient, command)
    found = write_stop(work, command)
    propose(work, patient.id, stop=found, doctor_id=settles)
    end_act(work, patient, Action.COURSE_STOPPED, f"stop:{found.id}", found)
    return found.id


def correct_stop(work: Work, stop_id: int, command: StopCourse, reason: str) -> int:
    """Let another end stand for one."""
    patient = lock_patient(work, command.patient_id)
    old = own(work, CourseStop, patient.id, stop_id)
    settles = settled_by(work, patient, command)
    found = write_stop(work, command, old, reason)
    propose(work, patient.id, stop=found, doctor_id=settles)
    if found is not old:
        course_letters.correct_stop(work, patient, old, found)
    end_act(work, patient, Action.FACT_CORRECTED, f"stop:{found.id}")
    return found.id


def switch(work: Work, end: StopCourse, begin: StartCourse) -> int:
    """End one course and start another, together or not at all; the id of the new one."""
    patient = lock_patient(work, begin.patient_id)
    course, ended = write_switch(work, end, begin)
    propose(work, patient.id, course=course, stop=ended)
    end_act(work, patient, Action.COURSE_SWITCHED, f"course:{course.id}", ended, course)
    return course.id


def write_switch(work: Work, end: StopCourse, begin: StartCourse) -> tuple[Course, CourseStop]:
    """Both halves of a switch, not yet kept; a review that decides to switch calls this in its own act."""
    if begin.started_on < end.stopped_on:
        raise RuleBroken("started_on", "start_before_stop")
    ended = write_stop(work, replace(end, reason=StopReason.SWITCH))
    return write_course(work, begin), ended


def write_course(work: Work, command: StartCourse, old: Course | None = None, reason: str = "") -> Course:
    """A course, new or in the place of an old one, not yet kept."""
    work.needs(May.PROPOSE_COURSE)
    on_behalf(work, command.doctor_id)
    new = course_row(command)
    known = said_before(work, new, command.patient_id, old)
    if known is not None:
        return known
    check_start(work, command)
    check_years(work, command)
    stop_of_old = stop_of(work, old) if old else None
    free_of_others(work, new, command.patient_id, stop_of_old, "started_on", old)
    if stop_of_old is not None and new.started_on > stop_of_old.stopped_on:
        raise RuleBroken("started_on", "start_after_stop", day=stop_of_old.stopped_on.strftime("%d-%m-%Y"))
    if old is not None:
        need_reason(reason)
        around_events(work, old, new.started_on, None, "started_on")
    return place(work, new, command.patient_id, old, reason)


def write_stop(work: Work, command: StopCourse, old: CourseStop | None = None, reason: str = "") -> CourseStop:
    """The end of a course, new or in the place of an old one, not yet kept."""
    work.needs(May.INTERRUPT_COURSE)
    settled_by(work, work.session.get_one(Patient, command.patient_id), command)
    if command.reason is not StopReason.PATIENT_WISH:
        on_behalf(work, command.doctor_id)
    course = standing_course(work, command.patient_id, command.course_id)
    command = as_known(command, course.started_on)
    new = stop_row(command)
    known = said_before(work, new, command.patient_id, old)
    if known is not None:
        return known
    if old is None and (earlier := stop_of(work, course)) is not None:
        raise RuleBroken("stopped_on", "already_stopped", day=earlier.stopped_on.strftime("%d-%m-%Y"))
    if command.stopped_on < course.started_on:
        raise RuleBroken("stopped_on", "stop_before_start", day=course.started_on.strftime("%d-%m-%Y"))
    not_far_ahead(work, "stopped_on", command.stopped_on)
    if command.reason is StopReason.PLANNED_BREAK and Drug(course.drug) not in BISPHOSPHONATES:
        raise RuleBroken("stop_reason", "no_treatment_break")  # K5; of denosumab S6, a next drug follows
    if old is None and stopped_here(work, command) and Drug(course.drug) in FOLLOW_ON:
        raise RuleBroken("stop_reason", "follow_on_missing")  # S10
    stop_decisions.check_kind(work, course, command.reason)
    if command.reason is StopReason.OTHER and not command.explanation:
        raise RuleBroken("explanation", "explanation_missing")
    free_of_others(work, course, command.patient_id, new, "stopped_on", course)
    around_events(work, course, None, command.stopped_on, "stopped_on")
    return place(work, new, command.patient_id, old, reason)


def course_row(command: StartCourse) -> Course:
    """The row of a course."""
    return Course(
        drug=command.drug.value,
        dose=command.dose or None,
        schedule=command.schedule or None,
        started_on=command.started_on,
        start_precision=command.start_precision.value,
        start_source=command.start_source or None,
        planned_years=command.planned_years,
        planned_years_reason=command.planned_years_reason or None,
        indication=command.indication or None,
        controls_by=command.controls_by.value,
    )


def settled_by(work: Work, patient: Patient, command: StopCourse) -> int | None:
    """The doctor who settles that a patient stopped herself; any other stop is decided in a doctor's name."""
    herself = command.reason is StopReason.PATIENT_WISH
    return who_settles(work, patient, command.doctor_id) if herself else None


def stopped_here(work: Work, command: StopCourse) -> bool:
    """Whether the clinic itself ends a drug without a next one: not she, not another clinic before her registration."""
    patient = work.session.get_one(Patient, command.patient_id)
    ours = patient.status == PatientStatus.ACTIVE and command.stopped_on >= patient.registered_on
    return ours and command.reason not in (StopReason.SWITCH, StopReason.PATIENT_WISH)


def as_known(command: StopCourse, started_on: date) -> StopCourse:
    """Of a month or year alone the first day counts (protocol D3), but not one before the start in it."""
    same_year = command.stopped_on.year == started_on.year
    same_month = same_year and command.stopped_on.month == started_on.month
    shared = {StartPrecision.DAY: False, StartPrecision.MONTH: same_month, StartPrecision.YEAR: same_year}
    return replace(command, stopped_on=max(command.stopped_on, started_on)) if shared[command.precision] else command


def stop_row(command: StopCourse) -> CourseStop:
    """The row of an end."""
    return CourseStop(
        course_id=command.course_id,
        stopped_on=command.stopped_on,
        stop_precision=command.precision.value,
        reason=command.reason.value,
        explanation=command.explanation or None,
    )


def standing_course(work: Work, patient_id: int, course_id: int) -> Course:
    """The course of this patient, as it stands; one that was changed meanwhile must be looked at again."""
    course = own(work, Course, patient_id, course_id)
    if not course.stands:
        raise RuleBroken("course_id", "fact_changed_meanwhile")
    return course


def stop_of(work: Work, course: Course) -> CourseStop | None:
    """The end of a course, if it has one."""
    return work.session.scalar(select(CourseStop).where(CourseStop.course_id == course.id, CourseStop.stands.is_(True)))


def check_start(work: Work, command: StartCourse) -> None:
    """A start lies in her life and not far ahead."""
    not_far_ahead(work, "started_on", command.started_on)
    if command.started_on < work.session.get_one(Patient, command.patient_id).birth_date:
        raise RuleBroken("started_on", "start_before_birth")


def check_years(work: Work, command: StartCourse) -> None:
    """An offered duration, or another whole or half number of years with a reason (C1)."""
    years = command.planned_years
    if years is None or years in work.protocol.durations[command.drug]:
        return
    if not SHORTEST <= years <= LONGEST or years * 2 != int(years * 2):
        raise RuleBroken("years_other", "years_not_possible")
    if not command.planned_years_reason:
        raise RuleBroken("planned_years_reason", "years_reason_missing")


def free_of_others(
    work: Work, course: Course, patient_id: int, end: CourseStop | None, field: str, itself: Course | None
) -> None:
    """Courses do not overlap (C1)."""
    until = end.stopped_on if end else date.max
    ends = select(CourseStop).where(CourseStop.patient_id == patient_id, CourseStop.stands.is_(True))
    stops = {row.course_id: row.stopped_on for row in work.session.scalars(ends)}
    for other in courses_of(work, patient_id):
        if other is itself:
            continue
        other_until = stops.get(other.id, date.max)
        if course.started_on < other_until and other.started_on < until:
            code = "course_runs" if other.id not in stops else "courses_overlap"
            raise RuleBroken(field, code, day=other.started_on.strftime("%d-%m-%Y"))


def courses_of(work: Work, patient_id: int) -> list[Course]:
    """Her courses, first to last."""
    query = select(Course).where(Course.patient_id == patient_id, Course.stands.is_(True))
    return list(work.session.scalars(query.order_by(Course.started_on, Course.id)))


def around_events(work: Work, course: Course, first: date | None, last: date | None, field: str) -> None:
    """A start or an end leaves no pause or dose of the course outside it."""
    days = [pause.from_on for pause in events_of(work, Pause, course)]
    given = [dose.on_date for dose in events_of(work, Dose, course)]
    if first is not None and (early := [day for day in days + given if day < first]):
        raise RuleBroken(field, "events_before", day=min(early).strftime("%d-%m-%Y"))
    if last is not None and (late := after_end(course, last, days, given)):
        raise RuleBroken(field, "events_after", day=max(late).strftime("%d-%m-%Y"))


def after_end(course: Course, last: date, paused: Iterable[date], given: Iterable[date]) -> list[date]:
    """The pauses and doses of a course that begin after an end; denosumab is given past a stop (S6)."""
    within = paused if course.drug == Drug.DENOSUMAB else (*paused, *given)
    return [day for day in within if day > last]


def events_of(work: Work, table: type[E], course: Course) -> Iterable[E]:
    """What stands of a course in a table."""
    return work.session.scalars(select(table).where(table.course_id == course.id, table.stands.is_(True)))


def void_event(work: Work, table: type[Course] | type[Event], patient_id: int, fact_id: int, reason: str) -> None:
    """Let a course, stop, pause or dose count nowhere; what belongs to a course goes with it."""
    work.needs(May.RECORD_DOSE if table is Dose else May.INTERRUPT_COURSE)
    patient = lock_patient(work, patient_id)
    fact = own(work, table, patient_id, fact_id)
    if fact.voided_at is not None:
        return
    if isinstance(fact, Course | CourseStop) and not may_void(work, fact):
        raise RuleBroken("void_reason", "doctor_voids")
    if isinstance(fact, CourseStop):
        course = own(work, Course, patient_id, fact.course_id)
        free_of_others(work, course, patient_id, None, "void_reason", course)
    ends = course_letters.decided_stops(work, patient_id) if table is Course else []
    void_part(work, patient, fact, reason)
    if isinstance(fact, Course):
        for kind in EVENTS:
            for event in events_of(work, kind, fact):
                void_part(work, patient, event, reason)
        course_letters.void_start(work, patient, fact)
        course_letters.follow_decisions(work, patient, ends)
    course_letters.take_back_outdated(work, patient)
    items.refresh(work, patient)
    work.note(Action.FACT_VOIDED, patient_id, f"{table.__tablename__}:{fact_id}")
    work.commit()


def void_part(work: Work, patient: Patient, fact: Course | Event, reason: str) -> None:
    """Let one of these count nowhere; what was to be told of an end is not told, the visit for a dose is to come."""
    void(work, fact, reason)
    if isinstance(fact, Dose):
        visits.leave_dose(work, fact)
    if isinstance(fact, CourseStop):
        course_letters.void_stop(work, patient, fact)
