"""A start that is not known to the day, in words: what is counted from it says so (protocol D3)."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date

from clinic.domain.vocabulary import StartPrecision

AS_KNOWN = {  # how it is written, and what is not known, in Dutch and English
    StartPrecision.MONTH: ("MMMM y", ("dag niet bekend", "day not known")),
    StartPrecision.YEAR: ("y", ("maand en dag niet bekend", "month and day not known")),
}


def start_words(start: date | str, precision: str, lang: str) -> str:
    """November 2020 (dag niet bekend), without a capital; the text of a day does as well as the day."""
    pattern, lacking = AS_KNOWN[StartPrecision(precision)]
    known = format_date(date.fromisoformat(str(start)), pattern, locale=lang)
    return f"{known} ({lacking[0 if lang == 'nl' else 1]})"


def in_place_of_on(template: str) -> str:
    """A sentence in which a start is a month or a year: one starts in it, not on it."""
    return template.replace("op {start}", "in {start}").replace("on {start}", "in {start}")
