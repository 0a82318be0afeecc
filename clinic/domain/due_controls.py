"""When the next control is due: within a course, around pauses, in a treatment break (protocol K1 to K5)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from clinic.domain.calendar import add_days, add_months
from clinic.domain.facts import Facts
from clinic.domain.items import DueItem, Why, make
from clinic.domain.protocol import Protocol
from clinic.domain.record import Course, Pause
from clinic.domain.treatment import BREAK_DECISIONS, counted_from, latest_break_on, long_pauses, open_pause
from clinic.domain.vocabulary import ControlsBy


def course_controls(facts: Facts, course: Course, protocol: Protocol) -> Iterator[DueItem]:
    """K1 to K4 for the current course."""
    if course.controls_by != ControlsBy.GP:
        yield early_or_yearly(facts, course, protocol)
    for pause, until in long_pauses(course, protocol):
        yield from after_pause(facts, pause, until, protocol)
    running = open_pause(course)
    if running is not None:
        yield from during_pause(facts, running, protocol)


def early_or_yearly(facts: Facts, course: Course, protocol: Protocol) -> DueItem:
    """K1 until it is satisfied, waived or not owed (K3); then K2."""
    start = course.started_on
    registered = facts.patient.registered_on
    early = add_months(start, protocol.early_months)
    since_start = [c.on for c in facts.controls if c.on >= start]
    first_counting = add_days(start, protocol.early_from_days)
    if not since_start and registered > add_days(early, protocol.registered_grace_days):
        due_on = last_anniversary(start, registered, protocol)
        why = Why(
            "control.yearly.registered",
            {**counted_from(course), "registered": registered, "months": protocol.yearly_months},
        )
        return make(protocol, "control.yearly", due_on, registered, why)
    owed = not (since_start and since_start[-1] >= first_counting) and ("control.early", early) not in facts.waived
    if owed:
        why = Why("control.early", {**counted_from(course), "months": protocol.early_months})
        return make(protocol, "control.early", early, registered, why)
    return yearly(facts, course, since_start, protocol)


def yearly(facts: Facts, course: Course, since_start: list[date], protocol: Protocol) -> DueItem:
    """K2: twelve months after the last full control, or after the start."""
    start, registered = course.started_on, facts.patient.registered_on
    yearly_from = add_months(start, protocol.yearly_from_months)
    last_full = next((c.on for c in reversed(facts.full_controls) if c.on >= yearly_from), None)
    if last_full is not None:
        due_on = add_months(last_full, protocol.yearly_months)
        why = Why("control.yearly", {"control": last_full, "months": protocol.yearly_months})
        return make(protocol, "control.yearly", due_on, registered, why)
    due_on = add_months(start, protocol.yearly_months)
    before = next((day for day in reversed(since_start) if day < yearly_from), None)
    why = Why("control.yearly.first", {**counted_from(course), "months": protocol.yearly_months})
    if before is not None and add_months(before, protocol.yearly_gap_months) > due_on:
        due_on = add_months(before, protocol.yearly_gap_months)
        why = Why("control.yearly.gap", {**why.params, "control": before, "gap": protocol.yearly_gap_months})
    return make(protocol, "control.yearly", due_on, registered, why)


def last_anniversary(start: date, registered: date, protocol: Protocol) -> date:
    """The last anniversary of the start on or before registration, or the first one (K3), in the clinic's rhythm."""
    every = protocol.yearly_months
    count = max(1, ((registered.year - start.year) * 12 + registered.month - start.month) // every)
    if add_months(start, every * count) > registered:
        count -= 1
    return add_months(start, every * max(1, count))


def after_pause(facts: Facts, pause: Pause, until: date, protocol: Protocol) -> Iterator[DueItem]:
    """K4 for an ended pause."""
    due_on = add_months(until, protocol.after_pause_months)
    registered = facts.patient.registered_on
    from_on = add_days(until, protocol.after_pause_from_days)
    done = bool(facts.controls) and facts.controls[-1].on >= from_on
    if not done and due_on >= add_days(registered, -protocol.registered_grace_days):
        why = Why("control.after_pause", {"from": pause.from_on, "until": until, "months": protocol.after_pause_months})
        yield make(protocol, "control.after_pause", due_on, registered, why, until)


def during_pause(facts: Facts, pause: Pause, protocol: Protocol) -> Iterator[DueItem]:
    """K4 for an open pause: resume or stop, and a review when it lasts a year."""
    registered = facts.patient.registered_on
    check = pause.check_on or add_months(pause.from_on, protocol.after_pause_months)
    code = "pause.check.agreed" if pause.check_on else "pause.check"
    why = Why(code, {"from": pause.from_on, "months": protocol.after_pause_months})
    yield make(protocol, "pause.check", check, registered, why, pause.from_on)
    review_from = add_months(pause.from_on, protocol.long_pause_from_months)
    if not any(r.on >= review_from for r in facts.settled):
        due_on = add_months(pause.from_on, protocol.long_pause_months)
        why = Why("review.long_pause", {"from": pause.from_on, "months": protocol.long_pause_months})
        yield make(protocol, "review.long_pause", due_on, registered, why, pause.from_on)


def break_control(facts: Facts, stop: date, protocol: Protocol) -> DueItem:
    """K5: a control a year in a treatment break."""
    registered = facts.patient.registered_on
    counted_from = add_months(stop, protocol.yearly_from_months)
    last_full = next((c.on for c in reversed(facts.full_controls) if c.on >= counted_from), None)
    if last_full is not None:
        due_on = add_months(last_full, protocol.yearly_months)
        why = Why("control.break_yearly", {"control": last_full, "months": protocol.yearly_months})
    else:
        due_on = add_months(stop, protocol.yearly_months)
        why = Why("control.break_yearly.first", {"stop": stop, "months": protocol.yearly_months})
    return make(protocol, "control.break_yearly", due_on, registered, why)


def reassess(facts: Facts, course: Course, stop: date, protocol: Protocol) -> DueItem | None:
    """K5: look again whether the break goes on; None once a signed review has."""
    held = latest_break_on(facts, stop)
    if held is not None and held.until is not None:
        due_on = held.until
        why = Why("reassess.break.agreed", {"review": held.on, "until": held.until})
    else:
        months = protocol.break_months[course.drug]
        due_on = add_months(stop, months)
        why = Why("reassess.break", {"stop": stop, "months": months, "drug": course.drug})
    seen_from = add_months(due_on, -protocol.break_review_from_months)
    if any(r.on >= stop and r.on >= seen_from and r.outcome in BREAK_DECISIONS for r in facts.reviews):
        return None
    return make(protocol, "reassess.break", due_on, facts.patient.registered_on, why)
