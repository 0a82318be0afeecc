"""Fields as Dutch clinics type them: dates, measures, scores, phones, postcodes, BSN; what was typed is kept."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import phonenumbers
from stdnum.exceptions import ValidationError as NumberError
from stdnum.nl import bsn, postcode
from wtforms import StringField
from wtforms.validators import ValidationError

from clinic.domain.vocabulary import StartPrecision
from clinic.interop.values import Unreadable, in_digits, partly_known
from clinic.web import language
from clinic.web.language import gettext as _
from clinic.web.presenters import as_known

DATE = re.compile(r"(\d{1,2})[-./ ](\d{1,2})[-./ ](\d{4})|(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
DECIMAL = re.compile(r"\d{1,4}([.,]\d{1,3})?", re.ASCII)
YEARS = (1900, 2100)
"""What a date of this clinic can be; far outside it a day more or a month less does not exist."""
SIGNED = re.compile(r"([+\-−–]?)\s?(\d{1,2}(?:[.,]\d{1,2})?)", re.ASCII)


class TypedField(StringField):
    """A text field whose `data` is a value; `raw_data` keeps the text, so a wrong entry is shown as typed."""

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else self.show(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed; empty is None."""
        text = valuelist[0].strip() if valuelist else ""
        self.data = None
        if text:
            self.data = self.read(text)

    def read(self, text: str) -> Any:
        """The value of a text, or ValueError with a sentence."""
        raise NotImplementedError

    def show(self, value: Any) -> str:
        """The text of a value."""
        return str(value)


class DateField(TypedField):
    """14-3-1953, 14.03.1953, 14/3/1953, 14 mrt 1953 or 1953-03-14; two-digit years are refused."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["render_kw"] = {"inputmode": "numeric", "autocomplete": "off", **(kwargs.get("render_kw") or {})}
        super().__init__(*args, **kwargs)

    def read(self, text: str) -> date:
        """Day first."""
        return read_date(text)

    def show(self, value: date) -> str:
        """dd-mm-yyyy."""
        return value.strftime("%d-%m-%Y")


def read_date(text: str) -> date:
    """A date as typed; ValueError says how to type it."""
    match = DATE.fullmatch(in_digits(text.strip()))
    if match is None:
        raise ValueError(_("Type the date as day-month-year, the year in four digits, for example 14-03-1953."))
    day, month, year = match.group(1, 2, 3) if match.group(1) else match.group(6, 5, 4)
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        raise ValueError(_("%(text)s is not a date that exists.", text=text)) from None
    return within_reach(found)


def within_reach(day: date) -> date:
    """The day, when its year is one that this clinic can speak of; ValueError says which years are."""
    first, last = YEARS
    if not first <= day.year <= last:
        raise ValueError(_("The year must lie between %(first)s and %(last)s.", first=first, last=last))
    return day


def iso_day(text: str) -> date:
    """A day in an address or a hidden field, 2027-03-14; ValueError for anything else."""
    return within_reach(date.fromisoformat(text))


class BirthField(DateField):
    """A birth date as well as it is known, 14-3-1953, 03-1953 or 1953: a day, the first of it, and how well."""

    def read(self, text: str) -> Any:
        """A month or a year alone too."""
        try:
            found, precision = partly_known(text)
        except Unreadable:
            return read_date(text), StartPrecision.DAY
        return within_reach(found), precision

    def show(self, value: Any) -> str:
        """No more of it than is known."""
        return as_known(*value)


class ScaledField(TypedField):
    """A measure typed with comma or point, held as a whole number of a smaller unit (cm as mm, kg as g)."""

    def __init__(self, *args: Any, scale: int = 10, places: int = 1, **kwargs: Any) -> None:
        kwargs["render_kw"] = {"inputmode": "decimal", "autocomplete": "off", **(kwargs.get("render_kw") or {})}
        super().__init__(*args, **kwargs)
        self.scale = scale
        self.places = places

    def read(self, text: str) -> int:
        """165,5 or 165.5 as 1655; 1.655 is refused because it may mean 1655."""
        value = read_decimal(text, self.places)
        return int(value * self.scale)

    def show(self, value: int) -> str:
        """With the decimal sign of the page's language."""
        return language.decimal(f"{Decimal(value) / self.scale:.{self.places}f}")


