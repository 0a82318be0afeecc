"""Find a patient by name, birth date, number or BSN; on indexed, normalised columns, so that it never grows slow."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, select
from stdnum.nl import bsn as bsn_rules

from clinic.security.audit import Action
from clinic.services.names import normalised
from clinic.services.work import Work
from clinic.store.patients import Patient, PatientName

MOST = 50
LAST_LETTER = "\U0010ffff"  # sorts after every key, so that a prefix is a range
DATES = re.compile(
    r"(\d{1,2})[-./ ]?(\d{2})[-./ ]?(\d{4})|(\d{4})-(\d{2})-(\d{2})|(\d{1,2})[-./ ](\d{1,2})[-./ ](\d{4})"
)


@dataclass(frozen=True, slots=True)
class Found:
    """What was looked for and who fits; `how` is name, birth_date, number or bsn."""

    how: str
    patients: list[Patient]
    more: bool


def find(work: Work, text: str) -> Found:
    """At most 50 patients in the order of their names; the log keeps what was typed unless it is a BSN."""
    text = text.strip()
    how, query = "name", by_name(text)
    digits = re.sub(r"[ .\-]", "", text)
    born = as_date(text)
    if born is not None:
        how, query = "birth_date", select(Patient).where(Patient.birth_date == born)
    elif digits.isascii() and digits.isdigit():
        how, query = by_digits(work, digits)
    rows = list(work.session.scalars(query.order_by(Patient.sort_key, Patient.id).limit(MOST + 1)).unique())
    found = Found(how, rows[:MOST], len(rows) > MOST)
    details = {"how": how} if how == "bsn" else {"how": how, "text": text[:80]}
    work.note(Action.PATIENT_SEARCHED, details=details)
    if found.patients:
        work.note(Action.PATIENT_LISTED, shown=[patient.id for patient in found.patients])
    return found


def by_name(text: str) -> Select[Patient]:
    """Every patient one of whose names begins with the text, whatever case, accents or prefix."""
    key = normalised(text)
    ids = select(PatientName.patient_id).where(PatientName.key >= key, PatientName.key < key + LAST_LETTER)
    return select(Patient).where(Patient.id.in_(ids.distinct())) if key else select(Patient).where(Patient.id < 0)


def by_digits(work: Work, digits: str) -> tuple[str, Select[Patient]]:
    """A patient number, or a BSN when no such number is known and the digits add up."""
    number = select(Patient).where(Patient.number == digits)
    known = work.session.scalar(select(Patient.id).where(Patient.number == digits))
    if known is None and len(digits) in (8, 9) and bsn_rules.is_valid(digits):
        return "bsn", select(Patient).where(Patient.bsn == digits.zfill(9))
    return "number", number


def as_date(text: str) -> date | None:
    """14-03-1953, 14.3.1953, 14031953, 1953-03-14; None for anything else."""
    match = DATES.fullmatch(text)
    if match is None:
        return None
    groups = match.groups()
    day, month, year = groups[0:3] if groups[0] else reversed(groups[3:6]) if groups[3] else groups[6:9]
    try:
        found = date(int(year or 0), int(month or 0), int(day or 0))
    except ValueError:
        return None
    return found if 1900 <= found.year <= 2100 else None
