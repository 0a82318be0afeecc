"""Two women who were registered once more: one number is merged by now, the other waits for somebody to look."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select

from clinic.demo.stage import Stage, surely
from clinic.domain.vocabulary import Sex
from clinic.services import findings, merges, patients
from clinic.services.findings import SaveLab
from clinic.services.merges import MergePatients
from clinic.services.patients import PatientDetails, Register
from clinic.store.patients import Patient

NUMBERS = ("7900001", "7900002")
AGO = timedelta(days=120)


def register(stage: Stage) -> None:
    """The same name and birth date under a new number, with blood results; the first pair is merged yesterday."""
    query = select(Patient).where(Patient.status == "active").order_by(Patient.id)
    free = [who for who in stage.work.session.scalars(query.limit(40)) if not merges.unfinished(stage.work, who)]
    for patient, number in zip(free, NUMBERS, strict=False):
        second = again(stage, patient, number)
        if number == NUMBERS[0]:
            work = stage.on(stage.today - timedelta(days=1), stage.cast.secretary)
            seen = merges.seen(patient, second)
            reason = "Na verhuizing opnieuw ingeschreven"
            merges.merge(work, MergePatients(patient.id, second.id, seen, patient.birth_date, reason))


def again(stage: Stage, patient: Patient, number: str) -> Patient:
    """Her second registration, and what was recorded under it."""
    day = stage.today - AGO
    known = PatientDetails(**patients.values_of(patient) | {"sex": Sex(patient.sex)})
    details = replace(known, number=number, bsn=None, registered_on=day, regular_nurse_id=None)
    second = patients.register(stage.on(day, stage.cast.secretary), Register(details, anyway=True))
    result = SaveLab(patient_id=second.id, form_token=f"twice-{number}", on=day, creatinine=71)
    surely(findings.save_lab, stage.on(day, stage.cast.nurse), result)
    return second
