"""Height loss, BMI, bone classes, change in BMD, kidney function: whole numbers and decimals, never floats."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from itertools import count
from types import MappingProxyType
from typing import NamedTuple

from clinic.domain.calendar import add_days, add_months
from clinic.domain.facts import Facts, Measured, by_value
from clinic.domain.protocol import Protocol
from clinic.domain.record import Scan
from clinic.domain.vocabulary import AlertCode, ScanSite, Sex

SITES = tuple(ScanSite)
HEIGHT_ALERTS = frozenset((AlertCode.HEIGHT_LOSS_MEASURED, AlertCode.HEIGHT_LOSS_RECALLED))
NOT_COMPARED = Decimal("Infinity")
COCKCROFT_GAULT: Mapping[Sex, Decimal] = MappingProxyType({Sex.MALE: Decimal("1.23"), Sex.FEMALE: Decimal("1.04")})


class HeightLoss(NamedTuple):
    """The latest height against its reference, in mm; positive is loss."""

    latest: Measured
    reference: Measured
    loss_mm: int


class BmdChange(NamedTuple):
    """The latest BMD at a site against an earlier one on the same device; a negative percent is loss."""

    site: ScanSite
    earlier_on: date
    earlier_mg_cm2: int
    latest_on: date
    latest_mg_cm2: int
    lsc_percent: Decimal

    @property
    def percent(self) -> Decimal:
        """The change in percent of the earlier value."""
        return Decimal(self.latest_mg_cm2 - self.earlier_mg_cm2) * 100 / self.earlier_mg_cm2

    @property
    def told_percent(self) -> Decimal:
        """The same as it is written: −4.99 beside an LSC of 5.0, never −5.0 and "within"."""
        return told(self.percent, 1, lambda percent: abs(percent) >= self.lsc_percent)

    @property
    def beyond_lsc(self) -> bool:
        """A loss at or beyond the least significant change."""
        lost = self.earlier_mg_cm2 - self.latest_mg_cm2  # most gained: no decimals for those
        return lost >= 0 and lost * 100 >= self.lsc_percent * self.earlier_mg_cm2

    @property
    def gain_beyond_lsc(self) -> bool:
        """A gain at or beyond it."""
        return (self.latest_mg_cm2 - self.earlier_mg_cm2) * 100 >= self.lsc_percent * self.earlier_mg_cm2


def told(value: Decimal, places: int, holds: Callable[[Decimal], bool]) -> Decimal:
    """In so many places, or in as many as it takes for what holds of a value to hold of what is written of it."""
    rounded = (value.quantize(Decimal(1).scaleb(-more), ROUND_HALF_UP) for more in count(places))
    return next(one for one in rounded if holds(one) == holds(value))


def heights(facts: Facts) -> list[Measured]:
    """Heights in mm of every kind of control, by day."""
    return facts.heights


def weights(facts: Facts) -> list[Measured]:
    """Weights in g of every kind of control, by day."""
    return facts.weights


def before_latest(measured: Sequence[Measured]) -> Sequence[Measured]:
    """The values of days before the latest one's, by day: those of one day are not compared with one another."""
    end = len(measured) - 1
    while end > 0 and measured[end - 1].on == measured[-1].on:
        end -= 1
    return measured[: max(end, 0)]


def reset_height(facts: Facts, measured: Sequence[Measured], protocol: Protocol) -> Measured | None:
    """The latest height on or before a spine image + 90 d, or a note on height loss: the new reference."""
    if not facts.images and not facts.notes:
        return None
    until = [add_days(on, protocol.height_reset_days) for on in facts.images]
    until += [n.on for n in facts.notes if n.alert in HEIGHT_ALERTS]
    if not until:
        return None
    return next((m for m in reversed(measured) if m.on <= max(until)), None)


def height_loss(facts: Facts, protocol: Protocol) -> HeightLoss | None:
    """Loss against the reference of section 5; None without heights of two days to compare.

    Of several heights of the day of a reset the lowest is that reset, and the others are none to compare with.
    """
    measured = heights(facts)
    if len(measured) < 2:
        return None
    latest = measured[-1]
    earlier = before_latest(measured)
    reset = reset_height(facts, measured, protocol)
    if not earlier or (reset is not None and reset.on >= latest.on):
        return None
    base = reset or earlier[0]
    window = add_months(latest.on, -protocol.height_months)
    since = reset.on if reset else date.min
    reference = max([base, *[m for m in earlier if m.on >= window and m.on > since]], key=by_value)
    return HeightLoss(latest, reference, reference.value - latest.value)


def bmi(weight_g: int, height_mm: int) -> Decimal:
    """kg/m2 from g and mm."""
    return Decimal(weight_g) * 1000 / (Decimal(height_mm) * height_mm)


