"""The complete record of a patient for herself (AVG art. 15 and 20, Wabvpz art. 15d): every row, and her letters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import LargeBinary, Table, select

from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services.lapsed import page_now
from clinic.services.letter_states import frozen_page
from clinic.services.patients import gp_words
from clinic.services.record import open_facts
from clinic.services.work import Work
from clinic.store import dossier
from clinic.store.audit import SOURCE
from clinic.store.base import Json
from clinic.store.copies import StandingCopy
from clinic.store.letters import Letter
from clinic.store.looks import numbers_of
from clinic.store.patient_letters import PatientLetter
from clinic.store.patients import Patient
from clinic.store.practices import Gp
from clinic.store.users import User

LEFT_OUT = {
    "patient_names": "keys by which search finds a name; the name itself is there",
    "letter_pages": "the pages are files beside",
    "printed_letters": "on which stack of paper a letter lay",
    "imported_facts": "which file a fact came with",
    "merge_rows": "which rows came along when two numbers were merged",
    "trial_changes": "what a version of the protocol would have changed, had it counted",
    "figure_cases": "how the clinic did, counted at night from what stands here",
}
"""What hangs on her and tells nothing of her."""

INTERNAL = frozenset(("form_token", "version", "import_key"))
Row = dict[str, Any]
Tables = list[tuple[Table, list[Row]]]


@dataclass(frozen=True, slots=True)
class Dossier:
    """Her record as rows, of which the data and the page to read are both made, and her letters as they left."""

    patient: Patient
    tables: Tables
    pages: list[tuple[str, bytes]]
    at: datetime

    @property
    def data(self) -> Json:
        """The same as data."""
        tables = {table.name: [{name: plain(value) for name, value in row.items()} for row in rows]
                  for table, rows in self.tables}  # fmt: skip
        return {"made_at": f"{self.at.isoformat(timespec='seconds')}Z", "made_with": SOURCE, "tables": tables}


def complete(work: Work, patient_id: int) -> Dossier | None:
    """Everything in one act; that it was handed over is written down. None when there is no such patient."""
    work.needs(May.COPY_RECORD)
    found = open_facts(work, patient_id)
    if found is None:
        return None
    letters = work.session.scalars(select(Letter).where(Letter.patient_id == patient_id).order_by(Letter.id)).all()
    pages = [file for letter in letters for file in files_of(work, letter)]
    pages += [(f"{row.reference}.pdf", row.pdf) for row in own_letters(work, patient_id)]
    work.note(Action.RECORD_COPIED, patient_id, details={"letters": len(pages)})
    return Dossier(found.patient, walk(work, numbers_of(work.session, patient_id)), pages, work.now)


def own_letters(work: Work, patient_id: int) -> Sequence[PatientLetter]:
    """The letters to her herself."""
    query = select(PatientLetter).where(PatientLetter.patient_id == patient_id).order_by(PatientLetter.id)
    return work.session.scalars(query).all()


def files_of(work: Work, letter: Letter) -> Iterator[tuple[str, bytes]]:
    """A letter as it left; one that was replaced says so, with the page as it was sent beside it."""
    sent, name = frozen_page(work, letter), letter.reference or str(letter.id)
    if sent is None:
        return
    now = page_now(work, letter) or sent
    if now == sent:
        yield f"{name}.pdf", sent
    else:
        yield from ((f"{name}-vervallen.pdf", now), (f"{name}-zoals-verstuurd.pdf", sent))


def walk(work: Work, patient_ids: list[int]) -> Tables:
    """Every row that is hers, by table; who did something stands there by name and function, a GP by practice too."""
    names = {User.__tablename__: people(work), Gp.__tablename__: gps(work, patient_ids)}
    return [
        (table, [told(table, row, names) for row in rows])
        for table, rows in dossier.rows(work.session, patient_ids) if table.name not in LEFT_OUT
    ]  # fmt: skip


def people(work: Work) -> dict[int, str]:
    """Who works here, and who did."""
    accounts = work.session.execute(select(User.id, User.name, User.function))
    return {row.id: f"{row.name}, {row.function}" for row in accounts}


def gps(work: Work, patient_ids: list[int]) -> dict[int, str]:
    """Her GP, and whoever else receives copies."""
    own = select(Patient.gp_id).where(Patient.id.in_(patient_ids))
    copied = select(StandingCopy.gp_id).where(StandingCopy.patient_id.in_(patient_ids))
    return {gp.id: gp_words(gp) or "" for gp in work.session.scalars(select(Gp).where(Gp.id.in_(own.union(copied))))}


def columns(table: Table) -> list[str]:
    """What of a row is told at all; pages are files beside."""
    return [column.name for column in table.c
            if column.name not in INTERNAL and not isinstance(column.type, LargeBinary)]  # fmt: skip


def told(table: Table, row: Mapping[str, Any], names: Mapping[str, Mapping[int, str]]) -> Row:
    """The columns of a row that say something."""
    named = {key.parent.name: names[key.column.table.name]
             for key in table.foreign_keys if key.column.table.name in names}  # fmt: skip
    return {name: named[name].get(value, value) if name in named else value
            for name in columns(table) if (value := row[name]) is not None}  # fmt: skip


def plain(value: Any) -> Any:
    """A value as JSON has it; a decimal stays the digits that were written down."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
