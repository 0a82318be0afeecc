"""Values as the clinic reads them: dates, heights, weights, names, masked numbers; no markup, no rules."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import phonenumbers

MINUS = "−"


def day(value: date | None) -> str:
    """23-11-2026."""
    return value.strftime("%d-%m-%Y") if value else ""


def number(value: Decimal | int | None, places: int = 1) -> str:
    """With a comma and a real minus."""
    if value is None:
        return ""
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return str(rounded).replace("-", MINUS).replace(".", ",")


def signed(value: Decimal | int | None, places: int = 1) -> str:
    """With its sign, also when it is positive."""
    text = number(value, places)
    return f"+{text}" if value is not None and value > 0 else text


def cm(mm: int | None) -> str:
    """mm as cm."""
    return "" if mm is None else number(Decimal(mm) / 10)


def kg(g: int | None) -> str:
    """g as kg."""
    return "" if g is None else number(Decimal(g) / 1000)


def bmd(mg_cm2: int | None) -> str:
    """0.001 g/cm2 as g/cm2."""
    return "" if mg_cm2 is None else number(Decimal(mg_cm2) / 1000, 3)


def age(birth_date: date, on: date) -> int:
    """Whole years on a day."""
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))


def masked_bsn(bsn: str | None) -> str:
    """The last three digits only."""
    return f"••••••{bsn[-3:]}" if bsn else ""


def phone(value: str | None) -> str:
    """As the country writes it."""
    if not value:
        return ""
    try:
        parsed = phonenumbers.parse(value, "NL")
    except phonenumbers.NumberParseException:
        return value
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL))
