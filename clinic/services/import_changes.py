"""Addresses, GPs and deaths from elsewhere: the first two are written with their history, a death is only proposed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from clinic.interop.change_rows import ChangeRow
from clinic.security.audit import Action
from clinic.services.births import known_birth
from clinic.services.import_rows import Effect, chunks, plain
from clinic.services.kept import by_number
from clinic.services.patients import gp_words, keep_change
from clinic.services.work import Work
from clinic.store.patients import Patient
from clinic.store.practices import Gp
from clinic.store.reported_deaths import ReportedDeath

REASON = "Import"
Changes = dict[str, list[str | None]]


def apply(work: Work, rows: Sequence[ChangeRow]) -> Effect:
    """Bring the changes in."""
    effect = Effect()
    gps = work.session.scalars(select(Gp)).unique().all()
    for chunk in chunks(rows):
        patients = by_number(work, [row.number for row in chunk], hold=True)
        ids = [patient.id for patient in patients.values()]
        known = select(ReportedDeath).where(ReportedDeath.patient_id.in_(ids))
        reports = {(old.patient_id, old.died_on): old for old in work.session.scalars(known)}
        for row in chunk:
            one(work, row, patients.get(row.number), gps, reports, effect)
    return effect


def one(
    work: Work, row: ChangeRow, patient: Patient | None, gps: Iterable[Gp], reports: dict[Any, ReportedDeath],
    effect: Effect,
) -> None:  # fmt: skip
    """What one row changes; a patient who was born on another day is somebody else."""
    if patient is None:
        return effect.refuse(row.row, "number", "number_unknown", typed=row.number)
    if problem := refusal(work, row, patient):
        field, code, on = problem
        return effect.refuse(row.row, field, code, typed=f"{on:%d-%m-%Y}")
    changes = moved(row, patient, effect) | other_gp(row, patient, gps, effect)
    if changes:
        keep_change(work, patient, changes, REASON)
        work.note(Action.PATIENT_CHANGED, patient.id, f"patient:{patient.id}")
    died = death(work, row, patient, reports, effect)
    return effect.count(False, bool(changes) or died)


def refusal(work: Work, row: ChangeRow, patient: Patient) -> tuple[str, str, date] | None:
    """Why a row is not about this patient: the field, the complaint and the day."""
    known = known_birth(patient.birth_date, patient.birth_precision)
    if row.birth_date is not None and not row.birth_date.isoformat().startswith(known):
        return "birth_date", "birth_differs", row.birth_date
    if row.died_on is not None and not patient.birth_date <= row.died_on <= work.today:
        return "died_on", "death_impossible", row.died_on
    return None


def moved(row: ChangeRow, patient: Patient, effect: Effect) -> Changes:
    """Her address, whole; the status stays what it was."""
    if row.address is None:
        return {}
    told = {name: getattr(row.address, name) for name in ("street", "house_number", "postcode", "town")}
    changes = {name: [plain(getattr(patient, name)), plain(new)] for name, new in told.items()
               if getattr(patient, name) != new}  # fmt: skip
    for name in changes:
        setattr(patient, name, told[name])
    if changes:
        effect.tell(row.row, row.number, "address_becomes", address=str(row.address))
    return changes


def other_gp(row: ChangeRow, patient: Patient, gps: Iterable[Gp], effect: Effect) -> Changes:
    """Her GP by AGB code, or by name and place; none is chosen among several."""
    if not (row.gp_agb or row.gp_name):
        return {}
    found = [gp for gp in gps if is_meant(row, gp)]
    if len(found) != 1 or found[0].stopped_on is not None:
        problem = "gp_several" if len(found) > 1 else "gp_stopped" if found else "gp_not_here"
        typed = row.gp_agb or ", ".join(filter(None, (row.gp_name, row.gp_town)))
        effect.check(row.row, "gp_agb" if row.gp_agb else "gp_name", problem, typed=typed)
        return {}
    if patient.gp_id == found[0].id:
        return {}
    changes: Changes = {"gp_id": [gp_words(patient.gp), gp_words(found[0])]}
    patient.gp = found[0]
    effect.tell(row.row, row.number, "gp_becomes", gp=gp_words(found[0]))
    return changes


def is_meant(row: ChangeRow, gp: Gp) -> bool:
    """Whether the row speaks of this GP."""
    if row.gp_agb:
        return gp.agb == row.gp_agb
    names = {gp.family_name.casefold(), " ".join(filter(None, (gp.prefix, gp.family_name))).casefold()}
    place = (gp.practice.town or "").casefold()
    return (row.gp_name or "").casefold() in names and place == (row.gp_town or "").casefold()


def death(
    work: Work, row: ChangeRow, patient: Patient, reports: dict[Any, ReportedDeath], effect: Effect
) -> bool:  # fmt: skip
    """A report of her death, once for each day that is told; a person decides whether it is so."""
    if row.died_on is None:
        return False
    if patient.status == "deceased":
        if patient.status_on != row.died_on:
            effect.check(row.row, "died_on", "death_differs", typed=f"{row.died_on:%d-%m-%Y}")
        return False
    known = reports.get((patient.id, row.died_on))
    if known is not None:
        if known.rejected_because is not None:
            effect.check(row.row, "died_on", "death_rejected", typed=f"{row.died_on:%d-%m-%Y}")
        return False
    report = ReportedDeath(
        patient_id=patient.id, died_on=row.died_on, source=row.source or REASON, reported_at=work.now,
        reported_by=work.actor.id,
    )  # fmt: skip
    reports[patient.id, row.died_on] = report
    work.session.add(report)
    work.note(Action.DEATH_REPORTED, patient.id, f"patient:{patient.id}")
    effect.tell(row.row, row.number, "death_proposed", when=f"{row.died_on:%d-%m-%Y}")
    return True
