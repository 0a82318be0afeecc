"""A file as it was delivered (CSV or Excel) as a header and rows of cells."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from clinic.interop.text import visible

Cell = str | date
MOST_ROWS = 200_000


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
    lines = excel(content) if content[:4] == b"PK\x03\x04" or name.lower().endswith(".xlsx") else comma(content)
    return table(lines)


def table(lines: Iterable[list[Cell]]) -> Table:
    """The first filled line is the header; empty rows are left out."""
    numbered = ((number, cells) for number, cells in enumerate(lines, start=1) if any(cells))
    first = next(numbered, None)
    if first is None:
        raise UnreadableFile("file_empty")
    columns = tuple(str(cell).strip() for cell in first[1])
    named = [column for column in columns if column]
    if len(set(named)) != len(named):
        twice = next(column for column in named if named.count(column) > 1)
        raise UnreadableFile("column_twice", column=twice)
    rows: list[tuple[int, dict[str, Cell]]] = []
    for number, cells in numbered:
        if len(rows) == MOST_ROWS:
            raise UnreadableFile("too_many_rows", most=MOST_ROWS)
        rows.append((number, {column: cell for column, cell in zip(columns, cells, strict=False) if column}))
    return Table(columns, tuple(rows))


def decoded(content: bytes) -> str:
    """UTF-8 with or without its mark, else what Dutch Excel writes."""
    try:
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
    try:
        return [[visible(cell).strip() for cell in line] for line in csv.reader(io.StringIO(text), delimiter=delimiter)]
    except csv.Error as problem:
        raise UnreadableFile("file_no_table") from problem


def excel(content: bytes) -> list[list[Cell]]:
    """The first sheet of a workbook; formulas by their last value."""
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        return [[cell(value) for value in line] for line in sheet.iter_rows(values_only=True)]
    except (InvalidFileException, zipfile.BadZipFile, KeyError, IndexError, ValueError) as problem:
        raise UnreadableFile("file_no_table") from problem


def cell(value: Any) -> Cell:
    """An Excel cell as text or as a date, a day with its time as text; a whole number loses its '.0'."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date() if value.time() == time.min else value.isoformat(" ", "minutes")
    if isinstance(value, date):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return visible(str(value)).strip()
