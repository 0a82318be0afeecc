"""What a review lacks is requested in one press, or may lapse with a reason; both stand beside the review."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time
from typing import Any, NamedTuple, cast

from sqlalchemy import Date, Select, bindparam, exists, literal, select, union_all
from sqlalchemy.orm import aliased

from clinic.domain import review
from clinic.domain.calendar import add_months
from clinic.domain.facts import Facts
from clinic.domain.vocabulary import AgreementWhat, MissingFact
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import agreements, items, notes, results, scans
from clinic.services.facts import lock_patient
from clinic.services.findings import SaveImage
from clinic.services.notes import WaiveItem
from clinic.services.scans import SaveScan
from clinic.services.work import Work
from clinic.store import records
from clinic.store.appointments import Appointment
from clinic.store.controls import Agreement
from clinic.store.due import DueItem
from clinic.store.scans import Scan, SpineImage

AGREED: Mapping[MissingFact, AgreementWhat] = {
    MissingFact.HEIGHT: AgreementWhat.CONTROL,
    MissingFact.WEIGHT: AgreementWhat.CONTROL,
    MissingFact.ADHERENCE: AgreementWhat.CONTROL,
    MissingFact.CREATININE: AgreementWhat.LAB,
}
"""What is asked or measured at a control, or taken as blood, is requested by agreeing on that."""
WHY = "Nodig om over de behandelduur te besluiten."
SOON_MONTHS = 3  # what was agreed for later is the ordinary next one, not asked for this review
Requested = dict[MissingFact, date]
MEASURED_AT: Mapping[str, tuple[MissingFact, ...]] = {
    "control": tuple(fact for fact, what in AGREED.items() if what is AgreementWhat.CONTROL),
    "dxa": (MissingFact.DXA,),
}
"""What comes of an appointment of this kind."""
CODES = {f"agreed.{what}": what for what in AGREED.values()}


def open_requests(table: type[Scan] | type[SpineImage], made: str, fact: MissingFact) -> Select[*tuple[Any, ...]]:
    """What was asked for and is not made; a request of a day before one that was made is none any more."""
    other = aliased(table)
    answered = exists().where(
        other.patient_id == table.patient_id, other.stands.is_(True), getattr(other, made) > table.requested_on
    )
    return select(table.patient_id, literal(fact.value).label("fact"), table.requested_on).where(
        table.patient_id.in_(records.IDS), table.stands.is_(True), getattr(table, made).is_(None),
        table.requested_on.is_not(None), ~answered,
    )  # fmt: skip


# asked by every page of a review, so put together once
REQUESTED = union_all(
    open_requests(Scan, "made_on", MissingFact.DXA), open_requests(SpineImage, "on_date", MissingFact.SPINE_IMAGE)
)
AGREED_ITEMS_OF = select(DueItem.patient_id, DueItem.code, DueItem.due_on).where(
    DueItem.patient_id.in_(records.IDS), DueItem.code.in_(CODES)
)
AGREED_ITEMS = AGREED_ITEMS_OF.where(DueItem.due_on <= bindparam("soon", type_=Date))
AGREED_LATER = AGREED_ITEMS_OF.where(DueItem.due_on > bindparam("soon", type_=Date))
# the nearest last, so that it stays
BOOKED = (
    select(
        Appointment.patient_id, Appointment.kind, Appointment.item_code, Appointment.item_subject,
        Appointment.on_date, Appointment.at_time,
    )
    .where(
        Appointment.patient_id.in_(records.IDS), Appointment.state == "booked",
        Appointment.on_date >= bindparam("today", type_=Date),
    )
    .order_by(Appointment.on_date.desc(), Appointment.id)
)  # fmt: skip


class Booked(NamedTuple):
    """Appointments that stand: on which day what is missing comes of one soon, and when a due item is booked."""

    facts: Requested
    items: dict[tuple[str, date], tuple[date, time | None]]


def requested(work: Work, ids: Sequence[int]) -> dict[int, Requested]:
    """Of each patient what was asked for and is not there yet, since when or for which day."""
    found: dict[int, Requested] = {patient_id: {} for patient_id in ids}
    for patient_id, fact, on in work.session.execute(REQUESTED, {"ids": ids}):
        found[patient_id][MissingFact(fact)] = cast(date, on)
    soon = add_months(work.today, SOON_MONTHS)
    for patient_id, code, on in work.session.execute(AGREED_ITEMS, {"ids": ids, "soon": soon}):
        found[patient_id] |= {fact: on for fact, what in AGREED.items() if what is CODES[code]}
    return found


def gives_way(work: Work, ids: Sequence[int]) -> dict[int, Requested]:
    """Of each patient what was agreed for later and would leave the list when this is requested.

    Of each kind the agreement made last alone stands (K6).
    """
    later: dict[int, Requested] = {patient_id: {} for patient_id in ids}
    soon = add_months(work.today, SOON_MONTHS)
    for patient_id, code, on in work.session.execute(AGREED_LATER, {"ids": ids, "soon": soon}):
        later[patient_id] |= {fact: on for fact, what in AGREED.items() if what is CODES[code]}
    return later


def booked(work: Work, ids: Sequence[int]) -> dict[int, Booked]:
    """Of each patient what is booked from today on, whichever item it was booked for.

    A control that is agreed beside one that is booked soon would have her called and booked a second time (K6).
    """
    found = {patient_id: Booked({}, {}) for patient_id in ids}
    soon = add_months(work.today, SOON_MONTHS)
    for patient_id, kind, code, subject, on, at in work.session.execute(BOOKED, {"ids": ids, "today": work.today}):
        if code is not None:
            found[patient_id].items[code, subject or items.NO_SUBJECT] = on, at
        if on <= soon and not str(code).startswith("dose."):  # at an injection nobody need measure
            found[patient_id].facts.update(dict.fromkeys(MEASURED_AT.get(kind, ()), on))
    return found


def ask(work: Work, patient_id: int, facts: Iterable[MissingFact]) -> None:
    """Request an image, agree on a control or laboratory from today on: all of it is kept, or nothing.

    What was asked for is not asked again, nor what comes of an appointment that is booked.
    """
    work.needs(May.SIGN_REVIEW)
    patient = lock_patient(work, patient_id)
    comes = booked(work, [patient_id])[patient_id].facts
    for fact in facts:
        if fact in comes or fact in requested(work, [patient_id])[patient_id]:
            continue
        asked: dict[str, Any] = {"patient_id": patient_id, "form_token": secrets.token_urlsafe(16)}
        if fact is MissingFact.DXA:
            scan = SaveScan(**asked, requested_on=work.today)
            results.keep(work, patient, scan, scans.row(scan))
            continue
        if fact is MissingFact.SPINE_IMAGE:
            image = SaveImage(**asked, requested_on=work.today)
            results.keep(work, patient, image, SpineImage(requested_on=work.today, findings=[]))
            continue
        agreed = Agreement(what=AGREED[fact].value, on_date=work.today, made_on=work.today, why=WHY)
        agreements.agree(work, patient_id, agreed)
        work.session.flush()
        items.refresh(work, patient)
        work.note(Action.FACT_SAVED, patient_id, "agreement")
    if work.flushed:
        work.commit()


def ask_all(work: Work, patient_id: int) -> None:
    """Request whatever is missing."""
    work.needs(May.SIGN_REVIEW)
    facts = Facts(records.load(work.session, patient_id), work.today)
    ask(work, patient_id, review.missing_of(facts, work.protocol))


def lapse(work: Work, patient_id: int, code: str, due_on: date, reason: str) -> None:
    """Let the review, or what is to be made before it, lapse with a reason; RuleBroken without one."""
    work.needs(May.SIGN_REVIEW)
    notes.waive(work, WaiveItem(patient_id, code, due_on, reason))
