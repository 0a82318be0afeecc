"""What people write in cells, read: partly known dates, decimal commas, brand names, yes and no."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from clinic.domain.vocabulary import Drug, StartPrecision
from clinic.interop.tables import Cell

MONTHS = {
    "jan": 1, "feb": 2, "mrt": 3, "maa": 3, "mar": 3, "apr": 4, "mei": 5, "may": 5, "jun": 6, "jul": 7, "aug": 8,
    "sep": 9, "okt": 10, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
SEASONS = {
    "voorjaar": 3, "lente": 3, "spring": 3, "zomer": 6, "summer": 6, "najaar": 9, "herfst": 9, "autumn": 9,
    "fall": 9, "begin": 1,
}  # fmt: skip
BRANDS: dict[str, Drug] = {
    "alendroninezuur": Drug.ALENDRONIC_ACID, "alendronaat": Drug.ALENDRONIC_ACID, "fosamax": Drug.ALENDRONIC_ACID,
    "fosavance": Drug.ALENDRONIC_ACID, "binosto": Drug.ALENDRONIC_ACID, "alendronate": Drug.ALENDRONIC_ACID,
    "risedroninezuur": Drug.RISEDRONIC_ACID, "risedronaat": Drug.RISEDRONIC_ACID, "actonel": Drug.RISEDRONIC_ACID,
    "risedronate": Drug.RISEDRONIC_ACID, "actokit": Drug.RISEDRONIC_ACID,
    "zoledroninezuur": Drug.ZOLEDRONIC_ACID, "aclasta": Drug.ZOLEDRONIC_ACID, "zoledronaat": Drug.ZOLEDRONIC_ACID,
    "zoledronate": Drug.ZOLEDRONIC_ACID, "denosumab": Drug.DENOSUMAB, "prolia": Drug.DENOSUMAB,
    "bonviva": Drug.IBANDRONIC_ACID_ORAL, "ibandroninezuur": Drug.IBANDRONIC_ACID_ORAL,
    "ibandronaat": Drug.IBANDRONIC_ACID_ORAL, "ibandronate": Drug.IBANDRONIC_ACID_ORAL,
    "teriparatide": Drug.TERIPARATIDE, "forsteo": Drug.TERIPARATIDE, "movymia": Drug.TERIPARATIDE,
    "terrosa": Drug.TERIPARATIDE, "sondelbay": Drug.TERIPARATIDE, "romosozumab": Drug.ROMOSOZUMAB,
    "evenity": Drug.ROMOSOZUMAB,
}  # fmt: skip
NAMED = re.compile(r"(\d{1,2})[-./ ]([a-z]{3})[a-z]*\.?[-./ ](\d{2}|\d{4})", re.ASCII)
NAMED_MONTH = re.compile(r"([a-z]{3,})\.?[-./ ](\d{4})", re.ASCII)
MONTH_NAMES = (
    "januari", "january", "februari", "february", "maart", "march", "april", "mei", "may", "juni", "june", "juli",
    "july", "augustus", "august", "september", "oktober", "october", "november", "december",
)  # fmt: skip
BY_VEIN = re.compile(r"\b(i\.?v\.?|infuus|injectie|intraveneus|3 ?mg)\b|\bi\.v\.", re.IGNORECASE)
CLOCK = re.compile(r"(?:.*[ T])?(\d{1,2})[:.,h ]?(\d{2})(?::\d{2})?", re.ASCII | re.IGNORECASE)
EARLIEST = 1900
MINUS = dict.fromkeys(map(ord, "−–—‐‑⁻"), "-")  # every sign that Word and Excel make of a minus
NUMBER = re.compile(r"([-+]?\d+(?:[.,]\d+)?)\s*(?:[a-zµμ%][^\d<>]*[2²]?)?")
EXCEL_DAY_0 = date(1899, 12, 30)
EXCEL_DAYS = range(1, 73_051)
"""Numbers by which Excel means a day of 1900 to 2099."""


class Unreadable(Exception):
    """A cell that cannot be read; `code` names the sentence."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params


def partly_known(value: Cell) -> tuple[date, StartPrecision]:
    """A date and how well it is known: 12-11-2020, nov 2020, 11-2020, najaar 2020, 2019 (protocol D3)."""
    if isinstance(value, date):
        return value, StartPrecision.DAY
    text = re.sub(r"\s+", " ", value.strip().lower()).removeprefix("±").removeprefix("ca.").strip()
    try:
        return by_shape(in_digits(text))
    except ValueError as problem:
        if text.isascii() and text.isdigit() and int(text) in EXCEL_DAYS:
            meant = EXCEL_DAY_0 + timedelta(days=int(text))
            raise Unreadable("date_as_number", typed=value, meant=meant.strftime("%d-%m-%Y")) from problem
        raise Unreadable("date_unreadable", typed=value) from problem


