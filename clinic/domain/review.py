"""What a review lays side by side: the clinic's criteria and the facts that are missing; no outcome is suggested."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from clinic.domain import bone, due
from clinic.domain.alerts import MONTHLY_DOSES, WEEKLY_DOSES
from clinic.domain.calendar import add_days, add_months
from clinic.domain.due_reviews import is_fragility
from clinic.domain.facts import Facts
from clinic.domain.items import DueItem, Why
from clinic.domain.protocol import ORAL, Protocol
from clinic.domain.record import Course, Fracture, Record, Scan
from clinic.domain.vocabulary import (
    AlarmOutcome,
    CriterionCode,
    Drug,
    DueCode,
    FractureSite,
    MissingFact,
    ScanSite,
    StopReason,
    Symptom,
)

HIP = (ScanSite.TOTAL_HIP, ScanSite.FEMORAL_NECK)
MAJOR = frozenset((FractureSite.VERTEBRA, FractureSite.HIP, FractureSite.PELVIS, FractureSite.HUMERUS,
                   FractureSite.WRIST, FractureSite.OTHER_MAJOR))  # fmt: skip
INTRAVENOUS = frozenset((Drug.ZOLEDRONIC_ACID, Drug.IBANDRONIC_ACID_IV))
ANSWERS = {None: "criterion.unknown", True: "criterion.met", False: "criterion.not_met"}
NUMBERS: Mapping[CriterionCode, tuple[str, ...]] = MappingProxyType(
    {
        CriterionCode.HIP_T: ("hip_t",),
        CriterionCode.GLUCOCORTICOID: ("glucocorticoid_mg",),
        CriterionCode.AGE_75: ("age_years", "age_t"),
        CriterionCode.NEW_FRACTURE_ADHERENT: ("fracture_months", "adherence_percent"),
        CriterionCode.BMD_LOSS_ADHERENT: ("adherence_percent",),
        CriterionCode.ADHERENCE_BELOW_80: ("adherence_percent",),
    }
)
"""The settings a criterion rests on, less `criterion_`; its code keeps the name that the numbers once gave it."""
VERTEBRA_OR_HIP = frozenset((FractureSite.VERTEBRA, FractureSite.HIP))
NOT_TOLERATED = frozenset((StopReason.SIDE_EFFECTS, StopReason.CONTRAINDICATION))
NONE, TENTH = Decimal(0), Decimal("0.1")
SUSPECT = frozenset((Symptom.THIGH_OR_GROIN_PAIN, Symptom.JAW_OR_MOUTH))
MADE_BEFORE = {MissingFact.DXA: "dxa.", MissingFact.SPINE_IMAGE: "spine_image."}
OF_DURATION = frozenset(
    (DueCode.REVIEW_END_OF_COURSE, DueCode.REVIEW_STANDARD, DueCode.REVIEW_CLASS_LIMIT, DueCode.REASSESS_BREAK)
)
"""The reviews before which a DXA and a spine image are made (S1)."""


Deciding = tuple[object, date | None]


class Criterion(NamedTuple):
    """One of the clinic's criteria: met, not met, or unknown (None), and why."""

    code: CriterionCode
    met: bool | None
    source: str
    protocol: Protocol
    fact: object = None
    on: date | None = None
    decided: Deciding | None = None
    """What gave the answer and its day, when that is another than the fact that is kept with a decision."""

    @property
    def why(self) -> Why:
        """The sentence of its answer with the numbers it was weighed by; put together when it is shown."""
        fact, on = self.decided or (self.fact, self.on)
        if isinstance(fact, bone.BmdChange):
            fact = fact.told_percent
        if isinstance(fact, Drug):
            return Why("criterion.no_limit", {"criterion": self.code, "drug": fact})
        told = {"fact": None if fact is None else str(fact), "on": on}
        return Why(ANSWERS[self.met], {"criterion": self.code, **told, **numbers(self.code, self.protocol)})


