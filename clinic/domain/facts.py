"""A record as it is known on a day: what is dated later does not exist yet (protocol D5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from operator import attrgetter
from typing import Any, NamedTuple, Protocol, TypeVar

from clinic.domain.record import Control, Course, Fracture, Lab, Pause, Record, Review, Scan
from clinic.domain.vocabulary import ControlKind, PatientStatus, ReviewOutcome


class Dated(Protocol):
    """A fact of a day."""

    @property
    def on(self) -> date:
        """Its day."""


F = TypeVar("F")
D = TypeVar("D", bound=Dated)
CLINIC, INTERIM, POSTPONE = ControlKind.CLINIC, ControlKind.INTERIM, ReviewOutcome.POSTPONE
by_on = attrgetter("on")
by_from = attrgetter("from_on")
by_value = attrgetter("value")


class Measured(NamedTuple):
    """A value and the day it was measured."""

    on: date
    value: int


class Facts:
    """The record sorted and cut to a day, made once and read by every rule."""

    __slots__ = (
        "active", "agreements", "bmd_changes", "contacts", "controls", "courses", "current", "fractures",
        "full_controls", "heights", "images", "labs", "last", "moved", "noted", "notes", "on", "patient",
        "received", "record", "reviews", "scanned_twice", "scans", "seen_twice", "settled", "status", "told",
        "waived", "weights",
    )  # fmt: skip

    def __init__(self, record: Record, on: date) -> None:
        patient = record.patient
        self.record = record
        self.on = on
        self.patient = patient
        later = patient.status_on is not None and patient.status_on > on
        self.status = PatientStatus.ACTIVE if later else patient.status
        self.active = self.status == PatientStatus.ACTIVE
        self.courses = in_order([known_course(c, on) for c in record.courses if c.started_on <= on], course_order)
        self.last: Course | None = self.courses[-1] if self.courses else None
        running = [c for c in self.courses if c.stopped_on is None]
        self.current: Course | None = running[-1] if running else None
        self.contacts: list[Control] = known(record.controls, on)
        self.controls = [c for c in self.contacts if c.kind != INTERIM]
        self.full_controls = [c for c in self.controls if c.kind == CLINIC or c.counts]
        self.heights = [Measured(c.on, c.height_mm) for c in self.contacts if c.height_mm is not None]
        self.weights = [Measured(c.on, c.weight_g) for c in self.contacts if c.weight_g is not None]
        self.seen_twice = several_of_a_day(self.contacts)
        if self.seen_twice:
            self.heights.sort(key=lowest_last)
            self.weights.sort(key=lowest_last)
        self.scans: list[Scan] = known(record.scans, on)
        self.received = [s for s in self.scans if s.received_on is not None and s.received_on <= on]
        self.scanned_twice = several_of_a_day(self.received)
        self.images = [i.on for i in known(record.spine_images, on)]
        self.fractures = known(record.fractures, on, fracture_order)
        self.labs = known(record.labs, on, lab_order)
        self.reviews: list[Review] = known(record.reviews, on, review_order)
        self.settled = [r for r in self.reviews if r.outcome != POSTPONE]
        self.agreements = [a for a in record.agreements if a.made_on <= on]
        self.waived = {(w.code, w.due_on) for w in record.waivers if w.on <= on}
        self.moved = {(o.code, o.subject, o.computed_on): o for o in record.overrides if o.on <= on}
        self.notes = known(record.notes, on)
        self.noted = {n.alert: n.on for n in self.notes}
        self.told = {(x.about, x.about_on) for x in record.letters if x.sent_on is not None and x.sent_on <= on}
        self.bmd_changes: tuple[Any, list[Any]] = (None, [])  # of which version of the protocol; `bone` works them out


def known(found: Sequence[D], on: date, order: Callable[[D], Any] = by_on) -> list[D]:
    """What is dated on a day or before it, by day; most patients have none of a kind."""
    if not found:
        return []
    there = [one for one in found if one.on <= on]
    if len(there) > 1:
        there.sort(key=order)
    return there


def in_order(found: list[F], key: Callable[[F], Any]) -> list[F]:
    """By day; one alone needs no sorting."""
    return found if len(found) < 2 else sorted(found, key=key)


def several_of_a_day(found: Sequence[Dated]) -> bool:
    """Whether two of them are of one day."""
    return len(found) > 1 and len({one.on for one in found}) < len(found)


def lowest_last(measured: Measured) -> tuple[date, int]:
    """By day; of one day the lowest last, for it is what raises an alert: order of entry does not matter."""
    return measured.on, -measured.value


def course_order(course: Course) -> tuple[date, date, str]:
    """Courses by start; of those that began on one stored day (D3) the one that ended last or runs is the last."""
    return course.started_on, course.stopped_on or date.max, course.drug


def fracture_order(fracture: Fracture) -> tuple[date, str, str]:
    """Fractures by day; those of one day by bone, so that order of entry does not matter."""
    return fracture.on, fracture.site, str(fracture.low_energy)


def lab_order(lab: Lab) -> tuple[date, int]:
    """Blood values by day; of one day the highest creatinine last, for it is what raises an alert."""
    return lab.on, lab.creatinine_umol_l or 0


def review_order(review: Review) -> tuple[date, date, str]:
    """Reviews by day; those of one day by the date they name, so that order of entry does not matter."""
    return review.on, review.until or review.effective_on or date.min, review.outcome


def known_course(course: Course, on: date) -> Course:
    """A course as known on a day: a later stop has not happened, a pause that ends later is open."""
    stopped_later = course.stopped_on is not None and course.stopped_on > on
    if not (
        stopped_later
        or (course.doses and max(course.doses) > on)
        or (course.pauses and any(p.from_on > on or (p.until_on or p.from_on) > on for p in course.pauses))
    ):
        return course
    return replace(
        course,
        stopped_on=None if stopped_later else course.stopped_on,
        stop_reason=None if stopped_later else course.stop_reason,
        doses=tuple(dose for dose in course.doses if dose <= on),
        pauses=tuple(known_pause(p, on) for p in course.pauses if p.from_on <= on),
    )


def known_pause(pause: Pause, on: date) -> Pause:
    """A pause that ends later than the day is open on it."""
    return replace(pause, until_on=None) if pause.until_on is not None and pause.until_on > on else pause


def days_of_change(record: Record) -> Iterator[date | None]:
    """Every date on which, by D5, something becomes known."""
    yield record.patient.status_on
    yield record.patient.handover_confirmed_on
    for course in record.courses:
        yield from (course.started_on, course.stopped_on, *course.doses)
        for pause in course.pauses:
            yield from (pause.from_on, pause.until_on)
    for scan in record.scans:
        yield from (scan.on, scan.received_on)
    for letter in record.letters:
        yield letter.sent_on
    for agreement in record.agreements:
        yield agreement.made_on
    groups = (
        record.controls, record.spine_images, record.fractures, record.labs, record.reviews, record.waivers,
        record.overrides, record.notes,
    )  # fmt: skip
    for group in groups:
        yield from (fact.on for fact in group)


def next_change(record: Record, on: date) -> date | None:
    """The first later day on which a fact recorded ahead becomes known; None when nothing is ahead."""
    return min((day for day in days_of_change(record) if day is not None and day > on), default=None)
