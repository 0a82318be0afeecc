"""Everything that hangs on a patient, found from the tables themselves: what a copy holds and destruction erases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, false, func, or_, select, update
from sqlalchemy.orm import Session

from clinic.store.base import Base
from clinic.store.imports import ImportedFact
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.print_runs import PrintedLetter, PrintRun
from clinic.store.rights import RightsRequest

STAYS = {
    "audit_entries": "the log says that somebody was there; the law keeps it for five years (Stcrt. 2019, 38007)",
    "log_findings": "what the privacy officer found of a look; the log itself stays too",
    "rights_requests": "what she asked and what was answered",
    "tombstones": "that her record was destroyed",
}
"""What names a patient and is not hers to erase, and why."""
COPIED = (RightsRequest.__tablename__,)
"""What of it is in a copy of her record all the same; who looked is a page and a file of its own."""

Hers = list[tuple[Table, ColumnElement[bool]]]
PATIENTS = Patient.__table__


def hers(patient_ids: Sequence[int]) -> Hers:
    """Each table that holds rows about these patients with the condition that finds them, parents first."""
    found: dict[str, ColumnElement[bool]] = {}
    for table in Base.metadata.sorted_tables:
        rule = of_patients(table, patient_ids, found) if table.name not in STAYS else None
        if rule is not None:
            found[table.name] = rule
    found[ImportedFact.__tablename__] = imported(found)
    return [(Base.metadata.tables[name], rule) for name, rule in found.items()]


def of_patients(
    table: Table, patient_ids: Sequence[int], known: dict[str, ColumnElement[bool]]
) -> ColumnElement[bool] | None:
    """Which rows of a table are about them: by their key, else by what the rows hang on; None when none can be."""
    if table is PATIENTS:
        return table.c.id.in_(patient_ids)
    if "patient_id" in table.c:
        return table.c.patient_id.in_(patient_ids)
    rules = [
        key.parent.in_(select(key.column).where(known[key.column.table.name]))
        for key in sorted(table.foreign_keys, key=lambda key: key.parent.name)
        if key.column.table.name in known
    ]
    return or_(*rules) if rules else None


def imported(known: dict[str, ColumnElement[bool]]) -> ColumnElement[bool]:
    """Which facts came with an import is written by table and number, without a reference."""
    kinds = (Base.metadata.tables[name] for name in known if "supersedes_id" in Base.metadata.tables[name].c)
    rules = [
        and_(ImportedFact.kind == fact.name, ImportedFact.fact_id.in_(select(fact.c.id).where(known[fact.name])))
        for fact in kinds
    ]
    return or_(false(), *rules)


def rows(session: Session, patient_ids: Sequence[int]) -> Iterator[tuple[Table, list[Any]]]:
    """The rows themselves, by table."""
    kept = (Base.metadata.tables[name] for name in COPIED)
    for table, rule in (*hers(patient_ids), *((table, table.c.patient_id.in_(patient_ids)) for table in kept)):
        query = select(table).where(rule).order_by(*table.primary_key.columns)
        if found := list(session.execute(query).mappings()):
            yield table, found


def erase(session: Session, patient_ids: Sequence[int]) -> dict[str, int]:
    """Take out every row about these patients, children first; how many of each table."""
    take_out_of_runs(session, patient_ids)
    counted: dict[str, int] = {}
    for table, rule in reversed(hers(patient_ids)):
        gone: Any = session.execute(table.delete().where(rule))
        if gone.rowcount:
            counted[table.name] = gone.rowcount
    session.expire_all()
    return dict(sorted(counted.items()))


def take_out_of_runs(session: Session, patient_ids: Sequence[int]) -> None:
    """The file of a print run holds the pages of all its letters: with hers in it, it is not kept any longer."""
    letters = select(Letter.id).where(Letter.patient_id.in_(patient_ids))
    runs = select(PrintedLetter.run_id).where(PrintedLetter.letter_id.in_(letters))
    emptied = update(PrintRun).where(PrintRun.id.in_(runs)).values(pdf=None, sha256=None)
    session.execute(emptied.execution_options(synchronize_session=False))


def last_letter(session: Session, table: type[Any], patient_ids: Sequence[int]) -> int | None:
    """The highest number among their letters of a kind."""
    found: int | None = session.scalar(select(func.max(table.id)).where(table.patient_id.in_(patient_ids)))
    return found
