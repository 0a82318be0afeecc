"""Two visits on one day: the first and last day that both windows allow, and the days on which they do not."""

from datetime import date, timedelta

import pytest

from clinic.domain.same_day import LONGEST_WAIT, Window, common, still_open
from tests.domain.makers import d

TODAY = d("23-11-2026")  # a Monday
CONTROL = Window(d("01-12-2026"), d("31-12-2026"))
LATE = still_open(d("01-11-2026"), d("20-11-2026"), None, TODAY)


@pytest.mark.parametrize(
    ("opens", "late", "shared"),
    [
        ("01-11-2026", "30-11-2026", None),  # closes the day before
        ("01-11-2026", "01-12-2026", Window(d("01-12-2026"), d("01-12-2026"))),  # one day, a Tuesday
        ("10-12-2026", "31-01-2027", Window(d("10-12-2026"), d("31-12-2026"))),
        ("31-12-2026", "31-01-2027", Window(d("31-12-2026"), d("31-12-2026"))),
        ("01-01-2027", "31-01-2027", None),  # opens the day after
    ],
)
def test_both_windows_have_to_allow_the_day(opens, late, shared):
    other = still_open(d(opens), d(late), None, TODAY)
    assert common(CONTROL, other) == common(other, CONTROL) == shared


def test_days_that_have_passed_do_not_count():
    assert still_open(d("01-11-2026"), d("30-11-2026"), None, TODAY) == Window(TODAY, d("30-11-2026"))


def test_on_the_last_day_of_a_window_there_is_one_day_left_and_after_it_every_day_is_as_late():
    last = d("30-11-2026")
    assert still_open(d("01-11-2026"), last, None, last) == Window(last, last)
    after = last + timedelta(1)
    assert still_open(d("01-11-2026"), last, None, after) == Window(after, None, LONGEST_WAIT)


def test_one_that_is_late_already_goes_along_on_any_day_of_the_other():
    assert common(CONTROL, LATE) == CONTROL
    assert common(LATE, LATE) == Window(TODAY)


def test_one_that_is_late_is_not_put_off_until_the_window_of_the_other_opens_long_after():
    last = d("31-12-2027")
    assert common(Window(d("21-12-2026"), last), LATE) == Window(d("21-12-2026"), last)
    assert common(Window(d("22-12-2026"), last), LATE) is None
    assert common(LATE, Window(d("22-12-2026"), last)) is None


@pytest.mark.parametrize(
    ("very_late", "shared"),
    [
        ("15-12-2026", Window(d("01-12-2026"), d("15-12-2026"))),
        ("01-12-2026", Window(d("01-12-2026"), d("01-12-2026"))),  # one day, a Tuesday
        ("30-11-2026", None),  # it would be very late by then
        ("22-11-2026", None),  # it is very late, and waits for nothing
    ],
)
def test_one_that_is_late_is_not_carried_past_the_day_after_which_it_is_very_late(very_late, shared):
    late = still_open(d("01-11-2026"), d("20-11-2026"), d(very_late), TODAY)
    assert common(CONTROL, late) == common(late, CONTROL) == shared


def test_one_that_is_very_late_goes_along_when_the_window_of_the_other_is_open():
    very_late = still_open(d("01-11-2026"), d("20-11-2026"), d("22-11-2026"), TODAY)
    assert common(very_late, Window(TODAY, d("31-12-2026"))) == Window(TODAY, d("31-12-2026"))


def test_a_weekend_or_a_holiday_is_no_day_to_come():
    weekend = Window(d("28-11-2026"), d("29-11-2026"))
    assert common(weekend, LATE) is None
    assert common(weekend._replace(last=d("30-11-2026")), LATE) is not None
    monday = frozenset({date(2026, 11, 30)})
    assert common(weekend._replace(last=d("30-11-2026")), LATE, monday) is None


def test_a_window_that_begins_in_a_long_closure_has_days_after_it():
    closed = frozenset(date(2026, 11, 30) + timedelta(days=n) for n in range(19))
    window = Window(d("30-11-2026"), d("18-12-2026"))
    assert common(window, LATE, closed) is None
    assert common(window._replace(last=d("21-12-2026")), LATE, closed) is not None


def test_a_window_that_closed_before_it_opens_has_no_day():
    assert common(Window(d("02-12-2026"), d("01-12-2026")), LATE) is None
