"""Interrupt a course and take it up again; 30 days or less are missed doses (protocol C2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import Drug
from clinic.security.audit import Action
from clinic.security.permissions import May, allows
from clinic.services.facts import lock_patient
from clinic.services.said import not_far_ahead, own, place, said_before
from clinic.services.treatments import end_act, events_of, standing_course, stop_of
from clinic.services.work import Work
from clinic.store.treatments import Course, Pause

ENDED = "einde van de onderbreking vastgelegd"  # filling in what was not known yet needs no other reason


@dataclass(frozen=True, slots=True)
class PauseCourse:
    """An interruption; `counts` None leaves what the protocol or a doctor set."""

    patient_id: int
    course_id: int
    from_on: date
    until_on: date | None = None
    check_on: date | None = None
    why: str = ""
    counts: bool | None = None


def pause(work: Work, command: PauseCourse) -> int:
    """Keep an interruption and say its id."""
    patient = lock_patient(work, command.patient_id)
    found = write_pause(work, command)
    end_act(work, patient, Action.PAUSE_SAVED, f"pause:{found.id}")
    return found.id


def correct_pause(work: Work, pause_id: int, command: PauseCourse, reason: str) -> int:
    """Let another interruption stand for one; the end of an open one is filled in the same way."""
    patient = lock_patient(work, command.patient_id)
    old = own(work, Pause, patient.id, pause_id)
    ended = old.until_on is None and command.until_on is not None and old.from_on == command.from_on
    found = write_pause(work, command, old, reason or (ENDED if ended else ""))
    end_act(work, patient, Action.PAUSE_SAVED if ended else Action.FACT_CORRECTED, f"pause:{found.id}")
    return found.id


def write_pause(work: Work, command: PauseCourse, old: Pause | None = None, reason: str = "") -> Pause:
    """An interruption, new or in the place of an old one, not yet kept."""
    work.needs(May.INTERRUPT_COURSE)
    new = Pause(
        course_id=command.course_id,
        from_on=command.from_on,
        until_on=command.until_on,
        counts=counts(work, command, old),
        check_on=command.check_on,
        reason=command.why or None,
    )
    known = said_before(work, new, command.patient_id, old)
    if known is not None:
        return known
    course = standing_course(work, command.patient_id, command.course_id)
    check(work, command, course)
    others = [other for other in events_of(work, Pause, course) if other is not old]
    if clash := next((other for other in others if overlap(command, other)), None):
        raise RuleBroken("from_on", "pauses_overlap", day=clash.from_on.strftime("%d-%m-%Y"))
    return place(work, new, command.patient_id, old, reason)


def counts(work: Work, command: PauseCourse, old: Pause | None) -> bool:
    """Whether its days count as treated: the protocol says no, and a doctor may say otherwise per pause."""
    before = old.counts if old else False
    if command.counts is None or not allows(work.actor.role, May.DECIDE_COURSE):
        return before
    return command.counts


def check(work: Work, command: PauseCourse, course: Course) -> None:
    """A pause lies within a course of a drug that can be paused, and its dates follow each other."""
    if course.drug == Drug.DENOSUMAB:
        raise RuleBroken("from_on", "no_pauses")
    if command.from_on < course.started_on:
        raise RuleBroken("from_on", "pause_before_start", day=course.started_on.strftime("%d-%m-%Y"))
    stop = stop_of(work, course)
    if stop is not None and command.from_on > stop.stopped_on:
        raise RuleBroken("from_on", "pause_after_stop", day=stop.stopped_on.strftime("%d-%m-%Y"))
    for field, on in (("from_on", command.from_on), ("until_on", command.until_on), ("check_on", command.check_on)):
        not_far_ahead(work, field, on)
        if on is not None and on < command.from_on:
            raise RuleBroken(field, "before_pause")
    if not command.why:
        raise RuleBroken("why", "pause_reason_missing")


def overlap(command: PauseCourse, other: Pause) -> bool:
    """Whether two interruptions have a day in common."""
    until = command.until_on or date.max
    return command.from_on < (other.until_on or date.max) and other.from_on < until
