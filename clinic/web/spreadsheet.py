"""A list as a file for a spreadsheet: CSV or XLSX, dates as dates, numbers as numbers, nothing that computes."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from io import BytesIO, StringIO
from unicodedata import normalize

from flask import Response
from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from clinic.web.presenters import day

Cell = str | int | Decimal | date | None
KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
WIDEST = 60
SIGNS = tuple("=+-@＝＋－＠")
UNSEEN = "".join(chr(sign) for sign in range(33)) + "\u00a0\u200b\ufeff\u3000"
PLAIN_NUMBER = re.compile(r"-?[0-9]+([.,][0-9]+)?")


def answer(kind: str, name: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """The file, named; `kind` is csv or xlsx."""
    content = as_csv(heads, rows) if kind == "csv" else as_xlsx(heads, rows)
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    return Response(content, mimetype=KINDS[kind], headers=headers)


def named(*words: str) -> str:
    """Words of the reader's language as the name of a file: letters and digits alone, on every disk alike."""
    plain = normalize("NFKD", " ".join(words)).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def as_csv(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Semicolons between, and the mark by which spreadsheets know UTF-8."""
    file = StringIO("\ufeff", newline="")
    file.seek(1)
    writer = csv.writer(file, delimiter=";")
    writer.writerow(heads)
    writer.writerows([harmless(cell) if isinstance(cell, str) else text_of(cell) for cell in row] for row in rows)
    return file.getvalue()


def text_of(cell: Cell) -> str:
    """A cell as text; decimals as a Dutch spreadsheet reads them."""
    if isinstance(cell, Decimal):
        return str(cell).replace(".", ",")
    return day(cell) if isinstance(cell, date) else "" if cell is None else str(cell)


def harmless(cell: str) -> str:
    """A cell that a spreadsheet shows and does not compute (OWASP: CSV injection; ASVS 5.0 1.2.10).

    What stands before the sign does not help (CVE-2026-55154), nor does its full width; a plain number stays one.
    """
    computes = cell.lstrip(UNSEEN).startswith(SIGNS) or cell.startswith(("\t", "\r", "\n", "\0"))
    return f"'{cell}" if computes and PLAIN_NUMBER.fullmatch(cell) is None else cell


def as_xlsx(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """One sheet with its head frozen and every column wide enough; text is text, also when it begins with =."""
    book = Workbook()
    sheet = book.active
    sheet.append(list(heads))
    widths = [len(head) for head in heads]
    for number, row in enumerate(rows, start=2):
        for column, value in enumerate(row, start=1):
            cell = sheet.cell(number, column, value)
            if isinstance(value, str):
                cell.data_type = "s"
            elif isinstance(value, date):
                cell.number_format = "dd-mm-yyyy"
            widths[column - 1] = max(widths[column - 1], len(text_of(value)))
    for head in sheet[1]:
        head.font = Font(bold=True)
    for column, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = min(width + 2, WIDEST)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    file = BytesIO()
    book.save(file)
    return file.getvalue()
