"""Months that clamp, and Dutch working days."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from functools import lru_cache


@lru_cache(maxsize=65536)
def add_months(day: date, months: int) -> date:
    """The same day n months on, clamped to the month's last day (protocol D1)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    month += 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


@lru_cache(maxsize=65536)
def add_days(day: date, days: int) -> date:
    """n days on."""
    return day + timedelta(days)


@lru_cache(maxsize=256)
def easter(year: int) -> date:
    """Easter Sunday by the Gregorian computus (Meeus)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    j = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * j) // 451
    month, day = divmod(h + j - 7 * m + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=256)
def holidays(year: int) -> frozenset[date]:
    """Dutch public holidays that are no working days (protocol D4)."""
    sunday = easter(year)
    kings_day = date(year, 4, 27)
    if kings_day.weekday() == 6:
        kings_day = date(year, 4, 26)
    moving = (1, 39, 50)  # Easter Monday, Ascension, Whit Monday
    fixed = (date(year, 1, 1), kings_day, date(year, 12, 25), date(year, 12, 26))
    return frozenset((*fixed, *(add_days(sunday, days) for days in moving)))


def is_working_day(day: date, extra: frozenset[date] = frozenset()) -> bool:
    """Monday to Friday, no public holiday, none of the clinic's extra ones."""
    return day.weekday() < 5 and day not in holidays(day.year) and day not in extra


@lru_cache(maxsize=65536)
def add_working_days(day: date, days: int, extra: frozenset[date] = frozenset()) -> date:
    """The nth working day after a day."""
    while days:
        day = add_days(day, 1)
        if is_working_day(day, extra):
            days -= 1
    return day


def working_days_between(start: date, end: date, extra: frozenset[date] = frozenset()) -> int:
    """How many working days lie after start, up to and including end."""
    return sum(is_working_day(add_days(start, step), extra) for step in range(1, (end - start).days + 1))
