"""What files from outside left for a person to decide: deaths that were reported, bookings that the agenda dropped."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update

from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import appointments
from clinic.services.appointments import Of
from clinic.services.facts import lock_patient
from clinic.services.work import Work
from clinic.store import reported_deaths
from clinic.store.appointments import Appointment
from clinic.store.patients import Patient
from clinic.store.reported_deaths import ReportedDeath


@dataclass(frozen=True, slots=True)
class Waiting:
    """Both lists, each with whom it is about."""

    deaths: list[tuple[ReportedDeath, Patient]]
    missing: list[tuple[Appointment, Patient]]


def waiting(work: Work) -> Waiting:
    """What waits, the oldest first, and a line in the log with who was shown."""
    found = Waiting(reported_deaths.open_ones(work.session), reported_deaths.missing(work.session))
    shown = [patient.id for _row, patient in (*found.deaths, *found.missing)]
    if shown:
        work.note(Action.PATIENT_LISTED, subject="list:reported", shown=shown)
    return found


def of_patient(work: Work, patient_id: int, report_id: int) -> ReportedDeath:
    """This patient's report, or LookupError."""
    row = work.session.get(ReportedDeath, report_id)
    if row is None or row.patient_id != patient_id:
        raise LookupError(report_id)
    return row


def reject(work: Work, patient_id: int, report_id: int, reason: str) -> None:
    """It is not so; said twice is said once, and what was settled meanwhile stays as it is."""
    work.needs(May.EDIT_PATIENT)
    lock_patient(work, patient_id)
    row = of_patient(work, patient_id, report_id)
    if row.settled_at is not None:
        return
    if not reason.strip():
        raise RuleBroken("reason", "rejection_reason_missing")
    row.settled_at, row.settled_by, row.rejected_because = work.now, work.actor.id, reason.strip()
    work.note(Action.DEATH_REJECTED, patient_id, f"patient:{patient_id}")
    work.commit()


def settle(work: Work, patient_id: int) -> None:
    """In the transaction of a status: her death is recorded, so no report of it waits any longer. Commits nothing."""
    open_ones = update(ReportedDeath).where(ReportedDeath.patient_id == patient_id, ReportedDeath.settled_at.is_(None))
    work.session.execute(open_ones.values(settled_at=work.now, settled_by=work.actor.id))


def keep(work: Work, of: Of) -> None:
    """The booking stands though the agenda dropped it: from now on it is the clinic's own."""
    row = appointments.opened(work, of)
    if row.missing_since is None:
        return
    appointments.fresh(row, of)
    row.missing_since = row.external_number = row.agenda_said = None
    work.note(Action.APPOINTMENT_KEPT, row.patient_id, f"appointment:{row.id}")
    work.commit()


def death_of(work: Work, patient_id: int) -> ReportedDeath | None:
    """The latest report of her death that nobody settled."""
    query = select(ReportedDeath).where(ReportedDeath.patient_id == patient_id, ReportedDeath.settled_at.is_(None))
    return work.session.scalar(query.order_by(ReportedDeath.id.desc()).limit(1))
