"""The complete record of a patient for herself (AVG art. 15 and 20, Wabvpz art. 15d): every row, and her letters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import Table, select

from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services.lapsed import page_now
from clinic.services.letter_states import frozen_page
from clinic.services.record import WholeRecord, open_record
from clinic.services.work import Work
from clinic.store import calls, dossier, rights
from clinic.store.audit import SOURCE
from clinic.store.base import Json
from clinic.store.letters import Letter
from clinic.store.looks import numbers_of
from clinic.store.patient_letters import PatientLetter
from clinic.store.patients import ContactPerson
from clinic.store.rights import Statement
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
ALL_CALLS = 10_000


@dataclass(frozen=True, slots=True)
class Dossier:
    """Her record as rows and as the record page reads it, her letters as they were authorised."""

    found: WholeRecord
    contacts: list[ContactPerson]
    statements: list[Statement]
    data: Json
    pages: list[tuple[str, bytes]]


def complete(work: Work, patient_id: int) -> Dossier | None:
    """Everything in one act; that it was handed over is written down. None when there is no such patient."""
    work.needs(May.COPY_RECORD)
    found = open_record(work, patient_id)
    if found is None:
        return None
    session = work.session
    letters = list(session.scalars(select(Letter).where(Letter.patient_id == patient_id).order_by(Letter.id)))
    found = replace(found, letters=letters, calls=calls.of_patient(session, patient_id, ALL_CALLS))
    pages = [file for letter in letters for file in files_of(work, letter)]
    pages += [(f"{row.reference}.pdf", row.pdf) for row in own_letters(work, patient_id)]
    work.note(Action.RECORD_COPIED, patient_id, details={"letters": len(pages)})
    contacts = session.scalars(select(ContactPerson).where(ContactPerson.patient_id == patient_id))
    return Dossier(
        found=found, contacts=list(contacts), statements=list(rights.statements_of(session, patient_id)),
        data=data_of(work, numbers_of(session, patient_id)), pages=pages,
    )  # fmt: skip


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


def data_of(work: Work, patient_ids: list[int]) -> Json:
    """Every row that is hers, by table; who did something stands there by name and function."""
    accounts = work.session.execute(select(User.id, User.name, User.function))
    people = {row.id: f"{row.name}, {row.function}" for row in accounts}
    tables = {
        table.name: [dict(told(table, row, people)) for row in rows]
        for table, rows in dossier.rows(work.session, patient_ids) if table.name not in LEFT_OUT
    }  # fmt: skip
    return {"made_at": f"{work.now.isoformat(timespec='seconds')}Z", "made_with": SOURCE, "tables": tables}


def told(table: Table, row: Mapping[str, Any], people: dict[int, str]) -> Iterable[tuple[str, Any]]:
    """The columns of a row that say something."""
    of_people = {key.parent.name for key in table.foreign_keys if key.column.table.name == User.__tablename__}
    for name, value in row.items():
        if value is not None and name not in INTERNAL and not isinstance(value, bytes):  # pages are files beside
            yield name, people.get(value, value) if name in of_people else plain(value)


def plain(value: Any) -> Any:
    """A value as JSON has it; a decimal stays the digits that were written down."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
