"""What an infusion or injection still needs before it is given: creatinine, clearance, weight, calcium, vitamin D."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from clinic.domain import bone
from clinic.domain.calendar import add_days, is_working_day
from clinic.domain.facts import Measured
from clinic.domain.protocol import Protocol
from clinic.domain.vocabulary import Drug, Sex

DOSE_DAYS = 14  # how far ahead doses are seen to
WORKING_WEEK = 5


class NeedState(StrEnum):
    """How a value stands before a dose."""

    KNOWN = "known"
    TOO_OLD = "too_old"
    BELOW_LIMIT = "below_limit"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Need:
    """A value before a dose: creatinine µmol/l, clearance ml/min, weight g, calcium mmol/l, vitamin D nmol/l.

    `since` is the first day that counts (S5) when the value is too old, `limit` what the clearance lies below.
    """

    what: str
    state: NeedState
    value: Decimal | None = None
    on: date | None = None
    since: date | None = None
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class LabValues:
    """Blood values of a day."""

    on: date
    creatinine_umol_l: int | None = None
    calcium_mmol_l: Decimal | None = None
    vitamin_d_nmol_l: int | None = None


@dataclass(frozen=True, slots=True)
class BeforeDose:
    """What is known of somebody who is to have a dose: labs and weights in order of their day."""

    drug: Drug
    due_on: date
    sex: Sex
    birth_date: date
    labs: tuple[LabValues, ...] = ()
    weight: Measured | None = None


def seen_until(today: date, closed: Iterable[date]) -> date:
    """Fourteen days on; when closing days fall in that week, the Sunday of the first week without any."""
    shut = frozenset(closed)
    last = add_days(today, DOSE_DAYS)
    if open_week(last, shut):
        return last
    while not open_week(last, shut):
        last = add_days(last, 7)
    return add_days(last, 6 - last.weekday())


def open_week(day: date, closed: frozenset[date]) -> bool:
    """Whether the clinic is open from Monday to Friday of this day's week."""
    monday = add_days(day, -day.weekday())
    return all(is_working_day(add_days(monday, step), closed) for step in range(WORKING_WEEK))


def needs(known: BeforeDose, protocol: Protocol) -> tuple[Need, ...]:
    """The five values, in the order in which they are looked at."""
    weight = known.weight
    return (
        creatinine(known, protocol),
        clearance(known, protocol),
        Need("weight", NeedState.KNOWN, Decimal(weight.value), weight.on) if weight else missing("weight"),
        latest("calcium", ((lab.on, lab.calcium_mmol_l) for lab in known.labs)),
        latest("vitamin_d", ((lab.on, lab.vitamin_d_nmol_l) for lab in known.labs)),
    )


def missing(what: str) -> Need:
    """Nothing is recorded."""
    return Need(what, NeedState.MISSING)


def latest(what: str, values: Iterable[tuple[date, Decimal | int | None]]) -> Need:
    """The last value that is recorded."""
    found = [(on, value) for on, value in values if value is not None]
    return Need(what, NeedState.KNOWN, Decimal(found[-1][1]), found[-1][0]) if found else missing(what)


def creatinines(known: BeforeDose) -> list[tuple[date, int]]:
    """The creatinines by day; of one day the highest last, as for the alert."""
    return sorted((lab.on, lab.creatinine_umol_l) for lab in known.labs if lab.creatinine_umol_l is not None)


def creatinine(known: BeforeDose, protocol: Protocol) -> Need:
    """The last creatinine; before zoledronic acid it must be of the 60 days before the dose is due (S5, SmPC)."""
    found = latest("creatinine", creatinines(known))
    since = add_days(known.due_on, -protocol.lab_within_days)
    if known.drug != Drug.ZOLEDRONIC_ACID or found.on is None or found.on >= since:
        return found
    return Need(found.what, NeedState.TOO_OLD, found.value, found.on, since)


def clearance(known: BeforeDose, protocol: Protocol) -> Need:
    """Cockcroft-Gault with the last creatinine and weight, beside the drug's limits (section 6)."""
    found = latest("creatinine", creatinines(known))
    if found.value is None or found.on is None or known.weight is None:
        return missing("clearance")
    years = bone.age(known.birth_date, found.on)
    value = bone.creatinine_clearance(known.sex, years, known.weight.value, int(found.value))
    below = [limit for limit in protocol.renal.get(known.drug, ()) if limit is not None and value < limit]
    state = NeedState.BELOW_LIMIT if below else NeedState.KNOWN
    return Need("clearance", state, value.quantize(Decimal("0.1")), found.on, limit=min(below, default=None))
