"""What can be entered: hard limits refuse, soft limits ask; one table, in the units in which values are stored.

Source: the clinic's fact sheet on input limits, a choice of this project (D).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from statistics import median_low
from typing import NamedTuple

from clinic.domain.bone import bmi
from clinic.domain.errors import RuleBroken

Value = int | Decimal | None


class Limit(NamedTuple):
    """Soft and hard bounds, both inclusive, and how many stored units make one shown unit."""

    soft_low: int
    soft_high: int
    hard_low: int
    hard_high: int
    scale: int
    unit: str

    @property
    def soft(self) -> dict[str, str]:
        """What is usual, as a sentence names it."""
        return {"low": shown(self.soft_low, self), "high": shown(self.soft_high, self), "unit": self.unit}

    @property
    def hard(self) -> dict[str, str]:
        """What is possible, as a sentence names it."""
        return {"low": shown(self.hard_low, self), "high": shown(self.hard_high, self), "unit": self.unit}


LIMITS = {
    "height": Limit(1400, 1950, 1000, 2200, 10, "cm"),
    "weight": Limit(40_000, 130_000, 25_000, 250_000, 1000, "kg"),
    "bmi": Limit(160, 450, 100, 700, 10, "kg/m²"),
    "lumbar_spine": Limit(500, 1500, 200, 2000, 1000, "g/cm²"),
    "total_hip": Limit(400, 1400, 200, 2000, 1000, "g/cm²"),
    "femoral_neck": Limit(350, 1300, 200, 2000, 1000, "g/cm²"),
    "score": Limit(-50, 30, -80, 80, 10, "SD"),
    "calcium": Limit(200, 275, 100, 500, 100, "mmol/l"),
    "vitamin_d": Limit(20, 150, 3, 500, 1, "nmol/l"),
    "creatinine": Limit(35, 200, 10, 1500, 1, "µmol/l"),
    "egfr": Limit(15, 120, 1, 200, 1, "ml/min"),
    "pth": Limit(10, 150, 1, 3000, 10, "pmol/l"),
    "glucocorticoid": Limit(10, 600, 1, 2500, 10, "mg"),
    "missed_doses": Limit(0, 84, 0, 84, 1, ""),  # of twelve weeks: one a day at most
    "falls": Limit(0, 365, 0, 365, 1, ""),
}
READING_ASK_MM = 5  # a reading this far off the median is measured again
READING_WRONG_MM = 50  # beyond this it is a typing error
HEIGHT_CHANGE_MM = 20  # since the last control
WEIGHT_CHANGE_G = 5_000
WEIGHT_CHANGE_PERCENT = 10


def check_hard(field: str, name: str, value: Value) -> None:
    """Refuse a value that cannot be, with the range."""
    if is_impossible(name, value):
        hard = LIMITS[name].hard
        unit = f" {hard['unit']}".rstrip()  # a number of times has none
        raise RuleBroken(field, "out_of_range", **hard | {"unit": unit})


def shown(value: int, limit: Limit) -> str:
    """A bound as the clinic writes it."""
    return str(Decimal(value) / limit.scale).replace("-", "−").replace(".", ",")


def stored(name: str, value: Decimal | None) -> Decimal | None:
    """A value in shown units in those of its limit."""
    return None if value is None else value * LIMITS[name].scale


def question(field: str, name: str, value: Value) -> str:
    """What is asked about an unusual value, as its confirmation names it: of another value it is another question."""
    return f"{field}:{name}={value}"


def is_impossible(name: str, value: Value) -> bool:
    """Outside the hard limits: never kept."""
    limit = LIMITS[name]
    return value is not None and not limit.hard_low <= value <= limit.hard_high


def is_unusual(name: str, value: Value) -> bool:
    """Outside the soft limits: kept when confirmed."""
    limit = LIMITS[name]
    return value is not None and not limit.soft_low <= value <= limit.soft_high


def body_mass(heights: Sequence[int], weight: int | None) -> Decimal | None:
    """The BMI of one control in the units of its limit; None when height or weight was not measured."""
    return stored("bmi", bmi(weight, mean(heights))) if weight and heights and mean(heights) else None


def mean(readings: Sequence[int]) -> int:
    """The mean of the readings in whole mm, halves up."""
    return (2 * sum(readings) + len(readings)) // (2 * len(readings))


def check_readings(readings: Sequence[int]) -> None:
    """Refuse a reading far off the others, with a suggestion when two digits were swapped."""
    if len(readings) < 2:
        return
    middle = median_low(readings)
    for number, reading in enumerate(readings, 1):
        off = abs(reading - middle)
        if off > READING_WRONG_MM:
            meant = swapped(reading, middle)
            code = "reading_swapped" if meant is not None else "reading_wrong"
            limit = LIMITS["height"]
            params = {"number": number, "off": shown(off, limit)}
            raise RuleBroken(f"height_{number}", code, **params, **({"meant": shown(meant, limit)} if meant else {}))


def unlike(readings: Sequence[int]) -> int | None:
    """The number of the reading that should be measured again; None when they agree."""
    if len(readings) < 2:
        return None
    middle = median_low(readings)
    worst = max(range(len(readings)), key=lambda n: abs(readings[n] - middle))
    return worst + 1 if abs(readings[worst] - middle) > READING_ASK_MM else None


def swapped(reading: int, middle: int) -> int | None:
    """The reading with two neighbouring digits swapped, when that brings it near the others."""
    digits = list(str(reading))
    for place in range(len(digits) - 1):
        tried = digits.copy()
        tried[place], tried[place + 1] = tried[place + 1], tried[place]
        value = int("".join(tried))
        if abs(value - middle) <= READING_ASK_MM:
            return value
    return None


def unusual(heights: Sequence[int], weight: int | None, last_height: int | None, last_weight: int | None) -> list[str]:
    """The questions a control raises before it is kept, each with its value: of another value it is another question.

    Empty when nothing is out of the ordinary.
    """
    asked = []
    height = mean(heights) if heights else None
    if unlike(heights) is not None:
        asked.append("reading_unlike=" + "-".join(map(str, heights)))
    if is_unusual("height", height):
        asked.append(f"height_unusual={height}")
    if height is not None and last_height is not None and abs(height - last_height) > HEIGHT_CHANGE_MM:
        asked.append(f"height_changed={height}")
    if is_unusual("weight", weight):
        asked.append(f"weight_unusual={weight}")
    if weight is not None and last_weight is not None:
        change = abs(weight - last_weight)
        if change > WEIGHT_CHANGE_G or change * 100 > last_weight * WEIGHT_CHANGE_PERCENT:
            asked.append(f"weight_changed={weight}")
    if is_unusual("bmi", body_mass(heights, weight)):
        asked.append(f"bmi_unusual={weight}-{height}")
    return asked
