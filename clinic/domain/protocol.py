"""The protocol as a table: every number with its unit and source; `DEFAULT` is default-2026.1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from clinic.domain.vocabulary import Drug, ScanSite


class Window(NamedTuple):
    """When an item opens before its due date, and how long after it is late and very late."""

    opens_days: int = 0
    opens_months: int = 0
    late_days: int = 0
    very_late_days: int | None = None
    very_late_months: int | None = None


BISPHOSPHONATES = frozenset(
    (
        Drug.ALENDRONIC_ACID,
        Drug.RISEDRONIC_ACID,
        Drug.IBANDRONIC_ACID_ORAL,
        Drug.IBANDRONIC_ACID_IV,
        Drug.ZOLEDRONIC_ACID,
    )
)
ORAL = frozenset((Drug.ALENDRONIC_ACID, Drug.RISEDRONIC_ACID, Drug.IBANDRONIC_ACID_ORAL))
FOLLOW_ON = frozenset((Drug.DENOSUMAB, Drug.TERIPARATIDE, Drug.ROMOSOZUMAB))
"""Drugs after which another must follow (S10)."""

WINDOWS: Mapping[str, Window] = MappingProxyType(
    {
        "control.early": Window(opens_days=28, late_days=28, very_late_months=3),
        "control.yearly": Window(opens_days=56, late_days=56, very_late_months=3),
        "control.break_yearly": Window(opens_days=56, late_days=56, very_late_months=3),
        "control.after_pause": Window(opens_days=56, late_days=56, very_late_months=3),
        "agreed": Window(opens_days=28, late_days=28, very_late_months=3),
        "pause.check": Window(opens_days=14, late_days=28),
        "review.end_of_course": Window(opens_months=3, very_late_days=90),
        "review.standard": Window(opens_months=3, very_late_days=90),
        "review.class_limit": Window(opens_months=3, very_late_days=90),
        "reassess.break": Window(opens_months=3, very_late_days=90),
        "course.close": Window(opens_days=14, late_days=14, very_late_days=90),
        "review.long_pause": Window(opens_days=28, very_late_days=90),
        "review.after_fracture": Window(opens_days=42, very_late_days=90),
        "review.untreated": Window(opens_days=42, very_late_days=90),
        "dxa.after_fracture": Window(opens_days=42),
        "spine_image.after_fracture": Window(opens_days=42),
        "dxa.mid_course": Window(opens_days=28, late_days=56),
        "dose.zoledronic_acid": Window(opens_days=42, late_days=28),
        "dose.ibandronic_acid_iv": Window(opens_days=14, late_days=14),
        "dose.denosumab": Window(opens_days=42, very_late_days=28),
        "lab.before_infusion": Window(opens_days=14),
    }
)

DURATIONS: Mapping[Drug, tuple[Decimal, ...]] = MappingProxyType(
    {
        Drug.ALENDRONIC_ACID: (Decimal(5), Decimal(10)),
        Drug.RISEDRONIC_ACID: (Decimal(5), Decimal(10)),
        Drug.IBANDRONIC_ACID_ORAL: (Decimal(5), Decimal(10)),
        Drug.ZOLEDRONIC_ACID: (Decimal(3), Decimal(6)),
        Drug.IBANDRONIC_ACID_IV: (Decimal(5),),
        Drug.DENOSUMAB: (Decimal(3),),
        Drug.TERIPARATIDE: (Decimal(2),),
        Drug.ROMOSOZUMAB: (Decimal(1),),
    }
)

BREAK_MONTHS: Mapping[Drug, int] = MappingProxyType(
    {
        Drug.ALENDRONIC_ACID: 24,
        Drug.RISEDRONIC_ACID: 18,
        Drug.IBANDRONIC_ACID_ORAL: 18,
        Drug.IBANDRONIC_ACID_IV: 18,
        Drug.ZOLEDRONIC_ACID: 36,
    }
)

RENAL: Mapping[Drug, tuple[int | None, int | None]] = MappingProxyType(
    {
        Drug.ALENDRONIC_ACID: (35, 30),
        Drug.RISEDRONIC_ACID: (None, 30),
        Drug.IBANDRONIC_ACID_ORAL: (None, 30),
        Drug.IBANDRONIC_ACID_IV: (None, 30),
        Drug.ZOLEDRONIC_ACID: (40, 35),
        Drug.DENOSUMAB: (30, None),
    }
)
"""Creatinine clearance in ml/min below which amber and red are raised."""

LSC: Mapping[ScanSite, Decimal] = MappingProxyType(
    {
        ScanSite.LUMBAR_SPINE: Decimal("5.3"),
        ScanSite.TOTAL_HIP: Decimal("5.0"),
        ScanSite.FEMORAL_NECK: Decimal("6.9"),
    }
)


@dataclass(frozen=True)
class Protocol:
    """One version of the clinic's rules; months, days, mm, percent as named."""

    name: str = "default-2026.1"
    early_months: int = 3  # K1 [FMS-S, CBO-T]
    early_from_days: int = 42  # K1
    yearly_months: int = 12  # K2 [FMS-S, LEAF]
    yearly_from_months: int = 9  # K2
    yearly_gap_months: int = 6  # K2 D
    registered_grace_days: int = 28  # K3 D
    pause_days: int = 30  # C2 D
    after_pause_months: int = 3  # K4
    after_pause_from_days: int = 42  # K4
    long_pause_months: int = 12  # K4
    long_pause_from_months: int = 9  # K4
    break_review_from_months: int = 6  # K5
    chain_months: int = 12  # C5 D
    class_limit_days: int = 1826  # C5 D
    ten_years_days: int = 3652  # C4
    credit_percent: int = 100  # C5 credit.after_switch: full 100, half 50, none 0
    before_review_days: int = 14  # S1 D
    before_review_within_months: int = 12  # S1 D
    before_review_opens_months: int = 5  # S1
    mid_course_months: int | None = None  # S2 [CBO-T]
    mid_course_from_months: int = 6  # S2
    fracture_days: int = 42  # S3 [FMS-S, NOGG]
    fracture_after_months: int = 12  # S3
    review_from_months: int = 6  # S4
    postpone_months: int = 6  # S4
    last_dose_before_end_days: int = 28  # S5
    lab_before_days: int = 28  # S5 [SPC-Z]
    lab_within_days: int = 60  # S5
    lab_late_before_days: int = 7  # S5
    dose_months: Mapping[str, int] = field(
        default_factory=lambda: {"zoledronic_acid": 12, "ibandronic_acid_iv": 3, "denosumab": 6}
    )  # S5, S6
    letter_days: int = 5  # S7 working days [HASP/ALR, LEAF]
    untreated_days: int = 42  # S10 D
    height_red_mm: int = 20  # [ISCD, Siminoski]
    height_amber_mm: int = 10
    height_reset_days: int = 90
    height_months: int = 36
    height_recalled_mm: int = 40  # [ISCD-V]
    height_gain_mm: int = 10  # D
    weight_days: int = 456
    weight_amber_percent: int = 5
    weight_red_percent: int = 10
    low_bmi: Decimal = Decimal("18.5")
    renal_months: int = 15
    adherence_amber_percent: int = 80  # [CBO-T]
    adherence_red_percent: int = 50
    criterion_hip_t: Decimal = Decimal("-2.5")  # section 6 [CBO-T, ASBMR]
    criterion_age_years: int = 75  # [ASBMR]
    criterion_age_t: Decimal = Decimal("-2.0")  # [ASBMR]
    criterion_glucocorticoid_mg: Decimal = Decimal("7.5")  # a day [NOGG]
    criterion_fracture_months: int = 12  # [FMS-S]
    criterion_adherence_percent: int = 80  # [CBO-T]
    review_fresh_months: int = 12  # D
    windows: Mapping[str, Window] = field(default_factory=lambda: WINDOWS)
    durations: Mapping[Drug, tuple[Decimal, ...]] = field(default_factory=lambda: DURATIONS)
    break_months: Mapping[Drug, int] = field(default_factory=lambda: BREAK_MONTHS)
    renal: Mapping[Drug, tuple[int | None, int | None]] = field(default_factory=lambda: RENAL)
    lsc_percent: Mapping[ScanSite, Decimal] = field(default_factory=lambda: LSC)
    device_lsc_percent: Mapping[str, Mapping[ScanSite, Decimal]] = field(default_factory=dict)
    extra_holidays: frozenset[date] = frozenset()


