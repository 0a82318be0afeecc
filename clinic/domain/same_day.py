"""On which days two visits can be one: the days that lie in both windows, from today on."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from clinic.domain.calendar import add_days, is_working_day

LONGEST_WAIT = 28  # D
"""Days that one which is late already may wait for the other's window; further ahead one visit would put it off.

A choice of this project (D), no setting of the protocol: it says what is proposed, not what is due.
"""
LONGEST_HOLIDAY = 10  # no row of weekends and public holidays is longer; the clinic's own days off come on top


class Window(NamedTuple):
    """The first and the last day of a window; without a last day every day from the first will do."""

    first: date
    last: date | None = None
    wait: int | None = None
    """Of what is late already: for how many days the other's window may still be closed."""


def still_open(opens_on: date, late_after: date, very_late_after: date | None, today: date) -> Window:
    """What is left of an item's window; until it is very late, one day is as good as another for what is late already.

    What is very late waits for nothing: it goes along when the other's window is open today.
    """
    first = max(opens_on, today)
    if late_after >= today:
        return Window(first, late_after)
    if very_late_after is None or very_late_after >= today:
        return Window(first, very_late_after, LONGEST_WAIT)
    return Window(first, None, 0)


def common(one: Window, other: Window, days_off: frozenset[date] = frozenset()) -> Window | None:
    """The days in both windows; none without a working day, or when what is late would have to wait long."""
    lasts = [last for last in (one.last, other.last) if last is not None]
    found = Window(max(one.first, other.first), min(lasts, default=None))
    if any(late.wait is not None and found.first > add_days(late.first, late.wait) for late in (one, other)):
        return None
    days = (add_days(found.first, n) for n in range(LONGEST_HOLIDAY + len(days_off)))
    fits = any(is_working_day(day, days_off) and (found.last is None or day <= found.last) for day in days)
    return found if fits else None
