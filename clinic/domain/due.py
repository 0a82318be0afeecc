"""Due items from facts, their status on a day, and the order in which the clinic works (protocol 3, 4, 7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from clinic.domain.calendar import add_days, add_months, add_working_days
from clinic.domain.due_controls import break_control, course_controls, reassess
from clinic.domain.due_reviews import (
    after_fractures,
    before_review,
    close_course,
    duration_review,
    mid_course,
    untreated,
)
from clinic.domain.facts import Facts, next_change
from clinic.domain.items import DueItem, Why, make
from clinic.domain.moved_dates import goes_before, outdated
from clinic.domain.protocol import DEFAULT, SOURCES, Protocol
from clinic.domain.record import Agreement, Course, Record
from clinic.domain.treatment import break_since, counted_from, open_pause, planned_end
from clinic.domain.vocabulary import AgreementWhat, Drug, DueCode, ItemStatus, LetterAbout, PatientStatus

__all__ = [
    "DueItem",
    "Why",
    "computed",
    "due_items",
    "from_facts",
    "next_change",
    "nothing_planned",
    "rank",
    "status",
    "working_order",
]

INFUSIONS = frozenset((Drug.ZOLEDRONIC_ACID, Drug.IBANDRONIC_ACID_IV))
CONTROL, DXA, REVIEW = LetterAbout.CONTROL, LetterAbout.DXA, LetterAbout.REVIEW


def due_items(record: Record, on: date, protocol: Protocol = DEFAULT) -> tuple[DueItem, ...]:
    """What is due by the facts known on a day; done and waived items are left out."""
    return tuple(from_facts(Facts(record, on), protocol))


def from_facts(facts: Facts, protocol: Protocol) -> list[DueItem]:
    """The items of facts already cut to a day."""
    items = computed(facts, protocol)
    if not facts.active:
        return items
    if facts.moved:
        items = [moved(facts, item) for item in items]
    owed = letters(facts, protocol)
    items.extend([i for i in owed if (i.code, i.due_on) not in facts.waived] if facts.waived else owed)
    return items


def computed(facts: Facts, protocol: Protocol) -> list[DueItem]:
    """Each item on its own computed day, whatever day a doctor chose for it; of who is active without her letters.

    What is counted from another item's date is counted from the day chosen for that one.
    """
    if not facts.active:
        return [i for i in after_leaving(facts, protocol) if (i.code, i.due_on) not in facts.waived]
    items = list(clinical(facts, protocol))
    if facts.waived:
        items = [i for i in items if (i.code, i.due_on) not in facts.waived]
    return with_agreements(facts, items, protocol) if facts.agreements else items


def moved(facts: Facts, item: DueItem) -> DueItem:
    """The item on the day a doctor chose, its window with it; only while the computed day is still what she saw."""
    found = facts.moved.get((item.code, item.subject, item.due_on))
    if found is None:
        return reopened(facts, item)
    return later_by(item, (found.chosen_on - item.due_on).days)._replace(
        why=Why("moved", {**item.why.params, "was": item.why.code, "computed": found.computed_on, "moved": found.on}),
        backlog=found.chosen_on < facts.patient.registered_on,
    )


def later_by(item: DueItem, days: int) -> DueItem:
    """The item so many days later, its window with it.

    An injection of denosumab is very late when it was (S6): no other date takes that away, only the injection.
    """
    due_on, opens, late = (add_days(day, days) for day in (item.due_on, item.opens_on, item.late_after))
    very_late = item.very_late_after
    if very_late is not None and item.code == DueCode.DOSE_DENOSUMAB:
        late = min(late, very_late)
        opens = min(opens, late)
    elif very_late is not None:
        very_late = add_days(very_late, days)
    return item._replace(due_on=due_on, opens_on=opens, late_after=late, very_late_after=very_late)


def reopened(facts: Facts, item: DueItem) -> DueItem:
    """The item on the day that is computed now, saying so when a doctor chose a day beside another computed one."""
    before = outdated(facts, item)
    if before is None:
        return item
    signed = {"computed": before.computed_on, "chosen": before.chosen_on, "moved": before.on}
    return item._replace(why=Why("reopened", {**item.why.params, "was": item.why.code, **signed}))


def held_on(facts: Facts, item: DueItem) -> date:
    """The day on which an item will be seen to: the one a doctor chose for it, or else the computed one."""
    return moved(facts, item).due_on if facts.moved else item.due_on


def clinical(facts: Facts, protocol: Protocol) -> Iterator[DueItem]:
    """Everything but agreements and letters."""
    course = facts.current
    stop = break_since(facts)
    if course is not None:
        yield from course_controls(facts, course, protocol)
        owed = duration_review(facts, course, protocol)
        if owed is not None:
            yield owed.item
            look_on = held_on(facts, owed.item)
            yield from before_review(facts, owed.item.due_on, look_on, owed.first_due, protocol)
        yield from filter(None, (close_course(facts, course, protocol), mid_course(facts, course, protocol)))
        if course.drug in INFUSIONS:
            yield from infusions(facts, course, protocol)
    elif stop is not None and facts.last is not None:
        yield break_control(facts, stop, protocol)
        again = reassess(facts, facts.last, stop, protocol)
        if again is not None:
            yield again
            if (again.code, again.due_on) not in facts.waived:
                look_on = held_on(facts, again)
                yield from before_review(facts, again.due_on, look_on, look_on, protocol)
    if facts.fractures and (course is not None or stop is not None):
        yield from after_fractures(facts, protocol, stop)
    late_look = untreated(facts, protocol, stop)
    if late_look is not None:
        yield late_look
    yield from denosumab(facts, protocol)


def dose_due(facts: Facts, course: Course, protocol: Protocol) -> tuple[date, Why]:
    """When the next dose is due: after the last one, or on the start or registration when none is recorded (S5)."""
    code = f"dose.{course.drug}"
    months = protocol.dose_months[course.drug]
    if course.doses:
        last = max(course.doses)
        return add_months(last, months), Why(code, {"dose": last, "months": months})
    return max(course.started_on, facts.patient.registered_on), Why(f"{code}.first", counted_from(course))


def infusions(facts: Facts, course: Course, protocol: Protocol) -> Iterator[DueItem]:
    """S5: the next infusion within the planned course, and the creatinine before zoledronic acid."""
    if open_pause(course) is not None:
        return
    due_on, why = dose_due(facts, course, protocol)
    if due_on > add_days(planned_end(facts, course, protocol).on, -protocol.last_dose_before_end_days):
        return
    dose = make(protocol, f"dose.{course.drug}", due_on, facts.patient.registered_on, why)
    yield dose
    if course.drug == Drug.ZOLEDRONIC_ACID:
        yield from before_infusion(facts, dose, protocol)


def before_infusion(facts: Facts, dose: DueItem, protocol: Protocol) -> Iterator[DueItem]:
    """S5: the creatinine that an infusion of zoledronic acid needs."""
    given_on = held_on(facts, dose)
    enough = add_days(given_on, -protocol.lab_within_days)
    if any(lab.on >= enough and lab.creatinine_umol_l is not None for lab in facts.labs):
        return
    code, days = "lab.before_infusion", protocol.lab_before_days
    before = goes_before(facts, code, days, dose.due_on, given_on)
    if before is None:
        return
    lab_on = add_days(before, -days)
    opens = add_days(lab_on, -protocol.windows[code].opens_days)
    late = add_days(before, -protocol.lab_late_before_days)
    told = {"dose": given_on, "days": protocol.lab_within_days}
    why = Why(code, told if before == dose.due_on else told | {"own": add_days(dose.due_on, -days)})
    backlog = lab_on < facts.patient.registered_on
    yield DueItem(code, lab_on, opens, late, None, None, why, SOURCES[code], backlog)


def denosumab(facts: Facts, protocol: Protocol) -> Iterator[DueItem]:
    """S6: stays after a stop until a later course starts, and after leaving until the hand-over is confirmed."""
    course = facts.last
    if course is None or course.drug != Drug.DENOSUMAB:
        return
    due_on, why = dose_due(facts, course, protocol)
    yield make(protocol, "dose.denosumab", due_on, facts.patient.registered_on, why)


def with_agreements(facts: Facts, items: list[DueItem], protocol: Protocol) -> list[DueItem]:
    """K6: what was agreed and not done; an agreed control takes the place of the control it falls in."""
    agreed = [item for item in agreements(facts, protocol) if (item.code, item.due_on) not in facts.waived]
    control = next((item.due_on for item in agreed if item.code == "agreed.control"), None)
    if control is not None:
        items = [i for i in items if not (i.code.startswith("control.") and i.opens_on <= control <= i.late_after)]
    return items + agreed


def agreements(facts: Facts, protocol: Protocol) -> Iterator[DueItem]:
    """Per kind the agreement made last, unless such a fact is dated after it was made."""
    latest: dict[AgreementWhat, Agreement] = {}
    for agreement in facts.agreements:
        known = latest.get(agreement.what)
        if known is None or (agreement.made_on, agreement.on) > (known.made_on, known.on):
            latest[agreement.what] = agreement
    for what in sorted(latest):
        agreement = latest[what]
        if not any(day > agreement.made_on for day in days_of(facts, what)):
            why = Why("agreed", {"made_on": agreement.made_on, "what": what, "why": agreement.why or ""})
            yield make(protocol, f"agreed.{what}", agreement.on, facts.patient.registered_on, why)


def days_of(facts: Facts, what: AgreementWhat) -> Iterable[date]:
    """The days of the facts that satisfy an agreement of this kind."""
    if what == AgreementWhat.CONTROL:
        return (c.on for c in facts.controls)
    if what == AgreementWhat.CALL:
        return (c.on for c in facts.contacts)
    if what == AgreementWhat.DXA:
        return (s.on for s in facts.scans)
    if what == AgreementWhat.LAB:
        return (x.on for x in facts.labs)
    return (r.on for r in facts.reviews)


def letters(facts: Facts, protocol: Protocol, until: date | None = None) -> Iterator[DueItem]:
    """S7: a letter on the fifth working day after each control, DXA result and review, until one is sent."""
    registered = facts.patient.registered_on
    told = facts.told
    owed = [
        *[("letter.after_control", c.on, c.on) for c in facts.controls
          if c.on >= registered and (CONTROL, c.on) not in told],
        *[("letter.after_dxa", s.on, s.received_on) for s in facts.received
          if s.received_on and s.received_on >= registered and (DXA, s.on) not in told],
        *[("letter.after_review", r.on, r.on) for r in facts.reviews
          if r.on >= registered and (REVIEW, r.on) not in told],
    ]  # fmt: skip
    for code, on, clock in dict.fromkeys(owed):
        if until is None or on <= until:
            yield letter(facts, code, on, clock, protocol)


def letter(facts: Facts, code: str, on: date, clock: date, protocol: Protocol) -> DueItem:
    """One letter item, due the fifth working day after its clock starts."""
    due_on = add_working_days(clock, protocol.letter_days, protocol.extra_holidays)
    why = Why(code, {"on": on, "clock": clock, "days": protocol.letter_days})
    backlog = due_on < facts.patient.registered_on
    return DueItem(code, due_on, clock, due_on, None, on, why, SOURCES["letter"], backlog)


def after_leaving(facts: Facts, protocol: Protocol) -> Iterator[DueItem]:
    """S8: letters about what was before, one about the end, and a denosumab dose until its hand-over is confirmed."""
    left = facts.patient.status_on or facts.on
    yield from letters(facts, protocol, left)
    if facts.status == PatientStatus.DECEASED:
        return
    if (LetterAbout.END, left) not in facts.told:
        yield letter(facts, "letter.after_end", left, left, protocol)
    confirmed = facts.patient.handover_confirmed_on
    if confirmed is None or confirmed > facts.on:
        yield from denosumab(facts, protocol)


def nothing_planned(facts: Facts, items: Iterable[DueItem]) -> bool:
    """S12: active, and nothing but letters."""
    return facts.active and all(item.code.startswith("letter.") for item in items)


def status(item: DueItem, on: date) -> ItemStatus:
    """One ladder, in clinical priority (section 7)."""
    if item.very_late_after is not None and on > item.very_late_after:
        return ItemStatus.VERY_LATE
    if on > item.late_after:
        return ItemStatus.LATE
    if on >= item.opens_on:
        return ItemStatus.OPEN
    return ItemStatus.UPCOMING


def rank(item: DueItem, on: date) -> int:
    """Working order, 1 first (section 7): its place on the ladder, but denosumab first and the backlog below."""
    if on < item.opens_on:
        return 6
    if item.code == "dose.denosumab":
        return 1
    if on <= item.late_after:
        return 4
    if item.backlog:
        return 5
    return 2 if item.very_late_after is not None and on > item.very_late_after else 3


def working_order(items: Iterable[DueItem], on: date) -> list[DueItem]:
    """Items as the clinic works through them."""
    return sorted(items, key=lambda item: (rank(item, on), item.due_on, item.code, item.subject or date.min))
