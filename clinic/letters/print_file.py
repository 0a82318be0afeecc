"""One file for the printer: a cover sheet and the letters in envelope order, each page read back before it is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from io import BytesIO
from typing import NamedTuple

from pypdf import PageObject, PdfReader, PdfWriter

from clinic.letters.cause import kept
from clinic.letters.render import sheets_pdf
from clinic.letters.text import sha256
from clinic.store.base import Json


class Leak(Exception):
    """A page is not of the letter it lies with; the message is a cause that names the place, and no patient."""


class Sheet(NamedTuple):
    """One letter for the printer, with its copies on paper behind it."""

    reference: str
    who: str
    to: str
    pages: tuple[bytes, ...]


def envelope_order(lines: Sequence[str]) -> tuple[str, ...]:
    """Where a letter lies: by town and postcode, then practice and GP; what shares an envelope lies together."""
    return (*reversed(lines[2:]), *lines[:2])


def put_together(sheets: Sequence[Sheet], number: int, at: datetime, told: Callable[[int], object]) -> bytes:
    """The file; `told` hears how many letters are in it. The same letters at the same time give the same bytes."""
    writer = PdfWriter()
    cover = cover_of(sheets, number, at)
    writer.append(PdfReader(BytesIO(cover)), import_outline=False)
    covers = len(writer.pages)
    for place, sheet in enumerate(sheets, start=1):
        for page in sheet.pages:
            writer.append(PdfReader(BytesIO(page)), import_outline=False)
        told(place)
    made = BytesIO()
    writer.write(made)
    guard(made.getvalue(), covers, sheets)
    return made.getvalue()


def guard(content: bytes, covers: int, sheets: Sequence[Sheet]) -> None:
    """Read every page back: it says what the archive's page says, and names no other letter; Leak otherwise."""
    pages = iter(PdfReader(BytesIO(content)).pages[covers:])
    known = {sheet.reference for sheet in sheets}
    for sheet in sheets:
        for own in sheet.pages:
            for number, archived in enumerate(PdfReader(BytesIO(own)).pages):
                text = text_of(next(pages, None))
                foreign = {other for other in known - {sheet.reference} if other in text}
                if text != text_of(archived) or foreign or (number == 0 and sheet.reference not in text):
                    raise Leak(kept("run_page_foreign", reference=sheet.reference))
    if next(pages, None) is not None:
        raise Leak(kept("run_pages_more"))


def text_of(page: PageObject | None) -> str:
    """The words of a page, without the space between them."""
    return "".join(page.extract_text().split()) if page is not None else ""


def cover_of(sheets: Sequence[Sheet], number: int, at: datetime) -> bytes:
    """How many letters, whose, for whom, and the checksum over their pages."""
    checksum = sha256("".join(sha256(page) for sheet in sheets for page in sheet.pages))
    rows = [[[f"{place}"], [sheet.reference], [sheet.who], [sheet.to]] for place, sheet in enumerate(sheets, start=1)]
    widths = (("Nr.", 12), ("Brief", 32), ("Patiënt", 80), ("Envelop", None))
    columns: list[Json] = [{"name": name, "mm": mm, "strong": False} for name, mm in widths]
    count = "1 brief" if len(sheets) == 1 else f"{len(sheets)} brieven"
    return sheets_pdf(
        {
            "title": f"Printronde {number}: {count}", "lang": "nl", "page": "blad",
            "about": f"Controlegetal {checksum[:16]}. Dit blad hoort boven op de stapel en gaat niet in een envelop.",
            "footer": f"Printronde {number}",
            "sections": [{"heading": "", "none": "", "columns": columns, "rows": rows}],
        },
        at,
    )  # fmt: skip
