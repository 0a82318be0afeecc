"""Patients from a file, with the measurement they were enrolled with."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select

from clinic.domain.vocabulary import StartPrecision
from clinic.interop.imports import PatientRow
from clinic.services import facts, import_gps
from clinic.services.births import firsts, known_birth, may_be_one
from clinic.services.import_practices import gps_by_key
from clinic.services.import_rows import Changes, Effect, by, chunks, differing, otherwise, outside, together
from clinic.services.kept import goes_on
from clinic.services.names import keys, normalised, sort_key
from clinic.services.patients import READ_BY_RULES, gp_words, keep_change
from clinic.services.work import Work, local_day
from clinic.store.controls import Control
from clinic.store.patients import Patient, PatientChange, PatientName
from clinic.store.practices import Gp
from clinic.store.rights import stones_of

SAME = (
    "number", "initials", "own_prefix", "own_name", "partner_prefix", "partner_name", "street", "house_number",
    "postcode", "town", "phone", "email", "registered_on",
)  # fmt: skip
TOGETHER = (
    ("own_prefix", "own_name"), ("partner_prefix", "partner_name"), ("street", "house_number", "postcode", "town"),
)  # fmt: skip
"""What is kept or written together: half an address is none."""
REASON = "Import"
VERSION = re.compile("#[0-9]+$")
"""What a corrected measurement has behind the day in its token; a key may have such a sign of its own."""


def apply(work: Work, rows: Sequence[PatientRow]) -> Effect:
    """Bring the patients in; who came before is compared field by field."""
    effect = Effect()
    written = import_gps.load(work, rows)
    for chunk in chunks(rows):
        known = patients_by_key(work, [row.key for row in chunk])
        numbers = by(
            work.session.scalars(select(Patient).where(Patient.number.in_([row.number for row in chunk]))), "number"
        )
        stones = stones_of(work.session, [row.number for row in chunk])
        gps = gps_by_key(work, [row.gp_key for row in chunk if row.gp_key])
        people = changed_by_people(work, [patient.id for patient in known.values()])
        placed: list[tuple[PatientRow, Patient, bool, bool]] = []
        namesakes = by_name(work, chunk)
        for row in chunk:
            patient = known.get(row.key)
            if stays_out(work, row, patient, numbers.get(row.number), stones, effect):
                continue
            alike(row, namesakes, effect)
            gp = gp_of(row, gps, effect)
            if gp is None and (patient is None or patient.gp_id is None):  # whom a person chose is not overruled
                gp = import_gps.match(row, written)
            theirs = people[patient.id] if patient else set()
            placed.append(person(work, row, patient, gp, theirs, effect))
            for name in called(row):
                namesakes[name].append(placed[-1][1])
            numbers[row.number] = placed[-1][1]
        work.session.flush()
        finish(work, placed, effect)
    import_gps.tell(written, effect)
    return effect


def stays_out(
    work: Work,
    row: PatientRow,
    patient: Patient | None,
    holder: Patient | None,
    stones: dict[str, datetime],
    effect: Effect,
) -> bool:
    """Refuse a number of somebody else, or of a record that was destroyed or merged, and days that cannot be."""
    if holder is not None and holder.import_key != row.key:
        effect.refuse(row.row, "number", "number_taken")
    elif row.number in stones:
        effect.refuse(row.row, "number", "number_destroyed", typed=f"{local_day(stones[row.number]):%d-%m-%Y}")
    elif patient is not None and patient.merged_into_id is not None:
        effect.refuse(row.row, "number", "number_merged", typed=goes_on(work, patient).number)
    days = {name: getattr(row, name) for name in ("birth_date", "registered_on", "control_on")}
    outside(effect, row.row, days, row.birth_date, work.today, "in_future")
    return row.row in effect.refused_rows


def by_name(work: Work, rows: Sequence[PatientRow]) -> dict[str, list[Patient]]:
    """Who is called as one of these is and born when one of them was, or in a year of which no day is known."""
    days = {first for row in rows for first in firsts(row.birth_date)}
    years = {row.birth_date.year for row in rows if row.birth_precision is not StartPrecision.DAY}
    then = [Patient.birth_date.between(date(year, 1, 1), date(year, 12, 31)) for year in sorted(years)]
    named = select(PatientName.patient_id).where(PatientName.key.in_({name for row in rows for name in called(row)}))
    query = select(Patient).where(Patient.id.in_(named), or_(Patient.birth_date.in_(days), *then))
    found: dict[str, list[Patient]] = defaultdict(list)
    for patient in work.session.scalars(query.order_by(Patient.id)):
        for name in called(patient):
            found[name].append(patient)
    return found


def called(who: PatientRow | Patient) -> set[str]:
    """Her names as they are compared."""
    return {normalised(name) for name in (who.own_name, who.partner_name) if name}


def alike(row: PatientRow, namesakes: dict[str, list[Patient]], effect: Effect) -> None:
    """Say when somebody else with this name and birth date is there: two numbers may be one patient."""
    others = {other.number: other for name in sorted(called(row)) for other in namesakes[name]}
    for other in others.values():
        if other.import_key != row.key and other.merged_into_id is None and may_be_one(row, other):
            effect.check(row.row, "own_name", "perhaps_same", typed=other.number)


def patients_by_key(work: Work, wanted: Sequence[str]) -> dict[Any, Patient]:
    """The patients that came with an import before."""
    return by(work.session.scalars(select(Patient).where(Patient.import_key.in_(wanted))), "import_key")


def gp_of(row: PatientRow, gps: dict[Any, Gp], effect: Effect) -> Gp | None:
    """Her GP, and a complaint when the register does not have that one."""
    if row.gp_key and row.gp_key not in gps:
        effect.check(row.row, "gp_key", "gp_unknown", typed=row.gp_key)
    return gps.get(row.gp_key)


def told_of(row: PatientRow) -> dict[str, Any]:
    """What the file says of her, by the names of the register."""
    told = {name: getattr(row, name) for name in SAME}
    return told | {"birth_date": row.birth_date, "birth_precision": row.birth_precision.value, "sex": row.sex.value}


def changed_by_people(work: Work, ids: Sequence[int]) -> dict[int, set[str]]:
    """The fields of these patients that a person, and no import, changed last."""
    found: dict[int, set[str]] = defaultdict(set)
    query = select(PatientChange).where(PatientChange.patient_id.in_(ids)).order_by(PatientChange.id)
    for change in work.session.scalars(query):
        theirs = found[change.patient_id]
        (theirs.difference_update if change.reason == REASON else theirs.update)(change.changes)
    return found


def person(
    work: Work, row: PatientRow, patient: Patient | None, gp: Gp | None, people: set[str], effect: Effect
) -> tuple[PatientRow, Patient, bool, bool]:
    """Register her, or change what the file tells otherwise and no person wrote, and keep what was there."""
    told = told_of(row)
    if patient is None:
        told["registered_on"] = row.registered_on or work.today
        order = "partner_own" if row.partner_name else "own"
        patient = Patient(
            import_key=row.key, gp=gp, status="active", name_order=order, nothing_planned=False, facts_version=0,
            needs_wheelchair=False, hard_of_hearing=False, **told,
        )  # fmt: skip
        patient.sort_key = sort_key(patient)
        work.session.add(patient)
        return row, patient, True, False
    changes = changed(row, patient, gp, told)
    stay = {name for name in changes if people.intersection(together(name, TOGETHER))}
    tell(row, changes, stay, effect)
    for name in stay:
        del changes[name]
    if changes:
        write(work, patient, changes, told | {"gp": gp})
    return row, patient, False, bool(changes)


def write(work: Work, patient: Patient, changes: Changes, told: dict[str, Any]) -> None:
    """Put what the file tells in its place, with its history; what the rules read of her was another value."""
    if "gp_id" in changes:
        patient.gp = told["gp"]
    if "birth_date" in changes:
        patient.birth_precision = told["birth_precision"]
    for name in changes.keys() & told.keys():
        setattr(patient, name, told[name])
    if changes.get("partner_name", [""])[0] is None and patient.name_order == "own":
        # she is called by it as if it had come with her first list
        patient.name_order = "partner_own"
        changes = changes | {"name_order": ["own", "partner_own"]}
    patient.sort_key = sort_key(patient)
    keep_change(work, patient, changes, REASON)
    if changes.keys() & READ_BY_RULES:
        facts.other_value(work, patient.id)


def changed(row: PatientRow, patient: Patient, gp: Gp | None, told: dict[str, Any]) -> Changes:
    """What the file tells otherwise; a birth year, month or age that agrees takes no day away."""
    changes = otherwise(patient, {name: told[name] for name in (*SAME, "sex")}, TOGETHER, row.named)
    was, now = (known_birth(told_by.birth_date, told_by.birth_precision) for told_by in (patient, row))
    may_be_before = row.by_age and len(was) > len(now) and patient.birth_date.year == row.birth_date.year - 1
    if not was.startswith(now) and not may_be_before:
        changes["birth_date"] = [was, now]
    if gp is not None and patient.gp_id != gp.id:
        changes["gp_id"] = [gp_words(patient.gp), gp_words(gp)]
    return changes


def tell(row: PatientRow, changes: Changes, stay: set[str], effect: Effect) -> None:
    """Say field by field what the file brings, and complain of what stays as a person wrote it.

    What stood is not said: who imports need not be one who may see patients. The key goes with each line, so that her
    destruction finds it, also when a person wrote another number.
    """
    for name in [name for name, (_was, now) in changes.items() if now is None and name not in stay]:
        effect.tell(row.row, row.number, "field_emptied", field=name, key=row.key)
    lines = {name: now for name, (_was, now) in changes.items() if now is not None}
    for name in lines.keys() & {"birth_date", "registered_on"}:
        lines[name] = "-".join(reversed(lines[name].split("-")))
    for name, now in lines.items():
        if name in stay:
            column = next(gp for gp in ("gp_key", "gp_agb", "gp_name") if getattr(row, gp)) if name == "gp_id" else name
            effect.check(row.row, column, "person_wrote", field=name, typed=now, key=row.key)
        elif name == "gp_id":
            effect.tell(row.row, row.number, "gp_becomes", gp=now, key=row.key)
        else:
            effect.tell(row.row, row.number, "field_becomes", field=name, now=now, key=row.key)


def finish(work: Work, placed: list[tuple[PatientRow, Patient, bool, bool]], effect: Effect) -> None:
    """What needs the patients' ids: search keys and measurements."""
    tokens = [token(row) for row, *_ in placed]
    ids = [patient.id for _, patient, *_ in placed]
    before: dict[str, list[Control]] = {}
    query = select(Control).where(Control.patient_id.in_(ids), Control.form_token.startswith("import:"))
    for control in work.session.scalars(query):
        before.setdefault(VERSION.sub("", control.form_token), []).append(control)
    names = {(name.patient_id, name.key) for name in work.session.scalars(
        select(PatientName).where(PatientName.patient_id.in_(ids))
    )}  # fmt: skip
    for (row, patient, is_new, is_changed), mark in zip(placed, tokens, strict=True):
        work.session.add_all(
            PatientName(patient_id=patient.id, key=key) for key in keys(patient) if (patient.id, key) not in names
        )
        measured = measurement(work, row, patient, before.get(mark, []))
        effect.count(is_new, is_changed or measured)
        if is_new or is_changed or measured:
            effect.touched[patient.id] = patient


def token(row: PatientRow) -> str:
    """The measurement of a row is one control, however often the file is read."""
    return f"import:{row.key}:{row.control_on}"


def measurement(work: Work, row: PatientRow, patient: Patient, before: list[Control]) -> bool:
    """Record or correct the measurement; one that a person voided stays void. Whether anything was written."""
    if row.control_on is None or (row.height_mm is None and row.weight_g is None):
        return False
    told = {"height_mm": row.height_mm, "weight_g": row.weight_g, "note": row.note}
    standing = next((control for control in before if control.stands), None)
    if before and (standing is None or not differing(standing, told)):
        return False
    control = Control(
        on_date=row.control_on, kind="clinic", heights_mm=[row.height_mm] if row.height_mm else [],
        form_token=f"{token(row)}#{len(before)}" if before else token(row), symptoms={}, side_effects={},
        note_in_letter=False, **told,
    )  # fmt: skip
    if standing is None:
        facts.stamp(work, control, patient.id)
    else:
        facts.correct(work, standing, control, REASON)
    return True
