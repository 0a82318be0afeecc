"""What a due item is, and how one is made from the window table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from clinic.domain.calendar import add_days, add_months
from clinic.domain.protocol import SOURCES, Protocol


class Why(NamedTuple):
    """A reason as a code and plain values; said in the reader's language at the edge."""

    code: str
    params: Mapping[str, Any]


class DueItem(NamedTuple):
    """One thing that is due; its dates come from facts alone, its status from a day."""

    code: str
    due_on: date
    opens_on: date
    late_after: date
    very_late_after: date | None
    subject: date | None
    why: Why
    source: str
    backlog: bool


def signing_day(item: DueItem) -> date:
    """The day by which the rules know what a doctor signs about an item: the computed one, wherever it stands.

    Of what goes along with an item that was moved it is the day without that move, and so it holds after the next one.
    """
    params = item.why.params
    found: date | None = params.get("own") or (params["computed"] if item.why.code == "moved" else None)
    return found or item.due_on


def make(
    protocol: Protocol, code: str, due_on: date, registered_on: date, why: Why, subject: date | None = None
) -> DueItem:
    """An item with the window of its code (table at the end of protocol section 4)."""
    kind = "agreed" if code.startswith("agreed.") else code
    opens_days, opens_months, late_days, very_late_days, very_late_months = protocol.windows[kind]
    opens = add_months(due_on, -opens_months) if opens_months else add_days(due_on, -opens_days)
    late = add_days(due_on, late_days) if late_days else due_on
    very_late = None
    if very_late_months is not None:
        very_late = add_months(due_on, very_late_months)
    elif very_late_days is not None:
        very_late = add_days(due_on, very_late_days)
    return DueItem(code, due_on, opens, late, very_late, subject, why, SOURCES[kind], due_on < registered_on)