def read_decimal(text: str, places: int) -> Decimal:
    """A number without sign; ValueError says what is wrong."""
    if DECIMAL.fullmatch(text) is None:
        raise ValueError(_("Type a number, for example 158.6."))
    value = Decimal(text.replace(",", "."))
    if -int(value.as_tuple().exponent) > places:
        raise ValueError(
            _("Use one decimal at most, for example 158.6.")
            if places == 1
            else _("Use at most %(places)s decimals.", places=places)
        )
    return value


class CentimetreField(ScaledField):
    """cm, held in mm."""


class KilogramField(ScaledField):
    """kg, held in g."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, scale=1000, places=1, **kwargs)


class BmdField(ScaledField):
    """g/cm2 with three decimals, held in 0.001 g/cm2."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, scale=1000, places=3, **kwargs)


class NumberField(TypedField):
    """A decimal number with a comma or a point."""

    def __init__(self, *args: Any, places: int = 1, **kwargs: Any) -> None:
        kwargs["render_kw"] = {"inputmode": "decimal", "autocomplete": "off", **(kwargs.get("render_kw") or {})}
        super().__init__(*args, **kwargs)
        self.places = places

    def read(self, text: str) -> Decimal:
        """As a decimal."""
        return read_decimal(text, self.places)

    def show(self, value: Decimal) -> str:
        """With the decimal sign of the page's language."""
        return language.decimal(str(value))


class WholeField(TypedField):
    """A whole number of zero or more."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["render_kw"] = {"inputmode": "numeric", "autocomplete": "off", **(kwargs.get("render_kw") or {})}
        super().__init__(*args, **kwargs)

    def read(self, text: str) -> int:
        """Digits only."""
        if not (text.isascii() and text.isdigit()) or len(text) > 6:
            raise ValueError(_("Type a whole number; 0 is allowed."))
        return int(text)


class ScoreField(TypedField):
    """A T- or Z-score: comma or point, hyphen or real minus; the sign is never lost."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["render_kw"] = {"inputmode": "text", "autocomplete": "off", **(kwargs.get("render_kw") or {})}
        super().__init__(*args, **kwargs)

    def read(self, text: str) -> Decimal:
        """-2,8 and −2.8 alike."""
        match = SIGNED.fullmatch(text)
        if match is None:
            raise ValueError(_("Type a score with its sign, for example −2.4."))
        try:
            value = Decimal(match.group(2).replace(",", "."))
        except InvalidOperation:
            raise ValueError(_("Type a score with its sign, for example −2.4.")) from None
        return value if match.group(1) in ("", "+") else -value

    def show(self, value: Decimal) -> str:
        """With a real minus and the decimal sign of the page's language."""
        return language.decimal(str(value).replace("-", "−"))


class PhoneField(TypedField):
    """A phone number, Dutch unless it starts with +; held as E.164."""

    def read(self, text: str) -> str:
        """Checked with the numbering plan."""
        try:
            number = phonenumbers.parse(text, "NL")
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_valid_number(number):
            raise ValueError(_("This is not a phone number; for example 06 12345678 or 0513 200037."))
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))

    def show(self, value: str) -> str:
        """As the country writes it."""
        try:
            number = phonenumbers.parse(value, "NL")
        except phonenumbers.NumberParseException:
            return value
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL))


class PostcodeField(TypedField):
    """A Dutch postcode, held as "1234 AB"."""

    def read(self, text: str) -> str:
        """Checked for form and for letters never given out."""
        try:
            compact = postcode.validate(text)
        except NumberError:
            raise ValueError(_("A postcode is four digits and two letters, for example 8598 AB.")) from None
        return f"{compact[:4]} {compact[-2:]}"


class BsnField(TypedField):
    """A BSN: eight or nine ASCII digits that pass the eleven test; held as nine."""

    def read(self, text: str) -> str:
        """python-stdnum alone would pass "12" and full-width digits."""
        digits = re.sub(r"[ .\-]", "", text)
        if re.fullmatch(r"\d{8,9}", digits, re.ASCII) is None:
            raise ValueError(_("A BSN has nine digits."))
        try:
            return str(bsn.validate(digits)).zfill(9)
        except NumberError:
            raise ValueError(_("This BSN is mistyped: the digits do not add up.")) from None


class NotAfter:
    """Refuse a date after another field or after today, in words."""

    def __init__(self, day: Any, message: Any) -> None:
        self.day = day
        self.message = message

    def __call__(self, _form: Any, field: Any) -> None:
        """Compare, when both are known."""
        limit = self.day()
        if field.data is not None and limit is not None and field.data > limit:
            raise ValidationError(self.message)
