"""Infusions and injections that were given, here or elsewhere; the next one is counted from the last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from clinic.domain.errors import RuleBroken
from clinic.domain.protocol import ORAL
from clinic.domain.vocabulary import Drug
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services.facts import lock_patient
from clinic.services.said import finish, own, place, said_before
from clinic.services.treatments import courses_of, events_of, standing_course, stop_of
from clinic.services.visits import leave_dose, settle_with_dose
from clinic.services.work import Work
from clinic.store.treatments import Course, Dose


@dataclass(frozen=True, slots=True)
class GiveDose:
    """What was given, where and by whom."""

    patient_id: int
    course_id: int
    on: date
    given_where: str = ""
    given_by: str = ""
    reaction: str = ""
    confirmed_on: date | None = None
    confirmed_by: str = ""


def give(work: Work, command: GiveDose) -> int:
    """Keep a dose and say its id."""
    patient = lock_patient(work, command.patient_id)
    found = write_dose(work, command)
    finish(work, patient, Action.DOSE_SAVED, f"dose:{found.id}")
    return found.id


def correct_dose(work: Work, dose_id: int, command: GiveDose, reason: str) -> int:
    """Let another dose stand for one."""
    patient = lock_patient(work, command.patient_id)
    old = own(work, Dose, patient.id, dose_id)
    found = write_dose(work, command, old, reason)
    finish(work, patient, Action.FACT_CORRECTED, f"dose:{found.id}")
    return found.id


def write_dose(work: Work, command: GiveDose, old: Dose | None = None, reason: str = "") -> Dose:
    """A dose, new or in the place of an old one, not yet kept."""
    work.needs(May.RECORD_DOSE)
    known = told_before(work, command, old)
    if known is not None:
        return known
    check_new(work, command, old)
    moved = old is not None and old.on_date != command.on
    if old is None or moved:
        settle_with_dose(work, command.patient_id, command.on)
    found = place(work, dose_of(command), command.patient_id, old, reason)
    if old is not None and moved:
        leave_dose(work, old)
    return found


def told_before(work: Work, command: GiveDose, old: Dose | None = None) -> Dose | None:
    """The dose that stands and says the same."""
    return said_before(work, dose_of(command), command.patient_id, old)


def dose_of(command: GiveDose) -> Dose:
    """The dose that was told."""
    return Dose(
        course_id=command.course_id,
        on_date=command.on,
        place=command.given_where or None,
        given_by=command.given_by or None,
        reaction=command.reaction or None,
        confirmed_on=command.confirmed_on,
        confirmed_by=command.confirmed_by or None,
    )


def check_new(work: Work, command: GiveDose, old: Dose | None = None) -> None:
    """A dose of this day can be kept, or come in the place of an old one."""
    course = standing_course(work, command.patient_id, command.course_id)
    check(work, command, course)
    if any(dose.on_date == command.on for dose in events_of(work, Dose, course) if dose is not old):
        raise RuleBroken("on", "dose_recorded_already")


def check(work: Work, command: GiveDose, course: Course) -> None:
    """A dose was given, of a drug that is given, while its course ran; denosumab also after its stop (S6).

    One that was given elsewhere was confirmed since, by somebody.
    """
    if course.drug in ORAL:
        raise RuleBroken("on", "no_doses")
    if command.on > work.today:
        raise RuleBroken("on", "dose_in_future")
    if (command.confirmed_on is None) != (not command.confirmed_by):
        raise RuleBroken("confirmed_by" if command.confirmed_on else "confirmed_on", "confirmed_when_and_by_whom")
    if command.confirmed_on is not None and not command.on <= command.confirmed_on <= work.today:
        raise RuleBroken("confirmed_on", "confirmed_after_it_was_given")
    if command.on < course.started_on:
        raise RuleBroken("on", "dose_before_start", day=course.started_on.strftime("%d-%m-%Y"))
    last = last_day(work, course)
    if last is not None and command.on > last:
        raise RuleBroken("on", "dose_after_stop", day=last.strftime("%d-%m-%Y"))


def last_day(work: Work, course: Course) -> date | None:
    """The last day on which a dose belongs to a course; None while it runs."""
    stop = stop_of(work, course)
    if course.drug != Drug.DENOSUMAB or stop is None:
        return stop.stopped_on if stop else None
    later = [other.started_on for other in courses_of(work, course.patient_id) if other.started_on > course.started_on]
    return min(later, default=None)
