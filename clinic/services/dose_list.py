"""Infusions and injections of the coming fourteen days, with what each still needs before it is given."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from clinic.domain.calendar import add_days
from clinic.domain.dose_needs import BeforeDose, LabValues, Need, needs, seen_until
from clinic.domain.facts import Measured
from clinic.domain.vocabulary import Drug, Sex
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import in_force
from clinic.services.work import Work
from clinic.store import dose_list
from clinic.store.settings import Closure


@dataclass(frozen=True, slots=True)
class DueDose:
    """A dose that is to be given: the item with its patient and booking, the course, the last dose, what it needs."""

    item: Any
    drug: Drug
    course_id: int | None
    last: Any
    needs: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class DoseList:
    """The doses until a day, the closing days that moved that day, and whether more follow than are shown."""

    until: date
    closures: list[Closure]
    doses: list[DueDose]
    more: bool


def show(work: Work) -> DoseList:
    """The list of today, and a line in the log with who was on it."""
    work.needs(May.READ_LISTS)
    session = work.session
    closures = list(dose_list.closures(session, work.today))
    until = seen_until(work.today, (day for closure in closures for day in days_of(closure)))
    rows = dose_list.due_doses(session, work.today, until, dose_list.MOST + 1)
    here = rows[: dose_list.MOST]
    doses = told(session, here)
    if doses:
        work.note(Action.PATIENT_LISTED, subject="list:doses", shown=sorted({row.patient_id for row in here}))
    return DoseList(until, [closure for closure in closures if closure.from_on <= until], doses, len(rows) > len(here))


def days_of(closure: Closure) -> list[date]:
    """Each day on which the clinic is closed."""
    return [add_days(closure.from_on, step) for step in range((closure.until_on - closure.from_on).days + 1)]


def told(session: Session, rows: Any) -> list[DueDose]:
    """Each dose with what is known before it; the number of queries does not depend on how many there are."""
    ids = sorted({row.patient_id for row in rows})
    if not ids:
        return []
    labs: dict[int, list[LabValues]] = defaultdict(list)
    for lab in dose_list.labs(session, ids):
        labs[lab.patient_id].append(
            LabValues(lab.on_date, lab.creatinine_umol_l, lab.calcium_mmol_l, lab.vitamin_d_nmol_l)
        )
    weights = {row.patient_id: Measured(row.on_date, row.weight_g) for row in dose_list.weights(session, ids)}
    courses = {(row.patient_id, row.drug): row.id for row in dose_list.courses(session, ids)}
    last = {row.course_id: row for row in dose_list.last_doses(session, ids)}
    found, rules = [], in_force.rules(session)
    for row in rows:
        drug = Drug(row.code.removeprefix("dose."))
        course_id = courses.get((row.patient_id, str(drug)))
        known = BeforeDose(
            drug, row.due_on, Sex(row.sex), row.birth_date, tuple(labs[row.patient_id]), weights.get(row.patient_id)
        )
        found.append(DueDose(row, drug, course_id, last.get(course_id or 0), needs(known, rules)))
    return found
