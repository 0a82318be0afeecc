"""Courses from a file: one is known by patient, drug and start; its end and pause may come later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from clinic.domain.calendar import add_months
from clinic.interop.imports import CourseRow
from clinic.services import facts, import_letters
from clinic.services.import_history import of_kind
from clinic.services.import_patients import patients_by_key
from clinic.services.import_rows import Effect, another, chunks, outside
from clinic.services.kept import goes_on
from clinic.services.said import AHEAD_MONTHS
from clinic.services.treatments import after_end
from clinic.services.work import Work
from clinic.store.patients import Patient
from clinic.store.treatments import Course, CourseStop, Dose, Pause


@dataclass(slots=True)
class Known:
    """Every version that the register and the file so far have of one patient: what was taken down stays down."""

    courses: list[Course]
    stops: list[CourseStop]
    pauses: list[Pause]
    doses: list[Dose]

    def running(self) -> list[Course]:
        """The courses that stand."""
        return [course for course in self.courses if course.stands]

    def stop_of(self, course: Course) -> CourseStop | None:
        """The end of a course, when it has one."""
        return next((stop for stop in self.stops if stop.stands and stop.course_id == course.id), None)

    def pauses_of(self, course: Course) -> list[Pause]:
        """The interruptions of a course that stand."""
        return [pause for pause in self.pauses if pause.stands and pause.course_id == course.id]

    def goes_on_after(self, course: Course, end: date) -> bool:
        """Whether a dose or an interruption of the course that stands lies after an end."""
        given = [dose.on_date for dose in self.doses if dose.stands and dose.course_id == course.id]
        return bool(after_end(course, end, [pause.from_on for pause in self.pauses_of(course)], given))


def apply(work: Work, rows: Sequence[CourseRow]) -> Effect:
    """Bring the courses in."""
    effect = Effect(decided={})
    for chunk in chunks(rows):
        known_by = patients_by_key(work, [row.patient_key for row in chunk])
        patients = {key: goes_on(work, patient) for key, patient in known_by.items()}
        ids = [patient.id for patient in patients.values()]
        effect.decided = import_letters.decided(work, ids) | (effect.decided or {})
        held = [versions(work, table, ids) for table in (Course, CourseStop, Pause, Dose)]
        for row in chunk:
            patient = patients.get(row.patient_key)
            if patient is None:
                effect.refuse(row.row, "patient_key", "patient_unknown", typed=row.patient_key)
                continue
            if another(row.birth_date, patient):
                effect.refuse(row.row, "birth_date", "another_birth_date", typed=patient.number)
                continue
            days = {name: getattr(row, name) for name in ("started_on", "stopped_on", "pause_from", "pause_until")}
            outside(effect, row.row, days, patient.birth_date, add_months(work.today, AHEAD_MONTHS), "date_far_ahead")
            if row.row in effect.refused_rows:
                continue
            known = Known(*(rows_of.setdefault(patient.id, []) for rows_of in held))
            one(work, row, patient, known, effect)
        work.session.flush()
    return effect


def versions(work: Work, table: type[Any], ids: list[int]) -> dict[int, list[Any]]:
    """Every version of these patients' facts, each with its patient."""
    found: dict[int, list[Any]] = {}
    for row in of_kind(work, table, ids):
        found.setdefault(row.patient_id, []).append(row)
    return found


def one(work: Work, row: CourseRow, patient: Patient, known: Known, effect: Effect) -> None:
    """One course: new, or completed with an end or a pause that the register does not have."""
    same = [old for old in known.courses if old.drug == row.drug and old.started_on == row.started_on]
    course = next((old for old in same if old.stands), None)
    is_new = course is None
    if course is None:
        if same:
            effect.check(row.row, "started_on", "taken_down", typed=said(row.started_on))
            effect.count(False, False)
            return
        if any(overlap(row, old, known.stop_of(old)) for old in known.running()):
            effect.refuse(row.row, "started_on", "courses_overlap")
            return
        course = Course(
            drug=row.drug.value, started_on=row.started_on, start_precision=row.start_precision.value,
            start_source="Import", planned_years=row.planned_years, indication=row.indication, controls_by="clinic",
        )  # fmt: skip
        effect.written.append(facts.stamp(work, course, patient.id))
        work.session.flush()
        known.courses.append(course)
    elif row.planned_years is not None and course.planned_years != row.planned_years:
        effect.check(row.row, "planned_years", "years_differ", typed=str(row.planned_years))
    added = additions(row, course, known, effect)
    for fact in added:
        effect.written.append(facts.stamp(work, fact, patient.id))
        (known.stops if isinstance(fact, CourseStop) else known.pauses).append(fact)
        if isinstance(fact, CourseStop) and not is_new:
            effect.ended.append(fact)
    effect.count(is_new, bool(added))
    if is_new or added:
        effect.touched[patient.id] = patient


def additions(row: CourseRow, course: Course, known: Known, effect: Effect) -> list[Any]:
    """The end and the pause that are not there yet; what the register says otherwise is only complained of."""
    added: list[Any] = []
    end, reason, pause = row.stopped_on, row.stop_reason, row.pause_from
    if end is not None and reason is not None and may_end(row, end, course, known, effect):
        added.append(CourseStop(course_id=course.id, stopped_on=end, reason=reason.value))
    if pause is not None and may_pause(row, pause, course, known, effect):
        added.append(Pause(course_id=course.id, from_on=pause, until_on=row.pause_until, counts=False))
    return added


def may_end(row: CourseRow, on: date, course: Course, known: Known, effect: Effect) -> bool:
    """Whether this end is new; one that was voided or corrected does not come back."""
    stop = known.stop_of(course)
    if stop is not None and stop.stopped_on != on:
        effect.check(row.row, "stopped_on", "stop_differs", typed=on.isoformat())
    elif stop is None and any(old.stopped_on == on and not old.stands for old in known.stops):
        effect.check(row.row, "stopped_on", "taken_down", typed=said(on))
    elif stop is None and known.goes_on_after(course, on):
        effect.check(row.row, "stopped_on", "stop_before_event", typed=said(on))
    else:
        return stop is None
    return False


def may_pause(row: CourseRow, on: date, course: Course, known: Known, effect: Effect) -> bool:
    """Whether this pause is new, beside every other; one that was voided or corrected does not come back."""
    standing, stop = known.pauses_of(course), known.stop_of(course)
    if any(old.from_on == on for old in standing):
        return False
    if any(old.from_on == on and not old.stands for old in known.pauses):
        effect.check(row.row, "pause_from", "taken_down", typed=said(on))
    elif any(on < (old.until_on or date.max) and old.from_on < (row.pause_until or date.max) for old in standing):
        effect.check(row.row, "pause_from", "pauses_overlap", typed=said(on))
    elif stop is not None and on > stop.stopped_on:
        effect.check(row.row, "pause_from", "pause_after_end", typed=said(on))
    else:
        return True
    return False


def overlap(row: CourseRow, old: Course, stop: CourseStop | None) -> bool:
    """Whether a course of the register and one of the file run on the same day (C1)."""
    ended = stop.stopped_on if stop is not None else date.max
    return row.started_on < ended and old.started_on < (row.stopped_on or date.max)


def said(on: date) -> str:
    """A day as the clinic writes it."""
    return on.strftime("%d-%m-%Y")
