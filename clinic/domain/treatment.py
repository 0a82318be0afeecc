"""Courses, pauses, planned end, exposure, chain and class limit (protocol section 2)."""

from __future__ import annotations

from bisect import bisect_left
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from clinic.domain.calendar import add_days, add_months
from clinic.domain.facts import Facts, by_from
from clinic.domain.protocol import BISPHOSPHONATES, Protocol
from clinic.domain.record import Course, Pause, Review
from clinic.domain.vocabulary import Drug, ReviewOutcome, StartPrecision, StopReason

DECISIONS = frozenset((ReviewOutcome.CONTINUE, ReviewOutcome.STOP, ReviewOutcome.SWITCH))
OUTGOING = frozenset((ReviewOutcome.STOP, ReviewOutcome.SWITCH))
BREAK_DECISIONS = DECISIONS | {ReviewOutcome.RESTART}


class PlannedEnd(NamedTuple):
    """When a course is planned to end, and the review that set it, if one did."""

    on: date
    set_by: Review | None


def years(course: Course, protocol: Protocol) -> Decimal:
    """The planned duration; "not recorded" counts as the drug's first (C1)."""
    return protocol.durations[course.drug][0] if course.planned_years is None else course.planned_years


def pauses(course: Course) -> list[Pause]:
    """The pauses the rules know, in order; denosumab has none (C2)."""
    return [] if course.drug == Drug.DENOSUMAB or not course.pauses else sorted(course.pauses, key=by_from)


def long_pauses(course: Course, protocol: Protocol) -> list[tuple[Pause, date]]:
    """Ended pauses longer than missed doses, each with its end (C2)."""
    if not course.pauses:
        return []
    ended = [(p, p.until_on) for p in pauses(course) if p.until_on is not None]
    return [(pause, until) for pause, until in ended if (until - pause.from_on).days > protocol.pause_days]


def open_pause(course: Course) -> Pause | None:
    """The pause that has no end yet; None once the course was stopped."""
    if course.stopped_on is not None or not course.pauses:
        return None
    return next((p for p in pauses(course) if p.until_on is None), None)


def shift_days(course: Course, protocol: Protocol) -> int:
    """By how many days ended pauses move the planned end (C2, C3)."""
    ended = long_pauses(course, protocol)
    return sum([(until - pause.from_on).days for pause, until in ended if not pause.counts]) if ended else 0


def in_course(review: Review, course: Course) -> bool:
    """Signed on or after its start and not after its stop; a stop signed on the start day is of the one before."""
    if review.on < course.started_on or (course.stopped_on is not None and review.on > course.stopped_on):
        return False
    return not (review.on == course.started_on and review.outcome in OUTGOING)


def reviews_in(facts: Facts, course: Course) -> list[Review]:
    """The reviews signed in a course, by day."""
    return [r for r in facts.reviews if in_course(r, course)] if facts.reviews else []


def planned_end(facts: Facts, course: Course, protocol: Protocol) -> PlannedEnd:
    """Start + duration + pauses that do not count, or the `until` of the latest `continue` (C3)."""
    for review in reversed(reviews_in(facts, course)):
        if review.outcome == ReviewOutcome.CONTINUE and review.until is not None:
            return PlannedEnd(review.until, review)
    end = add_months(course.started_on, int(years(course, protocol) * 12))
    return PlannedEnd(add_days(end, shift_days(course, protocol)), None)


def active_days(course: Course, until: date, protocol: Protocol) -> int:
    """Days on the drug up to a day, less pauses that do not count (C4)."""
    end = min(course.stopped_on, until) if course.stopped_on is not None else until
    days = (end - course.started_on).days
    if days <= 0:
        return 0
    for pause in pauses(course):
        paused_until = pause.until_on if pause.until_on is not None else end
        length = (paused_until - pause.from_on).days
        if length > protocol.pause_days and not pause.counts:
            days -= max(0, (min(paused_until, end) - max(pause.from_on, course.started_on)).days)
    return max(0, days)


