"""An Excel workbook as lines of cells, once it is known to be small unpacked and to name nothing outside itself."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, time
from itertools import repeat, zip_longest
from typing import Any

from openpyxl import load_workbook
from openpyxl.cell.cell import ERROR_CODES
from openpyxl.cell.read_only import EMPTY_CELL

from clinic.interop.text import visible

Cell = str | date
MOST_UNPACKED = 200_000_000
MOST_PARTS = 1_000
MOST_COLUMNS = 500
LONGEST_CELL = 32_767
"""Excel's own limit of a cell, in characters."""
CHUNK = 1 << 20
OUTSIDE = (b"<!DOCTYPE", b"<!ENTITY")


class NoWorkbook(Exception):
    """It cannot be read as one."""


class TooLarge(Exception):
    """It is small as a file and too large unpacked."""


class NoOutcome(str):
    """What a cell shows that says nothing: an error (`#N/A`), or `=` for a formula that nobody counted.

    Not an empty cell, for it would come in as one.
    """


def lines(content: bytes) -> Iterator[list[Cell]]:
    """The first sheet, line by line; a formula by its outcome."""
    try:
        inspect(content)
        formulas = sheet(content, outcomes=False) if has_formulas(content) else repeat(())
        for line, written in zip(sheet(content, outcomes=True), formulas, strict=False):
            yield [outcome(*each) for each in zip_longest(line, written, fillvalue=EMPTY_CELL)]
    except TooLarge:
        raise
    except Exception as problem:  # a damaged workbook trips the reader in as many ways as it can be damaged
        raise NoWorkbook from problem


def sheet(content: bytes, outcomes: bool) -> Iterator[tuple[Any, ...]]:
    """The lines of the first sheet, formulas by their outcome or as they are written."""
    with closing(load_workbook(io.BytesIO(content), read_only=True, data_only=outcomes)) as book:
        first = book.worksheets[0]
        first.reset_dimensions()  # a sheet that claims a million columns would be given them
        for line in first.iter_rows():
            yield line[:MOST_COLUMNS]


def has_formulas(content: bytes) -> bool:
    """Whether a sheet of a workbook that was inspected counts anything."""
    with zipfile.ZipFile(io.BytesIO(content)) as pack:
        return any(b"<f" in pack.read(part) for part in pack.infolist() if part.filename.startswith("xl/worksheets/"))


def outcome(found: Any, written: Any) -> Cell:
    """What a cell says; a formula whose outcome is `""` is of the type `str` and is empty, one not counted has none."""
    uncounted = written.data_type == "f" and found.value is None and found.data_type != "str"
    if uncounted or found.data_type == "e" or found.value in ERROR_CODES:
        return NoOutcome(cell(found.value) or "=")
    return cell(found.value)


def inspect(content: bytes) -> None:
    """Refuse what swells, and a document type: only by one can XML define entities or call for another file."""
    with zipfile.ZipFile(io.BytesIO(content)) as pack:
        parts = pack.infolist()
        if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
            raise TooLarge
        for part in parts:
            # a part yields no more than the size it declares, whatever is packed in it
            if part.filename.lower().endswith((".xml", ".rels", ".vml")) and defines(pack, part):
                raise NoWorkbook(part.filename)


def defines(pack: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """Whether a part carries a document type, in UTF-8 or in UTF-16."""
    before = b""
    with pack.open(part) as stream:
        while chunk := stream.read(CHUNK):
            seen = before + chunk.replace(b"\0", b"").upper()
            if any(word in seen for word in OUTSIDE):
                return True
            before = seen[-len(OUTSIDE[0]) :]
    return False


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
    text = str(value)
    if len(text) > LONGEST_CELL:
        raise TooLarge
    return visible(text).strip()
