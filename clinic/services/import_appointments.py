"""The hospital's agenda in ours: one booking per number, moved with it, never cancelled by it alone."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from sqlalchemy import select

from clinic.domain.vocabulary import DueCode
from clinic.interop.agenda_rows import CANCELLED, AgendaRow
from clinic.interop.imports import Parsed
from clinic.security.audit import Action
from clinic.security.permissions import CARE
from clinic.services import appointments
from clinic.services.agenda_fit import fitting, kind_of, still_for
from clinic.services.appointment_checks import ItemKey, Slot, doses_owed
from clinic.services.import_rows import Effect, by, chunks
from clinic.services.kept import by_number
from clinic.services.work import Work
from clinic.store.appointments import Appointment
from clinic.store.due import DueItem
from clinic.store.patients import Patient
from clinic.store.users import User

REASON = "Agenda van het ziekenhuis"


@dataclass(slots=True)
class Known:
    """What the register holds of the patients and numbers of some rows."""

    patients: dict[Any, Patient]
    staff: dict[str, int]
    numbered: dict[Any, Appointment] = field(default_factory=dict)
    standing: defaultdict[int, list[Appointment]] = field(default_factory=lambda: defaultdict(list))
    items: defaultdict[int, list[DueItem]] = field(default_factory=lambda: defaultdict(list))


def apply(work: Work, rows: Sequence[AgendaRow]) -> Effect:
    """Bring the rows in; what is the same stays as it is."""
    effect = Effect()
    staff = people(work)
    for chunk in chunks(rows):
        known = load(work, chunk, staff)
        for row in chunk:
            one(work, row, known, effect)
    return effect


def people(work: Work) -> dict[str, int]:
    """Who can have an appointment, by sign-in and by name."""
    users = work.session.scalars(select(User).where(User.active.is_(True), User.role.in_(sorted(CARE)))).all()
    return {text.casefold(): user.id for user in users for text in (user.name, user.username)}


def load(work: Work, rows: Sequence[AgendaRow], staff: dict[str, int]) -> Known:
    """What these rows are compared with; the patients are held until the commit, as by every booking."""
    known = Known(by_number(work, [row.number for row in rows], hold=True), staff)
    ids = [patient.id for patient in known.patients.values()]
    numbered = select(Appointment).where(Appointment.external_number.in_([row.key for row in rows]))
    known.numbered = by(work.session.scalars(numbered), "external_number")
    standing = select(Appointment).where(Appointment.patient_id.in_(ids), Appointment.state == "booked")
    for booking in work.session.scalars(standing):
        known.standing[booking.patient_id].append(booking)
    for item in work.session.scalars(select(DueItem).where(DueItem.patient_id.in_(ids))):
        known.items[item.patient_id].append(item)
    return known


def one(work: Work, row: AgendaRow, known: Known, effect: Effect) -> None:
    """One row: a new booking, one that moved, one that is as it was, or a complaint."""
    patient, old = known.patients.get(row.number), known.numbered.get(row.key)
    if patient is None:
        return effect.refuse(row.row, "number", "number_unknown", typed=row.number)
    if old is not None and old.patient_id != patient.id:
        return effect.refuse(row.row, "key", "booking_of_another", typed=row.key)
    if row.state == CANCELLED:
        return withdrawn(work, row, old, effect)
    old = old or adopted(row, known.standing[patient.id])
    if old is not None and same(row, old, known):
        gone = old.state == "cancelled" and row.on >= work.today
        if gone and (problem := refusal(work, row, patient, old)):  # again each time: somebody has to cancel it there
            effect.check(row.row, *problem, typed=moment(row.on, row.at))
        return found(work, row, old, known, effect)
    if old is not None and old.agenda_said == said(row):
        now = moment(old.on_date, old.at_time)
        return effect.refuse(row.row, "on", "moved_here", now=now, typed=moment(row.on, row.at))
    if problem := refusal(work, row, patient, old):
        return effect.refuse(row.row, *problem, typed=moment(row.on, row.at))
    if old is None:
        return book(work, row, patient, known, effect)
    return move(work, row, old, known, effect)


def adopted(row: AgendaRow, standing: Iterable[Appointment]) -> Appointment | None:
    """The one booking made by hand for the same day and kind: the hospital's number joins it."""
    alike = [
        old for old in standing
        if old.external_number is None and old.on_date == row.on and old.kind == row.kind and old.state == "booked"
    ]  # fmt: skip
    return alike[0] if len(alike) == 1 else None


