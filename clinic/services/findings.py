"""Fractures, spine images and laboratory values, as a nurse or doctor reads them from a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from clinic.domain import limits
from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import FractureSite, StartPrecision
from clinic.security.permissions import May
from clinic.services import results
from clinic.services.results import Result
from clinic.services.work import Work
from clinic.store.base import Fact
from clinic.store.patients import Patient
from clinic.store.scans import Fracture, Lab, SpineImage

LEVELS = (*(f"Th{number}" for number in range(1, 13)), *(f"L{number}" for number in range(1, 6)))
GRADES = (1, 2, 3)
TECHNIQUES = ("vfa", "x_ray", "ct", "mri")


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveFracture(Result):
    """A fracture; a date known to the month or year is its first day, `low_energy` None is unknown."""

    on: date
    precision: StartPrecision
    site: FractureSite
    low_energy: bool | None
    level: str = ""
    genant: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Vertebra:
    """A vertebral fracture on an image; None is not stated."""

    level: str
    genant: int | None
    new: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveImage(Result):
    """A spine image and what was seen; `new_fracture` None is not stated in the report.

    Asked for and not made yet it has the day of the request alone.
    """

    requested_on: date | None = None
    on: date | None = None
    technique: str | None = None
    new_fracture: bool | None = None
    vertebrae: tuple[Vertebra, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveLab(Result):
    """Laboratory values in the units of the screen."""

    on: date
    calcium: Decimal | None = None
    vitamin_d: int | None = None
    creatinine: int | None = None
    egfr: int | None = None
    pth: Decimal | None = None


def save_fracture(work: Work, command: SaveFracture) -> int:
    """Keep a fracture; a second one of the same site and day is asked about."""
    work.needs(May.RECORD_RESULT)
    row = Fracture(
        on_date=command.on,
        precision=command.precision,
        site=command.site,
        low_energy=command.low_energy,
        level=command.level or None,
        genant=command.genant,
        note=command.note.strip() or None,
    )
    patient, done = results.begin(work, command, row)
    if done is not None:
        return done
    results.check_day(work, patient, "on", command.on)
    if command.site is not FractureSite.VERTEBRA and (command.level or command.genant):
        raise RuleBroken("level", "level_without_vertebra")
    if is_known(work, command):
        results.ask([f"site:known={command.site}"], command.confirmed)
    return results.save(work, patient, command, row)


def is_known(work: Work, command: SaveFracture) -> bool:
    """Whether a fracture of this site, level and day stands already."""
    level = Fracture.level == command.level if command.level else Fracture.level.is_(None)
    query = select(Fracture.id).where(
        Fracture.patient_id == command.patient_id,
        Fracture.stands.is_(True),
        Fracture.site == command.site,
        Fracture.on_date == command.on,
        Fracture.id != (command.corrects or 0),
        level,
    )
    return work.session.scalar(query) is not None


def save_image(work: Work, command: SaveImage) -> int:
    """Keep a spine image; what is said of the whole fits what is said of each vertebra."""
    work.needs(May.RECORD_RESULT)
    patient, done = results.begin(work, command, image_row(command))
    if done is not None:
        return done
    command = answering(work, command)
    check_image_days(work, patient, command)
    levels = [vertebra.level for vertebra in command.vertebrae]
    if len(set(levels)) < len(levels):
        raise RuleBroken("vertebrae", "vertebra_twice")
    if command.new_fracture is not True and any(vertebra.new for vertebra in command.vertebrae):
        raise RuleBroken("new_fracture", "new_vertebra_but_no_new_fracture")
    return results.save(work, patient, command, image_row(command))


def image_row(command: SaveImage) -> SpineImage:
    """The row of a spine image."""
    return SpineImage(
        requested_on=command.requested_on,
        on_date=command.on,
        technique=command.technique,
        new_fracture=command.new_fracture,
        findings=[{"level": v.level, "genant": v.genant, "new": v.new} for v in command.vertebrae],
        note=command.note.strip() or None,
    )


def answering(work: Work, command: SaveImage) -> SaveImage:
    """An image that comes in, in the place of the request that it answers; its note stays when none is typed."""
    asked = results.request_for(work, SpineImage, command, command.on)
    if asked is None:
        return command
    noted = command.note.strip() or asked.note or ""
    found = replace(command, requested_on=asked.requested_on, note=noted)
    return replace(found, corrects=asked.id, reason=results.FILLED_IN)


def check_image_days(work: Work, patient: Patient, command: SaveImage) -> None:
    """Asked for or made, not later than today, and in this order; what is not made shows nothing."""
    if command.on is None and (command.requested_on is None or command.vertebrae):
        raise RuleBroken("on", "image_without_day")
    results.check_day(work, patient, "requested_on", command.requested_on)
    results.check_day(work, patient, "on", command.on)
    if command.on and command.requested_on and command.on < command.requested_on:
        raise RuleBroken("on", "stage_too_early")


def save_lab(work: Work, command: SaveLab) -> int:
    """Keep laboratory values, one at least."""
    work.needs(May.RECORD_RESULT)
    row = Lab(
        on_date=command.on,
        calcium_mmol_l=command.calcium,
        vitamin_d_nmol_l=command.vitamin_d,
        creatinine_umol_l=command.creatinine,
        egfr=command.egfr,
        pth_pmol_l=command.pth,
    )
    patient, done = results.begin(work, command, row)
    if done is not None:
        return done
    results.check_day(work, patient, "on", command.on)
    values: dict[str, tuple[str, int | Decimal | None]] = {
        "calcium": ("calcium", limits.stored("calcium", command.calcium)),
        "vitamin_d": ("vitamin_d", command.vitamin_d),
        "creatinine": ("creatinine", command.creatinine),
        "egfr": ("egfr", command.egfr),
        "pth": ("pth", limits.stored("pth", command.pth)),
    }
    if all(value is None for _name, value in values.values()):
        raise RuleBroken("calcium", "lab_empty")
    results.check_values(values, command.confirmed)
    return results.save(work, patient, command, row)


def void(work: Work, table: type[Fact], patient_id: int, result_id: int, reason: str) -> None:
    """Let a fracture, image or laboratory result count nowhere."""
    results.void_result(work, table, patient_id, result_id, reason)
    work.commit()


def labs_before(work: Work, patient_id: int, before: date, but: int = 0) -> Sequence[Lab]:
    """Laboratory results that stand on or before a day, latest first, less one."""
    return work.session.scalars(
        select(Lab)
        .where(Lab.patient_id == patient_id, Lab.stands.is_(True), Lab.on_date <= before, Lab.id != but)
        .order_by(Lab.on_date.desc(), Lab.id.desc())
    ).all()
