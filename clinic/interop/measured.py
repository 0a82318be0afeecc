"""Measurements as a file writes them, against the limits of the pages: soft ones flagged, hard ones refused."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from clinic.domain import limits
from clinic.interop import values
from clinic.interop.reader import CHECK, REFUSED, Reader


def measured(r: Reader) -> tuple[int | None, int | None]:
    """Height in mm and weight in g; hard limits leave the value out, soft ones and BMI are flagged (clinical 3.4)."""
    height = within(r, "height_cm", r.read("height_cm", values.number), "height")
    weight = within(r, "weight_kg", r.read("weight_kg", values.number), "weight")
    if height and weight:
        bmi = round(weight / (height / 100) ** 2, 1)
        if limits.is_unusual("bmi", limits.stored("bmi", bmi)):
            r.complain("weight_kg", CHECK, "bmi_unusual", bmi=str(bmi), **bounds(limits.LIMITS["bmi"].soft))
    return (whole(height * 10) if height else None), (whole(weight * 1000) if weight else None)


def whole(value: Decimal) -> int:
    """A measure in whole units, halves up: what Excel computed lies a hair beside what it shows (137.79999)."""
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


def within(r: Reader, name: str, found: Decimal | None, limited: str) -> Decimal | None:
    """A measurement against its limits; beyond the hard ones the row stays out."""
    limit, value = limits.LIMITS[limited], limits.stored(limited, found)
    if limits.is_impossible(limited, value):
        r.complain(name, REFUSED, "measurement_impossible", typed=str(found), **bounds(limit.hard))
        return None
    if limits.is_unusual(limited, value):
        r.complain(name, CHECK, "measurement_unusual", typed=str(found), **bounds(limit.soft))
    return found


def bounds(told: dict[str, str]) -> dict[str, str]:
    """A range without its unit: the file has its own."""
    return {"low": told["low"], "high": told["high"]}