def refusal(work: Work, row: AgendaRow, patient: Patient, old: Appointment | None) -> tuple[str, str] | None:
    """Why a row cannot be booked or moved: the field and the complaint."""
    if patient.status != "active" and not owed(work, row, patient, old):
        return "number", "patient_not_followed"
    if old is not None and old.state != "booked":
        return "on", f"booking_{old.state}"
    if old is not None and old.arrived_at is not None:
        return "on", "booking_arrived"
    return ("on", "day_passed") if row.on < work.today else None


def owed(work: Work, row: AgendaRow, patient: Patient, old: Appointment | None) -> bool:
    """Whether a booking of who left is for the denosumab that was not handed over: by its kind, or its item before."""
    doses = doses_owed(work, patient)
    kept = still_for(appointments.item_of(old), old.kind, row.kind) if old is not None else None
    return bool(doses) and (kind_of(DueCode.DOSE_DENOSUMAB) == row.kind or kept in doses)


def same(row: AgendaRow, old: Appointment, known: Known) -> bool:
    """Whether the booking is as the row says; what the row leaves empty is no change."""
    told = (
        (row.on, old.on_date), (row.kind, old.kind), (row.at, old.at_time), (row.minutes, old.minutes),
        (row.place, old.place), (who(row, known), old.staff_id),
    )  # fmt: skip
    return all(new is None or new == was for new, was in told)


def said(row: AgendaRow) -> str:
    """What the agenda says, to know later whether it says something else."""
    return repr((f"{row.on}", f"{row.at}", row.kind, row.minutes, row.place, row.staff))


def who(row: AgendaRow, known: Known) -> int | None:
    """With whom, when the name is known here."""
    return known.staff.get(row.staff.casefold()) if row.staff else None


def slot(row: AgendaRow, known: Known, old: Appointment | None, effect: Effect) -> Slot:
    """What is agreed now; what the row leaves empty is kept, but a time belongs to its day."""
    if row.staff and who(row, known) is None:
        effect.check(row.row, "staff", "staff_unknown", typed=row.staff)
    if old is None:
        return Slot(row.kind, row.on, row.at, row.place or "", who(row, known), row.minutes)
    at = row.at or (old.at_time if row.on == old.on_date else None)
    place, staff = row.place or old.place or "", who(row, known) or old.staff_id
    return Slot(row.kind, row.on, at, place, staff, row.minutes or old.minutes)


def book(work: Work, row: AgendaRow, patient: Patient, known: Known, effect: Effect) -> None:
    """A booking that was not here."""
    item = item_for(row, patient.id, known, effect)
    agreed = slot(row, known, None, effect)
    new = appointments.keep(work, patient.id, agreed, item, secrets.token_urlsafe(16))
    new.external_number, new.agenda_said = row.key, said(row)
    keep(known, new)
    work.note(Action.APPOINTMENT_BOOKED, patient.id, f"appointment:{new.id}", appointments.told(agreed, item))
    effect.count(True, False)
    told(row, effect, "agenda_new", item, when=moment(row.on, row.at))


def move(work: Work, row: AgendaRow, old: Appointment, known: Known, effect: Effect) -> None:
    """The booking is on another day, at another time or elsewhere; the old one stays readable."""
    agreed, was = slot(row, known, old, effect), moment(old.on_date, old.at_time)
    kept = still_for(appointments.item_of(old), old.kind, agreed.kind)
    item = kept or item_for(row, old.patient_id, known, effect)
    old.external_number, old.agenda_said = row.key, said(row)
    new = appointments.replace(work, old, agreed, item, secrets.token_urlsafe(16), REASON)
    known.standing[old.patient_id].remove(old)
    keep(known, new)
    details = {"from": old.id, **appointments.told(agreed, item)}
    work.note(Action.APPOINTMENT_MOVED, old.patient_id, f"appointment:{new.id}", details)
    effect.count(False, True)
    told(row, effect, "agenda_moved", item, was=was, when=moment(row.on, row.at))


