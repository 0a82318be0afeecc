"""The patient as the rules see her: the one argument of most rules, shaped as the contract's facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from clinic.domain.vocabulary import (
    AgreementWhat,
    ControlKind,
    ControlsBy,
    Drug,
    FractureSite,
    LetterAbout,
    PatientStatus,
    ReviewOutcome,
    ScanSite,
    Sex,
    StartPrecision,
    StopReason,
)


@dataclass(frozen=True, slots=True)
class Patient:
    """Who she is, as far as rules need it; heights in mm."""

    sex: Sex
    birth_date: date
    registered_on: date
    status: PatientStatus = PatientStatus.ACTIVE
    status_on: date | None = None
    recalled_max_height_mm: int | None = None
    handover_confirmed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """An interruption; open while `until_on` is None."""

    from_on: date
    until_on: date | None = None
    counts: bool = False
    check_on: date | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """One drug from its start (C1); `planned_years` None is "not recorded before referral"."""

    drug: Drug
    started_on: date
    planned_years: Decimal | None = None
    start_precision: StartPrecision = StartPrecision.DAY
    stopped_on: date | None = None
    stop_reason: StopReason | None = None
    controls_by: ControlsBy = ControlsBy.CLINIC
    doses: tuple[date, ...] = ()
    pauses: tuple[Pause, ...] = ()


@dataclass(frozen=True, slots=True)
class Intake:
    """Answers about taking the tablet; None is not asked or not answered."""

    fasting: bool | None = None
    water: bool | None = None
    upright: bool | None = None
    calcium_apart: bool | None = None


@dataclass(frozen=True, slots=True)
class Control:
    """A control or contact; height in mm, weight in g, symptoms are those reported of the alarm symptoms asked."""

    on: date
    kind: ControlKind = ControlKind.CLINIC
    counts: bool | None = None
    height_mm: int | None = None
    weight_g: int | None = None
    missed_doses: int | None = None
    symptoms: tuple[str, ...] = ()
    intake: Intake | None = None
    asked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScanSiteValue:
    """BMD in 0.001 g/cm2 and the T-score at one site."""

    bmd_mg_cm2: int | None = None
    t_score: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """A DXA that was made; its values count from the day it was received (None: not in yet)."""

    on: date
    received_on: date | None = None
    device: str | None = None
    sites: dict[ScanSite, ScanSiteValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SpineImage:
    """A spine image."""

    on: date


@dataclass(frozen=True, slots=True)
class Fracture:
    """A fracture; `low_energy` None is unknown and counts as low-energy."""

    on: date
    site: FractureSite
    low_energy: bool | None = None


@dataclass(frozen=True, slots=True)
class Lab:
    """Creatinine in µmol/l."""

    on: date
    creatinine_umol_l: int | None = None


@dataclass(frozen=True, slots=True)
class Glucocorticoid:
    """A period, in mg prednisone equivalent a day."""

    from_on: date
    until_on: date | None
    mg_per_day: Decimal


@dataclass(frozen=True, slots=True)
class Review:
    """A signed review."""

    on: date
    outcome: ReviewOutcome
    until: date | None = None
    effective_on: date | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was agreed, for when, on which day."""

    what: AgreementWhat
    on: date
    made_on: date
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Waiver:
    """One item let lapse."""

    code: str
    due_on: date
    on: date


@dataclass(frozen=True, slots=True)
class Override:
    """One item moved by a doctor from the day that was computed to another."""

    code: str
    subject: date | None
    computed_on: date
    chosen_on: date
    on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Note:
    """A doctor's note on an alert; of an alarm symptom with what was done."""

    alert: str
    on: date
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter about a fact; `sent_on` None is not sent."""

    about: LetterAbout
    about_on: date
    sent_on: date | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """All that stands of one patient."""

    patient: Patient
    courses: tuple[Course, ...] = ()
    controls: tuple[Control, ...] = ()
    scans: tuple[Scan, ...] = ()
    spine_images: tuple[SpineImage, ...] = ()
    fractures: tuple[Fracture, ...] = ()
    labs: tuple[Lab, ...] = ()
    glucocorticoids: tuple[Glucocorticoid, ...] = ()
    reviews: tuple[Review, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    overrides: tuple[Override, ...] = ()
    notes: tuple[Note, ...] = ()
    letters: tuple[Letter, ...] = ()
