"""Days of birth that may be one: of somebody whose day or month is not known only what both know is compared."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, extract, or_

from clinic.domain.vocabulary import StartPrecision
from clinic.store.patients import Patient


def known_birth(on: date, precision: str) -> str:
    """No more of a birth date, 1953-03-14, than is known: 1953-03 or 1953."""
    return on.isoformat()[: {"year": 4, "month": 7}.get(precision, 10)]


def may_be_one(one: Any, other: Any) -> bool:
    """Whether two births agree as far as both are known."""
    first, second = (known_birth(who.birth_date, who.birth_precision) for who in (one, other))
    return first.startswith(second) or second.startswith(first)


def firsts(on: date) -> tuple[date, date, date]:
    """How a birth on this day is kept: the day, else the first of its month, else the first of its year."""
    return on, on.replace(day=1), on.replace(month=1, day=1)


def born(on: date, precision: str) -> list[ColumnElement[bool]]:
    """Who may be born then, in parts that are ranges of the index each, who is known as well as this first."""
    _day, month, year = firsts(on)
    parts = [
        and_(Patient.birth_date == year, Patient.birth_precision == StartPrecision.YEAR.value),
        and_(Patient.birth_date == month, Patient.birth_precision == StartPrecision.MONTH.value),
    ]
    if precision == StartPrecision.YEAR:
        return [parts[0], Patient.birth_date.between(year, on.replace(month=12, day=31))]
    if precision == StartPrecision.MONTH:
        last = on.replace(day=monthrange(on.year, on.month)[1])
        return [parts[1], Patient.birth_date.between(month, last), parts[0]]
    return [Patient.birth_date == on, *reversed(parts)]


def as_far_as_known(one: Any, other: Any) -> ColumnElement[bool]:
    """`may_be_one` of two tables of which one at least knows no day, in SQL."""
    same = {part: extract(part, one.birth_date) == extract(part, other.birth_date) for part in ("year", "month")}
    by_year = or_(one.birth_precision == "year", other.birth_precision == "year")
    return and_(same["year"], or_(by_year, same["month"]))