def exposure(facts: Facts, protocol: Protocol) -> dict[Drug, int]:
    """Days on each bisphosphonate up to the day, never beyond the patient's leaving (C4)."""
    until = facts.on
    if not facts.active and facts.patient.status_on is not None:
        until = min(until, facts.patient.status_on)
    found: dict[Drug, int] = {}
    for course in facts.courses:
        if course.drug in BISPHOSPHONATES:
            found[course.drug] = found.get(course.drug, 0) + active_days(course, until, protocol)
    return found


def ten_years_on(facts: Facts, protocol: Protocol) -> date | None:
    """When ten years of the class are or will be reached if the course goes on; None without a bisphosphonate."""
    total = sum(exposure(facts, protocol).values())
    if total >= protocol.ten_years_days:
        first = facts.courses[0].started_on
        days = range((facts.on - first).days + 1)
        needed = protocol.ten_years_days
        return add_days(
            first, bisect_left(days, needed, key=lambda day: days_until(facts, add_days(first, day), protocol))
        )
    current = facts.current
    if not facts.active or current is None or current.drug not in BISPHOSPHONATES:
        return None
    return add_days(facts.on, protocol.ten_years_days - total)


def days_until(facts: Facts, until: date, protocol: Protocol) -> int:
    """Days on any bisphosphonate up to a day."""
    return sum(active_days(c, until, protocol) for c in facts.courses if c.drug in BISPHOSPHONATES)


def chain(facts: Facts, course: Course, protocol: Protocol) -> list[Course]:
    """The course and those before it as long as each stop + 12 m reaches the next start, oldest first (C5)."""
    found = [course]
    for earlier in reversed([c for c in facts.courses if c.started_on < course.started_on]):
        stop = earlier.stopped_on
        if stop is None or add_months(stop, protocol.chain_months) < found[0].started_on:
            break
        found.insert(0, earlier)
    return found


def credit_days(facts: Facts, course: Course, protocol: Protocol) -> int:
    """Days on earlier bisphosphonates of the chain that count towards the class limit (C5)."""
    earlier = chain(facts, course, protocol)[:-1]
    days = sum(active_days(c, facts.on, protocol) for c in earlier if c.drug in BISPHOSPHONATES)
    return days * protocol.credit_percent // 100


def class_limit(facts: Facts, course: Course, protocol: Protocol) -> date | None:
    """When five years of the class are full, over the chain; None when there is no credit (C5)."""
    if course.drug not in BISPHOSPHONATES or len(facts.courses) < 2:
        return None
    credit = credit_days(facts, course, protocol)
    if credit <= 0:
        return None
    left = max(0, protocol.class_limit_days - credit)
    return add_days(course.started_on, left + shift_days(course, protocol))


def break_since(facts: Facts) -> date | None:
    """The stop from which a treatment break runs; None when there is no break (K5)."""
    last = facts.last
    if facts.current is not None or last is None or last.stopped_on is None or last.drug not in BISPHOSPHONATES:
        return None
    if last.stop_reason == StopReason.PLANNED_BREAK or latest_break_on(facts, last.stopped_on):
        return last.stopped_on
    return None


def latest_break_on(facts: Facts, stop: date) -> Review | None:
    """The latest `break_on` signed on or after the stop."""
    return next((r for r in reversed(facts.reviews) if r.outcome == ReviewOutcome.BREAK_ON and r.on >= stop), None)


def is_estimated(course: Course) -> bool:
    """Whether the start is not known to the day (D3)."""
    return course.start_precision != StartPrecision.DAY


def counted_from(course: Course) -> dict[str, Any]:
    """The start as a reason tells it: what is counted from one that is not known to the day says so (D3)."""
    if not is_estimated(course):
        return {"start": course.started_on}
    return {"start": course.started_on, "precision": str(course.start_precision)}
