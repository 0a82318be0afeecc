"""Book, move, cancel and settle appointments; an item with a booking stays due until its fact is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import LetterAbout
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import letters
from clinic.services.agenda_fit import still_for
from clinic.services.appointment_checks import ItemKey, Slot, ask, check, check_item, check_not_booked
from clinic.services.facts import lock_patient
from clinic.services.work import Stale, Work
from clinic.store import agenda
from clinic.store.appointments import Appointment
from clinic.store.base import Json
from clinic.store.patients import Patient


@dataclass(frozen=True, slots=True)
class Book:
    """A new booking, for a due item or for none."""

    patient_id: int
    slot: Slot
    form_token: str
    item: ItemKey | None = None
    confirmed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Of:
    """An appointment as the page showed it."""

    patient_id: int
    appointment_id: int
    version: int


@dataclass(frozen=True, slots=True)
class Move:
    """Another day, time, place or person for an appointment."""

    of: Of
    slot: Slot
    form_token: str
    reason: str = ""
    confirmed: tuple[str, ...] = ()


def day(work: Work) -> Sequence[Any]:
    """Today's appointments, and a line in the log with who was shown."""
    rows = agenda.of_day(work.session, work.today)
    if rows:
        work.note(Action.PATIENT_LISTED, subject="list:day", shown=[row.Appointment.patient_id for row in rows])
    return rows


def book(work: Work, command: Book) -> int:
    """Keep a booking and say its id; the same form twice is one booking.

    Stale when the form was sent before, and what it became no longer stands or says something else than it does now.
    """
    work.needs(May.PLAN_APPOINTMENT)
    patient = lock_patient(work, command.patient_id)
    known = booked_before(work, command)
    if known is not None:
        return known
    check(work, patient, command.slot, command.item)
    check_item(work, patient.id, command.item)
    ask(work, patient, command.slot, command.item, None, command.confirmed)
    row = keep(work, patient.id, command.slot, command.item, command.form_token)
    work.note(Action.APPOINTMENT_BOOKED, patient.id, f"appointment:{row.id}", told(command.slot, command.item))
    work.commit()
    return row.id


def move(work: Work, command: Move) -> int:
    """A new booking in the place of the old one, which stays readable as moved."""
    work.needs(May.PLAN_APPOINTMENT)
    patient = lock_patient(work, command.of.patient_id)
    known = by_token(work, command.form_token, patient.id)
    if known is not None:
        return moved_before(work, known, command)
    old = standing(work, command.of)
    item = still_for(item_of(old), old.kind, command.slot.kind)
    check(work, patient, command.slot, item, old.id)
    if item is not None:
        check_not_booked(work, patient.id, item, "on", old.id)
    ask(work, patient, command.slot, item, old.id, command.confirmed)
    row = replace(work, old, command.slot, item, command.form_token, command.reason)
    work.note(
        Action.APPOINTMENT_MOVED, patient.id, f"appointment:{row.id}", {"from": old.id, **told(command.slot, item)}
    )
    work.commit()
    return row.id


def replace(
    work: Work, old: Appointment, slot: Slot, item: ItemKey | None, form_token: str, reason: str
) -> Appointment:
    """The booking in the place of one that moved; the number of the hospital's agenda goes along."""
    number, said = old.external_number, old.agenda_said
    old.external_number = old.agenda_said = old.missing_since = None
    settle(work, old, "moved", reason)
    row = keep(work, old.patient_id, slot, item, form_token, old.id)
    row.external_number, row.agenda_said = number, said
    return row


def keep(
    work: Work, patient_id: int, slot: Slot, item: ItemKey | None, form_token: str, moved_from_id: int | None = None
) -> Appointment:
    """The row of a booking."""
    row = Appointment(
        patient_id=patient_id,
        kind=slot.kind,
        on_date=slot.on,
        at_time=slot.at,
        minutes=slot.length,
        place=slot.place.strip() or None,
        staff_id=slot.staff_id,
        item_code=item.code if item else None,
        item_subject=item.subject if item else None,
        state="booked",
        attempts=0,
        form_token=form_token,
        moved_from_id=moved_from_id,
        booked_at=work.now,
        booked_by=work.actor.id,
    )
    work.session.add(row)
    work.session.flush()
    return row


def arrive(work: Work, of: Of) -> None:
    """She is in the waiting room."""
    row = opened(work, of)
    if row.arrived_at is None:
        row = fresh(row, of)
        row.arrived_at = work.now
        done(work, row, "arrived")


def cancel(work: Work, of: Of, reason: str) -> None:
    """The appointment goes; its item is to be booked again."""
    row = opened(work, of)
    if settled_so(row, of, "cancelled", reason):
        return
    if not reason.strip():
        raise RuleBroken("reason", "appointment_reason_missing")
    settle(work, fresh(row, of), "cancelled", reason)
    done(work, row, "cancelled")


def missed(work: Work, of: Of, attempts: int, note: str) -> None:
    """She did not come; said again later when more attempts were made to reach her."""
    row = opened(work, of)
    if settled_so(row, of, "no_show", note) and row.attempts == attempts:
        return
    fresh(row, of, "booked", "no_show")
    if row.on_date > work.today:
        raise RuleBroken("attempts", "appointment_not_yet")
    if attempts < row.attempts:
        raise RuleBroken("attempts", "attempts_fewer", before=row.attempts)
    row.attempts = attempts
    settle(work, row, "no_show", note)
    done(work, row, "no_show", attempts=attempts)


