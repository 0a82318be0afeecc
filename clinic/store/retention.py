"""Since when nothing changed in a record: the term of twenty years counts from there (BW 7:454, third paragraph)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Date, Select, exists, func, select, union_all
from sqlalchemy.orm import Session

from clinic.store.imports import ImportedFact
from clinic.store.merges import MOVES
from clinic.store.patients import Patient, PatientChange
from clinic.store.restrictions import EmergencyOpening, Restriction

NO_CHANGE = (Restriction, EmergencyOpening)
"""Who may look, and who looked: nothing of the record itself."""


def unchanged_since(session: Session, limit: date) -> Sequence[Any]:
    """Patients in whose record nothing happened and nothing was written after a day, the longest first.

    Who was registered later cannot be among them, so that a young register is not read through.
    """
    old = select(Patient.id).where(Patient.registered_on <= limit, Patient.merged_into_id.is_(None))
    ids = list(session.scalars(old))
    if not ids:
        return []
    changes = union_all(*changes_of(ids)).subquery()
    last = func.max(changes.c.on_date).label("last")
    query = select(Patient.id, Patient.number, last).join(changes, changes.c.patient_id == Patient.id)
    query = query.group_by(Patient.id, Patient.number).having(last <= limit)
    return session.execute(query.order_by(last, Patient.id)).all()


def changes_of(ids: Sequence[int]) -> list[Select[Any]]:
    """Of which day each fact is, and when it was written down; an import wrote down what was known long before."""
    found = [select(Patient.id.label("patient_id"), Patient.registered_on.label("on_date")).where(Patient.id.in_(ids)),
             days(PatientChange, PatientChange.at, ids)]  # fmt: skip
    for table, day in MOVES.items():
        if table in NO_CHANGE:
            continue
        found.append(days(table, getattr(table, day), ids))
        if hasattr(table, "recorded_at"):
            came = exists().where(ImportedFact.kind == table.__table__.name, ImportedFact.fact_id == table.id)
            found.append(days(table, table.recorded_at, ids).where(~came))
    return found


def days(table: type[Any], column: Any, ids: Sequence[int]) -> Select[Any]:
    """The days of a column for each patient."""
    return select(table.patient_id.label("patient_id"), cast_day(column).label("on_date")).where(
        table.patient_id.in_(ids), column.is_not(None)
    )


def cast_day(column: Any) -> Any:
    """A day, of a day or of a time; alike in both databases."""
    return column if isinstance(column.type, Date) else func.date(column, type_=Date)