def from_facts(facts: Facts, protocol: Protocol) -> tuple[Criterion, ...]:
    """Every criterion of section 6, on the day to which the facts were cut."""
    adherent = adherence_percent(facts)
    return (
        *bone_criteria(facts, protocol),
        *fracture_criteria(facts, adherent, protocol),
        *drug_criteria(facts, adherent, protocol),
    )


def numbers(code: CriterionCode, protocol: Protocol) -> dict[str, int | Decimal]:
    """What a version of the protocol sets for a criterion."""
    return {name: getattr(protocol, f"criterion_{name}") for name in NUMBERS.get(code, ())}


def latest_t(facts: Facts, sites: tuple[ScanSite, ...]) -> tuple[Decimal | None, date | None]:
    """The lowest T-score of these sites on the latest day with a DXA that has one."""
    for scan in reversed(facts.received):
        scores = t_scores(scan, sites)
        if scores and facts.scanned_twice:
            scores = [score for one in facts.received if one.on == scan.on for score in t_scores(one, sites)]
        if scores:
            return min(scores), scan.on
    return None, None


def t_scores(scan: Scan, sites: tuple[ScanSite, ...]) -> list[Decimal]:
    """The T-scores of a DXA at these sites."""
    return [v.t_score for s in sites if (v := scan.sites.get(s)) is not None and v.t_score is not None]


def bone_criteria(facts: Facts, protocol: Protocol) -> Iterator[Criterion]:
    """T-scores and age, glucocorticoids now."""
    hip, hip_on = latest_t(facts, HIP)
    met = None if hip is None else hip <= protocol.criterion_hip_t
    yield Criterion(CriterionCode.HIP_T, met, "CBO 2011, ASBMR 2016", protocol, hip, hip_on)
    daily = sum([g.mg_per_day for g in facts.record.glucocorticoids
                 if g.from_on <= facts.on and (g.until_on is None or g.until_on >= facts.on)], NONE)  # fmt: skip
    high = daily >= protocol.criterion_glucocorticoid_mg
    yield Criterion(CriterionCode.GLUCOCORTICOID, high, "NOGG 2021", protocol, daily)
    years = bone.age(facts.patient.birth_date, facts.on)
    lowest, lowest_on = latest_t(facts, bone.SITES)
    old = years >= protocol.criterion_age_years
    met = False if not old else None if lowest is None else lowest <= protocol.criterion_age_t
    decided: Deciding = (lowest, lowest_on) if old and lowest is not None else (years, None)
    yield Criterion(CriterionCode.AGE_75, met, "ASBMR 2016", protocol, years, lowest_on, decided)


def fracture_criteria(facts: Facts, adherent: int | None, protocol: Protocol) -> Iterator[Criterion]:
    """Vertebral or hip fracture ever; major fracture in the course; a new one while adherent."""
    found = [f for f in facts.fractures if is_fragility(f)]
    ever = [f for f in found if f.site in VERTEBRA_OR_HIP]
    yield Criterion(CriterionCode.VERTEBRAL_OR_HIP, bool(ever), "ASBMR 2016, NOGG 2021", protocol, *latest(ever))
    course = facts.current or facts.last
    if course is None:
        yield Criterion(CriterionCode.MAJOR_IN_COURSE, None, "ASBMR 2016", protocol)
        yield Criterion(CriterionCode.NEW_FRACTURE_ADHERENT, None, "FMS 2022", protocol)
        return
    during = [f for f in found if in_time(f.on, course)]
    major = [f for f in during if f.site in MAJOR]
    yield Criterion(CriterionCode.MAJOR_IN_COURSE, bool(major), "ASBMR 2016", protocol, *latest(major))
    since = add_months(course.started_on, protocol.criterion_fracture_months)
    late = [f for f in during if f.on >= since]
    met = is_adherent(adherent, protocol) if late else False
    yield Criterion(CriterionCode.NEW_FRACTURE_ADHERENT, met, "FMS 2022", protocol, *latest(late))


