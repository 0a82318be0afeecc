"""What a review lays side by side: the clinic's criteria and the facts that are missing; no outcome is suggested."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from clinic.domain import bone
from clinic.domain.alerts import MONTHLY_DOSES, WEEKLY_DOSES
from clinic.domain.calendar import add_months
from clinic.domain.due_reviews import is_fragility
from clinic.domain.facts import Facts
from clinic.domain.items import Why
from clinic.domain.protocol import ORAL, Protocol
from clinic.domain.record import Control, Course, Record
from clinic.domain.vocabulary import CriterionCode, Drug, FractureSite, MissingFact, ScanSite, StopReason, Symptom

HIP = (ScanSite.TOTAL_HIP, ScanSite.FEMORAL_NECK)
MAJOR = frozenset((FractureSite.VERTEBRA, FractureSite.HIP, FractureSite.PELVIS, FractureSite.HUMERUS,
                   FractureSite.WRIST, FractureSite.OTHER_MAJOR))  # fmt: skip
INTRAVENOUS = frozenset((Drug.ZOLEDRONIC_ACID, Drug.IBANDRONIC_ACID_IV))
ANSWERS = {None: "criterion.unknown", True: "criterion.met", False: "criterion.not_met"}
T_OSTEOPOROSIS, T_AT_75, MG_A_DAY = Decimal("-2.5"), Decimal("-2.0"), Decimal("7.5")
SUSPECT = frozenset((Symptom.THIGH_OR_GROIN_PAIN, Symptom.JAW_OR_MOUTH))
ALL_SITES = tuple(ScanSite)
MADE_BEFORE = {MissingFact.DXA: "dxa.", MissingFact.SPINE_IMAGE: "spine_image."}
FRESH_MONTHS = 12  # section 6: DXA, spine image, height and weight no older than this


class Criterion(NamedTuple):
    """One of the clinic's criteria: met, not met, or unknown (None), and why."""

    code: CriterionCode
    met: bool | None
    why: Why
    source: str


def from_facts(facts: Facts, protocol: Protocol) -> tuple[Criterion, ...]:
    """Every criterion of section 6, on the day to which the facts were cut."""
    adherent = adherence_percent(facts)
    return (*bone_criteria(facts), *fracture_criteria(facts, adherent), *drug_criteria(facts, adherent, protocol))


def criterion(code: CriterionCode, met: bool | None, source: str, **params: object) -> Criterion:
    """A criterion with the sentence of its answer."""
    params["criterion"] = code
    return Criterion(code, met, Why(ANSWERS[met], params), source)


def latest_t(facts: Facts, sites: tuple[ScanSite, ...]) -> tuple[Decimal, date] | None:
    """The lowest T-score of these sites on the latest DXA that has one."""
    for scan in reversed(facts.received):
        scores = [v.t_score for s in sites if (v := scan.sites.get(s)) is not None and v.t_score is not None]
        if scores:
            return min(scores), scan.on
    return None


def bone_criteria(facts: Facts) -> Iterator[Criterion]:
    """T-scores and age, glucocorticoids now."""
    hip = latest_t(facts, HIP)
    yield criterion(CriterionCode.HIP_T, None if hip is None else hip[0] <= T_OSTEOPOROSIS, "CBO 2011, ASBMR 2016",
                    fact=hip and f"{hip[0]}", on=hip and hip[1])  # fmt: skip
    doses = [g.mg_per_day for g in facts.record.glucocorticoids
             if g.from_on <= facts.on and (g.until_on is None or g.until_on >= facts.on)]  # fmt: skip
    daily = sum(doses, Decimal(0))
    yield criterion(CriterionCode.GLUCOCORTICOID, daily >= MG_A_DAY, "NOGG 2021", fact=str(daily), on=None)
    years = bone.age(facts.patient.birth_date, facts.on)
    any_site = latest_t(facts, ALL_SITES)
    met = False if years < 75 else None if any_site is None else any_site[0] <= T_AT_75
    yield criterion(CriterionCode.AGE_75, met, "ASBMR 2016", fact=str(years), on=any_site and any_site[1])


