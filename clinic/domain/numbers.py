"""Every number of a protocol under a key of its own, with safe bounds: read out, put in, checked against each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

from clinic.domain.protocol import DEFAULT, SOURCES, WINDOWS, Protocol, Window
from clinic.domain.settings import BY_NAME, ORDERED, Setting
from clinic.domain.vocabulary import Drug

Value = int | Decimal | None
Values = Mapping[str, Value]
CREDITS = (0, 50, 100)  # C5 none, half, full
STEPS, PLACES = ("amber", "red"), ("first", "long")
DOSE_BOUNDS = {"zoledronic_acid": (9, 24), "ibandronic_acid_iv": (2, 6), "denosumab": (5, 7)}
FRACTIONS = ("low_bmi", "lsc_percent", "criterion_hip_t", "criterion_age_t", "criterion_glucocorticoid_mg")
SHORTEST_MONTH = 28


class Wrong(NamedTuple):
    """Which number is wrong and why."""

    key: str
    code: str
    params: Mapping[str, Any]


def of_tables() -> Iterator[Setting]:
    """The numbers that stand in a table by drug, by site or by item."""
    for drug, lengths in DEFAULT.durations.items():
        for place, _years in zip(PLACES, lengths, strict=False):
            yield Setting(f"durations.{drug}.{place}", "C1", "years", 1, 10, "FMS 2022, ASBMR 2016")
    for drug in DEFAULT.break_months:
        yield Setting(f"break_months.{drug}", "K5", "months", 6, 60, "NOGG 2021")
    for name, (low, high) in DOSE_BOUNDS.items():
        yield Setting(f"dose_months.{name}", "S5", "months", low, high, SOURCES[f"dose.{name}"])
    for drug, limits in DEFAULT.renal.items():
        for step, limit in zip(STEPS, limits, strict=True):
            yield Setting(f"renal.{drug}.{step}", "§5", "ml_min", 15, 60, "SmPC", optional=limit is None)
    for site in DEFAULT.lsc_percent:
        yield Setting(f"lsc_percent.{site}", "§5", "percent", 2, 10, "ISCD")
    for code, window in WINDOWS.items():
        yield from of_window(code, window)


def of_window(code: str, window: Window) -> Iterator[Setting]:
    """What an item's window counts; what it does not count stays so."""
    for name, value in zip(Window._fields, window, strict=True):
        if value:
            unit, most = ("months", 12) if name.endswith("_months") else ("days", 120)
            yield Setting(f"windows.{code}.{name}", "§4", unit, 1, most, SOURCES[code])


ALL: Mapping[str, Setting] = MappingProxyType(BY_NAME | {one.name: one for one in of_tables()})

IN_ORDER = (
    # the first lies below the second: a window or limit that turned round would hide what is late
    *ORDERED,
    ("yearly_gap_months", "yearly_months"),
    ("long_pause_from_months", "long_pause_months"),
    ("lab_before_days", "lab_within_days"),
    *((f"renal.{drug}.red", f"renal.{drug}.amber") for drug in DEFAULT.renal),
    *((f"durations.{drug}.first", f"durations.{drug}.long") for drug, n in DEFAULT.durations.items() if len(n) > 1),
    *(
        (f"windows.{code}.late_days", f"windows.{code}.very_late_days")
        for code, window in WINDOWS.items()
        if window.late_days and window.very_late_days
    ),
)

AFTER_FRACTURE = ("dxa.after_fracture", "spine_image.after_fracture", "review.after_fracture")
OPENS_IN_TIME = tuple(("fracture_days", f"windows.{code}.opens_days") for code in AFTER_FRACTURE)
"""What is due so long after a fracture opens at that fracture or before (protocol 4), and is never waited for."""


def whole(setting: Setting) -> bool:
    """Whether only whole numbers fit."""
    return setting.unit != "years" and not setting.name.startswith(FRACTIONS)


def values(protocol: Protocol) -> dict[str, Value]:
    """Every number of a protocol by key."""
    return {key: value_of(protocol, key) for key in ALL}


def value_of(protocol: Protocol, key: str) -> Value:
    """One number of a protocol."""
    table, _, rest = key.partition(".")
    found: Any = getattr(protocol, table)
    row, _, part = rest.rpartition(".")
    if table == "windows":
        found = getattr(found[row], part)
    elif table == "renal":
        found = found[Drug(row)][STEPS.index(part)]
    elif table == "durations":
        lengths = found[Drug(row)]
        found = lengths[PLACES.index(part)] if len(lengths) > PLACES.index(part) else None
    elif rest:
        found = found[rest]
    return found  # type: ignore[no-any-return]


