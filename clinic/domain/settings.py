"""The settings of a protocol: the rule each belongs to, its unit, the bounds within which a clinic may set it."""

from __future__ import annotations

from typing import Any, NamedTuple


class Setting(NamedTuple):
    """One number of `clinic.domain.protocol.Protocol`; `optional` when it may be off."""

    name: str
    rule: str
    unit: str
    low: int
    high: int
    source: str
    optional: bool = False

    def fits(self, value: Any) -> bool:
        """Whether a value lies within the bounds."""
        return (value is None and self.optional) or (value is not None and self.low <= value <= self.high)


SETTINGS: tuple[Setting, ...] = (
    Setting("pause_days", "C2", "days", 14, 90, "D"),
    Setting("ten_years_days", "C4", "days", 3287, 4018, "D"),
    Setting("chain_months", "C5", "months", 3, 36, "D"),
    Setting("class_limit_days", "C5", "days", 1461, 2192, "D"),
    Setting("credit_percent", "C5", "percent", 0, 100, "D"),
    Setting("early_months", "K1", "months", 1, 12, "FMS 2022, CBO 2011"),
    Setting("early_from_days", "K1", "days", 14, 90, "FMS 2022"),
    Setting("yearly_months", "K2", "months", 6, 24, "FMS 2022, LEAF"),
    Setting("yearly_from_months", "K2", "months", 3, 18, "FMS 2022"),
    Setting("yearly_gap_months", "K2", "months", 1, 12, "D"),
    Setting("registered_grace_days", "K3", "days", 0, 90, "D"),
    Setting("after_pause_months", "K4", "months", 1, 12, "D"),
    Setting("after_pause_from_days", "K4", "days", 14, 90, "D"),
    Setting("long_pause_months", "K4", "months", 6, 24, "D"),
    Setting("long_pause_from_months", "K4", "months", 3, 18, "D"),
    Setting("break_review_from_months", "K5", "months", 1, 12, "D"),
    Setting("before_review_days", "S1", "days", 0, 90, "FMS 2022"),
    Setting("before_review_within_months", "S1", "months", 3, 24, "D"),
    Setting("before_review_opens_months", "S1", "months", 1, 12, "D"),
    Setting("mid_course_months", "S2", "months", 24, 36, "CBO 2011", optional=True),
    Setting("mid_course_from_months", "S2", "months", 1, 12, "CBO 2011"),
    Setting("fracture_days", "S3", "days", 14, 90, "FMS 2022, NOGG 2021"),
    Setting("fracture_after_months", "S3", "months", 3, 24, "FMS 2022"),
    Setting("review_from_months", "S4", "months", 1, 12, "D"),
    Setting("postpone_months", "S4", "months", 1, 12, "D"),
    Setting("last_dose_before_end_days", "S5", "days", 0, 90, "D"),
    Setting("lab_before_days", "S5", "days", 7, 90, "SmPC Aclasta"),
    Setting("lab_within_days", "S5", "days", 14, 120, "SmPC Aclasta"),
    Setting("lab_late_before_days", "S5", "days", 0, 28, "D"),
    Setting("letter_days", "S7", "working_days", 1, 20, "HASP 2017, LEAF"),
    Setting("untreated_days", "S10", "days", 14, 90, "D"),
    Setting("height_red_mm", "§5", "mm", 10, 60, "ISCD, Siminoski"),
    Setting("height_amber_mm", "§5", "mm", 5, 40, "D"),
    Setting("height_reset_days", "§5", "days", 14, 365, "D"),
    Setting("height_months", "§5", "months", 12, 120, "D"),
    Setting("height_recalled_mm", "§5", "mm", 20, 80, "ISCD"),
    Setting("height_gain_mm", "§5", "mm", 5, 40, "D"),
    Setting("weight_days", "§5", "days", 90, 730, "D"),
    Setting("weight_amber_percent", "§5", "percent", 1, 20, "D"),
    Setting("weight_red_percent", "§5", "percent", 2, 40, "D"),
    Setting("low_bmi", "§5", "kg_m2", 15, 22, "D"),
    Setting("renal_months", "§5", "months", 3, 36, "SmPC"),
    Setting("adherence_amber_percent", "§5", "percent", 50, 100, "CBO 2011"),
    Setting("adherence_red_percent", "§5", "percent", 10, 90, "D"),
    Setting("criterion_hip_t", "§6", "sd", -4, -1, "CBO 2011, ASBMR 2016"),
    Setting("criterion_age_years", "§6", "age", 60, 90, "ASBMR 2016"),
    Setting("criterion_age_t", "§6", "sd", -4, -1, "ASBMR 2016"),
    Setting("criterion_glucocorticoid_mg", "§6", "mg_a_day", 2, 20, "NOGG 2021"),
    Setting("criterion_fracture_months", "§6", "months", 3, 24, "FMS 2022"),
    Setting("criterion_adherence_percent", "§6", "percent", 50, 100, "CBO 2011"),
    Setting("review_fresh_months", "§6", "months", 3, 36, "D"),
)
BY_NAME = {setting.name: setting for setting in SETTINGS}
ORDERED = (
    ("height_amber_mm", "height_red_mm"),
    ("weight_amber_percent", "weight_red_percent"),
    ("adherence_red_percent", "adherence_amber_percent"),
    ("yearly_from_months", "yearly_months"),
    ("lab_late_before_days", "lab_before_days"),
)
"""Pairs of which the first must lie below the second, or an alert or a control could never come."""
