"""What a booking must be, and what is asked once before it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from typing import Any, NamedTuple

from sqlalchemy import select

from clinic.domain.calendar import is_working_day
from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import DueCode, PatientStatus
from clinic.services.closures import closed_days
from clinic.services.work import Work
from clinic.store import agenda
from clinic.store.appointments import LONGEST, MINUTES, SHORTEST, Appointment
from clinic.store.due import DueItem
from clinic.store.patients import Patient


class ItemKey(NamedTuple):
    """Which due item a booking is for; it stays with the booking when the item is no longer due."""

    code: str
    subject: date


@dataclass(frozen=True, slots=True)
class Slot:
    """What is agreed: the kind of appointment, when, where or with whom."""

    kind: str
    on: date
    at: time | None = None
    place: str = ""
    staff_id: int | None = None
    minutes: int | None = None

    @property
    def length(self) -> int:
        """How long it takes; the usual time of its kind when nobody said."""
        return self.minutes if self.minutes is not None else MINUTES[self.kind]


class Question(NamedTuple):
    """Something unusual at a field; its token names the values, so a changed date is asked about anew."""

    field: str
    code: str
    token: str
    params: dict[str, Any]


def check(work: Work, patient: Patient, slot: Slot, item: ItemKey | None, but: int | None = None) -> None:
    """What holds for every booking, new or moved; one who left is booked for nothing but what is still owed to her."""
    if patient.status != PatientStatus.ACTIVE and item not in doses_owed(work, patient):
        raise RuleBroken("on", "appointment_not_followed")
    if slot.on < work.today:
        raise RuleBroken("on", "appointment_in_past")
    if not SHORTEST <= slot.length <= LONGEST:
        raise RuleBroken("minutes", "appointment_length", low=SHORTEST, high=LONGEST)
    if not slot.place.strip() and slot.staff_id is None:
        raise RuleBroken("place", "appointment_nowhere")
    known = [number for number, _name in agenda.staff(work.session)]
    kept = work.session.scalar(select(Appointment.staff_id).where(Appointment.id == (but or 0)))
    if slot.staff_id is not None and slot.staff_id not in (*known, kept):
        raise RuleBroken("staff", "appointment_staff_gone")


def doses_owed(work: Work, patient: Patient) -> set[ItemKey]:
    """The denosumab that is due."""
    if not stays_owed(patient, DueCode.DOSE_DENOSUMAB):
        return set()
    query = select(DueItem.subject).where(DueItem.patient_id == patient.id, DueItem.code == DueCode.DOSE_DENOSUMAB)
    return {ItemKey(DueCode.DOSE_DENOSUMAB, subject) for subject in work.session.scalars(query)}


def stays_owed(patient: Patient, code: str) -> bool:
    """Whether an item outlives that she left: denosumab until it was handed over (protocol S6); of who died nothing."""
    return code == DueCode.DOSE_DENOSUMAB and patient.status != PatientStatus.DECEASED


def check_item(work: Work, patient_id: int, item: ItemKey | None) -> None:
    """A booking is for an item that is due and has none yet."""
    if item is None:
        return
    check_not_booked(work, patient_id, item, "item")
    if due_item(work, patient_id, item) is None:
        raise RuleBroken("item", "item_gone")


def check_not_booked(work: Work, patient_id: int, item: ItemKey, field: str, but: int | None = None) -> None:
    """No other appointment from today on stands for the item."""
    booked = agenda.booked_for(work.session, patient_id, *item, work.today, but)
    if booked is not None:
        raise RuleBroken(field, "item_booked", day=booked.on_date.strftime("%d-%m-%Y"))


def due_item(work: Work, patient_id: int, item: ItemKey) -> DueItem | None:
    """The item as it stands."""
    return work.session.scalar(
        select(DueItem)
        .where(DueItem.patient_id == patient_id, DueItem.code == item.code, DueItem.subject == item.subject)
        .order_by(DueItem.number)
        .limit(1)
    )


def ask(work: Work, patient: Patient, slot: Slot, item: ItemKey | None, but: int | None, answered: Any) -> None:
    """Ask what is unusual; raises with the questions not answered yet."""
    take_turns(work, slot)
    if found := unanswered(work, patient, slot, item, but, answered):
        raise RuleBroken("confirm", "look_again", questions=found)


def take_turns(work: Work, *slots: Slot) -> None:
    """Of two who book one nurse or room at the same minute the second is asked; her patient is locked before."""
    agenda.take_turns(work.session, {slot.on for slot in slots if slot.at is not None})


def unanswered(
    work: Work, patient: Patient, slot: Slot, item: ItemKey | None, but: int | None, answered: Any
) -> list[Question]:
    """What is unusual and nobody said yes to."""
    found = (*of_day(work, slot), *of_item(work, patient.id, slot, item), *of_time(work, patient.id, slot, but))
    return [question for question in found if question.token not in answered]


def of_day(work: Work, slot: Slot) -> Iterator[Question]:
    """Weekends, public holidays, and days when the clinic is closed."""
    closed = closed_days(work)
    if not is_working_day(slot.on, work.protocol.extra_holidays):
        code = "on_weekend" if slot.on.weekday() >= 5 else "on_holiday"
        yield Question("on", code, f"{code}={slot.on}", {})
    elif slot.on in closed:
        yield Question("on", "on_closed", f"on_closed={slot.on}", {"why": closed[slot.on]})


def of_item(work: Work, patient_id: int, slot: Slot, item: ItemKey | None) -> Iterator[Question]:
    """Before the item opens, or past its late date: then it stays late."""
    due = due_item(work, patient_id, item) if item else None
    if due is not None and slot.on < due.opens_on:
        yield Question("on", "before_opens", f"before_opens={slot.on}", {"day": due.opens_on.strftime("%d-%m-%Y")})
    if due is not None and slot.on > due.late_after:
        yield Question("on", "after_late", f"after_late={slot.on}", {"day": due.late_after.strftime("%d-%m-%Y")})


def of_time(work: Work, patient_id: int, slot: Slot, but: int | None) -> Iterator[Question]:
    """The patient, who sees her, or a place where nobody is named is taken at that time."""
    if slot.at is None:
        return
    people = [("at", "patient_taken", Appointment.patient_id == patient_id)]
    if slot.staff_id is not None:
        people.append(("staff", "staff_taken", Appointment.staff_id == slot.staff_id))
    else:
        people.append(("place", "place_taken", Appointment.place == slot.place.strip()))
    for field, code, who in people:
        other = agenda.taken(work.session, slot.on, slot.at, slot.length, who, but)
        if other is not None and other.at_time is not None:
            token = f"{code}={slot.on}T{slot.at}-{slot.staff_id}-{other.id}"
            yield Question(field, code, token, {"time": other.at_time.strftime("%H:%M")})