def told_bmi(weight_g: int, height_mm: int) -> int:
    """The BMI in tenths of kg/m2, halves up: as it is written, so that written values and their difference agree."""
    return int((bmi(weight_g, height_mm) * 10).quantize(Decimal(1), ROUND_HALF_UP))


def told_weight(weight_g: int) -> int:
    """The weight in tenths of kg, halves up: as it is written, so that written values and their difference agree."""
    return (2 * weight_g + 100) // 200


def bmis(facts: Facts) -> list[Measured]:
    """The BMI in tenths of every kind of control that measured both height and weight, by day."""
    return [
        Measured(c.on, told_bmi(c.weight_g, c.height_mm))
        for c in facts.contacts
        if c.height_mm is not None and c.weight_g is not None
    ]


def lsc(site: ScanSite, device: str | None, protocol: Protocol) -> Decimal:
    """The least significant change in percent of the earlier value; the device's own when the clinic has it."""
    own = protocol.device_lsc_percent.get(device or "", {})
    return own.get(site, protocol.lsc_percent[site])


def values_at(facts: Facts, site: ScanSite) -> list[tuple[Scan, int]]:
    """The scans with a BMD at a site whose result is in, by the day they were made; of one day the lowest last."""
    found = [
        (scan, value.bmd_mg_cm2)
        for scan in facts.received
        if (value := scan.sites.get(site)) is not None and value.bmd_mg_cm2 is not None
    ]
    if facts.scanned_twice:
        found.sort(key=lambda one: (one[0].on, -one[1], one[0].device or ""))
    return found


def previous(values: Sequence[tuple[Scan, int]]) -> tuple[Scan, int]:
    """The last of these values to compare a later one with; of one day the highest, against which a loss shows."""
    return next(value for value in values if value[0].on == values[-1][0].on)


def change(site: ScanSite, earlier: tuple[Scan, int], latest: tuple[Scan, int], protocol: Protocol) -> BmdChange:
    """The latest value against an earlier one."""
    scan, bmd = latest
    return BmdChange(site, earlier[0].on, earlier[1], scan.on, bmd, lsc(site, scan.device, protocol))


def bmd_changes(facts: Facts, site: ScanSite, protocol: Protocol) -> list[BmdChange]:
    """The latest value at a site against the previous and the course's first, on the same device only.

    Values of one day are not compared with one another; of several of the latest day the one that shows most loss.
    """
    values = values_at(facts, site)
    if len(values) < 2:
        return []
    on = values[-1][0].on
    if values[-2][0].on < on:
        return changes_of(facts, site, values[:-1], values[-1], protocol)
    before = [value for value in values if value[0].on < on]
    found = (changes_of(facts, site, before, latest, protocol) for latest in values[len(before) :])
    return min(found, key=most_loss)


def most_loss(changes: Sequence[BmdChange]) -> tuple[bool, Decimal]:
    """What is beyond the least significant change first, then the largest loss; what cannot be compared last."""
    return not any(one.beyond_lsc for one in changes), min((one.percent for one in changes), default=NOT_COMPARED)


def changes_of(
    facts: Facts, site: ScanSite, before: Sequence[tuple[Scan, int]], latest: tuple[Scan, int], protocol: Protocol
) -> list[BmdChange]:
    """One value against the previous and the course's first before it on its device."""
    if latest[0].device is None:
        return []
    same = [value for value in before if value[0].device == latest[0].device]
    compared = [previous(same)] if same else []
    if len(same) > 1 and facts.current is not None:
        since = add_months(facts.current.started_on, -protocol.chain_months)
        in_course = [value for value in same if since <= value[0].on < same[-1][0].on]
        compared += in_course[:1]
    return [change(site, earlier, latest, protocol) for earlier in compared]


def all_bmd_changes(facts: Facts, protocol: Protocol) -> list[BmdChange]:
    """The same at every site; an alert and a criterion ask for it, so it is worked out once for both."""
    if len(facts.received) < 2:
        return []
    version, found = facts.bmd_changes
    if version is not protocol:
        found = [change for site in SITES for change in bmd_changes(facts, site, protocol)]
        facts.bmd_changes = (protocol, found)
    return found


def age(birth_date: date, on: date) -> int:
    """Whole years on a day."""
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))


def creatinine_clearance(sex: Sex, years: int, weight_g: int, creatinine_umol_l: int) -> Decimal:
    """Cockcroft-Gault in ml/min from whole years, g and µmol/l."""
    return (140 - years) * Decimal(weight_g) / 1000 * COCKCROFT_GAULT[sex] / creatinine_umol_l
