"""Cells that were corrected in the page, put in the place of what the file says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from clinic.interop.tables import Cell, Table

Cells = dict[int, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Mended:
    """A cell that came in otherwise than the file has it."""

    row: int
    column: str
    was: str
    now: str


def shown(cell: Cell) -> str:
    """A cell as a person writes it."""
    return cell if isinstance(cell, str) else cell.strftime("%d-%m-%Y")


def mend(table: Table, cells: Cells) -> tuple[Table, tuple[Mended, ...]]:
    """The table with these cells in it, and what they were."""
    found = tuple(
        Mended(number, column, shown(row.get(column, "")), now)
        for number, row in table.rows
        for column, now in cells.get(number, {}).items()
        if column in table.columns
    )
    return replace(table, rows=tuple((number, {**row, **cells.get(number, {})}) for number, row in table.rows)), found


def typed(table: Table, told: Mapping[tuple[int, str], str]) -> Cells:
    """What was typed for cells of this table and says something else than they do."""
    rows = dict(table.rows)
    changed: Cells = {}
    for (number, column), text in told.items():
        if number in rows and column in table.columns and shown(rows[number].get(column, "")) != text.strip():
            changed.setdefault(number, {})[column] = text.strip()
    return changed
