"""The call list: a snooze hides until its day and never past a late date; three attempts propose a letter."""

from __future__ import annotations

from datetime import date

import pytest

from clinic.domain.calling import LETTER_AFTER, attempts, hidden, hides_until
from clinic.domain.vocabulary import CallOutcome as O

CALLED, BACK = date(2026, 11, 10), date(2026, 12, 10)


@pytest.mark.parametrize(
    ("late_after", "very_late_after", "day", "stays_away"),
    [
        (date(2026, 11, 1), None, date(2026, 12, 9), True),  # late already when she was called
        (date(2026, 11, 1), None, BACK, False),  # the day she asked for
        (date(2026, 11, 20), None, date(2026, 11, 20), True),  # still in time
        (date(2026, 11, 20), None, date(2026, 11, 21), False),  # late since the call: seen
        (CALLED, None, date(2026, 11, 11), False),  # its last day in time was the day of the call
        (date(2026, 11, 1), date(2026, 11, 25), date(2026, 11, 25), True),
        (date(2026, 11, 1), date(2026, 11, 25), date(2026, 11, 26), False),  # very late: always seen
    ],
)
def test_a_snooze_hides_until_its_day_and_never_past_a_late_date(late_after, very_late_after, day, stays_away):
    assert hidden(late_after, very_late_after, CALLED, BACK, day) is stays_away


@pytest.mark.parametrize(
    ("latest_first", "count"),
    [
        ([], 0),
        ([O.NO_ANSWER] * 3, 3),
        ([O.NO_ANSWER, O.NO_ANSWER, O.CALL_BACK, O.NO_ANSWER], 2),
        ([O.CALL_BACK, O.NO_ANSWER], 0),
        ([O.LETTER, O.NO_ANSWER, O.NO_ANSWER, O.NO_ANSWER], 0),
    ],
)
def test_attempts_count_since_she_was_reached_or_written_to(latest_first, count):
    assert attempts(latest_first) == count


def test_three_attempts_propose_a_letter():
    assert LETTER_AFTER == 3


def test_whoever_is_late_is_seen_again_within_a_fortnight():
    assert hides_until(CALLED, date(2026, 11, 24)) == date(2026, 11, 24)
    assert hides_until(CALLED, BACK) == date(2026, 11, 24)