def changed(base: Protocol, given: Values) -> Protocol:
    """A protocol with other numbers; what is not given stays."""
    known: dict[str, Any] = {**values(base), **given}
    plain: dict[str, Any] = {key: known[key] if whole(one) else Decimal(known[key]) for key, one in BY_NAME.items()}
    return replace(
        base,
        dose_months={drug: known[f"dose_months.{drug}"] for drug in DOSE_BOUNDS},
        windows={code: window(code, base.windows[code], known) for code in WINDOWS},
        durations={drug: lengths(drug, known) for drug in DEFAULT.durations},
        break_months={drug: known[f"break_months.{drug}"] for drug in DEFAULT.break_months},
        renal={drug: (known[f"renal.{drug}.amber"], known[f"renal.{drug}.red"]) for drug in DEFAULT.renal},
        lsc_percent={site: Decimal(known[f"lsc_percent.{site}"]) for site in DEFAULT.lsc_percent},
        **plain,
    )


def window(code: str, base: Window, known: Mapping[str, Any]) -> Window:
    """The window of an item."""
    return base._replace(**{name: known[key] for name in Window._fields if (key := f"windows.{code}.{name}") in ALL})


def lengths(drug: Drug, known: Mapping[str, Any]) -> tuple[Decimal, ...]:
    """The durations offered for a drug."""
    return tuple(Decimal(known[key]) for place in PLACES if (key := f"durations.{drug}.{place}") in ALL)


def wrong(setting: Setting, value: object) -> Wrong | None:
    """What is wrong with one number, if anything."""
    if value is None:
        return None if setting.optional else Wrong(setting.name, "setting_missing", {})
    if not isinstance(value, int | Decimal) or (whole(setting) and value % 1):
        return Wrong(setting.name, "setting_whole", {})
    if not setting.low <= value <= setting.high:
        return Wrong(setting.name, "setting_bounds", {"low": setting.low, "high": setting.high})
    if setting.unit == "years" and value * 2 % 1:
        return Wrong(setting.name, "setting_half_years", {})
    if setting.name == "credit_percent" and value not in CREDITS:
        return Wrong(setting.name, "setting_credit", {})
    return None


def wrongs(given: Mapping[str, Any]) -> list[Wrong]:
    """Everything wrong with all numbers of a protocol: out of bounds, or in contradiction to each other."""
    found = [told for key, setting in ALL.items() if (told := wrong(setting, given[key]))]
    return found or list(contradictions(given))


def contradictions(given: Mapping[str, Any]) -> Iterator[Wrong]:
    """Pairs of numbers that turned round."""
    for low, high in IN_ORDER:
        if given[low] is not None and given[high] is not None and given[low] >= given[high]:
            yield Wrong(low, "setting_order", {"other": high})
    for code in WINDOWS:
        late, months = (given.get(f"windows.{code}.{name}") for name in ("late_days", "very_late_months"))
        if late and months and late >= months * SHORTEST_MONTH:
            yield Wrong(f"windows.{code}.late_days", "setting_order", {"other": f"windows.{code}.very_late_months"})
    for days, opens in OPENS_IN_TIME:
        if given[days] > given[opens]:
            yield Wrong(days, "setting_most", {"other": opens})
    if given["before_review_days"] > given["before_review_opens_months"] * SHORTEST_MONTH:
        yield Wrong("before_review_days", "setting_most", {"other": "before_review_opens_months"})


def reshaped(protocol: Protocol) -> list[Wrong]:
    """Numbers of a file that have no bounds here: a window that counts what it never did, a third duration."""
    windows = [
        Wrong(f"windows.{code}.{name}", "setting_unknown", {})
        for code, built_in in WINDOWS.items()
        for name in Window._fields
        if f"windows.{code}.{name}" not in ALL and getattr(protocol.windows[code], name) != getattr(built_in, name)
    ]
    years = [
        Wrong(f"durations.{drug}", "setting_unknown", {})
        for drug, offered in DEFAULT.durations.items()
        if len(protocol.durations[drug]) > len(offered)
    ]
    return windows + years
