"""A DXA and a control on one day: proposed when both windows allow it, and booked in one act."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from clinic.domain.errors import RuleBroken
from clinic.domain.same_day import Window, common, still_open
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import appointments
from clinic.services.agenda_fit import kind_of
from clinic.services.appointment_checks import Question, check, check_item, take_turns, unanswered
from clinic.services.appointments import Book
from clinic.services.closures import closed_days
from clinic.services.facts import lock_patient
from clinic.services.work import Work
from clinic.store import agenda
from clinic.store.agenda import overlap
from clinic.store.due import DueItem
from clinic.store.patients import Patient

OTHER = {"control": "dxa", "dxa": "control"}
# where the form asks about the second booking what it asks about the first
SECOND = {"at": "also_at", "place": "also_place", "staff": "also_place", "item": "together"}


@dataclass(frozen=True, slots=True)
class Pair:
    """What can be done on the same day, and the days in both windows."""

    item: DueItem
    days: Window


def proposed(work: Work, patient_id: int, chosen: DueItem, items: Iterable[DueItem]) -> Pair | None:
    """The item that can go along with the chosen one: not booked yet, the earliest first."""
    mine = window(chosen, work.today)
    closed = work.protocol.extra_holidays | closed_days(work).keys()
    wanted = OTHER.get(kind_of(chosen.code) or "")
    for item in items:
        days = common(mine, window(item, work.today), closed) if kind_of(item.code) == wanted else None
        if days and agenda.booked_for(work.session, patient_id, item.code, item.subject, work.today) is None:
            return Pair(item, days)
    return None


def window(item: DueItem, today: date) -> Window:
    """What is left of its window."""
    return still_open(item.opens_on, item.late_after, item.very_late_after, today)


def book_both(work: Work, one: Book, other: Book) -> int:
    """Keep both bookings or none, and say the id of the first; the same form twice is booked once.

    Stale as for one booking.
    """
    work.needs(May.PLAN_APPOINTMENT)
    patient = lock_patient(work, one.patient_id)
    known = appointments.booked_before(work, one, other)
    if known is not None:
        return known
    take_turns(work, one.slot, other.slot)
    questions = ask(work, patient, one, {})
    questions += [asked for asked in ask(work, patient, other, SECOND) if asked not in questions]
    if one.slot.at and other.slot.at and overlap(one.slot.at, one.slot.length, other.slot.at, other.slot.length):
        raise RuleBroken("also_at", "same_day_overlap")
    if questions:
        raise RuleBroken("confirm", "look_again", questions=questions)
    first, _second = [keep(work, patient, book) for book in (one, other)]
    work.commit()
    return first


def ask(work: Work, patient: Patient, book: Book, names: dict[str, str]) -> list[Question]:
    """What has to be answered about one of the two, at the fields of the form that are about it."""
    try:
        check(work, patient, book.slot, book.item)
        check_item(work, patient.id, book.item)
    except RuleBroken as broken:
        raise RuleBroken(names.get(broken.field, broken.field), broken.code, **broken.params) from broken
    asked = unanswered(work, patient, book.slot, book.item, None, book.confirmed)
    return [question._replace(field=names.get(question.field, question.field)) for question in asked]


def keep(work: Work, patient: Patient, book: Book) -> int:
    """Keep one of the two."""
    row = appointments.keep(work, patient.id, book.slot, book.item, book.form_token)
    told = appointments.told(book.slot, book.item)
    work.note(Action.APPOINTMENT_BOOKED, patient.id, f"appointment:{row.id}", told)
    return row.id
