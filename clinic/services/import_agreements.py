"""On which day an old list agreed what it does not date, and what the register agreed since (protocol K6)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from types import MappingProxyType

from sqlalchemy import select

from clinic.domain.calendar import add_days
from clinic.domain.vocabulary import AgreementWhat
from clinic.interop.history import HistoryRow
from clinic.services.work import Work
from clinic.store.controls import Agreement
from clinic.store.imports import ImportedFact

ANSWERED_BY: Mapping[str, str] = MappingProxyType({
    AgreementWhat.CONTROL: "control", AgreementWhat.CALL: "control", AgreementWhat.DXA: "scan",
    AgreementWhat.LAB: "lab", AgreementWhat.REVIEW: "review",
})  # fmt: skip
"""The kind of fact at which such a day is agreed, and that answers it."""
Days = dict[tuple[str, str], list[date]]


def days_told(rows: Sequence[HistoryRow]) -> Days:
    """Number and kind to the days of the facts of a whole file: each may have a row of its own."""
    found: Days = defaultdict(list)
    for row in rows:
        for fact in row.facts:
            found[row.number, fact.kind].append(fact.on)
    return found


def by_lists(work: Work, ids: Sequence[int]) -> set[int]:
    """The agreements of these patients that came with a list: nobody here made them since."""
    told = select(ImportedFact.fact_id).join(Agreement, Agreement.id == ImportedFact.fact_id)
    mine = (ImportedFact.kind == Agreement.__tablename__, Agreement.patient_id.in_(ids))
    return set(work.session.scalars(told.where(*mine)))


def made_on(agreed: date, days: Iterable[date], registered_on: date, today: date) -> date:
    """The day on which a list agreed a day, when it does not say: at the last such fact before, else at registration.

    Never the agreed day itself: what was done on it answers it, and a fact does so when it is dated after this day.
    """
    last = max((day for day in days if day < agreed), default=registered_on)
    return min(last, add_days(agreed, -1), today)
