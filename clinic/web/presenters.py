"""Values as the clinic reads them: dates, heights, weights, names, masked numbers; no markup, no rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, cast

import phonenumbers

from clinic.domain.vocabulary import Drug, PatientStatus, Sex
from clinic.services.names import surnames
from clinic.services.work import local_day
from clinic.store.lists import MOST_COUNTED
from clinic.store.patients import Patient
from clinic.web import language
from clinic.wording.labels import label
from clinic.wording.people import to_receive

MINUS = "−"


def day(value: date | None) -> str:
    """23-11-2026; of a moment the day it was here."""
    value = local_day(value) if isinstance(value, datetime) else value
    return value.strftime("%d-%m-%Y") if value else ""


def number(value: Decimal | int | None, places: int = 1) -> str:
    """With the decimal sign of the page's language and a real minus."""
    if value is None:
        return ""
    return language.decimal(str(rounded(value, places)).replace("-", MINUS))


def rounded(value: Decimal | int, places: int) -> Decimal:
    """As it is written, halves away from nought; what comes to nought has no sign."""
    return Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP) + 0


def plain(value: Decimal | int | None) -> str:
    """The same with one decimal, and without it where it is nought: 5 and 2,5 years."""
    return number(value).removesuffix(",0").removesuffix(".0")


def signed(value: Decimal | int | None, places: int = 1) -> str:
    """With the sign of what is written, also when it is positive."""
    text = number(value, places)
    return f"+{text}" if value is not None and rounded(value, places) > 0 else text


def exactly(value: Decimal) -> str:
    """With its sign, in as many places as it has; one at least."""
    return signed(value, max(1, -int(value.as_tuple().exponent)))


def cm(mm: int | None) -> str:
    """mm as cm."""
    return "" if mm is None else number(Decimal(mm) / 10)


def kg(g: int | None) -> str:
    """g as kg."""
    return "" if g is None else number(Decimal(g) / 1000)


def tenths(value: int | None) -> str:
    """A BMI or another value that is held in tenths."""
    return "" if value is None else number(Decimal(value) / 10)


def bmd(mg_cm2: int | None) -> str:
    """0.001 g/cm2 as g/cm2."""
    return "" if mg_cm2 is None else number(Decimal(mg_cm2) / 1000, 3)


def count_text(count: int) -> str:
    """How many, exact up to a thousand."""
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count)


SHAPES = {"day": "%d-%m-%Y", "month": "%m-%Y", "year": "%Y"}


def as_known(on: date, precision: str) -> str:
    """A day as well as it is known: 12-11-2020, 11-2020 or 2020."""
    return on.strftime(SHAPES[precision])


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


TITLES = {
    (Sex.FEMALE, "nl"): "Mw.",
    (Sex.MALE, "nl"): "Dhr.",
    (Sex.FEMALE, "en"): "Ms",
    (Sex.MALE, "en"): "Mr",
}


def display_name(patient: Patient, lang: str) -> str:
    """Mw. A. de Vries-Jansen: title, initials, and the surname in the order she uses."""
    parts = "-".join(f"{prefix} {name}" if prefix else name for prefix, name in surnames(patient))
    return " ".join(part for part in (TITLES[Sex(patient.sex), lang], patient.initials, parts) if part)


def particulars(person: Any, lang: str) -> list[str]:
    """What one has to know to receive her; before all else her status when she is no longer followed."""
    return [known for known in (gone(person.status, lang), *to_receive(person, lang)) if known]


def gone(status: str, lang: str) -> str:
    """The status of who is no longer followed; empty for who is."""
    return "" if status == PatientStatus.ACTIVE else label(PatientStatus(status), lang)


def drug_text(drug: str, dose: str | None, schedule: str | None, lang: str) -> str:
    """Alendroninezuur 70 mg, 1× per week; what is not recorded is left out."""
    name = label(Drug(drug), lang)
    what = " ".join(part for part in (name[:1].upper() + name[1:], dose) if part)
    return ", ".join(part for part in (what, schedule) if part)


def months(value: date | None) -> str:
    """10-2029, where the day does not matter."""
    return value.strftime("%m-%Y") if value else ""


PARTLY_KNOWN = {
    ("month", "nl"): "dag niet bekend",
    ("year", "nl"): "alleen het jaar is bekend",
    ("month", "en"): "day not known",
    ("year", "en"): "only the year is known",
}


def born_cell(person: Any) -> date | str:
    """Her birth date in a file: a date, or as text what is known of it."""
    whole = person.birth_precision == "day"
    return cast(date, person.birth_date) if whole else as_known(person.birth_date, person.birth_precision)


def born(person: Any, lang: str, on: date | None = None) -> str:
    """A birth date as well as it is known, with her age on a day and what nobody knows of it.

    14-03-1953 (73), or 1953 (73, alleen het jaar is bekend): a list may have had no more than a year or an age.
    """
    unknown = PARTLY_KNOWN.get((person.birth_precision, lang))
    beside = ", ".join(part for part in (str(age(person.birth_date, on)) if on else "", unknown) if part)
    known = as_known(person.birth_date, person.birth_precision)
    return f"{known} ({beside})" if beside else known


def identity(person: Any, lang: str, on: date | None = None) -> str:
    """What tells her from another of her name: her birth date and her number."""
    return f"{born(person, lang, on)} · {person.number}"


def since(patient: Patient, lang: str) -> str:
    """A status and its day: Overleden 30-10-2026."""
    return f"{label(PatientStatus(patient.status), lang)} {day(patient.status_on)}".strip()


@dataclass(frozen=True, slots=True)
class IdBand:
    """Who this is, as `ui.idband` shows her; `url` is None on her own record page."""

    display_name: str
    born: str
    age: int
    sex_label: str
    number: str
    bsn_masked: str = ""
    gp_line: str = ""
    status_label: str = ""
    url: str | None = None
    bsn_url: str | None = None


def idband(patient: Patient, lang: str, on: date, gp_line: str = "", url: str | None = None) -> IdBand:
    """The identity band of a patient; a status is named only when she is no longer followed."""
    status = PatientStatus(patient.status)
    gone = status is not PatientStatus.ACTIVE
    return IdBand(
        display_name=display_name(patient, lang),
        born=born(patient, lang),
        age=age(patient.birth_date, on),
        sex_label=label(Sex(patient.sex), lang),
        number=patient.number,
        bsn_masked=masked_bsn(patient.bsn),
        gp_line=gp_line,
        status_label=since(patient, lang) if gone else "",
        url=url,
    )
