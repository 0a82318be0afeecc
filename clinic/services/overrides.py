"""A doctor moves one item to another day: the computed date stays beside it, and holds again when it changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import func, select

from clinic.domain import due
from clinic.domain.calendar import add_months
from clinic.domain.errors import RuleBroken
from clinic.domain.facts import Facts
from clinic.domain.items import DueItem, signing_day
from clinic.domain.vocabulary import DueCode
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import items
from clinic.services.absences import queue
from clinic.services.facts import lock_patient, void
from clinic.services.said import finish, own, place, said_before
from clinic.services.work import Work
from clinic.store import moved_dates, records
from clinic.store.reviews import Override

MOST_MONTHS = 24  # further on nobody looks again in time


@dataclass(frozen=True, slots=True)
class MoveItem:
    """Which item, known by its code, subject and computed date, to which day, and why."""

    patient_id: int
    code: str
    subject: date | None
    computed_on: date
    chosen_on: date
    reason: str


def movable(work: Work, patient_id: int) -> list[DueItem]:
    """Her items on their computed days, in working order; letters have a term of law."""
    found = due.computed(Facts(records.load(work.session, patient_id), work.today), work.protocol)
    return [item for item in due.working_order(found, work.today) if not item.code.startswith("letter.")]


def move(work: Work, command: MoveItem) -> int:
    """Sign that an item is due on another day and say the id; said twice is one, a later day replaces an earlier.

    Raises RuleBroken when the item is not due any more, the day cannot be, or no reason is given.
    """
    work.needs(May.MOVE_ITEM)
    patient = lock_patient(work, command.patient_id)
    if not command.reason.strip():
        raise RuleBroken("reason", "words_missing")
    new = Override(
        code=command.code, subject=command.subject, computed_on=computed(work, command), chosen_on=command.chosen_on,
        on_date=work.today, reason=command.reason.strip(),
    )  # fmt: skip
    known = said_before(work, new, patient.id)
    if known is not None:
        return known.id
    key = (command.code, command.subject, command.computed_on)
    item = next((i for i in movable(work, patient.id) if (i.code, i.subject, i.due_on) == key), None)
    if item is None:
        raise RuleBroken("item", "item_gone")
    check(work, item, command.chosen_on)
    place(work, new, patient.id, standing(work, command), new.reason)
    finish(work, patient, Action.ITEM_MOVED, f"override:{new.id}")
    return new.id


def computed(work: Work, command: MoveItem) -> date:
    """The day by which the rules know what is chosen for this item, as it stood before any day was chosen for it."""
    record = records.load(work.session, command.patient_id)
    about = (command.code, command.subject)
    others = tuple(one for one in record.overrides if (one.code, one.subject) != about)
    found = due.computed(Facts(replace(record, overrides=others), work.today), work.protocol)
    same = (item for item in found if (item.code, item.subject, item.due_on) == (*about, command.computed_on))
    return next(map(signing_day, same), command.computed_on)


def check(work: Work, item: DueItem, on: date) -> None:
    """From today on, within two years; an injection of denosumab never past the day on which it is very late (S6)."""
    last = add_months(max(item.due_on, work.today), MOST_MONTHS)
    if item.code == DueCode.DOSE_DENOSUMAB:
        last = max(work.today, item.very_late_after or item.late_after)
    if not work.today <= on <= last:
        raise RuleBroken("chosen_on", "day_between", low=f"{work.today:%d-%m-%Y}", high=f"{last:%d-%m-%Y}")
    if on == item.due_on:
        raise RuleBroken("chosen_on", "override_same_day")


def standing(work: Work, command: MoveItem) -> Override | None:
    """What was chosen before for the same item, whatever was computed then."""
    query = select(Override).where(
        Override.patient_id == command.patient_id, Override.stands.is_(True), Override.code == command.code,
        Override.subject.is_not_distinct_from(command.subject),
    )  # fmt: skip
    return work.session.scalar(query.order_by(Override.id.desc()).limit(1))


def reopened(work: Work, most: int) -> tuple[Sequence[Any], int]:
    """What the doctor who asks, or whose place she takes, moved and is computed otherwise since; and how many.

    Each is an override, its item as it stands and the patient, the first due first; a line in the log says who.
    """
    work.needs(May.MOVE_ITEM)
    query = moved_dates.reopened(queue(work).elsewhere, items.NO_SUBJECT)
    rows = work.session.execute(query.limit(most)).all()
    if len(rows) == most:
        total = work.session.scalar(select(func.count()).select_from(query.order_by(None).subquery("open")))
    else:
        total = len(rows)
    if rows:
        work.note(Action.PATIENT_LISTED, subject="list:dates_reopened", shown=[row.Patient.id for row in rows])
    return rows, total or 0


def void_override(work: Work, patient_id: int, override_id: int, reason: str) -> None:
    """Let the computed date hold again."""
    work.needs(May.MOVE_ITEM)
    patient = lock_patient(work, patient_id)
    row = own(work, Override, patient_id, override_id)
    if row.voided_at is not None:
        return
    void(work, row, reason)
    items.refresh(work, patient)
    work.note(Action.FACT_VOIDED, patient_id, f"override:{override_id}")
    work.commit()
