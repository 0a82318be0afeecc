"""The letters of the clinic by state, each page of a list written down once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, not_

from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import four_eyes, restrictions
from clinic.services.work import Work
from clinic.store import letter_lists
from clinic.store.letter_lists import Place

PAGE = 50
MOST_EXPORTED = 20_000


@dataclass(frozen=True, slots=True)
class Line:
    """A letter on a list."""

    row: Any
    about: list[str]
    closed: bool = False
    """Her record is restricted and not for whoever looks: that there is a letter is told, not what was said of it."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page; `after` is the place of its last line when more follow."""

    lines: list[Line]
    after: Place | None


def show(work: Work, state: str, after: Place | None = None, most: int = PAGE, own: bool = False) -> Page:
    """One page of the letters in a state, and one line of the log with whose they are.

    Of those to authorise the ones that she leaves to others are not hers to go through: they are there when `own`.
    """
    work.needs(May.READ_LISTS)
    found = letter_lists.page(work.session, state, after, most + 1, only(work, state, own))
    here = found[:most]
    about = letter_lists.told_of(work.session, [row.id for row in here]) if here else {}
    if here:
        work.note(Action.PATIENT_LISTED, subject=f"letters:{state}", shown=sorted({row.patient_id for row in here}))
    last = (here[-1].due_on, here[-1].id) if len(found) > most else None
    closed = restrictions.closed_among(work, {row.patient_id for row in here})
    return Page([Line(row, about.get(row.id, []), row.patient_id in closed) for row in here], last)


def only(work: Work, state: str, own: bool) -> ColumnElement[bool] | None:
    """Which of the letters in a state; None for all of them."""
    others = four_eyes.left_to_others(work) if state == "to_authorise" else None
    return others if others is None or own else not_(others)


def whole(work: Work, state: str, own: bool = False) -> list[Line]:
    """All letters in a state for a file, up to the most that a spreadsheet is asked to hold."""
    return show(work, state, most=MOST_EXPORTED, own=own).lines


def counts(work: Work) -> tuple[dict[str, int], int]:
    """How many letters are in each state, and how many should have left already."""
    work.needs(May.READ_LISTS)
    return letter_lists.counts(work.session, work.today, four_eyes.left_to_others(work))
