"""Numbers from outside: a number that was merged into another leads to the patient who goes on."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from clinic.services.work import Work
from clinic.store.patients import Patient


def goes_on(work: Work, patient: Patient) -> Patient:
    """The patient herself, or the one under whose number she goes on."""
    return work.session.get_one(Patient, patient.merged_into_id) if patient.merged_into_id is not None else patient


def by_number(work: Work, numbers: Iterable[str], hold: bool = False) -> dict[str, Patient]:
    """The patients with these numbers now, each under the number that was asked for; held until the commit at wish."""
    asked = dict(work.session.execute(
        select(Patient.number, Patient.merged_into_id).where(Patient.number.in_(set(numbers)))
    ).all())  # fmt: skip
    goes_on = Patient.id.in_([stays for stays in asked.values() if stays is not None])
    unmerged = [number for number, stays in asked.items() if stays is None]
    query = select(Patient).where(Patient.number.in_(unmerged) | goes_on).order_by(Patient.id)
    people = list(work.session.scalars(query.with_for_update(of=Patient) if hold else query))
    by_id, here = {who.id: who for who in people}, {who.number: who for who in people}
    return {number: here[number] if stays is None else by_id[stays] for number, stays in asked.items()}
