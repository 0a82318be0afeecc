"""Where somebody lives and is reached, as a file writes it: what does not look like it comes in and is flagged."""

from __future__ import annotations

import re
from collections.abc import Callable

import phonenumbers
from stdnum.nl import postcode

from clinic.interop.reader import CHECK, Reader

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def is_phone(typed: str) -> bool:
    """A number of the numbering plan, Dutch unless it starts with +."""
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(typed, "NL"))
    except phonenumbers.NumberParseException:
        return False


FORMS: dict[str, Callable[[str], object]] = {"phone": is_phone, "postcode": postcode.is_valid, "email": EMAIL.fullmatch}


def check(r: Reader) -> None:
    """Flag a phone number, postcode or e-mail address that cannot be one."""
    for name, fits in FORMS.items():
        typed = r.text(name)
        if typed is not None and not fits(typed):
            r.complain(name, CHECK, f"{name}_form", typed=typed)
