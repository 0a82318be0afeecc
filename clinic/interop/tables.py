"""A file as it was delivered (CSV or Excel) as a header and rows of cells."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from clinic.interop import workbook
from clinic.interop.text import visible
from clinic.interop.workbook import Cell as Cell  # files of interop know them from here
from clinic.interop.workbook import NoOutcome as NoOutcome
from clinic.interop.workbook import cell as cell

MOST_ROWS = 200_000
MOST_CELLS = 4_000_000
SEPARATOR = re.compile(r"\s*sep=", re.IGNORECASE)
"""The first line by which some programs tell Excel what stands between the cells."""
FAULTS = {
    "unexpected end": "quote_open",  # it would take the rows below it into its cell
    "expected after": "quote_within",
    "new-line character": "return_within",
    "field larger": "cell_endless",
}
"""What Python's reader of CSV says, by a part of it that all its versions have, and our code for it."""


class UnreadableFile(Exception):
    """The file is no table; `code` and `params` name a sentence of `clinic.wording.complaints`."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params


@dataclass(frozen=True, slots=True)
class Table:
    """Columns in the file's order, and each filled row with its number as the spreadsheet shows it."""

    columns: tuple[str, ...]
    rows: tuple[tuple[int, dict[str, Cell]], ...]


def read(content: bytes, name: str) -> Table:
    """Read a file by its content; raise UnreadableFile when it is empty or no table."""
    packed = content[:4] == b"PK\x03\x04" or name.lower().endswith(".xlsx")
    return table(excel(content) if packed else comma(content))


def table(lines: Iterable[list[Cell]]) -> Table:
    """The first filled line is the header; empty rows are left out."""
    numbered = ((number, cells) for number, cells in enumerate(lines, start=1) if any(cells))
    first = next(numbered, None)
    if first is None:
        raise UnreadableFile("file_empty")
    columns = tuple("" if isinstance(cell, NoOutcome) else str(cell).strip() for cell in first[1])
    named = [column for column in columns if column]
    if len(set(named)) != len(named):
        twice = next(column for column in named if named.count(column) > 1)
        raise UnreadableFile("column_twice", column=twice)
    most = min(MOST_ROWS, MOST_CELLS // max(1, len(named)))
    rows: list[tuple[int, dict[str, Cell]]] = []
    for number, cells in numbered:
        if len(rows) == most:
            raise UnreadableFile("too_many_rows", most=most)
        rows.append((number, {column: cell for column, cell in zip(columns, cells, strict=False) if column}))
    return Table(columns, tuple(rows))


def decoded(content: bytes) -> str:
    """UTF-8 with or without its mark, Excel's Unicode text, else what Dutch Excel writes."""
    try:
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return content.decode("utf-16")
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def comma(content: bytes) -> list[list[Cell]]:
    """Comma, semicolon or tab: whichever the header has most of."""
    text = decoded(content)
    if "\0" in text:
        raise UnreadableFile("file_no_table")
    header = text.lstrip().split("\n", 1)[0]
    delimiter = max(",;\t", key=header.count)
    found: list[list[Cell]] = []
    try:
        for line in csv.reader(io.StringIO(text), delimiter=delimiter, strict=True):
            found.append([visible(cell).strip() for cell in line])
    except csv.Error as problem:
        code = next((code for said, code in FAULTS.items() if said in str(problem)), "file_no_table")
        raise UnreadableFile(code, row=len(found) + 1) from problem
    return [[], *found[1:]] if SEPARATOR.match(header) else found


def excel(content: bytes) -> Iterator[list[Cell]]:
    """The first sheet of a workbook."""
    try:
        yield from workbook.lines(content)
    except workbook.TooLarge:
        raise UnreadableFile("file_swells", most=workbook.MOST_UNPACKED // 1_000_000) from None
    except workbook.NoWorkbook as problem:
        raise UnreadableFile("file_no_table") from problem
