"""How the clinic does: each figure as a row of a table, and the cases of one patient that count in it.

A case counts on its day, is met or not once its window is over, and carries why it is left out. What was due before
the patient was registered is no case: that is the backlog with which she came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from math import sqrt
from types import MappingProxyType
from typing import NamedTuple

from clinic.domain import due
from clinic.domain.facts import Facts, days_of_change
from clinic.domain.items import DueItem
from clinic.domain.protocol import Protocol
from clinic.domain.record import Record
from clinic.domain.treatment import DECISIONS
from clinic.domain.vocabulary import ControlKind, DueCode, LetterAbout

FEWEST = 10  # below this a percentage says nothing, and n could point at somebody
Z95 = 1.959964


class Figure(StrEnum):
    """What is counted; the first four stand on the first page."""

    LETTER = "letter"
    YEARLY = "yearly"
    DECISION = "decision"
    INJECTION = "injection"
    INFUSION = "infusion"
    FIRST = "first"
    PERSISTENCE = "persistence"
    MEASURED = "measured"
    HEIGHT = "height"
    PREPARED = "prepared"
    OVERRUN = "overrun"
    LOST = "lost"


FIRST_PAGE = (Figure.LETTER, Figure.YEARLY, Figure.DECISION, Figure.INJECTION)
OF_THE_DAY = (Figure.OVERRUN, Figure.LOST)  # who is there on one day, not what was due in a period


class CaseState(StrEnum):
    """How a case ended; open while its window is not over."""

    MET = "met"
    MISSED = "missed"
    OPEN = "open"
    LEFT_OUT = "left_out"


class Case(NamedTuple):
    """One thing that counts: in which figure, on which day, how it ended and when it was done."""

    figure: Figure
    on: date
    state: CaseState
    done_on: date | None = None


class Share(NamedTuple):
    """So many of so many, with the percentage and its 95 % interval in tenths; None below ten."""

    met: int
    n: int
    tenths: int | None
    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class OfItems:
    """A figure that follows due items: which, until when they are on time, and by what they are done."""

    codes: frozenset[str]
    on_time_until: Callable[[DueItem], date]
    done_on: Callable[[Record], set[date]]
    once_open: bool = True
    """Done before the window opens is another control or dose, after which the item has another date."""


def late_after(item: DueItem) -> date:
    """On time until it is late."""
    return item.late_after


def very_late_after(item: DueItem) -> date:
    """On time until it is very late: for an injection 28 days after its date."""
    return item.very_late_after or item.late_after


def full_controls(record: Record) -> set[date]:
    """The days of controls in person, and by phone where they count."""
    return {c.on for c in record.controls if c.kind == ControlKind.CLINIC or (c.kind == ControlKind.PHONE and c.counts)}


def decisions(record: Record) -> set[date]:
    """The days on which was decided to continue, stop or switch."""
    return {r.on for r in record.reviews if r.outcome in DECISIONS}


def doses(record: Record) -> set[date]:
    """The days on which something was given."""
    return {dose for course in record.courses for dose in course.doses}


ITEMS: Mapping[Figure, OfItems] = MappingProxyType(
    {
        Figure.YEARLY: OfItems(
            frozenset((DueCode.CONTROL_YEARLY, DueCode.CONTROL_BREAK_YEARLY)), late_after, full_controls
        ),
        Figure.DECISION: OfItems(
            frozenset(("review.end_of_course", "review.standard", "review.class_limit")),
            late_after, decisions, once_open=False,
        ),
        Figure.INJECTION: OfItems(frozenset(("dose.denosumab",)), very_late_after, doses),
        Figure.INFUSION: OfItems(frozenset(("dose.zoledronic_acid", "dose.ibandronic_acid_iv")), late_after, doses),
    }
)  # fmt: skip
FIGURE_OF = {code: figure for figure, row in ITEMS.items() for code in row.codes}


def of_items(record: Record, since: date, on: date, protocol: Protocol) -> Iterator[Case]:
    """The past of her due items, read again from day to day: which were done in time, which were not.

    An agreed date lies within the window of the item whose place it takes, so the item itself is followed.
    """
    bare = replace(record, agreements=(), notes=(), labs=(), spine_images=(), fractures=(), scans=(), letters=())
    days = sorted({since, *(day for day in days_of_change(bare) if day is not None and since < day <= on)})
    left = left_on(record, on)
    standing: list[DueItem] = []
    for day in days:
        now = [item for item in due.due_items(bare, day, protocol) if item.code in FIGURE_OF and not item.backlog]
        for item in standing:
            if (item.code, item.due_on) not in {(other.code, other.due_on) for other in now}:
                yield from ended(record, item, day, now, left)
        standing = now
    for item in standing:
        if item.due_on <= on:
            yield Case(FIGURE_OF[item.code], item.due_on, of_standing(item, on, left))


def left_on(record: Record, on: date) -> date | None:
    """The day on which she died, moved, was transferred or declined, as far as it is known on a day."""
    facts = Facts(record, on)
    return None if facts.active else facts.patient.status_on


def of_standing(item: DueItem, on: date, left: date | None) -> CaseState:
    """How an item that still stands counts; an injection stands after she left (S6), but was due elsewhere."""
    if left is not None and left < item.due_on:
        return CaseState.LEFT_OUT
    return CaseState.MISSED if on > ITEMS[FIGURE_OF[item.code]].on_time_until(item) else CaseState.OPEN


def ended(record: Record, item: DueItem, day: date, now: Iterable[DueItem], left: date | None) -> Iterator[Case]:
    """An item that no longer stands from a day on: done, too late for it, moved to another date, or left out."""
    figure = FIGURE_OF[item.code]
    row = ITEMS[figure]
    until = row.on_time_until(item)
    gone = left is not None and left < item.due_on
    here = left is None or left >= min(day, item.due_on)
    if here and day in row.done_on(record) and (day >= item.opens_on or not row.once_open):
        yield Case(figure, item.due_on, CaseState.MET if day <= until else CaseState.MISSED, day)
    elif not gone and (day > until or (left == day and day > item.due_on)):
        yield Case(figure, item.due_on, CaseState.MISSED)
    elif gone or left == day or (day > item.due_on and item.code not in {other.code for other in now}):
        yield Case(figure, item.due_on, CaseState.LEFT_OUT)


def of_letters(record: Record, since: date, on: date, protocol: Protocol) -> Iterator[Case]:
    """Whether the GP heard of each control by the fifth working day; a case counts on the day of its control.

    Of what comes after she left none is owed (S8); who left before a letter was due and not sent is left out.
    """
    facts = Facts(replace(record, letters=()), on)
    left = left_on(record, on)
    sent: dict[date, date] = {}
    for letter in record.letters:
        if letter.about == LetterAbout.CONTROL and letter.sent_on is not None:
            sent[letter.about_on] = min(letter.sent_on, sent.get(letter.about_on, letter.sent_on))
    for item in due.letters(facts, protocol, left):
        if item.code == DueCode.LETTER_AFTER_CONTROL and item.subject is not None and item.subject >= since:
            case = by_day(Figure.LETTER, item.subject, item.due_on, sent.get(item.subject), on)
            gone = left is not None and left < item.due_on and case.state != CaseState.MET
            if gone or (item.code, item.due_on) in facts.waived:
                case = Case(Figure.LETTER, item.subject, CaseState.LEFT_OUT)
            yield case


def by_day(figure: Figure, counts_on: date, until: date, done_on: date | None, on: date) -> Case:
    """A case that is met when it was done by a day."""
    if done_on is not None and done_on <= on:
        return Case(figure, counts_on, CaseState.MET if done_on <= until else CaseState.MISSED, done_on)
    return Case(figure, counts_on, CaseState.MISSED if on > until else CaseState.OPEN)


def share(met: int, n: int) -> Share:
    """The percentage with its interval by Wilson's score, which also holds near 0 and 100 %."""
    if n < FEWEST:
        return Share(met, n, None, None, None)
    p, square = met / n, Z95 * Z95
    middle, half = p + square / (2 * n), Z95 * sqrt(p * (1 - p) / n + square / (4 * n * n))
    low, high = ((middle + side * half) / (1 + square / n) for side in (-1, 1))
    return Share(met, n, round(p * 1000), round(low * 1000), round(high * 1000))
