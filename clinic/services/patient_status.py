"""Whether the clinic follows a patient: her status ends or reopens what is due (S8), denosumab is handed over (S6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import Drug, PatientStatus, StartPrecision
from clinic.security.accounts import hashed
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import items, leaving, letters, reported
from clinic.services.facts import lock_patient
from clinic.services.import_rows import plain
from clinic.services.patients import changed_by, check_born, keep_change
from clinic.services.work import Stale, Work
from clinic.store.patients import Patient
from clinic.store.treatments import Course

HANDED_OVER = {"handover_confirmed_on", "handover_next_on", "handover_by"}
COLUMNS = ("status", "status_on", "status_source", "handover_confirmed_on", "handover_next_on", "handover_by")


@dataclass(frozen=True, slots=True, kw_only=True)
class SetStatus:
    """What was heard, since when and from whom; of denosumab also when the next injection is and who gives it.

    `birth_date` is read from the page and typed, so that the wrong patient is noticed; `chosen` tells of each thing
    that hangs what becomes of it (`clinic.services.leaving`), `reason` why she is followed again.
    """

    patient_id: int
    status: PatientStatus
    seen: str
    on: date | None = None
    source: str | None = None
    handover_confirmed_on: date | None = None
    handover_next_on: date | None = None
    handover_by: str | None = None
    birth_date: date | None = None
    birth_precision: StartPrecision = StartPrecision.DAY
    chosen: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""


def set_status(work: Work, command: SetStatus) -> None:
    """Write the status down and rebuild what is due; the same form sent twice changes nothing twice."""
    work.needs(May.EDIT_PATIENT)
    patient = lock_patient(work, command.patient_id)
    check(work, patient, command)
    told = {
        "status": command.status.value, "status_on": command.on, "status_source": command.source,
        "handover_confirmed_on": command.handover_confirmed_on, "handover_next_on": command.handover_next_on,
        "handover_by": command.handover_by,
    }  # fmt: skip
    changes = {name: [plain(getattr(patient, name)), plain(value)] for name, value in told.items()
               if getattr(patient, name) != value}  # fmt: skip
    if not changes:
        return
    if command.seen != fingerprint(patient):
        raise Stale(changed_by(work.session, patient.id))
    settled = leave(work, patient, command) if "status" in changes else {}
    was_on = patient.status_on
    for name in changes:
        setattr(patient, name, told[name])
    keep_change(work, patient, changes | settled, command.reason.strip() or None)
    if command.status is PatientStatus.DECEASED:
        reported.settle(work, patient.id)
    if changes.keys() & {"status", "status_on"} or (
        changes.keys() & HANDED_OVER and not letters.end_was_told(work, patient)
    ):
        letters.tell_of_end(work, patient, was_on)
    items.refresh(work, patient)
    work.note(Action.PATIENT_STATUS_CHANGED, patient.id, f"patient:{patient.id}")
    work.commit()


def leave(work: Work, patient: Patient, command: SetStatus) -> dict[str, list[str | None]]:
    """Another status is for this patient and no other; what hangs is settled as was chosen, and told."""
    check_born(patient, command.birth_date, command.birth_precision)
    if command.status is PatientStatus.ACTIVE:
        if not command.reason.strip():
            raise RuleBroken("reason", "status_undone_because")
        return {}
    return leaving.settle(work, patient, command.status, leaving.hanging(work, patient), command.chosen)


def check(work: Work, patient: Patient, command: SetStatus) -> None:
    """Who is followed has no day of leaving; who is not has one, and a handover is told whole."""
    handover = (command.handover_confirmed_on, command.handover_next_on, command.handover_by)
    if command.status is PatientStatus.ACTIVE:
        if command.on is not None:
            raise RuleBroken("on", "active_without_day")
    elif command.on is None:
        raise RuleBroken("on", "status_without_day")
    elif not patient.birth_date <= command.on <= work.today:
        raise RuleBroken("on", "status_day_impossible")
    elif not command.source:
        raise RuleBroken("source", "status_without_source")
    if any(handover) and command.status in (PatientStatus.ACTIVE, PatientStatus.DECEASED):
        raise RuleBroken("handover_confirmed_on", "handover_only_after_leaving")
    if any(handover) and not all(handover):
        raise RuleBroken("handover_confirmed_on", "handover_incomplete")
    if command.handover_confirmed_on and command.handover_confirmed_on > work.today:
        raise RuleBroken("handover_confirmed_on", "handover_ahead")


def fingerprint(patient: Patient) -> str:
    """The status as a page showed it."""
    return hashed(repr([getattr(patient, name) for name in COLUMNS]))[:16]


def had_denosumab(work: Work, patient_id: int) -> bool:
    """Whether an injection may have to be handed over."""
    query = select(Course.id).where(
        Course.patient_id == patient_id, Course.stands.is_(True), Course.drug == Drug.DENOSUMAB.value
    )
    return work.session.scalar(query.limit(1)) is not None
