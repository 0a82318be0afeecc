"""One A4 of instructions for each role: Typst sets the sheets of docs/instructions, each once in a process."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import typst

from clinic.security.permissions import Role

SHEETS = Path(__file__).parents[2] / "docs" / "instructions"
LANGUAGES = ("nl", "en")


def source(role: Role, lang: str) -> Path:
    """Where the words of a sheet stand."""
    return SHEETS / f"{role.value}.{lang}.typ"


@lru_cache(maxsize=len(Role) * len(LANGUAGES))
def sheet_pdf(role: Role, lang: str) -> bytes:
    """The sheet of a role as PDF/A-2a and PDF/UA-1, without fonts of the machine and without a time."""
    fonts = typst.Fonts(include_system_fonts=False)
    words = str(source(role, lang))
    made: bytes = typst.compile(words, font_paths=fonts, pdf_standards=["a-2a", "ua-1"], timestamp=0)
    return made
