"""What a change of treatment would do to what is due: tried in the transaction, compared, and taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from clinic.domain.due import due_items, working_order
from clinic.domain.items import DueItem
from clinic.domain.record import Record
from clinic.services.work import Work
from clinic.store import records


@dataclass(frozen=True, slots=True)
class Effects:
    """The items that would appear, those that would stay and those that would go, seen from a day."""

    on: date
    appear: tuple[DueItem, ...]
    stay: tuple[DueItem, ...]
    go: tuple[DueItem, ...]


def tried(work: Work, patient_id: int, change: Callable[[], object]) -> Effects:
    """Do it, look, and undo it; RuleBroken as the change itself would raise it."""
    rules, was = work.protocol, records.load(work.session, patient_id)
    change()
    work.session.flush()
    will = records.load(work.session, patient_id)
    work.session.rollback()
    on = max([work.today, *last_days(will)])
    before, after = (due_items(record, on, rules) for record in (was, will))
    had, has = {key(item) for item in before}, {key(item) for item in after}
    return Effects(
        on,
        tuple(working_order([item for item in after if key(item) not in had], on)),
        tuple(working_order([item for item in after if key(item) in had], on)),
        tuple(working_order([item for item in before if key(item) not in has], on)),
    )


def last_days(record: Record) -> list[date]:
    """The starts and stops of a record; one that lies ahead is looked at from its own day (D5)."""
    return [day for course in record.courses for day in (course.started_on, course.stopped_on) if day is not None]


def key(item: DueItem) -> tuple[str, date]:
    """One obligation on one date."""
    return item.code, item.due_on
