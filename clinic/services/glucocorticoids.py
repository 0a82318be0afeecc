"""Periods on glucocorticoids, in mg prednisone equivalent a day; one at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.domain.limits import LIMITS, check_hard, is_unusual, question, stored
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import facts, items, results
from clinic.services.work import Work
from clinic.store.patients import Glucocorticoid, Patient


@dataclass(frozen=True, slots=True)
class SavePeriod:
    """A period; without an end it goes on. `corrects` names the version that it replaces."""

    patient_id: int
    mg_per_day: Decimal
    from_on: date
    until_on: date | None
    corrects: int | None = None
    reason: str = ""
    sure_of: str = ""
    """The question about an unusual dose that was answered with "it is right"."""


def save(work: Work, command: SavePeriod) -> int:
    """Keep a period; the same form sent twice is one period."""
    work.needs(May.EDIT_PATIENT)
    patient = facts.lock_patient(work, command.patient_id)
    rows = standing(work, patient.id)
    same = next((row for row in rows if says(row, command)), None)
    if same is not None:
        return same.id
    old = results.standing(work, Glucocorticoid, patient.id, command.corrects) if command.corrects else None
    check(work, patient, command, [row for row in rows if row is not old])
    row = Glucocorticoid(mg_per_day=command.mg_per_day, from_on=command.from_on, until_on=command.until_on)
    if old is None:
        facts.stamp(work, row, patient.id)
    else:
        reason = command.reason.strip() or (results.FILLED_IN if results.only_adds(old, row) else "")
        facts.correct(work, old, row, reason)
    items.refresh(work, patient)
    work.note(Action.FACT_CORRECTED if old else Action.FACT_SAVED, patient.id, f"glucocorticoid:{row.id}")
    work.commit()
    return row.id


def void(work: Work, patient_id: int, period_id: int, reason: str) -> None:
    """Let a period count nowhere."""
    work.needs(May.EDIT_PATIENT)
    patient = facts.lock_patient(work, patient_id)
    facts.void(work, results.standing(work, Glucocorticoid, patient_id, period_id), reason)
    items.refresh(work, patient)
    work.note(Action.FACT_VOIDED, patient_id, f"glucocorticoid:{period_id}")
    work.commit()


def check(work: Work, patient: Patient, command: SavePeriod, others: Sequence[Glucocorticoid]) -> None:
    """Possible days and doses; two periods do not cover one day."""
    if not patient.birth_date <= command.from_on <= work.today:
        raise RuleBroken("from_on", "period_impossible")
    if command.until_on is not None and command.until_on < command.from_on:
        raise RuleBroken("until_on", "period_ends_before")
    dose = stored("glucocorticoid", command.mg_per_day)
    check_hard("mg_per_day", "glucocorticoid", dose)
    asked = question("mg_per_day", "glucocorticoid", dose)
    if is_unusual("glucocorticoid", dose) and command.sure_of != asked:
        raise RuleBroken("sure", "dose_unusual", asked=asked, **LIMITS["glucocorticoid"].soft)
    for row in others:
        if row.from_on <= (command.until_on or date.max) and command.from_on <= (row.until_on or date.max):
            raise RuleBroken("from_on", "periods_overlap", mg=plain_dose(row), day=row.from_on.strftime("%d-%m-%Y"))


def plain_dose(row: Glucocorticoid) -> str:
    """7,5 and 10: as the clinic writes a dose."""
    return f"{row.mg_per_day:.1f}".removesuffix(".0").replace(".", ",")


def says(row: Glucocorticoid, command: SavePeriod) -> bool:
    """Whether a row tells the same."""
    return (row.mg_per_day, row.from_on, row.until_on) == (command.mg_per_day, command.from_on, command.until_on)


def standing(work: Work, patient_id: int) -> Sequence[Glucocorticoid]:
    """The periods that count, latest first."""
    query = select(Glucocorticoid).where(Glucocorticoid.patient_id == patient_id, Glucocorticoid.stands.is_(True))
    return work.session.scalars(query.order_by(Glucocorticoid.from_on.desc(), Glucocorticoid.id.desc())).all()
