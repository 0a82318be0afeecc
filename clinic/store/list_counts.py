"""Who stands on each list, up to a thousand and some; the cost follows neither the register nor the list."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence, Set
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    String,
    Subquery,
    and_,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from clinic.store.due import DueItem
from clinic.store.fact_lists import WantedFacts, facts
from clinic.store.lists import (
    DAY,
    DENOSUMAB,
    MOST_COUNTED,
    PATIENTS,
    Item,
    Place,
    Wanted,
    halves,
    in_rank,
    of_patient,
    on_list,
    rank_on,
)
from clinic.store.patients import Patient

MOST_KNOWN = MOST_COUNTED + 100  # so many may leave a long list before it is read anew


class Standing(NamedTuple):
    """Who stands on a list: everybody, or that many of a list that is longer."""

    patients: frozenset[int]
    whole: bool

    @property
    def counted(self) -> int:
        """How many these are, up to one more than is counted exactly."""
        return min(len(self.patients), MOST_COUNTED + 1)

    def moved(self, changed: Set[int], here: Collection[int]) -> Standing | None:
        """Who stands there after these patients were changed, of whom some stand there now; None: it must be read."""
        gone, come = (self.patients & changed).difference(here), set(here) - self.patients
        if not gone and not come:
            return self
        found = (self.patients - gone) | come
        return Standing(found, self.whole) if self.whole or len(found) > MOST_COUNTED else None


def names(found: Subquery) -> ColumnElement[str]:
    """The numbers of patients in one value."""
    return select(func.aggregate_strings(cast(found.c[0], String), ",")).scalar_subquery()


def standing(numbers: str | None) -> Standing:
    """Who these are."""
    found = frozenset(map(int, numbers.split(","))) if numbers else frozenset[int]()
    return Standing(found, len(found) < MOST_KNOWN)


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


def on(wanted: Wanted | WantedFacts) -> ColumnElement[str]:
    """The patients on a list, up to as many as are known of it."""
    if isinstance(wanted, WantedFacts):
        return names(select(facts(wanted).subquery().c.patient_id).distinct().limit(MOST_KNOWN).subquery())
    if wanted.nurse_ids:
        return on_of_nurses(wanted)
    item = aliased(DueItem)
    others = [on_list(item, wanted), *of_patient(item, wanted)]
    patient = item.patient_id + 0  # an expression: SQLite would else scan the whole register in patient order
    parts = [
        select(select(patient).distinct().where(span, *others).limit(MOST_KNOWN).subquery())
        for span in spans(item, wanted)
    ]
    return names(union(*parts).limit(MOST_KNOWN).subquery())


def on_of_nurses(wanted: Wanted) -> ColumnElement[str]:
    """The same for the patients of some nurses: looked up from those few, for most items are of somebody else."""
    item = aliased(DueItem)
    others = [on_list(item, wanted), *of_patient(item, replace(wanted, nurse_ids=()))]
    due = exists().where(item.patient_id == Patient.id, or_(*spans(item, wanted)), *others)
    theirs = select(Patient.id).where(Patient.regular_nurse_id.in_(wanted.nurse_ids), due)
    return names(theirs.limit(MOST_KNOWN).subquery())


@lru_cache(maxsize=64)
def reading(lists: Sequence[Wanted | WantedFacts]) -> Select[*tuple[str, ...]]:
    """The statement that reads who stands on these lists, put together once."""
    return select(*(on(wanted).label(f"n{number}") for number, wanted in enumerate(lists)))


def read(session: Session, lists: Iterable[Wanted | WantedFacts], day: date) -> list[Standing]:
    """Who stands on several lists, in one statement."""
    return [standing(numbers) for numbers in session.execute(reading(tuple(lists)), {"day": day}).one()]


def step(wanted: Wanted | WantedFacts) -> Select[int, date, str, int]:
    """Where some patients stand on a list, for each of their items or facts on it."""
    if isinstance(wanted, WantedFacts):
        found = facts(wanted, PATIENTS).subquery()
        return select(literal(0), found.c.since, literal(""), found.c.patient_id)
    item = aliased(DueItem)
    rank = rank_on(item, DAY)
    rules = (on_list(item, wanted), rank.in_([literal(one) for one in wanted.ranks]), *of_patient(item, wanted))
    return select(rank, item.due_on, item.code, item.patient_id).where(item.patient_id.in_(PATIENTS), *rules)


@lru_cache(maxsize=64)
def placing(lists: Sequence[Wanted | WantedFacts]) -> CompoundSelect[Any]:
    """The statement that asks where some patients stand on these lists, put together once."""
    return union_all(*(step(wanted).add_columns(literal(number)) for number, wanted in enumerate(lists)))


def here(
    session: Session, lists: Iterable[Wanted | WantedFacts], day: date, patient_ids: Collection[int]
) -> dict[Wanted | WantedFacts, dict[int, Place]]:
    """Where each of some patients stands on each of these lists, if she does: where her first item or fact puts her."""
    asked = tuple(lists)
    found: dict[Wanted | WantedFacts, dict[int, Place]] = {wanted: {} for wanted in asked}
    rows = session.execute(placing(asked), {"patients": list(patient_ids), "day": day})
    for rank, on, code, patient_id, number in sorted(rows, reverse=True):  # her first one comes last, and stays
        found[asked[number]][patient_id] = (rank, on, code, patient_id)
    return found
