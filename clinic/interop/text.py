"""Text as people type and paste it, less what nobody can see: PostgreSQL refuses NUL, a spreadsheet the others."""

from __future__ import annotations

import re

BREAKS = re.compile(r"[\x0b\x0c\x85]")  # a break within a line or page, as a word processor has it
UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")  # every control character but tab and the ends of lines


def visible(text: str) -> str:
    """The text without control characters; tabs and ends of lines stay."""
    if text.isprintable():  # no control character is: most of what is typed, found out at once
        return text
    return UNSEEN.sub("", BREAKS.sub(" ", text))
