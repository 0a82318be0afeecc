"""Calling who is late: when somebody asked to be called later is shown again, and when a letter is proposed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from clinic.domain.vocabulary import CallOutcome

CLAIM_HOLDS = timedelta(minutes=15)  # who phones longer claims the row again
LETTER_AFTER = 3  # attempts in vain, one after another
LONGEST_AHEAD = timedelta(days=92)
HIDES_AT_MOST = timedelta(days=14)  # whoever is late is seen again by then, whatever was asked


def hides_until(called_on: date, call_back_on: date) -> date:
    """Until when a row is left alone: the day she asked for, at most a fortnight."""
    return min(call_back_on, called_on + HIDES_AT_MOST)


def hidden(late_after: date, very_late_after: date | None, called_on: date, hidden_until: date, day: date) -> bool:
    """Whether a snooze still hides an item: until its day, but never past a late date that came since the call.

    What is very late is always shown.
    """
    became_late = called_on <= late_after < day
    very_late = very_late_after is not None and very_late_after < day
    return hidden_until > day and not became_late and not very_late


def attempts(outcomes: Iterable[CallOutcome]) -> int:
    """Attempts in vain since she was last reached, from outcomes with the latest first."""
    count = 0
    for outcome in outcomes:
        if outcome != CallOutcome.NO_ANSWER:
            break
        count += 1
    return count
