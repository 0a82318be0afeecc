"""Numbers that may be one patient: born on one day as far as both are known, with a name in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import aliased

from clinic.security.audit import Action
from clinic.services.births import as_far_as_known, born
from clinic.services.work import Work
from clinic.store.patients import Patient, PatientName

MOST = 50
MOST_EXPORTED = 20_000
ONE, OTHER = aliased(PatientName), aliased(PatientName)
FIRST, SECOND = aliased(Patient), aliased(Patient)
NEITHER_MERGED = (FIRST.merged_into_id.is_(None), SECOND.merged_into_id.is_(None))


def share_name(one: Any, other: Any) -> ColumnElement[bool]:
    """Whether two numbers are written under one name."""
    return exists().where(ONE.patient_id == one, OTHER.patient_id == other, ONE.key == OTHER.key)


def twins(work: Work, patient: Patient) -> Sequence[Patient]:
    """Who looks the same as this patient and goes by another number."""
    alike = (or_(*born(patient.birth_date, patient.birth_precision)), Patient.id != patient.id)
    query = select(Patient).where(*alike, Patient.merged_into_id.is_(None), share_name(patient.id, Patient.id))
    found = work.session.scalars(query.order_by(Patient.id).limit(MOST)).all()
    if found:
        work.note(Action.PATIENT_LISTED, shown=[other.id for other in found])
    return found


def pairs(work: Work, most: int = MOST) -> Sequence[tuple[Patient, Patient]]:
    """Every two numbers that look like one patient, the older number first; they are written down as shown."""
    known = (FIRST.birth_precision == "day", SECOND.birth_precision == "day", *NEITHER_MERGED)
    query = (
        select(FIRST, SECOND)
        .join(SECOND, (SECOND.birth_date == FIRST.birth_date) & (SECOND.id > FIRST.id))
        .where(*known, share_name(FIRST.id, SECOND.id))
    )
    rows = work.session.execute(query.order_by(FIRST.sort_key, FIRST.id, SECOND.id).limit(most)).all()
    found = [*((row[0], row[1]) for row in rows), *partly_known(work, most)]
    found = sorted(found, key=lambda pair: (pair[0].sort_key, pair[0].id, pair[1].id))[:most]
    if found:
        work.note(Action.PATIENT_LISTED, subject="list:twins", shown=sorted({who.id for pair in found for who in pair}))
    return found


def partly_known(work: Work, most: int) -> list[tuple[Patient, Patient]]:
    """The pairs of which one at least was born on a day that nobody knows, found from the names they share."""
    some = (
        select(FIRST.id.label("first"), SECOND.id.label("second"))
        .join(ONE, ONE.patient_id == FIRST.id)
        .join(OTHER, (OTHER.key == ONE.key) & (OTHER.patient_id != ONE.patient_id))
        .join(SECOND, SECOND.id == OTHER.patient_id)
        .where(FIRST.birth_precision != "day", as_far_as_known(FIRST, SECOND), *NEITHER_MERGED)
        .where(or_(SECOND.birth_precision == "day", SECOND.id > FIRST.id))
        .distinct()
        .order_by(FIRST.id, SECOND.id)
        .limit(most)
        .subquery()
    )
    one, other = aliased(Patient), aliased(Patient)  # of their own: `some` has its own
    query = select(one, other).join_from(some, one, one.id == some.c.first).join(other, other.id == some.c.second)
    return [(row[0], row[1]) if row[0].id < row[1].id else (row[1], row[0]) for row in work.session.execute(query)]


def numbered(work: Work, number: str) -> Patient | None:
    """The registration with exactly this number, merged or not; that it was looked for and found is written down."""
    work.note(Action.PATIENT_SEARCHED, details={"how": "number"})
    found = work.session.scalar(select(Patient).where(Patient.number == number))
    if found is not None:
        work.note(Action.PATIENT_LISTED, shown=[found.id])
    return found