DEFAULT = Protocol()

SOURCES: Mapping[str, str] = MappingProxyType(
    {
        "control.early": "FMS 2022, CBO 2011",
        "control.yearly": "FMS 2022, LEAF",
        "control.break_yearly": "NOGG 2021",
        "control.after_pause": "K4",
        "agreed": "K6",
        "pause.check": "K4",
        "review.long_pause": "K4",
        "review.end_of_course": "FMS 2022, ASBMR 2016",
        "review.standard": "CBO 2011",
        "review.class_limit": "C5",
        "reassess.break": "NOGG 2021",
        "course.close": "S4b",
        "review.after_fracture": "FMS 2022, NOGG 2021",
        "dxa.after_fracture": "FMS 2022, NOGG 2021",
        "spine_image.after_fracture": "FMS 2022, NOGG 2021",
        "review.untreated": "S10",
        "dxa.before_review": "FMS 2022",
        "spine_image.before_review": "FMS 2022",
        "dxa.mid_course": "CBO 2011",
        "dose.zoledronic_acid": "SmPC Aclasta",
        "dose.ibandronic_acid_iv": "SmPC Bonviva",
        "dose.denosumab": "SmPC Prolia, ECTS 2021, Lyu 2020",
        "lab.before_infusion": "SmPC Aclasta",
        "letter": "HASP 2017, LEAF",
    }
)
"""Whose word an item rests on; a bare rule number is a choice of the clinic's protocol."""

RULES: Mapping[str, str] = MappingProxyType(
    {
        "control.early": "K1",
        "control.yearly": "K2",
        "control.break_yearly": "K5",
        "control.after_pause": "K4",
        "agreed": "K6",
        "pause.check": "K4",
        "review.long_pause": "K4",
        "review.end_of_course": "S4",
        "review.standard": "S4",
        "review.class_limit": "C5",
        "reassess.break": "K5",
        "course.close": "S4b",
        "review.after_fracture": "S3",
        "dxa.after_fracture": "S3",
        "spine_image.after_fracture": "S3",
        "review.untreated": "S10",
        "dxa.before_review": "S1",
        "spine_image.before_review": "S1",
        "dxa.mid_course": "S2",
        "dose.zoledronic_acid": "S5",
        "dose.ibandronic_acid_iv": "S5",
        "dose.denosumab": "S6",
        "lab.before_infusion": "S5",
        "letter": "S7",
    }
)
"""The rule of the protocol that gives an item its date."""