def came(work: Work, of: Of) -> None:
    """She was marked as not come and is in the waiting room after all; the attempts to reach her stay readable."""
    row = opened(work, of)
    if row.state == "booked" and row.version == of.version + 1 and row.arrived_at is not None:
        return
    fresh(row, of, "no_show")
    if booked_again(work, row):
        raise RuleBroken("state", "item_booked_again")
    row.state, row.settled_at, row.arrived_at = "booked", None, work.now
    came_after_all(work, row)
    done(work, row, "arrived", before="no_show")


def attend(work: Work, of: Of) -> None:
    """She came; a control, dose or result is recorded on its own page."""
    row = opened(work, of)
    if settled_so(row, of, "attended", ""):
        return
    fresh(row, of)
    if row.on_date > work.today:
        raise RuleBroken("state", "appointment_not_yet")
    settle(work, row, "attended", "")
    done(work, row, "attended")


def reopen(work: Work, of: Of) -> None:
    """What was settled by mistake is a booking again, unless something else took its place."""
    row = opened(work, of)
    if settled_so(row, of, "booked", row.reason or ""):
        return
    fresh(row, of, "cancelled", "no_show", "attended")
    if row.control_id is not None:
        raise RuleBroken("state", "appointment_has_control")
    if booked_again(work, row):
        raise RuleBroken("state", "item_booked_again")
    before, row.state, row.settled_at = row.state, "booked", None
    came_after_all(work, row)
    done(work, row, "booked", before=before)


def booked_again(work: Work, row: Appointment) -> bool:
    """Whether another appointment stands for the item of one that was settled."""
    item = item_of(row)
    return item is not None and agenda.booked_for(work.session, row.patient_id, *item, work.today) is not None


def came_after_all(work: Work, row: Appointment) -> None:
    """No letter that has not left tells the GP that she did not come. Commits nothing."""
    work.session.flush()
    letters.withdraw_for(work, work.session.get_one(Patient, row.patient_id), LetterAbout.NO_SHOW, row.on_date, row.id)


def by_token(work: Work, form_token: str, patient_id: int) -> Appointment | None:
    """What this form became when it was sent before; LookupError when it was another patient's."""
    row = work.session.scalar(select(Appointment).where(Appointment.form_token == form_token))
    if row is not None and row.patient_id != patient_id:
        raise LookupError(form_token)
    return row


def booked_before(work: Work, one: Book, other: Book | None = None) -> int | None:
    """The id of what a form of one or two bookings became when it was sent before; None when it was not.

    Stale when one of them no longer stands, or the form says something else by now.
    """
    first = by_token(work, one.form_token, one.patient_id)
    if first is None:
        return None
    second = by_token(work, second_token(one.form_token), one.patient_id)
    made = [row for row in (first, second) if row is not None]
    said = [book for book in (one, other) if book is not None]
    if len(made) != len(said) or not all(says(row, book.slot, book.item) for row, book in zip(made, said, strict=True)):
        raise Stale(first.id)
    return first.id


def second_token(form_token: str) -> str:
    """The mark of the second booking that a form makes."""
    return f"{form_token}+"


def moved_before(work: Work, row: Appointment, command: Move) -> int:
    """The id of what this form moved an appointment to; Stale when that stands no more or it says something else."""
    old = find(work, row.patient_id, command.of.appointment_id)
    why = (row.moved_from_id, old.reason or "") == (old.id, command.reason.strip())
    if not why or not says(row, command.slot, still_for(item_of(old), old.kind, command.slot.kind)):
        raise Stale(row.id)
    return row.id


def says(row: Appointment, slot: Slot, item: ItemKey | None) -> bool:
    """Whether a booking still stands, and just so."""
    kept = (row.state, row.kind, row.on_date, row.at_time, row.minutes, row.place, row.staff_id, item_of(row))
    place = slot.place.strip() or None
    return kept == ("booked", slot.kind, slot.on, slot.at, slot.length, place, slot.staff_id, item)


def find(work: Work, patient_id: int, appointment_id: int) -> Appointment:
    """This patient's appointment, or LookupError."""
    row = work.session.get(Appointment, appointment_id)
    if row is None or row.patient_id != patient_id:
        raise LookupError(appointment_id)
    return row


def opened(work: Work, of: Of) -> Appointment:
    """The appointment with its patient locked, for who may plan."""
    work.needs(May.PLAN_APPOINTMENT)
    lock_patient(work, of.patient_id)
    return find(work, of.patient_id, of.appointment_id)


def standing(work: Work, of: Of) -> Appointment:
    """The appointment, still booked and as the page showed it."""
    return fresh(opened(work, of), of)


def fresh(row: Appointment, of: Of, *states: str) -> Appointment:
    """The row when nobody changed it since the page was opened; Stale otherwise."""
    if row.version != of.version or row.state not in (states or ("booked",)):
        raise Stale(row.id)
    return row


def settled_so(row: Appointment, of: Of, state: str, reason: str) -> bool:
    """Whether this very change was made by the click before."""
    return row.state == state and row.version == of.version + 1 and (row.reason or "") == reason.strip()


def settle(work: Work, row: Appointment, state: str, reason: str) -> None:
    """The booking ends in this state."""
    row.state, row.settled_at, row.reason = state, work.now, reason.strip() or None


def done(work: Work, row: Appointment, state: str, **details: Any) -> None:
    """Write down what became of an appointment and keep it."""
    work.note(Action.APPOINTMENT_SETTLED, row.patient_id, f"appointment:{row.id}", {"state": state, **details})
    work.commit()


def item_of(row: Appointment) -> ItemKey | None:
    """The key of the item a booking is for."""
    return ItemKey(row.item_code, row.item_subject) if row.item_code and row.item_subject else None


def told(slot: Slot, item: ItemKey | None) -> Json:
    """What the log says of a booking."""
    return {"kind": slot.kind, "on": slot.on.isoformat(), "item": item.code if item else None}
