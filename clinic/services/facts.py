"""The envelope of facts: stamped once, corrected by a new row, voided with a reason; never overwritten."""

from __future__ import annotations

from typing import Any, TypeVar, cast

from sqlalchemy import bindparam, select, update

from clinic.domain.errors import RuleBroken
from clinic.services.work import Merged, Work
from clinic.store.base import Fact
from clinic.store.patients import Patient

F = TypeVar("F", bound=Fact)
# asked by each fact that is kept, so put together once
LOCKED = select(Patient).where(Patient.id == bindparam("patient_id")).with_for_update(of=Patient)


def stamp(work: Work, fact: F, patient_id: int) -> F:
    """Write who and when on a new fact and add it to the session."""
    work.session.add(sealed(work, fact, patient_id))
    return fact


def sealed(work: Work, fact: F, patient_id: int) -> F:
    """The envelope of a new fact: whose it is, who wrote it and when, and that it stands."""
    fact.patient_id = patient_id
    fact.recorded_at = work.now
    fact.recorded_by = work.actor.id
    fact.on_behalf_of = work.actor.on_behalf_of
    fact.stands = True
    return fact


def correct(work: Work, old: F, new: F, reason: str) -> F:
    """Let `new` stand in the place of `old`; refused when `old` no longer stands or the reason is empty."""
    need_reason(reason)
    take_down(work, old)
    old.stands = False
    stamp(work, new, old.patient_id)
    new.supersedes_id = old.id
    new.change_reason = reason.strip()
    return new


def void(work: Work, fact: Fact, reason: str) -> None:
    """Let a fact count nowhere; it stays readable with the reason."""
    need_reason(reason)
    take_down(work, fact)
    fact.voided_at = work.now
    fact.voided_by = work.actor.id
    fact.void_reason = reason.strip()
    fact.stands = False


def need_reason(reason: str) -> None:
    """A correction or a void says why."""
    if not reason.strip():
        raise RuleBroken("reason", "reason_missing")


def take_down(work: Work, fact: Fact) -> None:
    """Of two people who correct one fact at the same time, one wins and the other is told."""
    table = type(fact)
    one = update(table).where(table.id == fact.id, table.stands.is_(True)).values(stands=False)
    other_value(work, fact.patient_id)
    # the caller sets `stands` on the one row in hand; looking for it among all that are loaded costs a whole import
    hit = work.session.execute(one.execution_options(synchronize_session=False))
    if cast(Any, hit).rowcount != 1:
        raise RuleBroken("reason", "fact_changed_meanwhile")


def other_value(work: Work, patient_id: int) -> None:
    """What the rules read of a patient was another value: items.refresh asks what her decision rested on."""
    work.session.info.setdefault("taken_down", set()).add(patient_id)


def lock_patient(work: Work, patient_id: int) -> Patient:
    """The patient's row as it is now, held until the commit: two writers of her facts follow each other.

    Raises LookupError when there is no such patient, Merged when her number was merged into another.
    """
    patient = work.session.scalar(LOCKED, {"patient_id": patient_id}, execution_options={"populate_existing": True})
    if patient is None:
        raise LookupError(patient_id)
    if patient.merged_into_id is not None:
        raise Merged(patient_id)
    return patient
