"""The letter as a page: Typst sets the same words, as PDF/A-2a and PDF/UA-1; the same letter gives the same bytes."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import typst

from clinic.letters.cause import kept
from clinic.letters.sentences import Document
from clinic.store.base import Json

TEMPLATES = Path(__file__).parents[2] / "templates" / "letters"
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a sheet that nobody keeps needs no time
STANDARDS = ["a-2a", "ua-1"]
LACKING = re.compile(r"the text `\"(.+?)\"` could not be displayed")
TO_GP, TO_PATIENT = "control/2", "patient/2"  # the look of new letters; what was made keeps its own
ORDINARY = frozenset(map(chr, (*range(0x20, 0x7F), *range(0xA1, 0x180))))  # what the letters of a page surely have
ONE_AT_A_TIME = Lock()  # a compiler keeps what it was given; two threads would mix two letters


class CannotSet(Exception):
    """The page could not be set; a warning counts too, for a missing font is only that.

    The argument is what Typst says.
    """

    @property
    def cause(self) -> str:
        """As it is kept beside what did not leave (`cause.py`)."""
        return kept("page_unset", error=str(self))


class NoSuchSign(CannotSet):
    """The letters of the page lack some signs, an emoji or a Chinese name; the argument is those signs."""

    @property
    def cause(self) -> str:
        """As it is kept: which signs, whatever Typst says of them."""
        return kept("page_signs", signs=self.args[0])


@lru_cache(maxsize=8)
def compiler(template: str) -> Any:
    """A compiler of one template, kept: its fonts are read once. No fonts of the machine, so the page is the same."""
    fonts = typst.Fonts(include_system_fonts=False)
    return typst.Compiler(str(TEMPLATES / f"{template}.typ"), root=str(TEMPLATES), font_paths=fonts)


def data_of(document: Document, facts: Json, logo: bytes | None = None) -> str:
    """The words of a letter as JSON, with the window, the clinic's logo when it has one, and whether it lapsed."""
    told = document._asdict()
    told["core"] = [section._asdict() for section in document.core]
    told["rest"] = [section._asdict() for section in document.rest]
    told |= {"window": facts["clinic"]["window"]} | ({"logo": logo.decode()} if logo else {})
    told |= {"lapsed": facts["lapsed"]} if "lapsed" in facts else {}
    return json.dumps(told, ensure_ascii=False)


def can_stand(words: str) -> bool:
    """Whether a page can show an address: a sign that its letters lack would keep that page, and a whole print run."""
    return ORDINARY.issuperset(words) or tried(words)


@lru_cache(maxsize=256)
def tried(words: str) -> bool:
    """The same of an address with a sign that is not ordinary, on a page with nothing else."""
    page = Document((), (words,), (), "?", (), "", (), (), (), "")
    try:
        set_page(TO_GP, data_of(page, {"clinic": {"window": [25, 60, 85, 35]}}), EPOCH,
                 format="pdf", pdf_standards=STANDARDS)  # fmt: skip
    except CannotSet:
        return False
    return True


def logo_page(logo: bytes) -> bytes:
    """A sheet with nothing but a logo, by which it is tried before a letter needs it."""
    empty = Document((), ("",), (), "Logo", (), "", (), (), (), "")
    return set_page(TO_GP, data_of(empty, {"clinic": {"window": [25, 60, 85, 35]}}, logo), EPOCH,
                    format="pdf", pdf_standards=STANDARDS)[0]  # fmt: skip


def pdf_of(template: str, document: Document, facts: Json, at: datetime, logo: bytes | None = None) -> bytes:
    """The page for the archive and the envelope; `at` (UTC without a zone) is the only time it names."""
    return set_page(template, data_of(document, facts, logo), at, format="pdf", pdf_standards=STANDARDS)[0]


def draft_of(template: str, document: Document, facts: Json, at: datetime, logo: bytes | None = None) -> bytes:
    """The page as it would be, for whoever reads it before it is signed."""
    return set_anyhow(template, data_of(document, facts, logo), at)


def svg_of(template: str, document: Document, facts: Json, at: datetime, logo: bytes | None = None) -> list[bytes]:
    """The pages for a screen."""
    return set_page(template, data_of(document, facts, logo), at, format="svg")


def sheets_pdf(data: Json, at: datetime, template: str = "sheets/1") -> bytes:
    """Lists to print, as tables unless the template is another; `at` (UTC without a zone) is the only time it names."""
    return set_anyhow(template, json.dumps(data, ensure_ascii=False), at)


def cannot(error: typst.TypstError) -> CannotSet:
    """Why a page could not be set: for signs alone, or for something worse."""
    lacking = [unquoted(sign) for sign in LACKING.findall(error.diagnostic)]
    return NoSuchSign("".join(dict.fromkeys(lacking))) if lacking else CannotSet(error.message)


def unquoted(sign: str) -> str:
    """A sign as Typst quotes it."""
    return re.sub(r"\\u\{(\w+)\}", lambda found: chr(int(found[1], 16)), sign)


def set_anyhow(template: str, data: str, at: datetime) -> bytes:
    """A page for people at work: a sign that its letters lack stands there by its number, and keeps no list away."""
    how: dict[str, Any] = {"format": "pdf", "pdf_standards": STANDARDS}
    try:
        return set_page(template, data, at, **how)[0]
    except NoSuchSign as lacking:
        for sign in lacking.args[0]:
            data = data.replace(json.dumps(sign, ensure_ascii=False)[1:-1], f"[U+{ord(sign):04X}]")
        return set_page(template, data, at, **how)[0]


def set_page(template: str, data: str, at: datetime, **how: Any) -> list[bytes]:
    """Set a page, or raise CannotSet."""
    with ONE_AT_A_TIME:
        try:
            made, warnings = compiler(template).compile_with_warnings(
                sys_inputs={"data": data}, timestamp=at.replace(microsecond=0, tzinfo=UTC), **how
            )
        except typst.TypstError as error:
            raise cannot(error) from error
    if warnings:
        raise CannotSet("; ".join(warning.message for warning in warnings))
    return made if isinstance(made, list) else [made]
