"""What a review lacks is requested in one press, or may lapse with a reason; both stand beside the review."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import cast

from sqlalchemy import Date, bindparam, select

from clinic.domain import review
from clinic.domain.calendar import add_months
from clinic.domain.facts import Facts
from clinic.domain.vocabulary import AgreementWhat, MissingFact
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import notes
from clinic.services.facts import lock_patient, stamp
from clinic.services.notes import WaiveItem
from clinic.services.said import finish
from clinic.services.scans import SaveScan, save_scan
from clinic.services.work import Work
from clinic.store import records
from clinic.store.controls import Agreement
from clinic.store.due import DueItem
from clinic.store.scans import Scan

AGREED: Mapping[MissingFact, AgreementWhat] = {
    MissingFact.HEIGHT: AgreementWhat.CONTROL,
    MissingFact.WEIGHT: AgreementWhat.CONTROL,
    MissingFact.ADHERENCE: AgreementWhat.CONTROL,
    MissingFact.CREATININE: AgreementWhat.LAB,
}
"""What is asked or measured at a control, or taken as blood, is requested by agreeing on that."""
AT_ONCE = (MissingFact.DXA, *AGREED)
"""What is requested in one press; a spine image stands on the list by itself as long as the review is owed (S1)."""
WHY = "Nodig om over de behandelduur te besluiten."
SOON_MONTHS = 3  # what was agreed for later is the ordinary next one, not asked for this review
Requested = dict[MissingFact, date]
CODES = {f"agreed.{what}": what for what in AGREED.values()}
# asked by every page of a review, so put together once
REQUESTED_SCANS = select(Scan.patient_id, Scan.requested_on).where(
    Scan.patient_id.in_(records.IDS), Scan.stands.is_(True), Scan.made_on.is_(None), Scan.requested_on.is_not(None)
)
AGREED_ITEMS = select(DueItem.patient_id, DueItem.code, DueItem.due_on).where(
    DueItem.patient_id.in_(records.IDS), DueItem.code.in_(CODES), DueItem.due_on <= bindparam("soon", type_=Date)
)


def requested(work: Work, ids: Sequence[int]) -> dict[int, Requested]:
    """Of each patient what was asked for and is not there yet, since when or for which day."""
    found: dict[int, Requested] = {patient_id: {} for patient_id in ids}
    for patient_id, on in work.session.execute(REQUESTED_SCANS, {"ids": ids}):
        found[patient_id][MissingFact.DXA] = cast(date, on)
    soon = add_months(work.today, SOON_MONTHS)
    for patient_id, code, on in work.session.execute(AGREED_ITEMS, {"ids": ids, "soon": soon}):
        found[patient_id] |= {fact: on for fact, what in AGREED.items() if what is CODES[code]}
    return found


def ask(work: Work, patient_id: int, facts: Iterable[MissingFact]) -> None:
    """Request a DXA, agree on a control or laboratory from today on; what was asked for is not asked again."""
    work.needs(May.SIGN_REVIEW)
    for fact in facts:
        patient = lock_patient(work, patient_id)
        if fact not in AT_ONCE or fact in requested(work, [patient_id])[patient_id]:
            continue
        if fact is MissingFact.DXA:
            token = secrets.token_urlsafe(16)
            save_scan(work, SaveScan(patient_id=patient_id, form_token=token, requested_on=work.today))
            continue
        agreed = Agreement(what=AGREED[fact].value, on_date=work.today, made_on=work.today, why=WHY)
        stamp(work, agreed, patient_id)
        finish(work, patient, Action.FACT_SAVED, "agreement")


def ask_all(work: Work, patient_id: int) -> None:
    """Request whatever is missing and can be requested."""
    work.needs(May.SIGN_REVIEW)
    facts = Facts(records.load(work.session, patient_id), work.today)
    ask(work, patient_id, review.missing_of(facts, work.protocol))


def lapse(work: Work, patient_id: int, code: str, due_on: date, reason: str) -> None:
    """Let the review, or what is to be made before it, lapse with a reason; RuleBroken without one."""
    work.needs(May.SIGN_REVIEW)
    notes.waive(work, WaiveItem(patient_id, code, due_on, reason))
