"""Which outcomes a review can sign on a day, and the limits of each (protocol section 6, C1, S4, K5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from clinic.domain.calendar import add_days, add_months
from clinic.domain.due_reviews import duration_review
from clinic.domain.errors import RuleBroken
from clinic.domain.facts import Facts
from clinic.domain.protocol import BISPHOSPHONATES, Protocol
from clinic.domain.treatment import break_since
from clinic.domain.vocabulary import Drug, ReviewOutcome

IN_COURSE = (ReviewOutcome.CONTINUE, ReviewOutcome.STOP, ReviewOutcome.SWITCH)
SHORTEST_YEARS, LONGEST_YEARS = Decimal("0.5"), Decimal(10)
UNTIL_MONTHS = 120  # a date further ahead is a wrong year
EFFECTIVE_MONTHS = 12
NAMES = {  # which details an outcome has; the others must stay empty
    ReviewOutcome.CONTINUE: ("until",),
    ReviewOutcome.POSTPONE: ("until",),
    ReviewOutcome.BREAK_ON: ("until",),
    ReviewOutcome.STOP: ("effective_on",),
    ReviewOutcome.SWITCH: ("effective_on", "next_drug", "next_years"),
    ReviewOutcome.RESTART: ("effective_on", "next_drug", "next_years"),
}
DETAILS = ("until", "effective_on", "next_drug", "next_years")


@dataclass(frozen=True, slots=True)
class Decision:
    """What the doctor decides: one outcome with its details."""

    outcome: ReviewOutcome
    until: date | None = None
    effective_on: date | None = None
    next_drug: Drug | None = None
    next_years: Decimal | None = None


def possible(facts: Facts, protocol: Protocol) -> tuple[ReviewOutcome, ...]:
    """The outcomes that mean something on this day, in a fixed order; none once she left or without a course."""
    if not facts.active or facts.last is None:
        return ()
    if facts.current is not None:
        return (*IN_COURSE, ReviewOutcome.POSTPONE) if postponable(facts, protocol) else IN_COURSE
    breaks = (ReviewOutcome.BREAK_ON,) if facts.last.drug in BISPHOSPHONATES else ()
    ends = () if break_since(facts) else (ReviewOutcome.STOP,)
    return (*breaks, ReviewOutcome.RESTART, *ends)


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
    for name in DETAILS:
        given = getattr(decision, name) is not None
        if given != (name in NAMES[decision.outcome]):
            raise RuleBroken(name, "detail_not_asked" if given else f"{name}_missing")
    if decision.until:
        low, high = until_limits(facts, decision.outcome, protocol)
        between("until", decision.until, low, high)
    if decision.effective_on:
        since = facts.current.started_on if facts.current else facts.last.stopped_on if facts.last else None
        between("effective_on", decision.effective_on, since or facts.on, add_months(facts.on, EFFECTIVE_MONTHS))
    if decision.next_years is not None:
        check_next(facts, decision)


def refusal(facts: Facts, outcome: ReviewOutcome) -> str:
    """Why an outcome is not possible."""
    if outcome is ReviewOutcome.POSTPONE and facts.current:
        return "nothing_to_postpone"
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
