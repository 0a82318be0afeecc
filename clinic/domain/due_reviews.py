"""When treatment duration is reviewed, and the DXA and spine image that go before (protocol S1 to S4, S10)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from clinic.domain.calendar import add_days, add_months
from clinic.domain.facts import Facts
from clinic.domain.items import DueItem, Why, make
from clinic.domain.moved_dates import goes_before
from clinic.domain.protocol import FOLLOW_ON, SOURCES, Protocol
from clinic.domain.record import Course, Fracture, Review
from clinic.domain.treatment import (
    DECISIONS,
    OUTGOING,
    chain,
    class_limit,
    counted_from,
    planned_end,
    reviews_in,
    shift_days,
    years,
)
from clinic.domain.vocabulary import FractureSite, ReviewOutcome, StopReason

NOT_COUNTED = frozenset(
    (
        FractureSite.FINGER,
        FractureSite.TOE,
        FractureSite.FACE,
        FractureSite.SKULL,
        FractureSite.CERVICAL_SPINE,
    )
)


class Candidate(NamedTuple):
    """One of the reviews S4 may owe, before and after a postponement."""

    due_on: date
    order: int
    first_due: date
    code: str
    why: Why


class OwedReview(NamedTuple):
    """The review that is owed, with the day from which a scan made for it counts."""

    item: DueItem
    first_due: date


def duration_review(facts: Facts, course: Course, protocol: Protocol) -> OwedReview | None:
    """S4: the earliest unsatisfied review of duration, or None when all are satisfied or waived."""
    reviews = reviews_in(facts, course)
    owed = candidates(facts, course, reviews, protocol)
    found = [c for c in owed if c is not None and (c.code, c.due_on) not in facts.waived]
    if not found:
        return None
    first = min(found)
    item = make(protocol, first.code, first.due_on, facts.patient.registered_on, first.why)
    return OwedReview(item, first.first_due)


def candidates(facts: Facts, course: Course, reviews: list[Review], protocol: Protocol) -> Iterator[Candidate | None]:
    """The three reviews of S4; None for one that a decision has satisfied."""
    start, planned = course.started_on, years(course, protocol)
    end, shift = planned_end(facts, course, protocol), shift_days(course, protocol)
    if end.set_by is not None:
        why = Why("review.end_of_course.continued", {"review": end.set_by.on, "until": end.on})
        # S4 counts every other decision in the window; one taken before that end was agreed cannot have been about it
        later = reviews[reviews.index(end.set_by) + 1 :]
        yield candidate("review.end_of_course", 0, end.on, why, later, protocol)
        return
    code = "review.end_of_course.shifted" if shift else "review.end_of_course"
    code = "review.end_of_course.unrecorded" if course.planned_years is None else code
    why = Why(code, {**counted_from(course), "years": str(planned), "shift": shift})
    yield candidate("review.end_of_course", 0, end.on, why, reviews, protocol)
    standard = protocol.durations[course.drug][0]
    if planned > standard:
        due_on = add_days(add_months(start, int(standard * 12)), shift)
        why = Why("review.standard", {**counted_from(course), "years": str(standard), "shift": shift})
        yield candidate("review.standard", 1, due_on, why, reviews, protocol)
    limit = class_limit(facts, course, protocol)
    if limit is not None and not switched_into(facts, course, protocol):
        why = Why("review.class_limit", {**counted_from(course), "days": protocol.class_limit_days})
        yield candidate("review.class_limit", 2, limit, why, reviews, protocol)


def candidate(
    code: str, order: int, first_due: date, why: Why, reviews: list[Review], protocol: Protocol
) -> Candidate | None:
    """A review with its postponement, unless a decision in its window has satisfied it."""
    due_on = first_due
    for review in reviews:
        if review.on < add_months(first_due, -protocol.review_from_months):
            continue
        if review.outcome in DECISIONS:
            return None
        if review.outcome == ReviewOutcome.POSTPONE and review.until is not None:
            due_on = min(review.until, add_months(first_due, protocol.postpone_months))
    return Candidate(due_on, order, first_due, code, why)


def switched_into(facts: Facts, course: Course, protocol: Protocol) -> bool:
    """Whether a `switch` signed on the start day or within 6 m before it led into this course (S4)."""
    start = course.started_on
    earliest = add_months(start, -protocol.review_from_months)
    return any(r.outcome == ReviewOutcome.SWITCH and earliest <= r.on <= start for r in facts.reviews)


def close_course(facts: Facts, course: Course, protocol: Protocol) -> DueItem | None:
    """S4b: a stop or switch was signed and the course still runs."""
    decisions = [r for r in reviews_in(facts, course) if r.outcome in DECISIONS]
    if not decisions or decisions[-1].outcome not in OUTGOING:
        return None
    signed = decisions[-1]
    due_on = signed.effective_on or signed.on
    why = Why("course.close", {"review": signed.on, "outcome": signed.outcome})
    return make(protocol, "course.close", due_on, facts.patient.registered_on, why)


def before_review(
    facts: Facts, computed_on: date, review_on: date, first_due: date, protocol: Protocol
) -> Iterator[DueItem]:
    """S1: the DXA and the spine image that a review needs, by the day computed for it and the one it is held on."""
    counts_from = add_months(first_due, -protocol.before_review_within_months)
    days = protocol.before_review_days
    for code, made in (
        ("dxa.before_review", facts.scans[-1].on if facts.scans else None),
        ("spine_image.before_review", facts.images[-1] if facts.images else None),
    ):
        if made is not None and made >= counts_from:
            continue
        before = goes_before(facts, code, days, computed_on, review_on)
        if before is None:
            continue
        due_on = add_days(before, -days)
        opens = add_months(before, -protocol.before_review_opens_months)
        told = {"review": review_on, "last": made, "months": protocol.before_review_within_months}
        why = Why(code, told if before == computed_on else told | {"own": add_days(computed_on, -days)})
        backlog = due_on < facts.patient.registered_on
        yield DueItem(code, due_on, opens, before, None, None, why, SOURCES[code], backlog)


def mid_course(facts: Facts, course: Course, protocol: Protocol) -> DueItem | None:
    """S2: a DXA halfway, when the clinic wants one."""
    if protocol.mid_course_months is None:
        return None
    due_on = add_months(course.started_on, protocol.mid_course_months)
    counts_from = add_months(due_on, -protocol.mid_course_from_months)
    done = bool(facts.scans) and facts.scans[-1].on >= counts_from
    if done or due_on > planned_end(facts, course, protocol).on:
        return None
    why = Why("dxa.mid_course", {**counted_from(course), "months": protocol.mid_course_months})
    return make(protocol, "dxa.mid_course", due_on, facts.patient.registered_on, why)


def is_fragility(fracture: Fracture) -> bool:
    """Low-energy or unknown, at a site that counts (S3)."""
    return fracture.low_energy is not False and fracture.site not in NOT_COUNTED


def fractures_of_course(facts: Facts, protocol: Protocol, stop: date | None) -> tuple[list[Fracture], date | None]:
    """The fractures in the current course or treatment break since registration, and the chain's first 12 m end."""
    course = facts.current if facts.current is not None else facts.last if stop is not None else None
    if course is None or not facts.fractures:
        return [], None
    since = max(facts.patient.registered_on, course.started_on if stop is None else stop)
    settled_from = add_months(chain(facts, course, protocol)[0].started_on, protocol.fracture_after_months)
    return [f for f in facts.fractures if f.on >= since and is_fragility(f)], settled_from


