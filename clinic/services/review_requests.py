"""What a review lacks is requested in one press, and stands beside the review as requested."""

from __future__ import annotations

import secrets
from datetime import date

from sqlalchemy import select

from clinic.domain.vocabulary import AgreementWhat, DueCode, MissingFact
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services.facts import lock_patient, stamp
from clinic.services.said import finish
from clinic.services.scans import SaveScan, save_scan
from clinic.services.work import Work
from clinic.store.controls import Agreement
from clinic.store.due import DueItem
from clinic.store.scans import Scan

AT_ONCE = (MissingFact.DXA, MissingFact.CREATININE)
"""What a doctor can ask for without seeing the patient; what is measured at a control needs one."""
WHY = "Nodig om over de behandelduur te besluiten."


def requested(work: Work, patient_id: int) -> dict[MissingFact, date]:
    """What was asked for and is not there yet, since when or for which day."""
    scan = select(Scan.requested_on).where(
        Scan.patient_id == patient_id, Scan.stands.is_(True), Scan.made_on.is_(None), Scan.requested_on.is_not(None)
    )
    lab = select(DueItem.due_on).where(DueItem.patient_id == patient_id, DueItem.code == DueCode.AGREED_LAB)
    found = zip(AT_ONCE, (work.session.scalar(query.limit(1)) for query in (scan, lab)), strict=True)
    return {fact: on for fact, on in found if on is not None}


def ask(work: Work, patient_id: int, fact: MissingFact) -> None:
    """Request a DXA, or agree on laboratory from today on; what was asked for already is not asked again."""
    work.needs(May.SIGN_REVIEW)
    patient = lock_patient(work, patient_id)
    if fact not in AT_ONCE or fact in requested(work, patient_id):
        return
    if fact is MissingFact.DXA:
        token = secrets.token_urlsafe(16)
        save_scan(work, SaveScan(patient_id=patient_id, form_token=token, requested_on=work.today))
        return
    agreed = Agreement(what=AgreementWhat.LAB.value, on_date=work.today, made_on=work.today, why=WHY)
    stamp(work, agreed, patient_id)
    finish(work, patient, Action.FACT_SAVED, "agreement")