def latest(fractures: Sequence[Fracture]) -> tuple[FractureSite | None, date | None]:
    """Bone and day of the last of these fractures."""
    return (fractures[-1].site, fractures[-1].on) if fractures else (None, None)


def is_adherent(percent: int | None, protocol: Protocol) -> bool | None:
    """Whether enough of the doses was taken; None when nobody asked."""
    return None if percent is None else percent >= protocol.criterion_adherence_percent


def in_time(on: date, course: Course) -> bool:
    """On or after the start, not after the stop."""
    return on >= course.started_on and (course.stopped_on is None or on <= course.stopped_on)


def drug_criteria(facts: Facts, adherent: int | None, protocol: Protocol) -> Iterator[Criterion]:
    """BMD loss while adherent, intolerance or kidney function, adherence, suspected rare harm."""
    changes = bone.all_bmd_changes(facts, protocol)
    enough = is_adherent(adherent, protocol)
    met = None if not changes else enough if any(c.beyond_lsc for c in changes) else False
    lost = changes[0] if len(changes) == 1 else min(changes, key=by_loss, default=None)
    decided: Deciding | None = None if lost is None else (lost, lost.latest_on)
    yield Criterion(CriterionCode.BMD_LOSS_ADHERENT, met, "ISCD", protocol, decided=decided)
    unfit, decided = intolerance(facts, protocol)
    yield Criterion(CriterionCode.INTOLERANCE_OR_RENAL, unfit, "SmPC", protocol, decided=decided)
    low = None if enough is None else not enough
    yield Criterion(CriterionCode.ADHERENCE_BELOW_80, low, "CBO 2011", protocol, adherent)
    yield complaints(facts, protocol)


def complaints(facts: Facts, protocol: Protocol) -> Criterion:
    """Whether thigh or jaw complaints were reported; a no takes that both were asked about.

    Of what was reported a note takes away only what a doctor saw and did nothing for: who was referred is suspected.
    """
    cleared = {note.alert: note.on for note in facts.notes if note.outcome == AlarmOutcome.SEEN_NO_ACTION}
    hits = [(symptom, contact.on) for contact in facts.contacts if contact.symptoms for symptom in contact.symptoms
            if symptom in SUSPECT and cleared.get(symptom, date.min) < contact.on]  # fmt: skip
    if hits:
        return Criterion(CriterionCode.AFP_OR_ONJ, True, "LEAF, SmPC", protocol, *max(hits, key=by_day))
    asked = SUSPECT.issubset([symptom for contact in facts.contacts for symptom in contact.asked])
    return Criterion(CriterionCode.AFP_OR_ONJ, False if asked else None, "LEAF, SmPC", protocol)


def by_loss(change: bone.BmdChange) -> tuple[bool, Decimal]:
    """What is beyond the least significant change first, then the largest loss."""
    return not change.beyond_lsc, change.percent


def by_day(told: tuple[str, date]) -> tuple[date, str]:
    """By day; of one day by name, so that order of entry does not matter."""
    symptom, on = told
    return on, symptom


def intolerance(facts: Facts, protocol: Protocol) -> tuple[bool | None, Deciding | None]:
    """Stopped for side effects or contraindication, or clearance below the drug's limit, and what says so.

    None without creatinine; a drug for which the protocol has no limit says so itself.
    """
    for stopped in reversed(facts.courses):
        if stopped.stop_reason in NOT_TOLERATED:
            return True, (stopped.stop_reason, stopped.stopped_on)
    course = facts.current or facts.last
    limits = None if course is None else protocol.renal.get(course.drug)
    if course is not None and limits is None:
        return False, (course.drug, None)
    measured = None if limits is None else clearance(facts)
    if limits is None or measured is None:
        return None, None
    on = next(x.on for x in reversed(facts.labs) if x.creatinine_umol_l)
    return measured < max(limit for limit in limits if limit is not None), (measured.quantize(TENTH), on)


