"""A record as it is known on a day: what is dated later does not exist yet (protocol D5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from clinic.domain.record import Control, Course, Letter, Pause, Record, Review, Scan
from clinic.domain.vocabulary import ControlKind, PatientStatus, ReviewOutcome

F = TypeVar("F")
by_on = attrgetter("on")
by_start = attrgetter("started_on")
by_from = attrgetter("from_on")


class Measured(NamedTuple):
    """A value and the day it was measured."""

    on: date
    value: int


class Facts:
    """The record sorted and cut to a day, made once and read by every rule."""

    __slots__ = (
        "active", "agreements", "contacts", "controls", "courses", "current", "fractures", "full_controls", "heights",
        "images", "labs", "last", "letters", "moved", "notes", "on", "patient", "received", "record", "reviews",
        "scans", "settled", "status", "waived", "weights",
    )  # fmt: skip

    def __init__(self, record: Record, on: date) -> None:
        patient = record.patient
        self.record = record
        self.on = on
        self.patient = patient
        later = patient.status_on is not None and patient.status_on > on
        self.status = PatientStatus.ACTIVE if later else patient.status
        self.active = self.status == PatientStatus.ACTIVE
        self.courses = in_order([known_course(c, on) for c in record.courses if c.started_on <= on], by_start)
        self.last: Course | None = self.courses[-1] if self.courses else None
        self.current: Course | None = next((c for c in reversed(self.courses) if c.stopped_on is None), None)
        self.contacts: list[Control] = in_order([c for c in record.controls if c.on <= on], by_on)
        self.controls = [c for c in self.contacts if c.kind != ControlKind.INTERIM]
        self.full_controls = [c for c in self.controls if c.kind == ControlKind.CLINIC or c.counts]
        self.heights = [Measured(c.on, c.height_mm) for c in self.contacts if c.height_mm is not None]
        self.weights = [Measured(c.on, c.weight_g) for c in self.contacts if c.weight_g is not None]
        self.scans: list[Scan] = in_order([s for s in record.scans if s.on <= on], by_on)
        self.received = [s for s in self.scans if s.received_on is not None and s.received_on <= on]
        self.images = sorted(i.on for i in record.spine_images if i.on <= on)
        self.fractures = in_order([f for f in record.fractures if f.on <= on], by_on)
        self.labs = in_order([x for x in record.labs if x.on <= on], by_on)
        self.reviews: list[Review] = in_order([r for r in record.reviews if r.on <= on], review_order)
        self.settled = [r for r in self.reviews if r.outcome != ReviewOutcome.POSTPONE]
        self.agreements = [a for a in record.agreements if a.made_on <= on]
        self.waived = {(w.code, w.due_on) for w in record.waivers if w.on <= on}
        self.moved = {(o.code, o.subject, o.computed_on): o for o in record.overrides if o.on <= on}
        self.notes = [n for n in record.notes if n.on <= on]
        self.letters: list[Letter] = [x for x in record.letters if x.sent_on is not None and x.sent_on <= on]


def in_order(found: list[F], key: Callable[[F], Any]) -> list[F]:
    """By day; most patients have none or one of a kind, and those need no sorting."""
    return found if len(found) < 2 else sorted(found, key=key)


def review_order(review: Review) -> tuple[date, date, str]:
    """Reviews by day; those of one day by the date they name, so that order of entry does not matter."""
    return review.on, review.until or review.effective_on or date.min, review.outcome


def known_course(course: Course, on: date) -> Course:
    """A course as known on a day: a later stop has not happened, a pause that ends later is open."""
    stopped_later = course.stopped_on is not None and course.stopped_on > on
    if not (
        stopped_later
        or any(dose > on for dose in course.doses)
        or any(p.from_on > on or (p.until_on or p.from_on) > on for p in course.pauses)
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
