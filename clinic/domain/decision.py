"""Which outcomes a review can sign on a day, and the limits of each (protocol section 6, C1, S4, K5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from clinic.domain.calendar import add_days, add_months
from clinic.domain.due_reviews import duration_review
from clinic.domain.errors import RuleBroken
from clinic.domain.facts import Facts
from clinic.domain.protocol import BISPHOSPHONATES, FOLLOW_ON, Protocol
from clinic.domain.treatment import break_since, planned_end, shift_days
from clinic.domain.vocabulary import Drug, ReviewOutcome, StopKind

IN_COURSE = (ReviewOutcome.CONTINUE, ReviewOutcome.STOP, ReviewOutcome.SWITCH)
SHORTEST_YEARS, LONGEST_YEARS = Decimal("0.5"), Decimal(10)
UNTIL_MONTHS = 120  # a date further ahead is a wrong year
EFFECTIVE_MONTHS = 12
NAMES = {  # which details an outcome has; the others must stay empty
    ReviewOutcome.CONTINUE: ("until",),
    ReviewOutcome.POSTPONE: ("until",),
    ReviewOutcome.BREAK_ON: ("until",),
    ReviewOutcome.STOP: ("stop_kind", "effective_on"),
    ReviewOutcome.SWITCH: ("effective_on", "next_drug", "next_years"),
    ReviewOutcome.RESTART: ("effective_on", "next_drug", "next_years"),
}
DETAILS = ("until", "stop_kind", "effective_on", "next_drug", "next_years")


@dataclass(frozen=True, slots=True)
class Decision:
    """What the doctor decides: one outcome with its details."""

    outcome: ReviewOutcome
    until: date | None = None
    effective_on: date | None = None
    next_drug: Drug | None = None
    next_years: Decimal | None = None
    stop_kind: StopKind | None = None


def possible(facts: Facts, protocol: Protocol) -> tuple[ReviewOutcome, ...]:
    """The outcomes that mean something on this day, in a fixed order; none once she left or without a course.

    After some drugs another must follow (S10): those are not stopped but switched, with the drug and the day.
    """
    if not facts.active or facts.last is None:
        return ()
    followed = facts.last.drug in FOLLOW_ON
    if facts.current is not None:
        running = tuple(one for one in IN_COURSE if not (followed and one is ReviewOutcome.STOP))
        return (*running, ReviewOutcome.POSTPONE) if postponable(facts, protocol) else running
    breaks = (ReviewOutcome.BREAK_ON,) if facts.last.drug in BISPHOSPHONATES else ()
    ends = () if break_since(facts) or followed else (ReviewOutcome.STOP,)
    return (*breaks, ReviewOutcome.RESTART, *ends)


def offered(facts: Facts, protocol: Protocol) -> tuple[tuple[Decimal, date], ...]:
    """The durations of C1 to which this course can still go on, with the day on which each would end."""
    course = facts.current
    if course is None:
        return ()
    ends = [(years, add_days(add_months(course.started_on, int(years * 12)), shift_days(course, protocol)))
            for years in protocol.durations[course.drug]]  # fmt: skip
    now = max(planned_end(facts, course, protocol).on, facts.on)
    return tuple((years, end) for years, end in ends if end > now)


def postponable(facts: Facts, protocol: Protocol) -> tuple[date, date] | None:
    """Between which days the review that is owed may be put off (S4); None when there is none, or too early."""
    owed = duration_review(facts, facts.current, protocol) if facts.current else None
    if owed is None or facts.on < add_months(owed.first_due, -protocol.review_from_months):
        return None
    first = max(add_days(owed.first_due, 1), add_days(facts.on, 1))
    last = add_months(owed.first_due, protocol.postpone_months)
    return (first, last) if first <= last else None


def check(facts: Facts, decision: Decision, protocol: Protocol) -> None:
    """Refuse an outcome that is not possible, or one with a detail missing, out of its limits or not its own."""
    if decision.outcome not in possible(facts, protocol):
        raise RuleBroken("outcome", refusal(facts, decision.outcome))
    for broken in misfits(decision):
        raise broken
    if decision.until:
        low, high = until_limits(facts, decision.outcome, protocol)
        between("until", decision.until, low, high)
    if decision.effective_on:
        since = facts.current.started_on if facts.current else facts.last.stopped_on if facts.last else None
        between("effective_on", decision.effective_on, since or facts.on, add_months(facts.on, EFFECTIVE_MONTHS))
    if decision.stop_kind is StopKind.BREAK and not may_break(facts):
        raise RuleBroken("stop_kind", "break_not_now")
    if decision.next_years is not None:
        check_next(facts, decision)


def misfits(decision: Decision) -> Iterator[RuleBroken]:
    """Each detail that the outcome needs and is missing, or that is given and belongs to another outcome."""
    for name in DETAILS:
        given = getattr(decision, name) is not None
        if given != (name in NAMES[decision.outcome]):
            yield RuleBroken(name, "detail_not_asked" if given else f"{name}_missing")


def may_break(facts: Facts) -> bool:
    """Whether a stop can begin a treatment break: of a bisphosphonate that runs (K5)."""
    return facts.current is not None and facts.current.drug in BISPHOSPHONATES


def refusal(facts: Facts, outcome: ReviewOutcome) -> str:
    """Why an outcome is not possible."""
    if outcome is ReviewOutcome.POSTPONE and facts.current:
        return "nothing_to_postpone"
    if outcome is ReviewOutcome.STOP and facts.active and facts.last and facts.last.drug in FOLLOW_ON:
        return "follow_on_missing"
    if outcome is ReviewOutcome.BREAK_ON and facts.last and facts.last.drug not in BISPHOSPHONATES:
        return "no_treatment_break"
    return "outcome_not_now"


def until_limits(facts: Facts, outcome: ReviewOutcome, protocol: Protocol) -> tuple[date, date]:
    """The first and last day that can be named."""
    limits = postponable(facts, protocol) if outcome is ReviewOutcome.POSTPONE else None
    return limits or (add_days(facts.on, 1), add_months(facts.on, UNTIL_MONTHS))


def between(field: str, on: date, low: date, high: date) -> None:
    """Refuse a day outside its limits."""
    if not low <= on <= high:
        raise RuleBroken(field, "day_between", low=low.strftime("%d-%m-%Y"), high=high.strftime("%d-%m-%Y"))


def check_next(facts: Facts, decision: Decision) -> None:
    """Another drug in a switch, and whole or half years (C1)."""
    years = decision.next_years or Decimal(0)
    if facts.current and decision.next_drug == facts.current.drug:
        raise RuleBroken("next_drug", "switch_same_drug")
    if not SHORTEST_YEARS <= years <= LONGEST_YEARS or years * 2 != int(years * 2):
        raise RuleBroken("next_years", "years_not_possible")
