"""A mapping: which column, or which words around it, fills which field of the register."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from clinic.interop import toml
from clinic.interop.tables import Cell, UnreadableFile

KINDS = ("practices", "patients", "courses", "appointments", "changes", "history", "channels")
HOLE = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Mapping:
    """Fields as text with {COLUMN} in it, lists of values to translate, and the day of which an age tells."""

    kind: str
    fields: dict[str, str]
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    age_on: date | None = None
    facts: tuple[Mapping, ...] = ()
    """What one row tells of a patient's past: a mapping for each fact."""

    def columns(self) -> set[str]:
        """Every column that is named."""
        own = {name for text in self.fields.values() for name in HOLE.findall(text)}
        return own.union(*(fact.columns() for fact in self.facts))

    def tells(self, row: dict[str, Cell]) -> bool:
        """Whether a row fills a column of this fact; the drug of a dose stands in every row and tells of none."""
        told = {name for field, text in self.fields.items() if field != "drug" for name in HOLE.findall(text)}
        return any(row.get(name, "") for name in told)

    def columns_of(self, name: str) -> list[str]:
        """The columns that fill a field."""
        return HOLE.findall(self.fields.get(name, ""))

    def column_of(self, name: str) -> str:
        """The column to point at when a field is wrong."""
        return next(iter(self.columns_of(name)), name)

    def cell(self, name: str, row: dict[str, Cell]) -> Cell:
        """What a row says for a field: a date stays a date, an empty column leaves the field empty."""
        template = self.fields.get(name, "")
        holes = HOLE.findall(template)
        if len(holes) == 1 and template == f"{{{holes[0]}}}":
            filled = row.get(holes[0], "")
        elif holes and not any(row.get(hole, "") for hole in holes):
            filled = ""
        else:
            filled = HOLE.sub(lambda hole: str(row.get(hole[1], "")), template).strip()
        translated = self.values.get(name)
        return translated.get(str(filled), filled) if translated else filled


def parse(content: bytes, known: dict[str, set[str]]) -> Mapping:
    """Read a mapping; raise UnreadableFile when it names a kind or field that does not exist."""
    try:
        told = toml.read(content)
    except toml.NoToml as problem:
        raise UnreadableFile("mapping_unreadable", why=str(problem)) from problem
    kind = told.get("kind")
    if kind not in KINDS:
        raise UnreadableFile("mapping_kind", typed=str(kind))
    fields = fields_of(told, known[kind])
    age_on = told.get("age_on")
    facts = tuple(fact(entry, known) for entry in facts_of(told)) if kind == "history" else ()
    return Mapping(kind, fields, values_of(told), age_on if isinstance(age_on, date) else None, facts)


def facts_of(told: dict[str, Any]) -> list[dict[str, Any]]:
    """The tables `[[facts]]`."""
    found = told.get("facts", [])
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise UnreadableFile("mapping_unreadable", why="facts")
    return found


def table_of(told: dict[str, Any], name: str) -> dict[str, Any]:
    """The table of this name, empty when there is none."""
    found = told.get(name, {})
    if not isinstance(found, dict):
        raise UnreadableFile("mapping_unreadable", why=name)
    return found


def fact(told: dict[str, Any], known: dict[str, set[str]]) -> Mapping:
    """What fills one fact of the past; its kind says which fields it has."""
    kind = f"history.{told.get('kind')}"
    if kind not in known:
        raise UnreadableFile("mapping_kind", typed=str(told.get("kind")))
    fields = fields_of({"fields": {name: text for name, text in told.items() if name not in ("kind", "values")}},
                       known[kind])  # fmt: skip
    return Mapping(kind, fields, values_of(told))


def fields_of(told: dict[str, Any], known: set[str]) -> dict[str, str]:
    """Field to text; raises UnreadableFile at one that does not exist."""
    fields = {name: str(text) for name, text in table_of(told, "fields").items()}
    for name in fields:
        if name not in known:
            raise UnreadableFile("mapping_field", field=name)
    return fields


def values_of(told: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The lists of values to be written otherwise, by field."""
    lists = table_of(told, "values")
    return {name: {str(k): str(v) for k, v in table_of(lists, name).items()} for name in lists}
