"""What still hangs of a patient who leaves: what was due, bookings, letters; somebody chooses for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import or_, select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import DueCode, PatientStatus
from clinic.security.audit import Action
from clinic.services import appointments, letter_ends, letters
from clinic.services.left_to_do import HANGING, IN_LETTER
from clinic.services.work import Work
from clinic.store.appointments import Appointment
from clinic.store.due import DueItem
from clinic.store.letters import GP, OUT, Letter
from clinic.store.patients import Patient, PatientChange
from clinic.wording.labels import label

JUST_SENT = timedelta(days=14)
UNSENT = (*letters.OPEN, *letters.UNSENT)
CHOICES = {
    "item": ("ends", IN_LETTER),
    "appointment": ("cancel", "keep"),
    "unsent": ("send", "withdraw"),
    "sent": ("leave", "called"),
}
"""For each kind of thing that hangs, what can be done with it."""


@dataclass(frozen=True, slots=True)
class Hanging:
    """One thing that hangs; `key` names it in a form."""

    kind: str
    row: Any

    @property
    def key(self) -> str:
        """The kind and the number."""
        return f"{self.kind}-{self.row.id}"

    @property
    def line(self) -> str:
        """What it was, as her history keeps it: kind, code or reference, number."""
        what = {"item": "code", "appointment": "kind"}.get(self.kind, "reference")
        return f"{HANGING}{self.kind}:{getattr(self.row, what) or ''}:{self.row.id}"

    @property
    def day(self) -> str | None:
        """When it was due, booked or sent."""
        row = self.row
        on = row.due_on if self.kind == "item" else row.on_date if self.kind == "appointment" else row.sent_on
        return on.isoformat() if on else None


def hanging(work: Work, patient: Patient) -> list[Hanging]:
    """What is to plan or late, every booking, letters that did not leave, and those of the last fourteen days."""
    items = select(DueItem).where(
        DueItem.patient_id == patient.id, DueItem.opens_on <= work.today, DueItem.code.in_(list(DueCode)),
        or_(DueItem.code < "letter.", DueItem.code >= "letter/"), DueItem.code != "dose.denosumab",
    )  # fmt: skip
    booked = select(Appointment).where(Appointment.patient_id == patient.id, Appointment.state == "booked")
    written = select(Letter).where(
        Letter.patient_id == patient.id,
        Letter.kind == GP,
        or_(Letter.state.in_(UNSENT), Letter.sent_on >= work.today - JUST_SENT),
    )
    due = work.session.scalars(items.order_by(DueItem.due_on, DueItem.id))
    visits = work.session.scalars(booked.order_by(Appointment.on_date, Appointment.id))
    found = [*(Hanging("item", row) for row in due), *(Hanging("appointment", row) for row in visits)]
    for letter in work.session.scalars(written.order_by(Letter.id)):
        found.append(Hanging("sent" if letter.state in OUT else "unsent", letter))
    return found


def settle(
    work: Work, patient: Patient, status: PatientStatus, found: Sequence[Hanging], chosen: Mapping[str, str]
) -> dict[str, list[str | None]]:
    """Do what was chosen for each, and say every choice as a line of her history. Commits nothing.

    Raises RuleBroken when something has no choice, or a choice that it cannot have.
    """
    if any(chosen.get(one.key) not in CHOICES[one.kind] for one in found):
        raise RuleBroken("hanging", "hanging_unchosen")
    if status is PatientStatus.DECEASED and any(chosen[one.key] == IN_LETTER for one in found):
        raise RuleBroken("hanging", "no_letter_after_death")
    for one in found:
        if chosen[one.key] == "cancel":
            appointments.settle(work, one.row, "cancelled", label(status, "nl"))
            told = {"state": "cancelled", "status": status.value}
            work.note(Action.APPOINTMENT_SETTLED, patient.id, f"appointment:{one.row.id}", told)
        elif chosen[one.key] == "withdraw":
            letter_ends.take_out(work, one.row, label(status, "nl"))
    return {one.line: [one.day, chosen[one.key]] for one in found}


def cancelled_at_leaving(work: Work, patient: Patient) -> Sequence[Appointment]:
    """Bookings that were cancelled when she left, of a day that has not passed; to be booked anew when she returns."""
    told = select(PatientChange).where(PatientChange.patient_id == patient.id).order_by(PatientChange.id.desc())
    since = next((change.at for change in work.session.scalars(told) if "status" in change.changes), None)
    query = select(Appointment).where(
        Appointment.patient_id == patient.id, Appointment.state == "cancelled", Appointment.settled_at == since,
        Appointment.on_date >= work.today,
    )  # fmt: skip
    return work.session.scalars(query.order_by(Appointment.on_date)).all()
