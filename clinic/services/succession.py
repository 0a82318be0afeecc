"""A GP who stopped: her patients go to the successor in one act, but for those somebody leaves out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select, update

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import PatientStatus
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services.patients import gp_words, keep_change
from clinic.services.work import Work
from clinic.store.patients import Patient
from clinic.store.practices import Gp


def of(work: Work, practice_id: int, gp_id: int) -> Gp:
    """A GP of a practice who stopped and has a successor; LookupError otherwise."""
    gp = work.session.get(Gp, gp_id)
    if gp is None or gp.practice_id != practice_id or gp.successor_id is None:
        raise LookupError(gp_id)
    return gp


def to_move(work: Work, gp: Gp) -> Sequence[Any]:
    """Whom the clinic follows and who still has this GP; they are written down as shown."""
    work.needs(May.EDIT_PATIENT)
    columns = (
        Patient.id, Patient.number, Patient.sex, Patient.initials, Patient.first_name, Patient.own_prefix,
        Patient.own_name, Patient.partner_prefix, Patient.partner_name, Patient.name_order, Patient.birth_date,
        Patient.birth_precision, Patient.town,
    )  # fmt: skip
    rows = work.session.execute(select(*columns).where(*followed_with(gp)).order_by(Patient.own_name, Patient.id)).all()
    if rows:
        work.note(Action.PATIENT_LISTED, subject=f"gp:{gp.id}", shown=[row.id for row in rows])
    return rows


def followed_with(gp: Gp) -> tuple[ColumnElement[bool], ...]:
    """Whose GP this is; a number that was merged into another is no patient of its own."""
    return Patient.gp_id == gp.id, Patient.status == PatientStatus.ACTIVE.value, Patient.merged_into_id.is_(None)


def move(work: Work, gp: Gp, shown: Collection[int], but: Collection[int]) -> int:
    """Give everybody shown but those left out the successor; says how many of them have it, also at a second press.

    Raises RuleBroken when somebody has this GP whom the page did not show.
    """
    work.needs(May.EDIT_PATIENT)
    successor = work.session.get_one(Gp, gp.successor_id)
    if successor.stopped_on is not None and successor.stopped_on <= work.today:
        raise RuleBroken("shown", "successor_stopped")
    patients = work.session.scalars(
        select(Patient).where(*followed_with(gp)).order_by(Patient.id).with_for_update(of=Patient)
    ).all()
    if any(patient.id not in shown for patient in patients):
        raise RuleBroken("shown", "succession_changed")
    going = [patient for patient in patients if patient.id not in but]
    words = [gp_words(gp), gp_words(successor)]
    for patient in going:
        keep_change(work, patient, {"gp_id": words}, f"Opvolging van {words[0]}")
        work.note(Action.PATIENT_CHANGED, patient.id, f"gp:{gp.id}")
    ids = [patient.id for patient in going]
    work.session.execute(
        update(Patient)
        .where(Patient.id.in_(ids))
        .values(gp_id=successor.id, version=Patient.version + 1)
        .execution_options(synchronize_session=False)
    )
    theirs = (Patient.id.in_(set(shown) - set(but)), Patient.gp_id == successor.id)
    count = work.session.scalar(select(func.count()).select_from(Patient).where(*theirs)) or 0
    if going:
        work.commit()
    return count
