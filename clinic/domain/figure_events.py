"""Figures that follow no due item: starts, controls, alerts and decisions of a period, and who is overdue today."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from clinic.domain import alerts, due
from clinic.domain.bone import HEIGHT_ALERTS
from clinic.domain.calendar import add_days, add_months
from clinic.domain.facts import Facts
from clinic.domain.figures import Case, CaseState, Figure, by_day, of_items, of_letters
from clinic.domain.protocol import BISPHOSPHONATES, Protocol
from clinic.domain.record import Course, Record
from clinic.domain.treatment import DECISIONS, planned_end
from clinic.domain.vocabulary import AlertLevel, ControlKind, ControlsBy

FIRST_FROM, FIRST_UNTIL = 77, 119  # 11 and 17 weeks after the start: three months, two weeks less or four more
YEAR, GAP = 365, 60  # still on a drug after a year, without more days than this between
FOLLOWED_WITHIN = 42  # a height alert is followed by a spine image or a note
PREPARED_MONTHS = 6  # a DXA and a spine image are not older at a decision
OVERRUN_DAYS = 90
LOST_MONTHS = 6


def cases(record: Record, since: date, on: date, protocol: Protocol) -> list[Case]:
    """Every case of a patient that counts from one day to another."""
    begin = max(since, record.patient.registered_on)
    found = [*of_items(record, begin, on, protocol), *of_letters(record, begin, on, protocol)]
    facts = Facts(record, on)
    found += [*first_controls(facts), *persistence(facts), *measured(facts), *heights(facts, protocol),
              *prepared(facts), *of_the_day(facts, protocol)]  # fmt: skip
    return [case for case in found if begin <= case.on <= on]


def first_controls(facts: Facts) -> Iterator[Case]:
    """K1: a control 11 to 17 weeks after a start; a start counts on the day those are over."""
    for course in facts.courses:
        until = add_days(course.started_on, FIRST_UNTIL)
        if until > facts.on or course.controls_by == ControlsBy.GP or course.started_on < facts.patient.registered_on:
            continue
        done = next((c.on for c in facts.controls if add_days(course.started_on, FIRST_FROM) <= c.on <= until), None)
        if done is None and (ended_before(course, until) or left_before(facts, until)):
            yield Case(Figure.FIRST, until, CaseState.LEFT_OUT)
        else:
            yield by_day(Figure.FIRST, until, until, done, add_days(facts.on, 1))


def ended_before(course: Course, day: date) -> bool:
    """Whether a course was stopped before a day."""
    return course.stopped_on is not None and course.stopped_on < day


def left_before(facts: Facts, day: date) -> bool:
    """Whether the patient died or left before a day."""
    return not facts.active and facts.patient.status_on is not None and facts.patient.status_on < day


def persistence(facts: Facts) -> Iterator[Case]:
    """K3: on a drug for the bone a year after a start, never off it for more than 60 days."""
    before: date | None = None
    for course in facts.courses:
        follows = before is not None and (course.started_on - before).days <= GAP
        before = max(before or course.started_on, course.stopped_on or facts.on)
        after = add_days(course.started_on, YEAR)
        if follows or after > facts.on or course.started_on < facts.patient.registered_on:
            continue
        if left_before(facts, after):
            yield Case(Figure.PERSISTENCE, after, CaseState.LEFT_OUT)
        else:
            kept = longest_gap(facts, course.started_on, after) <= GAP
            yield Case(Figure.PERSISTENCE, after, CaseState.MET if kept else CaseState.MISSED)


def longest_gap(facts: Facts, start: date, end: date) -> int:
    """The most days in a row without a drug, between courses or within them."""
    longest, covered = 0, start
    for begin, until in sorted(parts for course in facts.courses for parts in taken(course, end)):
        if begin > start:
            longest = max(longest, (min(begin, end) - covered).days)
        covered = max(covered, min(until, end))
    return max(longest, (end - covered).days)


def taken(course: Course, end: date) -> Iterator[tuple[date, date]]:
    """The stretches of a course in which the drug was taken."""
    begin = course.started_on
    for pause in sorted(course.pauses, key=lambda each: each.from_on):
        yield begin, pause.from_on
        begin = pause.until_on or max(end, pause.from_on)
    yield begin, course.stopped_on or max(end, begin)


def measured(facts: Facts) -> Iterator[Case]:
    """K5: height and weight both measured at a control in person; by phone nothing can be."""
    for control in facts.controls:
        if control.kind == ControlKind.CLINIC:
            whole = control.height_mm is not None and control.weight_g is not None
            yield Case(Figure.MEASURED, control.on, CaseState.MET if whole else CaseState.MISSED)


def heights(facts: Facts, protocol: Protocol) -> Iterator[Case]:
    """K6: a spine image or a doctor's note within six weeks after a red alert on height."""
    for number, (day, _height) in enumerate(facts.heights):
        if number == 0 and facts.patient.recalled_max_height_mm is None:
            continue
        then = Facts(facts.record, day)
        red = [alert for alert in alerts.height(then, protocol)
               if alert.level == AlertLevel.RED and alert.code in HEIGHT_ALERTS and alert.since == day]  # fmt: skip
        if red:
            notes = [note.on for note in facts.notes if note.alert in HEIGHT_ALERTS]
            followed = min((d for d in (*facts.images, *notes) if d >= day), default=None)
            yield by_day(Figure.HEIGHT, day, add_days(day, FOLLOWED_WITHIN), followed, facts.on)


def prepared(facts: Facts) -> Iterator[Case]:
    """K8: a DXA and a spine image of at most six months before a decision."""
    for review in facts.reviews:
        if review.outcome in DECISIONS:
            oldest = add_months(review.on, -PREPARED_MONTHS)
            whole = all(any(oldest <= day <= review.on for day in days)
                        for days in ([scan.on for scan in facts.scans], facts.images))  # fmt: skip
            yield Case(Figure.PREPARED, review.on, CaseState.MET if whole else CaseState.MISSED)


def of_the_day(facts: Facts, protocol: Protocol) -> Iterator[Case]:
    """K10 and K12, of everybody who is followed on the day: met is what nobody wants to see here."""
    if facts.active:
        for figure, is_so in ((Figure.OVERRUN, overrun(facts, protocol)), (Figure.LOST, lost(facts, protocol))):
            yield Case(figure, facts.on, CaseState.MET if is_so else CaseState.MISSED)


def overrun(facts: Facts, protocol: Protocol) -> bool:
    """On a bisphosphonate more than 90 days past the planned end, and nobody decided."""
    course = facts.current
    if course is None or course.drug not in BISPHOSPHONATES:
        return False
    end = planned_end(facts, course, protocol)
    since = add_months(end.on, -protocol.review_from_months)
    decided = any(r.outcome in DECISIONS and r.on >= since and r is not end.set_by for r in facts.reviews)
    return add_days(end.on, OVERRUN_DAYS) < facts.on and not decided


def lost(facts: Facts, protocol: Protocol) -> bool:
    """Half a year past the date of a control, and no control or contact since that date."""
    owed = [i.due_on for i in due.clinical(facts, protocol) if i.code.startswith("control.")]
    seen = facts.contacts[-1].on if facts.contacts else date.min
    return any(add_months(day, LOST_MONTHS) <= facts.on and seen < day for day in owed)
