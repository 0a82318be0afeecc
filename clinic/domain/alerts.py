"""Alerts from facts, one per code, each with since when, why and source (protocol section 5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from operator import attrgetter
from typing import NamedTuple

from clinic.domain import bone
from clinic.domain.calendar import add_days, add_months
from clinic.domain.due import from_facts as due_from_facts
from clinic.domain.due_reviews import fractures_of_course
from clinic.domain.facts import Facts, Measured, by_value, in_order
from clinic.domain.items import DueItem, Why
from clinic.domain.protocol import DEFAULT, ORAL, Protocol
from clinic.domain.record import Record
from clinic.domain.treatment import break_since
from clinic.domain.vocabulary import AlertCode, AlertLevel, Drug

TENTH, HUNDREDTH = Decimal("0.1"), Decimal("0.01")
RED, AMBER = AlertLevel.RED, AlertLevel.AMBER
RULES = {AlertCode.FRACTURE_ON_TREATMENT: "S3", AlertCode.FRACTURE_EARLY: "S3", AlertCode.DOSE_VERY_LATE: "S6"}
"""The rule of the protocol that an alert follows; the others stand in section 5 alone."""
NOTE_DOES_NOT_CLEAR = {AlertCode.DOSE_VERY_LATE, AlertCode.FRACTURE_ON_TREATMENT, AlertCode.FRACTURE_EARLY}
SYMPTOM_SOURCE = "LEAF, SmPC"
SYMPTOM_LEFT = Why("alert.symptom_left", {})
"""Why a symptom waits that was corrected, voided or taken out before a doctor signed for it."""
SYMPTOM_LATER = Why("alert.symptom_later", {})
"""Why a symptom waits that became known after the note that, by its day, cleared it: nobody has read it."""
WEEKLY_DOSES, MONTHLY_DOSES = 12, 3  # expected doses of the last 12 weeks
by_latest = attrgetter("latest_on")


class Alert(NamedTuple):
    """An alert with the first and, if a day ends it, the last day on which it holds."""

    code: AlertCode
    level: AlertLevel
    since: date
    holds_from: date
    holds_until: date | None
    why: Why
    source: str


def alerts(record: Record, on: date, protocol: Protocol = DEFAULT) -> tuple[Alert, ...]:
    """The alerts of a day: red before amber, then oldest first."""
    facts = Facts(record, on)
    return tuple(from_facts(facts, due_from_facts(facts, protocol), protocol))


def from_facts(facts: Facts, items: Iterable[DueItem], protocol: Protocol) -> list[Alert]:
    """The alerts of facts already cut to a day, given the items of that day."""
    found = [
        alert
        for alert in stored_from_facts(facts, items, protocol)
        if alert.holds_from <= facts.on and (alert.holds_until is None or facts.on <= alert.holds_until)
    ]
    return in_order(found, lambda alert: (alert.level != RED, alert.since, alert.code))


def stored_from_facts(facts: Facts, items: Iterable[DueItem], protocol: Protocol) -> list[Alert]:
    """Every alert that facts already cut to a day raise on that day or later; one per code, notes applied."""
    if not facts.active:
        return []
    best: dict[AlertCode, Alert] = {}
    for alert in raised_from(facts, items, protocol):
        known = best.get(alert.code)
        if known is None or (alert.level == RED, alert.since) > (known.level == RED, known.since):
            best[alert.code] = alert
    if facts.noted:
        return [a for a in best.values() if a.code in NOTE_DOES_NOT_CLEAR or not_noted_since(facts, a)]
    return list(best.values())


def not_noted_since(facts: Facts, alert: Alert) -> bool:
    """Whether the last note about such an alert, if there is one, is older than what raised it."""
    return facts.noted.get(alert.code, date.min) < alert.since


def raised(code: AlertCode, level: AlertLevel, since: date, source: str, **params: object) -> Alert:
    """An alert that holds until a fact changes it."""
    return Alert(code, level, since, since, None, Why("alert." + code, params), source)


def raised_from(facts: Facts, items: Iterable[DueItem], protocol: Protocol) -> list[Alert]:
    """All that the facts raise, also several of one code."""
    return [
        *height(facts, protocol),
        *weight(facts, protocol),
        *bmd_loss(facts, protocol),
        *symptoms(facts),
        *fractures(facts, protocol),
        *renal(facts, protocol),
        *adherence(facts, protocol),
        *very_late_doses(items),
    ]


def height(facts: Facts, protocol: Protocol) -> Iterator[Alert]:
    """Loss since the reference, loss since the recalled maximum, and gain."""
    measured = bone.heights(facts)
    if not measured:
        return
    latest = measured[-1]
    loss = bone.height_loss(facts, protocol)
    if loss is not None and loss.loss_mm >= protocol.height_amber_mm:
        level = RED if loss.loss_mm >= protocol.height_red_mm else AMBER
        yield raised(
            AlertCode.HEIGHT_LOSS_MEASURED, level, latest.on, "ISCD 2019, Siminoski",
            loss_mm=loss.loss_mm, reference_mm=loss.reference.value, reference_on=loss.reference.on,
            latest_mm=latest.value, limit_mm=protocol.height_red_mm if level == RED else protocol.height_amber_mm,
        )  # fmt: skip
    recalled = facts.patient.recalled_max_height_mm
    if (
        recalled is not None
        and recalled - latest.value > protocol.height_recalled_mm
        and bone.reset_height(facts, measured, protocol) is None
    ):
        first = next(m for m in measured if recalled - m.value > protocol.height_recalled_mm)
        yield raised(
            AlertCode.HEIGHT_LOSS_RECALLED, RED, first.on, "ISCD 2019 (VFA)",
            loss_mm=recalled - latest.value, recalled_mm=recalled, latest_mm=latest.value,
            limit_mm=protocol.height_recalled_mm,
        )  # fmt: skip
    yield from height_gain(measured, protocol)


def height_gain(measured: Sequence[Measured], protocol: Protocol) -> Iterator[Alert]:
    """The highest of the latest day against the height of the day before it that is the lowest of its own."""
    earlier = bone.before_latest(measured)
    if not earlier:
        return
    previous, highest = earlier[-1], measured[len(earlier)]
    gain = highest.value - previous.value
    if gain > protocol.height_gain_mm:
        yield raised(AlertCode.HEIGHT_GAIN, AMBER, highest.on, "D", gain_mm=gain, previous_on=previous.on,
                     limit_mm=protocol.height_gain_mm)  # fmt: skip


def weight(facts: Facts, protocol: Protocol) -> Iterator[Alert]:
    """Weight loss within 456 days, and a low BMI."""
    measured = bone.weights(facts)
    if not measured:
        return
    latest = measured[-1]
    window = add_days(latest.on, -protocol.weight_days)
    before = [m for m in bone.before_latest(measured) if m.on >= window]
    if before:
        highest = max(before, key=by_value)
        loss = highest.value - latest.value
        if loss * 100 >= highest.value * protocol.weight_amber_percent:
            level = RED if loss * 100 >= highest.value * protocol.weight_red_percent else AMBER
            yield raised(AlertCode.WEIGHT_LOSS, level, latest.on, "Ensrud 2003", loss_g=loss, highest_g=highest.value,
                         highest_on=highest.on, latest_g=latest.value)  # fmt: skip
    tall = bone.heights(facts)
    if tall:
        height_mm = tall[-1].value
        if latest.value * 1000 < protocol.low_bmi * (height_mm * height_mm):  # most are above: no division for those
            shown = str(bone.bmi(latest.value, height_mm).quantize(TENTH))
            yield raised(AlertCode.LOW_BMI, AMBER, max(latest.on, tall[-1].on), "D", bmi=shown,
                         limit=str(protocol.low_bmi))  # fmt: skip


def bmd_loss(facts: Facts, protocol: Protocol) -> Iterator[Alert]:
    """Loss of BMD at or beyond the least significant change, on one device; the site that was measured last."""
    lost = [change for change in bone.all_bmd_changes(facts, protocol) if change.beyond_lsc]
    if lost:
        last = max(lost, key=by_latest)
        yield raised(
            AlertCode.BMD_LOSS, RED, last.latest_on, "ISCD", site=last.site,
            percent=str((-last.percent).quantize(HUNDREDTH)), lsc=str(last.lsc_percent), earlier_on=last.earlier_on,
        )  # fmt: skip


def symptoms(facts: Facts) -> Iterator[Alert]:
    """The alarm symptoms that the patient reported."""
    for contact in facts.contacts:
        for symptom in contact.symptoms:
            yield raised(AlertCode(symptom), RED, contact.on, SYMPTOM_SOURCE, on=contact.on)


def fractures(facts: Facts, protocol: Protocol) -> Iterator[Alert]:
    """A fragility fracture in the course or break, until a signed review on or after it."""
    if not facts.fractures:
        return
    broken, settled_from = fractures_of_course(facts, protocol, break_since(facts))
    last_review = facts.settled[-1].on if facts.settled else date.min
    for fracture in broken:
        if last_review >= fracture.on or settled_from is None:
            continue
        early = fracture.on < settled_from
        code = AlertCode.FRACTURE_EARLY if early else AlertCode.FRACTURE_ON_TREATMENT
        yield raised(code, AMBER if early else RED, fracture.on, "FMS 2022, NOGG 2021", site=fracture.site,
                     on=fracture.on, months=protocol.fracture_after_months)  # fmt: skip


def renal(facts: Facts, protocol: Protocol) -> Iterator[Alert]:
    """Creatinine clearance below the drug's limit, for as long as the creatinine is recent."""
    if facts.current is None or not facts.labs:
        return
    drug, measured = facts.current.drug, bone.weights(facts)
    limits = protocol.renal.get(drug)
    lab = next((x for x in reversed(facts.labs) if x.creatinine_umol_l is not None), None)
    if limits is None or lab is None or lab.creatinine_umol_l is None or not measured:
        return
    years = bone.age(facts.patient.birth_date, lab.on)
    clearance = bone.creatinine_clearance(facts.patient.sex, years, measured[-1].value, lab.creatinine_umol_l)
    amber, red = limits
    level = RED if red is not None and clearance < red else AMBER if amber is not None and clearance < amber else None
    if level is None:
        return
    why = Why(
        f"alert.{AlertCode.RENAL_LIMIT}",
        {"clearance": str(clearance.quantize(TENTH)), "limit": red if level == RED else amber, "drug": drug,
         "creatinine": lab.creatinine_umol_l, "lab_on": lab.on},
    )  # fmt: skip
    until = add_months(lab.on, protocol.renal_months)
    yield Alert(AlertCode.RENAL_LIMIT, level, lab.on, lab.on, until, why, "SmPC")