def keep(known: Known, new: Appointment) -> None:
    """The rows that follow see it."""
    known.numbered[new.external_number] = new
    known.standing[new.patient_id].append(new)


def found(work: Work, row: AgendaRow, old: Appointment, known: Known, effect: Effect) -> None:
    """The booking is as it was; it gets its number, loses its mark, or finds the item that it is for."""
    before = (old.external_number, old.missing_since, old.item_code)
    old.external_number, old.agenda_said, old.missing_since = row.key, said(row), None
    known.numbered[row.key] = old
    if old.state == "booked" and old.item_code is None:
        item = item_for(row, old.patient_id, known, effect)
        old.item_code, old.item_subject = item or (None, None)
    changed = before != (old.external_number, old.missing_since, old.item_code)
    effect.count(False, changed)
    if changed:
        work.note(Action.APPOINTMENT_MATCHED, old.patient_id, f"appointment:{old.id}")
        told(row, effect, "agenda_matched", appointments.item_of(old), when=moment(row.on, row.at))


def withdrawn(work: Work, row: AgendaRow, old: Appointment | None, effect: Effect) -> None:
    """The hospital cancelled it: proposed here, for somebody has to know what becomes of its item."""
    fresh = old is not None and old.state == "booked" and old.missing_since is None
    if old is not None and fresh:
        miss(work, old)
        told(row, effect, "agenda_cancelled", None, when=moment(old.on_date, old.at_time))
    effect.count(False, fresh)


def miss(work: Work, old: Appointment) -> None:
    """Mark a booking that the agenda no longer shows."""
    old.missing_since = work.now
    work.note(Action.APPOINTMENT_MISSING, old.patient_id, f"appointment:{old.id}")


def vanished(work: Work, parsed: Parsed, effect: Effect) -> None:
    """Bookings of this agenda within its days that the file no longer names, also not in a row that stays out."""
    days = [row.on for row in parsed.rows if isinstance(row, AgendaRow)]
    if not days or parsed.key_lost:
        return
    query = (
        select(Appointment, Patient.number)
        .join(Patient, Patient.id == Appointment.patient_id)
        .where(
            Appointment.state == "booked", Appointment.missing_since.is_(None), Appointment.arrived_at.is_(None),
            Appointment.external_number.startswith(parsed.feed, autoescape=True),
            Appointment.on_date.between(max(min(days), work.today), max(days)),
        )
        .order_by(Appointment.on_date, Appointment.id)
    )  # fmt: skip
    for old, number in work.session.execute(query).all():
        if old.external_number not in parsed.named:
            miss(work, old)
            effect.count(False, True)
            effect.tell(0, number, "agenda_vanished", when=moment(old.on_date, old.at_time))


def item_for(row: AgendaRow, patient_id: int, known: Known, effect: Effect) -> ItemKey | None:
    """The one item that it fits; of several nobody chooses here."""
    taken = {item for old in known.standing[patient_id] if (item := appointments.item_of(old))}
    fits = fitting(row.kind, row.on, known.items[patient_id], taken)
    if len(fits) > 1:
        effect.check(row.row, "kind", "items_several", most=len(fits))
    return fits[0] if len(fits) == 1 else None


def told(row: AgendaRow, effect: Effect, code: str, item: ItemKey | None, **params: str) -> None:
    """What the row does to this patient, with the item that the booking is for."""
    effect.tell(row.row, row.number, code, **params, **({"item": item.code} if item else {}))


def moment(on: date, at: time | None) -> str:
    """A day with its time as the file's reader knows them."""
    return f"{on:%d-%m-%Y}" + (f" {at:%H:%M}" if at else "")
