"""Numbers that came with a request and name a row or its version, no larger than the register can hold."""

from __future__ import annotations

from wtforms import IntegerField
from wtforms.widgets import HiddenInput

LARGEST = 999_999_999
"""As in an address; a database that is asked for a longer one has no answer but a fault."""


def key(text: str) -> int:
    """The number; ValueError lets a page go without it."""
    number = int(text)
    if abs(number) > LARGEST:
        raise ValueError(text)
    return number


def key_or(text: str | None, otherwise: int) -> int:
    """The number, or what names nothing."""
    try:
        return key(text or "")
    except ValueError:
        return otherwise


def keys(texts: list[str] | None) -> list[int]:
    """Those that are numbers, each once."""
    return list(dict.fromkeys(number for text in texts or [] if (number := key_or(text, 0)) > 0))


class KeyField(IntegerField):
    """A hidden number that names a row or its version; one that can name none is none."""

    data: int | None
    widget = HiddenInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what came."""
        super().process_formdata(valuelist)
        if self.data is not None and abs(self.data) > LARGEST:
            self.data = None