def adherence(facts: Facts, protocol: Protocol) -> Iterator[Alert]:
    """Missed doses and an intake that keeps the drug from working, at the latest control that has an answer."""
    current = facts.current
    if current is None or current.drug not in ORAL:
        return
    controls = [c for c in facts.controls if c.on >= current.started_on]
    answered = [(c.on, c.missed_doses) for c in controls if c.missed_doses is not None]
    if answered:
        on, missed = max(answered)  # of one day the most
        expected = MONTHLY_DOSES if current.drug == Drug.IBANDRONIC_ACID_ORAL else WEEKLY_DOSES
        taken = max(0, expected - missed) * 100
        if taken < protocol.adherence_amber_percent * expected:
            level = RED if taken < protocol.adherence_red_percent * expected else AMBER
            yield raised(AlertCode.ADHERENCE_LOW, level, on, "CBO 2011", missed=missed, expected=expected,
                         percent=taken // expected)  # fmt: skip
    asked = [(c.on, answers_of(c.intake)) for c in controls if c.intake is not None]
    told = [(on, answers) for on, answers in asked if answers != NOT_ANSWERED]
    if facts.seen_twice:
        told.sort(key=most_wrong)
    if told and False in told[-1][1]:
        on, answers = told[-1]
        wrong = wrong_of(answers)
        yield raised(AlertCode.INTAKE_CONFLICT, AMBER, on, "LEAF", answers=",".join(wrong))


INTAKE = ("fasting", "water", "upright", "calcium_apart")
answers_of = attrgetter(*INTAKE)
NOT_ANSWERED = (None,) * len(INTAKE)


def wrong_of(answers: Iterable[bool | None]) -> list[str]:
    """Which of the answers were no."""
    return [name for name, answer in zip(INTAKE, answers, strict=True) if answer is False]


def most_wrong(told: tuple[date, Iterable[bool | None]]) -> tuple[date, int, list[str]]:
    """By day; of one day the one with most answered no."""
    on, answers = told
    wrong = wrong_of(answers)
    return on, len(wrong), wrong


def very_late_doses(items: Iterable[DueItem]) -> Iterator[Alert]:
    """A denosumab dose from the day it is very late."""
    for item in items:
        if item.code == "dose.denosumab" and item.very_late_after is not None:
            since = add_days(item.very_late_after, 1)
            due_on = item.why.params["computed"] if item.why.code == "moved" else item.due_on
            days = (item.very_late_after - due_on).days
            yield raised(AlertCode.DOSE_VERY_LATE, RED, since, "Lyu 2020", due_on=due_on, days=days)
