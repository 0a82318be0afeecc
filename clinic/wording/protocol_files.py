"""Why a file with the numbers of a protocol is refused, in Dutch and English."""

from __future__ import annotations

from collections.abc import Mapping

LINE = {"nl": "regel {line}: ", "en": "line {line}: "}
WHY = {
    "no_toml": {"nl": "dit is geen TOML: {problem}", "en": "this is no TOML: {problem}"},
    "below": {"nl": "moet lager zijn dan {more} ({limit})", "en": "must lie below {more} ({limit})"},
    "name": {
        "nl": "kleine letters, cijfers, punten en koppeltekens, hoogstens 40",
        "en": "lower-case letters, digits, points and hyphens, 40 at most",
    },
    "no_setting": {"nl": "die instelling is er niet", "en": "no such setting"},
    "no_row": {"nl": "die rij is er niet", "en": "no such row"},
    "table_or_days": {
        "nl": "hier hoort een tabel of een lijst van dagen", "en": "expected a table or a list of days",
    },
    "table": {"nl": "hier hoort een tabel", "en": "expected a table"},
    "fields": {"nl": "hier horen {names}", "en": "expected {names}"},
    "bounds": {
        "nl": "moet tussen {low} en {high} liggen, en is {found}",
        "en": "must lie between {low} and {high}, is {found}",
    },
    "most": {"nl": "hoogstens {most}, en is {found}", "en": "at most {most}, is {found}"},
    "whole": {"nl": "hier hoort een heel getal", "en": "expected a whole number"},
    "number": {"nl": "hier hoort een getal", "en": "expected a number"},
    "years": {
        "nl": "hier horen jaren van 0.5 tot 10, heel of half", "en": "expected years from 0.5 to 10, whole or half",
    },
    "limits": {"nl": "hier horen twee grenzen, oranje en rood", "en": "expected two limits, amber and red"},
}  # fmt: skip


def told(line: int | None, where: str, code: str, params: Mapping[str, object], lang: str) -> str:
    """The line, the name that stands in the file, and what is wrong; numbers as TOML writes them."""
    at = LINE[lang].format(line=line) if line else ""
    return f"{at}{where + ': ' if where else ''}{WHY[code][lang].format(**params)}"