def fracture_criteria(facts: Facts, adherent: int | None) -> Iterator[Criterion]:
    """Vertebral or hip fracture ever; major fracture in the course; a new one while adherent."""
    found = [f for f in facts.fractures if is_fragility(f)]
    ever = next((f for f in reversed(found) if f.site in (FractureSite.VERTEBRA, FractureSite.HIP)), None)
    yield criterion(CriterionCode.VERTEBRAL_OR_HIP, ever is not None, "ASBMR 2016, NOGG 2021", fact=ever and ever.site,
                    on=ever and ever.on)  # fmt: skip
    course = facts.current or facts.last
    during = [] if course is None else [f for f in found if in_time(f.on, course)]
    major = next((f for f in reversed(during) if f.site in MAJOR), None)
    yield criterion(CriterionCode.MAJOR_IN_COURSE, None if course is None else major is not None, "ASBMR 2016",
                    fact=major and major.site, on=major and major.on)  # fmt: skip
    late = None if course is None else [f for f in during if f.on >= add_months(course.started_on, 12)]
    met = None if late is None else False if not late else None if adherent is None else adherent >= 80
    yield criterion(CriterionCode.NEW_FRACTURE_ADHERENT, met, "FMS 2022", fact=late[-1].site if late else None,
                    on=late[-1].on if late else None)  # fmt: skip


def in_time(on: date, course: Course) -> bool:
    """On or after the start, not after the stop."""
    return on >= course.started_on and (course.stopped_on is None or on <= course.stopped_on)


def drug_criteria(facts: Facts, adherent: int | None, protocol: Protocol) -> Iterator[Criterion]:
    """BMD loss while adherent, intolerance or kidney function, adherence, suspected rare harm."""
    sites = ALL_SITES if len(facts.received) > 1 else ()
    changes = [c for site in sites for c in bone.bmd_changes(facts, site, protocol)]
    lost = any(c.beyond_lsc for c in changes)
    met = None if not changes else False if not lost else None if adherent is None else adherent >= 80
    yield criterion(CriterionCode.BMD_LOSS_ADHERENT, met, "ISCD", fact=None, on=None)
    yield criterion(CriterionCode.INTOLERANCE_OR_RENAL, intolerance(facts, protocol), "SmPC", fact=None, on=None)
    yield criterion(CriterionCode.ADHERENCE_BELOW_80, None if adherent is None else adherent < 80, "CBO 2011",
                    fact=None if adherent is None else str(adherent), on=None)  # fmt: skip
    noted = {n.alert: n.on for n in sorted(facts.notes, key=lambda n: n.on)}
    hits = [(s, c.on) for c in facts.contacts for s in c.symptoms if s in SUSPECT and noted.get(s, date.min) < c.on]
    yield criterion(CriterionCode.AFP_OR_ONJ, bool(hits) if facts.contacts else None, "LEAF, SmPC",
                    fact=hits[-1][0] if hits else None, on=hits[-1][1] if hits else None)  # fmt: skip


def intolerance(facts: Facts, protocol: Protocol) -> bool | None:
    """Stopped for side effects or contraindication, or clearance below the drug's limit; None without creatinine."""
    if any(c.stop_reason in (StopReason.SIDE_EFFECTS, StopReason.CONTRAINDICATION) for c in facts.courses):
        return True
    course = facts.current or facts.last
    lab = next((x for x in reversed(facts.labs) if x.creatinine_umol_l), None)
    weights = bone.weights(facts)
    limits = None if course is None else protocol.renal.get(course.drug)
    if limits is None or lab is None or not lab.creatinine_umol_l or not weights:
        return None
    years = bone.age(facts.patient.birth_date, lab.on)
    clearance = bone.creatinine_clearance(facts.patient.sex, years, weights[-1].value, lab.creatinine_umol_l)
    return clearance < max(limit for limit in limits if limit is not None)


def adherence_percent(facts: Facts) -> int | None:
    """Doses taken of those expected in the last 12 weeks, at the latest control of the course with an answer."""
    course = facts.current
    if course is None or course.drug not in ORAL:
        return None
    told: Control | None = next(
        (c for c in reversed(facts.controls) if c.on >= course.started_on and c.missed_doses is not None), None
    )
    if told is None or told.missed_doses is None:
        return None
    expected = MONTHLY_DOSES if course.drug == Drug.IBANDRONIC_ACID_ORAL else WEEKLY_DOSES
    return max(0, expected - told.missed_doses) * 100 // expected


def missing(record: Record, on: date) -> tuple[MissingFact, ...]:
    """What a review on a day needs and the record does not have, or not recently enough (section 6)."""
    return missing_of(Facts(record, on))


def missing_of(facts: Facts) -> tuple[MissingFact, ...]:
    """The same of facts already cut to a day; what a doctor let lapse is not asked for again (S11)."""
    since = add_months(facts.on, -FRESH_MONTHS)
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
    return tuple(fact for fact, lacking in lacks.items() if lacking and not lapsed(facts, fact, since))


def lapsed(facts: Facts, fact: MissingFact, since: date) -> bool:
    """Whether the DXA or spine image of this review was waived: its item was due in the last year, or will be."""
    kind = MADE_BEFORE.get(fact)
    return kind is not None and any(code.startswith(kind) and due_on >= since for code, due_on in facts.waived)