def after_fractures(facts: Facts, protocol: Protocol, stop: date | None) -> Iterator[DueItem]:
    """S3: for each such fracture past the chain's first 12 m a DXA, a spine image and a review."""
    found, settled_from = fractures_of_course(facts, protocol, stop)
    last_scan = facts.scans[-1].on if facts.scans else date.min
    last_image = facts.images[-1] if facts.images else date.min
    last_review = facts.settled[-1].on if facts.settled else date.min
    seen: set[date] = set()
    for fracture in found:
        if settled_from is None or fracture.on < settled_from or fracture.on in seen:
            continue
        seen.add(fracture.on)
        due_on = add_days(fracture.on, protocol.fracture_days)
        why_params = {"fracture": fracture.on, "site": fracture.site}
        for code, last in (
            ("dxa.after_fracture", last_scan),
            ("spine_image.after_fracture", last_image),
            ("review.after_fracture", last_review),
        ):
            if last < fracture.on:
                registered = facts.patient.registered_on
                yield make(protocol, code, due_on, registered, Why(code, why_params), fracture.on)


def untreated(facts: Facts, protocol: Protocol, stop: date | None) -> DueItem | None:
    """S10: no course runs and nobody has looked since, or a drug that must be followed has no successor."""
    last = facts.last
    if facts.current is not None or last is None or last.stopped_on is None:
        return None
    registered = facts.patient.registered_on
    stopped = last.stopped_on
    restart = next((r for r in reversed(facts.reviews) if r.outcome == ReviewOutcome.RESTART and r.on >= stopped), None)
    if restart is not None:
        why = Why("review.untreated.restart", {"review": restart.on})
        return make(protocol, "review.untreated", add_days(restart.on, protocol.untreated_days), registered, why)
    if stop is not None:
        return None
    due_on = add_days(stopped, protocol.untreated_days)
    why = Why("review.untreated", {"stop": stopped, "drug": last.drug})
    if last.stop_reason == StopReason.SWITCH or last.drug in FOLLOW_ON:
        why = Why("review.untreated.successor", {"stop": stopped, "drug": last.drug})
    elif any(r.on >= add_days(stopped, -protocol.untreated_days) for r in facts.settled):
        return None
    return make(protocol, "review.untreated", due_on, registered, why)
