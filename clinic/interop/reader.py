"""One row of a file read field by field, and complaints of what cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from clinic.interop.mapping import Mapping
from clinic.interop.tables import Cell, NoOutcome
from clinic.interop.values import Unreadable

REFUSED, CHECK = "refused", "check"
AS_WRITTEN = {"note", "key", "number", "patient_key", "gp_key"}
"""A note keeps its lines, and by the others the same row is known again: their blanks stay."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong or out of line: where, how bad (`refused`: the row stays out; `check`: it comes in), why."""

    row: int
    column: str
    level: str
    code: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Reader:
    """Reads one row field by field and keeps what it could not read."""

    number: int
    cells: dict[str, Cell]
    mapping: Mapping
    complaints: list[Complaint] = field(default_factory=list)

    def complain(self, name: str, level: str, code: str, **params: Any) -> None:
        """Remember what is wrong with a field, at its column; of a cell without an outcome that is said already."""
        column = self.mapping.column_of(name)
        if not isinstance(self.cells.get(column), NoOutcome):
            self.complaints.append(Complaint(self.number, column, level, code, params))

    def text(self, name: str) -> str | None:
        """A field as text with single blanks, unless it is taken as written; empty as None."""
        found = str(self.mapping.cell(name, self.cells)).strip()
        return (found if name in AS_WRITTEN else " ".join(found.split())) or None

    def needed(self, name: str) -> str:
        """A field that a row cannot do without."""
        found = self.text(name)
        if found is None:
            self.complain(name, REFUSED, "empty")
        return found or ""

    def read(self, name: str, how: Callable[[Cell], T]) -> T | None:
        """A field by one of the readers of `values`; None when empty or unreadable."""
        cell = self.mapping.cell(name, self.cells)
        if cell == "":
            return None
        try:
            return how(cell)
        except Unreadable as problem:
            self.complain(name, REFUSED, problem.code, **problem.params)
            return None

    def read_needed(self, name: str, how: Callable[[Cell], T]) -> T | None:
        """The same, for a field that has to be there."""
        if self.mapping.cell(name, self.cells) == "":
            self.complain(name, REFUSED, "empty")
        return self.read(name, how)

    def refused(self) -> bool:
        """Whether the row stays out."""
        return any(complaint.level == REFUSED for complaint in self.complaints)
