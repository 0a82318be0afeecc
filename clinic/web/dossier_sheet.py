"""The whole record as pages to read: the same rows as the data, each with its day, its facts and who recorded them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import DateTime, Table

from clinic.domain.protocol import Protocol
from clinic.services.dossiers import Dossier, Row, Tables
from clinic.services.work import local_time
from clinic.store.base import Json
from clinic.store.users import User
from clinic.web.dossier_words import Reader, in_words, long_day
from clinic.web.language import gettext as _
from clinic.web.presenters import born_cell, display_name
from clinic.wording import dossier as words

Parts = dict[tuple[str, Any], list[tuple[Table, Row]]]
PART_OF = {"scan_values": "scan_id", "restriction_admitted": "restriction_id", "letter_subjects": "letter_id"}
"""What is told with the row it belongs to, and by which column it belongs there."""

DAYS = (
    "on_date", "made_on", "started_on", "stopped_on", "from_on", "opened_at", "marked_at", "drafted_at", "made_at",
    "received_on", "due_on", "since", "about_on", "died_on", "sent_on", "at", "requested_on", "booked_on", "found_at",
    "reported_at", "proposed_at", "queued_at", "started_at", "saved_at", "claimed_at", "recorded_at",
)  # fmt: skip
"""The day by which a row is known is the first of these that it has."""

NAMED_BY = ("drug", "reference", "patients.number", "contact_persons.name")
"""What stands beside that day."""

WHO = frozenset(("regular_nurse_id", "regular_doctor_id", "staff_id", "doctor_id", "user_id"))
"""Somebody who is a fact of hers, and not who wrote one down."""
BESIDE = frozenset(("change_reason", "supersedes_id", "void_reason", "split_reason"))
STANDS = "stands"


def sheet(found: Dossier, rules: Protocol, lang: str) -> Json:
    """The record as its template takes it, in the order of the tables."""
    reader = Reader(lang, rules, titles(found.tables, lang))
    tables = {table.name: (table, rows) for table, rows in found.tables}
    parts = parts_of(found.tables)
    title = str(_("Record of %(who)s", who=display_name(found.patient, lang)))
    birth = born_cell(found.patient)
    known = birth if isinstance(birth, str) else long_day(birth, lang)
    born = _("Born %(day)s, patient number %(number)s.", day=known, number=found.patient.number)
    about = f"{born} {words.said(words.SOURCE, lang)}"
    at = local_time(found.at).strftime("%d-%m-%Y %H:%M")
    sections = [section(*tables[name], parts, reader) for name in words.TABLES if name in tables if name not in PART_OF]
    footer = f"{title} · {_('made %(at)s', at=at)}"
    return {"lang": lang, "title": title, "about": about, "sections": sections, "footer": footer, "page": _("page")}


def titles(tables: Tables, lang: str) -> dict[tuple[str, int], str]:
    """What each row is called where another one names it."""
    return {(table.name, row["id"]): title(table, row, Reader(lang, Protocol(), {}))
            for table, rows in tables for row in rows if "id" in row}  # fmt: skip


def title(table: Table, row: Row, reader: Reader) -> str:
    """Its day, and by what else it is known."""
    on = day_of(row)
    named = [
        in_words(table, name, row[name], reader)
        for key in NAMED_BY
        if key in (name := key.rpartition(".")[2], f"{table.name}.{name}") and name in row
    ]
    return ", ".join([long_day(on, reader.lang), *named] if on else named)


def day_of(row: Row) -> date | None:
    """The day by which a row is known."""
    found: date | None = next((row[name] for name in DAYS if name in row), None)
    return local_time(found).date() if isinstance(found, datetime) else found


def section(table: Table, rows: list[Row], parts: Parts, reader: Reader) -> Json:
    """A table: its rows, the first day first."""
    ordered = sorted(rows, key=lambda row: (day_of(row) or date.min, row.get("id", 0)))
    entries = [entry(table, row, parts.get((table.name, row.get("id")), ()), reader) for row in ordered]
    return {"heading": words.table_name(table.name, reader.lang), "entries": entries}


def parts_of(tables: Tables) -> Parts:
    """What belongs to a row, by that row."""
    found: Parts = {}
    for table, rows in tables:
        if table.name in PART_OF:
            name = PART_OF[table.name]
            whole = next(iter(table.c[name].foreign_keys)).column.table.name
            for row in rows:
                found.setdefault((whole, row.get(name)), []).append((table, row))
    return found


def entry(table: Table, row: Row, parts: Sequence[tuple[Table, Row]], reader: Reader) -> Json:
    """A row: what it is called, what it says, and who wrote that down when."""
    told = [name for name in row if name != STANDS and words.on_paper(table.name, name)]
    facts = [line(table, name, row, reader) for name in told if not is_beside(table, name)]
    facts += [[words.table_name(part.name, reader.lang), [joined(part, one, reader)]] for part, one in parts]
    known = title(table, row, reader)
    if row.get(STANDS) is False:
        known = f"{known} · {words.said(words.NO_LONGER, reader.lang)}"
    written = " · ".join(phrase(table, name, row[name], reader) for name in told if is_beside(table, name))
    return {"title": known, "lines": [one for one in facts if one[1]], "beside": written}


def is_beside(table: Table, name: str) -> bool:
    """Whether a column says who wrote a row down, when and why, and not what."""
    column = table.c[name]
    by = any(key.column.table.name == User.__tablename__ for key in column.foreign_keys) and name not in WHO
    return by or name in BESIDE or isinstance(column.type, DateTime)


def line(table: Table, name: str, row: Row, reader: Reader) -> list[Any]:
    """A fact under its name, line by line."""
    return [words.column_name(table.name, name, reader.lang), in_words(table, name, row[name], reader).splitlines()]


def joined(table: Table, row: Row, reader: Reader) -> str:
    """A row that belongs to another, on one line."""
    told = (name for name in row if name != PART_OF[table.name] and words.on_paper(table.name, name))
    return ", ".join(phrase(table, name, row[name], reader) for name in told)


def phrase(table: Table, name: str, value: Any, reader: Reader) -> str:
    """A column and what it says, within a line."""
    return f"{words.column_name(table.name, name, reader.lang)} {in_words(table, name, value, reader)}"