def clearance(facts: Facts) -> Decimal | None:
    """Creatinine clearance by the latest creatinine and weight; None without one of them."""
    labs = [(lab.on, lab.creatinine_umol_l) for lab in facts.labs if lab.creatinine_umol_l]
    weights = bone.weights(facts)
    if not labs or not weights:
        return None
    on, creatinine = labs[-1]
    return bone.creatinine_clearance(
        facts.patient.sex, bone.age(facts.patient.birth_date, on), weights[-1].value, creatinine
    )


def adherence_percent(facts: Facts) -> int | None:
    """Doses taken of those expected in the last 12 weeks, at the latest control of the course with an answer."""
    course = facts.current
    if course is None or course.drug not in ORAL:
        return None
    answered = [(c.on, c.missed_doses) for c in facts.controls
                if c.missed_doses is not None and c.on >= course.started_on]  # fmt: skip
    if not answered:
        return None
    _on, missed = max(answered)  # of one day the most
    expected = MONTHLY_DOSES if course.drug == Drug.IBANDRONIC_ACID_ORAL else WEEKLY_DOSES
    return max(0, expected - missed) * 100 // expected


def missing(record: Record, on: date, protocol: Protocol) -> tuple[MissingFact, ...]:
    """What a review on a day needs and the record does not have, or not recently enough (section 6)."""
    return missing_of(Facts(record, on), protocol)


def missing_of(facts: Facts, protocol: Protocol) -> tuple[MissingFact, ...]:
    """The same of facts already cut to a day; what a doctor let lapse is not asked for again (S11)."""
    since = add_months(facts.on, -protocol.review_fresh_months)
    heights, weights = bone.heights(facts), bone.weights(facts)
    course = facts.current
    lacks = {
        MissingFact.DXA: not facts.received or facts.received[-1].on < since,
        MissingFact.SPINE_IMAGE: not facts.images or facts.images[-1] < since,
        MissingFact.HEIGHT: not heights or heights[-1].on < since,
        MissingFact.WEIGHT: not weights or weights[-1].on < since,
        MissingFact.ADHERENCE: course is not None and course.drug in ORAL and adherence_percent(facts) is None,
        MissingFact.CREATININE: course is not None
        and course.drug in INTRAVENOUS
        and not any(x.creatinine_umol_l is not None and x.on >= since for x in facts.labs),
    }
    return tuple(fact for fact, lacking in lacks.items() if lacking and not lapsed(facts, fact, protocol))


def lapsed(facts: Facts, fact: MissingFact, protocol: Protocol) -> bool:
    """Whether the DXA or spine image of a review that waits was let lapse, and none is owed for another that waits.

    A waiver is of one item (S11): it says nothing of the image of another review.
    """
    kind = MADE_BEFORE.get(fact)
    if kind is None or not facts.waived:
        return False
    items = list(due.clinical(facts, protocol))
    waits = set(made_for(facts, items, kind, protocol))
    owed = {(item.code, item.due_on) for item in items} & waits
    return not facts.waived.isdisjoint(waits) and owed <= facts.waived


def made_for(facts: Facts, items: Sequence[DueItem], kind: str, protocol: Protocol) -> Iterator[tuple[str, date]]:
    """The items of such an image, by code and day, of the reviews that can be decided now and were not let lapse.

    The one before a review that was moved is let lapse by the day before either of its dates, the computed one too.
    """
    for item in items:
        if (item.code, item.due_on) in facts.waived:
            continue
        if item.code == DueCode.REVIEW_AFTER_FRACTURE:
            yield f"{kind}after_fracture", item.due_on
        elif item.code in OF_DURATION:
            days = (item.due_on, due.held_on(facts, item))
            if facts.on >= add_months(min(days), -protocol.review_from_months):
                yield from ((f"{kind}before_review", add_days(day, -protocol.before_review_days)) for day in days)
