"""Due items counted by month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import ColumnElement, case, extract, func, select
from sqlalchemy.orm import Session

from clinic.store.due import DueItem


def by_month(
    session: Session, until: date, named: ColumnElement[str], start: date = date.min
) -> dict[tuple[str, date], int]:
    """How many patients have an item due before a day, by a name of its code and the first day of the month.

    What is due before `start` is one month, the first of the year 1.
    """
    early = DueItem.due_on < start
    year, month = (case((early, 1), else_=extract(part, DueItem.due_on)) for part in ("year", "month"))
    query = select(named, year, month, func.count(DueItem.patient_id.distinct())).where(DueItem.due_on < until)
    rows = session.execute(query.group_by(named, year, month))
    return {(row[0], date(int(row[1]), int(row[2]), 1)): row[3] for row in rows if row[0] is not None}


def named_kinds(kinds: Mapping[str, Sequence[str]]) -> ColumnElement[str]:
    """The kind of an item's code, nothing when it has none."""
    return case(*((DueItem.code.in_(codes), kind) for kind, codes in kinds.items()))
