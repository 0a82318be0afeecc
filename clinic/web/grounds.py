"""What a decision rested on, in words: as it was when it was signed, and as it is now."""

from __future__ import annotations

from decimal import Decimal

from clinic.domain import review
from clinic.domain.grounds import BMD, BMD_CHANGE, CLEARANCE, EXPOSURE, HEIGHT_LOSS, PLANNED_END, TEN_YEARS, WEIGHT
from clinic.domain.protocol import Protocol
from clinic.domain.vocabulary import CriterionCode, ScanSite
from clinic.web.language import gettext as _
from clinic.web.presenters import bmd, cm, kg, number
from clinic.wording import why
from clinic.wording.labels import label

UNKNOWN = "–"


def changed(
    code: str,
    answers: tuple[bool | None, bool | None],
    values: tuple[str | None, str | None],
    rules: Protocol,
    lang: str,
) -> str:
    """One ground: an answer with its value, or a value alone.

    A criterion is named with the numbers of the version under which the decision was signed.
    """
    if code in set(CriterionCode):
        words = {True: _("met"), False: _("not met"), None: _("unknown")}
        then, now = (
            f"{words[met]} ({why.said('fact', value, lang)})" if value else str(words[met])
            for met, value in zip(answers, values, strict=True)
        )
        return f"{why.criterion(code, review.numbers(CriterionCode(code), rules), lang)}: {then} → {now}"
    then, now = (UNKNOWN if value is None else shown(code, value, lang) for value in values)
    return f"{name(code, lang)}: {then} → {now}"


def name(code: str, lang: str) -> str:
    """What a value is called."""
    kind, _dot, site = code.partition(".")
    if site:
        names = {BMD: _("BMD %(site)s", site=label(ScanSite(site), lang).lower()),
                 BMD_CHANGE: _("Change in BMD %(site)s", site=label(ScanSite(site), lang).lower())}  # fmt: skip
        return str(names[f"{kind}."])
    names = {
        PLANNED_END: _("Planned end"),
        TEN_YEARS: _("10 years on bisphosphonates"),
        EXPOSURE: _("Days on bisphosphonates"),
        HEIGHT_LOSS: _("Height loss"),
        WEIGHT: _("Weight"),
        CLEARANCE: _("Clearance"),
    }
    return str(names[code])


def shown(code: str, value: str, lang: str) -> str:
    """A value with its unit."""
    if code.startswith(BMD):
        return f"{bmd(int(value))} g/cm²"
    if code.startswith(BMD_CHANGE):
        return f"{number(Decimal(value))} %"
    units = {HEIGHT_LOSS: lambda: f"{cm(int(value))} cm", WEIGHT: lambda: f"{kg(int(value))} kg",
             CLEARANCE: lambda: f"{number(Decimal(value))} ml/min"}  # fmt: skip
    return units[code]() if code in units else why.said("fact", value, lang)