def by_shape(text: str) -> tuple[date, StartPrecision]:
    """The date by the shape in which it is written; raises ValueError when no shape fits."""
    if found := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[t ][\d:.]+)?", text):
        return day(int(found[1]), int(found[2]), int(found[3])), StartPrecision.DAY
    if found := re.fullmatch(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})(?:[t ][\d:.]+)?", text):
        return day(int(found[3]), int(found[2]), int(found[1])), StartPrecision.DAY
    if found := re.fullmatch(r"(\d{4})-(\d{1,2})|(\d{1,2})[-/](\d{4})", text):
        year, number = (found[1], found[2]) if found[1] else (found[4], found[3])
        return day(int(year), int(number), 1), StartPrecision.MONTH
    if found := re.fullmatch(r"([a-z]+)\.?[ -]'?(\d{4})", text):
        number = SEASONS.get(found[1]) or month(found[1][:3])
        return day(int(found[2]), number, 1), StartPrecision.MONTH
    if found := re.fullmatch(r"\d{4}", text):
        return day(int(text), 1, 1), StartPrecision.YEAR
    raise ValueError(text)


def in_digits(text: str) -> str:
    """3 apr 2026 or 3-april-2026 as 3-4-2026; whatever names no month between a day and a year stays as it is."""
    found = NAMED.fullmatch(text.strip().lower())
    number = found and MONTHS.get(found[2])
    return f"{found[1]}-{number}-{found[3]}" if found and number else text


def month_in_digits(text: str) -> str:
    """mrt 1953 or maart 1953 as 3-1953; a word that is no month, or only begins like one, stays as it is."""
    found = NAMED_MONTH.fullmatch(text.strip().lower())
    if found is None:
        return text
    word = found[1]
    known = word in MONTHS or any(name.startswith(word) for name in MONTH_NAMES)
    return f"{MONTHS[word[:3]]}-{found[2]}" if known else text


def month(text: str) -> int:
    """The number of a month by its first three letters."""
    if text not in MONTHS:
        raise ValueError(text)
    return MONTHS[text]


def day(year: int, number: int, of_month: int) -> date:
    """A day of this or the last century."""
    if year < EARLIEST:
        raise ValueError(year)
    return date(year, number, of_month)


def whole_date(value: Cell) -> date:
    """A date known to the day."""
    found, precision = partly_known(value)
    if precision is not StartPrecision.DAY:
        raise Unreadable("day_missing", typed=str(value))
    return found


def clock(value: Cell) -> time:
    """9:20, 09.20, 0920 or 09:20:00, also behind a day."""
    match = CLOCK.fullmatch(str(value).strip())
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        raise Unreadable("time_unreadable", typed=str(value))
    return time(int(match[1]), int(match[2]))


def plain(value: Cell) -> str:
    """What was written, small, with single spaces and one kind of minus."""
    return re.sub(r"\s+", " ", str(value).translate(MINUS)).strip().lower()


def number(value: Cell) -> Decimal:
    """A number with its sign and perhaps its unit; raises Unreadable at '<20' or '3-4', which are no one number."""
    found = NUMBER.fullmatch(plain(value))
    if found is None:
        raise Unreadable("number_unreadable", typed=str(value))
    return Decimal(found[1].replace(",", "."))


def drug(value: Cell) -> Drug:
    """A drug by its code, its Dutch or English name, or a brand; ibandronic acid by vein when it says so.

    Raises Unreadable at none, and at two: "Fosamax, later Aclasta" is two courses.
    """
    text = str(value).strip().lower()
    if text in set(Drug):
        return Drug(text)
    words = re.findall(r"[a-z_]+", text.replace(" acid", "ate").replace("onic", "on"))
    named = {BRANDS[word] for word in re.findall(r"[a-z]+", text) + words if word in BRANDS}
    if len(named) != 1:
        raise Unreadable("drug_several" if named else "drug_unknown", typed=str(value))
    (found,) = named
    if found is Drug.IBANDRONIC_ACID_ORAL and BY_VEIN.search(text):
        return Drug.IBANDRONIC_ACID_IV
    return found
