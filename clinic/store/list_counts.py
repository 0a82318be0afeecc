"""How many patients stand on each list, up to a thousand; the cost follows neither the register nor the list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, union
from sqlalchemy.orm import Session, aliased

from clinic.store.due import DueItem
from clinic.store.lists import DAY, DENOSUMAB, MOST_COUNTED, Item, Wanted, halves, in_rank, of_patient, on_list
from clinic.store.patients import Patient


def spans(item: Item, wanted: Wanted) -> list[ColumnElement[bool]]:
    """The ranks as few ranges of an index, for counting; the order does not matter there."""
    left = set(wanted.ranks)
    found: list[ColumnElement[bool]] = []
    if left >= {1, 2, 3, 4}:
        found += [
            and_(item.backlog.is_(False), item.opens_on <= DAY),
            and_(item.backlog.is_(True), item.late_after >= DAY, item.opens_on <= DAY),
            and_(item.backlog.is_(True), item.code == DENOSUMAB, item.opens_on <= DAY),
        ]
        left -= {1, 2, 3, 4}
    elif left >= {1, 2, 3}:
        found.append(and_(item.backlog.is_(False), item.late_after < DAY))
        left -= {2, 3}
    return found + [
        and_(item.backlog.is_(backlog), in_rank(item, rank, DAY))
        for rank in sorted(left)
        for backlog in halves(rank, wanted)
    ]


def counted(wanted: Wanted) -> ColumnElement[int]:
    """How many patients are on a list, up to one more than is counted exactly."""
    if wanted.nurse_ids:
        return counted_of_nurses(wanted)
    item = aliased(DueItem)
    others = [on_list(item, wanted), *of_patient(item, wanted)]
    patient = item.patient_id + 0  # an expression: SQLite would else scan the whole register in patient order
    parts = [
        select(select(patient).distinct().where(span, *others).limit(MOST_COUNTED + 1).subquery())
        for span in spans(item, wanted)
    ]
    found = union(*parts).limit(MOST_COUNTED + 1).subquery()
    return select(func.count()).select_from(found).scalar_subquery()


def counted_of_nurses(wanted: Wanted) -> ColumnElement[int]:
    """The same for the patients of some nurses: looked up from those few, for most items are of somebody else."""
    item = aliased(DueItem)
    others = [on_list(item, wanted), *of_patient(item, replace(wanted, nurse_ids=()))]
    due = exists().where(item.patient_id == Patient.id, or_(*spans(item, wanted)), *others)
    theirs = select(Patient.id).where(Patient.regular_nurse_id.in_(wanted.nurse_ids), due)
    return select(func.count()).select_from(theirs.limit(MOST_COUNTED + 1).subquery()).scalar_subquery()


@lru_cache(maxsize=64)
def counting(lists: Sequence[Wanted]) -> Select[*tuple[int, ...]]:
    """The statement that counts these lists, put together once."""
    return select(*(counted(wanted).label(f"n{number}") for number, wanted in enumerate(lists)))


def counts(session: Session, lists: Iterable[Wanted], day: date) -> list[int]:
    """The counts of several lists in one statement."""
    return [int(count) for count in session.execute(counting(tuple(lists)), {"day": day}).one()]
