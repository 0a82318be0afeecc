"""A date that a doctor moved, when another is computed since: her question is open again until the item is done.

What was done is no question any more: the next yearly control, injection or review is an item that nobody moved.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from clinic.domain.calendar import add_days
from clinic.domain.facts import Facts
from clinic.domain.items import DueItem
from clinic.domain.record import Override
from clinic.domain.vocabulary import DueCode

YEARLY = frozenset((DueCode.CONTROL_YEARLY, DueCode.CONTROL_BREAK_YEARLY))
LOOKED_AT = frozenset(("review", "reassess", "course", "dxa", "spine_image"))
"""What a doctor looks at when she decides, also when she puts it off."""


def goes_before(facts: Facts, code: str, days: int, computed_on: date, chosen_on: date) -> date | None:
    """From which day of a review or infusion an item so many days before it is counted; None when it was let lapse.

    It goes along with the day that a doctor chose for the other, but for what she signed about this item itself: that
    is known by the day it has without the other's move, and holds.
    """
    if chosen_on == computed_on:
        return computed_on
    own = add_days(computed_on, -days)
    if (code, own) in facts.waived:
        return None
    return computed_on if (code, None, own) in facts.moved else chosen_on


def outdated(facts: Facts, item: DueItem) -> Override | None:
    """What a doctor chose for this item when another day was computed: the question is open again."""
    chosen = [o for o in facts.moved.values() if (o.code, o.subject) == (item.code, item.subject)]
    if any(item.due_on in (o.chosen_on, o.computed_on) for o in chosen):
        return None
    still = [o for o in chosen if not done_since(facts, o, item)]
    return max(still, key=lambda o: o.on, default=None)


def done_since(facts: Facts, override: Override, item: DueItem) -> bool:
    """Whether what was moved is done since it was signed, or belonged to a course before this one.

    A control before the window of a yearly one gives that another date, and leaves it owed. On the day of signing
    itself nothing is done but what was open: the next dose is often moved on the day of the last one.
    """
    opened = override.computed_on - (item.due_on - item.opens_on)
    since = opened if item.code in YEARLY else min(opened, add_days(override.on, 1))
    begun = any(course.started_on > override.on for course in facts.courses)
    return begun or any(day >= max(override.on, since) for day in days_done(facts, item.code))


def days_done(facts: Facts, code: str) -> Iterable[date]:
    """The days of the facts after which an item that comes again is another one (protocol sections 3 and 4).

    None of what comes once: when that is done, it is gone.
    """
    first, _, what = code.partition(".")
    if first == "agreed":
        return [a.made_on for a in facts.agreements if a.what == what]
    if first in ("dose", "lab"):
        return [dose for course in facts.courses for dose in course.doses]
    made = {"dxa": [s.on for s in facts.scans], "spine_image": facts.images}.get(first, [])
    if first in LOOKED_AT:
        return [*made, *(r.on for r in facts.reviews)]
    return [c.on for c in facts.full_controls] if code in YEARLY else ()
