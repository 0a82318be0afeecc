"""What a change of her treatment does to the letters to the GP that tell of it and have not left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from clinic.domain.calendar import add_working_days
from clinic.domain.facts import Facts
from clinic.domain.vocabulary import DueCode, LetterAbout, PatientStatus, StopReason
from clinic.letters import compose, handover
from clinic.letters.asked import begins, lies_ahead
from clinic.services import corrections, letters
from clinic.services.drafted_anew import as_now
from clinic.services.letter_facts import source_of, subjects
from clinic.services.said import newest
from clinic.services.work import Work
from clinic.store import letter_proof
from clinic.store.base import Json
from clinic.store.letters import GP, OUT, SENT_OFF, Letter, LetterSubject
from clinic.store.patients import Patient
from clinic.store.treatments import Course, CourseStop

OF_A_START = ("drug", "dose", "schedule", "started_on", "start_precision", "planned_years")
PRESCRIBED = ("drug", "dose", "schedule")
ENDS = {"stop", "switch"}
"""The decisions whose own letter says that the treatment ends."""


def tells_otherwise(was: Course, now: Course) -> bool:
    """Whether a letter about the start would say something else of the newer version; all of a stop is told."""
    return any(getattr(was, name) != getattr(now, name) for name in OF_A_START)


def tell_stop(work: Work, patient: Patient, ended: CourseStop, begun: Course | None = None) -> None:
    """The GP hears of a stop, or of a switch with what begins, in a letter of its own or in the one being written.

    Not when a signed decision says the same (protocol S4b), nor of what came after she left.
    """
    followed = patient.status_on is None or ended.stopped_on <= patient.status_on
    if followed and letter_proof.tells_itself(work.session, ended.id):
        letters.draft_for(work, patient, LetterAbout.STOP, ended.stopped_on, ended.id)
        if begun is not None:
            letters.draft_for(work, patient, LetterAbout.START, begun.started_on, begun.id)


def decided_stops(work: Work, patient_id: int) -> list[CourseStop]:
    """The ends that stand and are told by a signed decision alone."""
    query = select(CourseStop).where(
        CourseStop.patient_id == patient_id, CourseStop.stands.is_(True), letter_proof.decided()
    )
    return list(work.session.scalars(query.order_by(CourseStop.id)))


def follow_decisions(work: Work, patient: Patient, before: Sequence[CourseStop]) -> None:
    """The GP hears once of an end that a decision told before and tells no more, or tells now and did not before.

    However long ago it ended: the reason that was voided is the only one the GP knows.
    """
    now = decided_stops(work, patient.id)
    for ended in now:
        if ended not in before:
            leave_to_decision(work, patient, ended)
    for ended in before:
        if ended.stands and ended not in now and not letters.telling(work, LetterAbout.STOP, ended.id):
            tell_stop(work, patient, ended, begun_untold(work, ended))


def leave_to_decision(work: Work, patient: Patient, ended: CourseStop) -> None:
    """Nothing that is still here tells of an end, or beside it of what begins, that a signed decision tells.

    Once the GP has a letter about it, or one is on its way, what corrects that one stays.
    """
    told = letters.telling(work, LetterAbout.STOP, ended.id)
    if not told or any(letter.state in SENT_OFF for letter in told):
        return
    begun = begun_after(work, ended)
    if begun is not None and letters.telling(work, LetterAbout.START, begun.id) == told:
        letters.withdraw_for(work, patient, LetterAbout.START, begun.started_on, begun.id)
    letters.withdraw_for(work, patient, LetterAbout.STOP, ended.stopped_on, ended.id)


def begun_after(work: Work, ended: CourseStop) -> Course | None:
    """The course to which a switch went over; of another end None."""
    if ended.reason != StopReason.SWITCH:
        return None
    query = select(Course).where(
        Course.patient_id == ended.patient_id, Course.stands.is_(True), Course.id != ended.course_id,
        Course.started_on >= ended.stopped_on,
    )  # fmt: skip
    return work.session.scalars(query.order_by(Course.started_on, Course.id)).first()


def begun_untold(work: Work, ended: CourseStop) -> Course | None:
    """The same, when no letter tells of its start."""
    begun = begun_after(work, ended)
    return None if begun is None or letters.telling(work, LetterAbout.START, begun.id) else begun


def correct_stop(work: Work, patient: Patient, was: CourseStop, now: CourseStop) -> None:
    """What tells of the end tells of the one that stands; a letter that left is corrected.

    One that a signed decision tells by now is left to it; one that it tells no more is told with what began.
    """
    told = letters.telling(work, LetterAbout.STOP, was.id)
    if not letter_proof.tells_itself(work.session, now.id) and not any(letter.state in SENT_OFF for letter in told):
        leave_to_decision(work, patient, was)
        return
    if was.stopped_on != now.stopped_on:
        letters.withdraw_for(work, patient, LetterAbout.STOP, was.stopped_on, was.id)
    if told:
        letters.draft_for(work, patient, LetterAbout.STOP, now.stopped_on, now.id)
    else:
        decided = not letter_proof.tells_itself(work.session, was.id)
        tell_stop(work, patient, now, begun_untold(work, now) if decided else None)


def void_stop(work: Work, patient: Patient, ended: CourseStop) -> None:
    """No letter that has not left tells of a stop that was voided; one that left is looked at."""
    letters.withdraw_for(work, patient, LetterAbout.STOP, ended.stopped_on, ended.id)
    corrections.fact_breach(work, ended, LetterAbout.STOP)


def correct_start(work: Work, patient: Patient, was: Course, now: Course) -> None:
    """Where a letter about its start was begun it tells of the course that stands; one that left is corrected."""
    begun = letters.telling(work, LetterAbout.START, was.id)
    if was.started_on != now.started_on:
        letters.withdraw_for(work, patient, LetterAbout.START, was.started_on, was.id)
    if begun and (tells_otherwise(was, now) or any(letter.state in letters.OPEN for letter in begun)):
        letters.draft_for(work, patient, LetterAbout.START, now.started_on, now.id)
    if was.drug != now.drug:
        for ended in work.session.scalars(select(CourseStop).where(CourseStop.course_id == now.id, CourseStop.stands)):
            if letters.telling(work, LetterAbout.STOP, ended.id):
                letters.draft_for(work, patient, LetterAbout.STOP, ended.stopped_on, ended.id)


def correct_last(work: Work, patient: Patient) -> None:
    """What the GP had last is followed by another letter when the course that it names was corrected since."""
    query = select(Letter).where(Letter.patient_id == patient.id, Letter.kind == GP, Letter.state.in_(OUT))
    last = work.session.scalar(query.order_by(Letter.sent_on.desc(), Letter.id.desc()).limit(1))
    if last is not None:
        correct_left(work, patient, last)


def correct_left(work: Work, patient: Patient, letter: Letter) -> None:
    """The last fact of a letter that left is told anew when it names another drug, dose or schedule than the course.

    It is owed from today: what that letter told of, it told when it left. What it did not name it did not name wrongly.
    """
    named = letter.facts.get("course") or {}
    was = work.session.get(Course, named["id"]) if "id" in named else None
    now = was if was is None or was.stands else newest(work, was)
    if now is None or not now.stands or all(named[name] in (None, getattr(now, name)) for name in PRESCRIBED):
        return
    begun = letters.open_letter(letters.live_letters(work, patient))
    due_on = add_working_days(work.today, work.protocol.letter_days, work.protocol.extra_holidays)
    due_on = due_on if begun is None else min(due_on, begun.due_on)
    anew = (tell_anew(work, patient, told) for told in reversed(subjects(work, letter.id)))
    written = next((letter_id for letter_id in anew if letter_id is not None), None)
    if written is not None:
        work.session.get_one(Letter, written).due_on = due_on


def tell_anew(work: Work, patient: Patient, told: LetterSubject) -> int | None:
    """Draft what a letter told, in the version that stands; None of what was voided."""
    on, fact_id = as_now(work, told)
    return letters.draft_for(work, patient, LetterAbout(told.about), on, fact_id)


def void_start(work: Work, patient: Patient, course: Course) -> None:
    """No letter that has not left tells of the start of a voided course; one that left is looked at."""
    letters.withdraw_for(work, patient, LetterAbout.START, course.started_on, course.id)
    corrections.fact_breach(work, course, LetterAbout.START)


def take_back_outdated(work: Work, patient: Patient) -> None:
    """Withdraw each authorised letter that tells of her treatment as it was, and draft anew what it told of."""
    letters.let_go_where(work, patient, outdated)


def outdated(work: Work, letter: Letter) -> bool:
    """Whether the drug, how it is taken, its end or its interruption is another than a frozen letter says.

    Not of a letter with a decision to stop or switch, which says so itself, nor of one about who is no longer followed.
    """
    facts = letter.facts
    decided = {review["outcome"] for review in facts.get("reviews", ())}
    if letter.hers or decided & ENDS or facts.get("patient", {}).get("status") != PatientStatus.ACTIVE:
        return False
    source = source_of(work, letter.patient_id)
    if source.patient.status != PatientStatus.ACTIVE:
        return False
    now = Facts(source.record, work.today)
    stands = {"course": compose.course(source.rows, now, work.protocol), "stopped": compose.stopped(source.rows, now),
              "items": handover.items(now, work.protocol)}  # fmt: skip
    return used(facts) != used(stands) and not foretold(facts, stands)


def foretold(facts: Json, stands: Json) -> bool:
    """Whether the letter said that the treatment would end or begin as it did since."""
    ended, begun, runs = stands["stopped"] or {}, stands["course"] or {}, facts.get("course") or {}
    last, comes = (ended.get("drug"), ended.get("stopped_on")), (begun.get("drug"), begun.get("started_on"))
    if ended and (runs.get("drug"), runs.get("stops_on")) == last:
        return True
    if any((start["drug"], start["on"]) == comes for start in begins(facts)):
        return True
    ahead = [stop for stop in facts.get("stops", ()) if lies_ahead(stop, facts)]
    return any((stop["drug"], stop["on"]) == last or (stop["next_drug"], stop["next_on"]) == comes for stop in ahead)


def used(facts: Json) -> tuple[Any, ...]:
    """What a GP prescribes by: the drug, dose and schedule in use, its end and interruption, or what ended and when.

    The end is the day that was planned, and the one on which a stop or a signed decision ends it.
    """
    course, stopped = facts.get("course") or {}, facts.get("stopped") or {}
    takes = tuple(course.get(name) for name in PRESCRIBED)
    closes = next((item["due_on"] for item in facts.get("items", ()) if item["code"] == DueCode.COURSE_CLOSE), None)
    ends = course.get("stops_on") or closes
    uses = *takes, course.get("paused_since"), course.get("recorded_end"), ends
    return *uses, stopped.get("drug"), stopped.get("stopped_on")
