"""Numbers that may be one patient: born on one day, with a name in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import aliased

from clinic.security.audit import Action
from clinic.services.work import Work
from clinic.store.patients import Patient, PatientName

MOST = 50
MOST_EXPORTED = 20_000
ONE, OTHER = aliased(PatientName), aliased(PatientName)
FIRST, SECOND = aliased(Patient), aliased(Patient)


def share_name(one: Any, other: Any) -> ColumnElement[bool]:
    """Whether two numbers are written under one name."""
    return exists().where(ONE.patient_id == one, OTHER.patient_id == other, ONE.key == OTHER.key)


def twins(work: Work, patient: Patient) -> Sequence[Patient]:
    """Who looks the same as this patient and goes by another number."""
    alike = (Patient.birth_date == patient.birth_date, Patient.id != patient.id, Patient.merged_into_id.is_(None))
    query = select(Patient).where(*alike, share_name(patient.id, Patient.id))
    found = work.session.scalars(query.order_by(Patient.id).limit(MOST)).all()
    if found:
        work.note(Action.PATIENT_LISTED, shown=[other.id for other in found])
    return found


def pairs(work: Work, most: int = MOST) -> Sequence[tuple[Patient, Patient]]:
    """Every two numbers that look like one patient, the older number first; they are written down as shown."""
    known = (FIRST.birth_precision == "day", FIRST.merged_into_id.is_(None), SECOND.merged_into_id.is_(None))
    query = (
        select(FIRST, SECOND)
        .join(SECOND, (SECOND.birth_date == FIRST.birth_date) & (SECOND.id > FIRST.id))
        .where(*known, SECOND.birth_precision == "day", share_name(FIRST.id, SECOND.id))
    )
    rows = work.session.execute(query.order_by(FIRST.sort_key, FIRST.id, SECOND.id).limit(most)).all()
    if rows:
        work.note(Action.PATIENT_LISTED, subject="list:twins", shown=sorted({who.id for row in rows for who in row}))
    return [(row[0], row[1]) for row in rows]


def numbered(work: Work, number: str) -> Patient | None:
    """The registration with exactly this number, merged or not; that it was looked for and found is written down."""
    work.note(Action.PATIENT_SEARCHED, details={"how": "number"})
    found = work.session.scalar(select(Patient).where(Patient.number == number))
    if found is not None:
        work.note(Action.PATIENT_LISTED, shown=[found.id])
    return found
