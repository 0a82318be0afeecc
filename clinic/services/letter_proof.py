"""The proof that the GP hears of everything in time: per patient, per kind and month, and as a list of what left."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from clinic.domain.calendar import add_days, add_months, add_working_days
from clinic.domain.vocabulary import LetterAbout
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services.work import Work
from clinic.store import letter_lists, letter_proof
from clinic.store.copies import LetterCopy
from clinic.store.letter_proof import CODES, MEASURED, Days, Place
from clinic.store.letters import Letter

MONTHS = 6
PAGE = 50
MOST_SENT = 20_000
PER_PATIENT = (LetterAbout.START, *MEASURED)


class Told(NamedTuple):
    """A fact, when its letter was due, and when it left."""

    about: LetterAbout
    fact_on: date
    due_on: date
    sent_on: date | None
    today: date
    waived: bool

    @property
    def gap(self) -> bool:
        """The GP should know by now, and does not; nor did a doctor let it lapse."""
        return self.sent_on is None and self.due_on < self.today and not self.waived


@dataclass(frozen=True, slots=True)
class Month:
    """What became of the letters of one kind in one month."""

    first: date
    counts: Counter[str]

    @property
    def due(self) -> int:
        """How many should have left by now."""
        return sum(self.counts[state] for state in ("in_time", "late", "missing"))


def due_day(work: Work, clock: date) -> date:
    """The day until which a letter is in time (protocol S7)."""
    return add_working_days(clock, work.protocol.letter_days, work.protocol.extra_holidays)


def days_of(work: Work, first: date, months: int) -> Days:
    """Every day of some months with the day on which a letter that counts from it is due."""
    last = add_days(add_months(first, months), -1)
    days = [add_days(first, step) for step in range((last - first).days + 1)]
    return [(day, due_day(work, day)) for day in days]


def shares(work: Work, months: int = MONTHS) -> dict[LetterAbout, list[Month]]:
    """By kind and month, this month last: what left in time, late, not at all, and what still may."""
    work.needs(May.READ_LISTS)
    first = add_months(work.today.replace(day=1), 1 - months)
    days = days_of(work, first, months)
    return {about: by_month(work, about, days, first, months) for about in MEASURED}


def by_month(work: Work, about: LetterAbout, days: Days, first: date, months: int) -> list[Month]:
    """The months of one kind."""
    found: dict[date, Counter[str]] = defaultdict(Counter)
    for clock, state, count in letter_proof.counts(work.session, about, days, work.today):
        found[clock.replace(day=1)][state] += count
    return [Month(month, found[month]) for month in (add_months(first, step) for step in range(months))]


def behind(work: Work, about: LetterAbout, month: date, state: str, after: Place | None) -> Sequence[Any]:
    """The facts behind a number, one more than a page when more follow; whose they are is written down as shown."""
    work.needs(May.READ_LISTS)
    days = days_of(work, month, 1)
    rows = letter_proof.behind(work.session, about, days, work.today, state, after, PAGE + 1)
    if rows:
        shown = sorted({row.patient_id for row in rows[:PAGE]})
        work.note(Action.PATIENT_LISTED, subject=f"letters:proof_{about}_{state}", shown=shown)
    return rows


def of_patient(work: Work, patient_id: int) -> list[Told]:
    """What the GP was told of: the latest of each kind, and every gap; newest first."""
    work.needs(May.READ_PATIENT)
    found, waived = [], letter_proof.waived_of(work.session, patient_id)

    def told_of(about: LetterAbout, row: Any) -> Told:
        due_on = due_day(work, row.clock)
        return Told(about, row.fact_on, due_on, row.sent_on, work.today, (CODES.get(about), due_on) in waived)

    for about in PER_PATIENT:
        told = [told_of(about, row) for row in letter_proof.of_patient(work.session, about, patient_id)]
        found += [one for place, one in enumerate(told) if place == 0 or one.gap]
    return sorted(found, key=lambda one: one.fact_on, reverse=True)


class Sent(NamedTuple):
    """A letter or a copy that left, with its patient's number and what it told of."""

    what: Letter | LetterCopy
    letter: Letter
    number: str
    about: list[str]
    to_herself: bool
    """By number alone: whose name would stand on the envelope is left out."""


def sent(work: Work, first: date, last: date) -> list[Sent]:
    """What left in a period, letters and copies each by themselves; whose they are is written down as shown."""
    work.needs(May.READ_LISTS)
    rows = letter_proof.sent(work.session, first, last, MOST_SENT)
    also = letter_proof.sent_copies(work.session, first, last, MOST_SENT)
    about = letter_lists.told_of(work.session, list({row.Letter.id for row in (*rows, *also)}))
    found = [Sent(row.Letter, row.Letter, row.number, about.get(row.Letter.id, []), row.Letter.hers) for row in rows]
    found += [
        Sent(row.LetterCopy, row.Letter, row.number, about.get(row.Letter.id, []), row.gp_id is None) for row in also
    ]
    shown = sorted({one.letter.patient_id for one in found})
    work.note(Action.LIST_EXPORTED, subject="letters:sent", shown=shown)
    return sorted(found, key=lambda one: (one.what.sent_on or last, one.letter.id))
