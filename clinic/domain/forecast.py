"""What the coming months ask of the clinic: what is due, and what will come again when everything goes as planned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from clinic.domain.calendar import add_months
from clinic.domain.protocol import Protocol
from clinic.domain.vocabulary import AgreementWhat, DueCode

MONTHS = 24


class Kind(StrEnum):
    """What a forecast counts."""

    CONTROL = "control"
    DXA = "dxa"
    DOSE = "dose"
    REVIEW = "review"


FIRST_WORDS = {"control": Kind.CONTROL, "dxa": Kind.DXA, "dose": Kind.DOSE, "review": Kind.REVIEW,
               "reassess": Kind.REVIEW, "course": Kind.REVIEW}  # fmt: skip
AGREED = {AgreementWhat.CONTROL: Kind.CONTROL, AgreementWhat.DXA: Kind.DXA, AgreementWhat.REVIEW: Kind.REVIEW}


def kind_of(code: str) -> Kind | None:
    """The kind of an item; None of what is not counted."""
    first, _, what = code.partition(".")
    return AGREED.get(AgreementWhat(what)) if first == "agreed" else FIRST_WORDS.get(first)


def interval(code: str, protocol: Protocol) -> int | None:
    """After how many months an item comes again; None when it does not by itself."""
    if code in (DueCode.CONTROL_EARLY, DueCode.CONTROL_YEARLY, DueCode.CONTROL_BREAK_YEARLY, "agreed.control"):
        return protocol.yearly_months
    return protocol.dose_months.get(code.removeprefix("dose.")) if code.startswith("dose.") else None


@dataclass(slots=True)
class Month:
    """One month from its first day: patients with an item due in it, and items that come again in it."""

    first: date
    due: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(Kind, 0))
    again: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(Kind, 0))


def ahead(
    due: Mapping[tuple[str, date], int], items: Mapping[tuple[str, date], int], today: date, protocol: Protocol
) -> list[Month]:
    """24 months from this one: `due` by kind and `items` by code, each by the first day of the month.

    What is due before this month is not spread over the months: it comes again counted from now.
    """
    start = today.replace(day=1)
    months = {first: Month(first) for first in (add_months(start, step) for step in range(MONTHS))}
    for (kind, first), count in due.items():
        if first in months:
            months[first].due[Kind(kind)] = count
    for (code, first), count in items.items():
        kind_here, every = kind_of(code), interval(code, protocol)
        at = add_months(max(first, start), every) if kind_here and every else None
        while at in months and kind_here and every:
            months[at].again[kind_here] += count
            at = add_months(at, every)
    return list(months.values())
