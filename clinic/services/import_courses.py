"""Courses from a file: one is known by patient, drug and start; its end and pause may come later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from clinic.interop.imports import CourseRow
from clinic.services import facts
from clinic.services.import_patients import patients_by_key
from clinic.services.import_rows import Effect, another, chunks
from clinic.services.kept import goes_on
from clinic.services.work import Work
from clinic.store.patients import Patient
from clinic.store.treatments import Course, CourseStop, Pause


@dataclass(slots=True)
class Known:
    """What the register and the file so far say of one patient."""

    courses: list[Course]
    stops: list[CourseStop]
    pauses: list[Pause]


def apply(work: Work, rows: Sequence[CourseRow]) -> Effect:
    """Bring the courses in."""
    effect = Effect()
    for chunk in chunks(rows):
        known_by = patients_by_key(work, [row.patient_key for row in chunk])
        patients = {key: goes_on(work, patient) for key, patient in known_by.items()}
        ids = [patient.id for patient in patients.values()]
        courses, stops, pauses = (standing(work, table, ids) for table in (Course, CourseStop, Pause))
        for row in chunk:
            patient = patients.get(row.patient_key)
            if patient is None:
                effect.refuse(row.row, "patient_key", "patient_unknown", typed=row.patient_key)
                continue
            if another(row.birth_date, patient):
                effect.refuse(row.row, "birth_date", "another_birth_date", typed=patient.number)
                continue
            known = Known(*(rows_of.setdefault(patient.id, []) for rows_of in (courses, stops, pauses)))
            one(work, row, patient, known, effect)
        work.session.flush()
    return effect


def standing(work: Work, table: type[Any], ids: list[int]) -> dict[int, list[Any]]:
    """The facts of these patients that stand."""
    found: dict[int, list[Any]] = {}
    for row in work.session.scalars(select(table).where(table.patient_id.in_(ids), table.stands.is_(True))):
        found.setdefault(row.patient_id, []).append(row)
    return found


def one(work: Work, row: CourseRow, patient: Patient, known: Known, effect: Effect) -> None:
    """One course: new, or completed with an end or a pause that the register does not have."""
    course = next((old for old in known.courses if old.drug == row.drug and old.started_on == row.started_on), None)
    is_new = course is None
    if course is None:
        if any(overlap(row, old, known.stops) for old in known.courses):
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
    effect.count(is_new, bool(added))
    if is_new or added:
        effect.touched[patient.id] = patient


def additions(row: CourseRow, course: Course, known: Known, effect: Effect) -> list[Any]:
    """The end and the pause that are not there yet; another end than the register's is only complained of."""
    added: list[Any] = []
    stop = next((old for old in known.stops if old.course_id == course.id), None)
    if row.stopped_on is not None and row.stop_reason is not None:
        if stop is None:
            added.append(CourseStop(course_id=course.id, stopped_on=row.stopped_on, reason=row.stop_reason.value))
        elif stop.stopped_on != row.stopped_on:
            effect.check(row.row, "stopped_on", "stop_differs", typed=row.stopped_on.isoformat())
    had = any(old.course_id == course.id and old.from_on == row.pause_from for old in known.pauses)
    if row.pause_from is not None and not had:
        added.append(Pause(course_id=course.id, from_on=row.pause_from, until_on=row.pause_until, counts=False))
    return added


def overlap(row: CourseRow, old: Course, stops: list[CourseStop]) -> bool:
    """Whether a course of the register and one of the file run on the same day (C1)."""
    stop = next((stop.stopped_on for stop in stops if stop.course_id == old.id), date.max)
    return row.started_on < stop and old.started_on < (row.stopped_on or date.max)
