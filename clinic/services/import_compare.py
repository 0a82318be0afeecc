"""A list of patient numbers beside the register: who is only there, who is only here, who is no longer followed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from clinic.domain.vocabulary import PatientStatus
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services.work import Work
from clinic.store.patients import Patient


@dataclass(frozen=True, slots=True)
class Compared:
    """Numbers, in order; `both` counts whom the list and the register both follow."""

    only_there: tuple[str, ...]
    only_here: tuple[str, ...]
    left: tuple[str, ...]
    """On the list, and here no longer followed."""
    both: int


def compare(work: Work, listed: Iterable[str]) -> Compared:
    """Hold these numbers beside those of the register; one that was merged counts as the one that stays.

    Whose numbers of the register stand in the answer is written down.
    """
    work.needs(May.IMPORT)
    there = {number.strip() for number in listed} - {""}
    rows = work.session.execute(select(Patient.id, Patient.number, Patient.status, Patient.merged_into_id)).all()
    numbers = {row.id: row.number for row in rows}
    stays = {row.number: numbers[row.merged_into_id] for row in rows if row.merged_into_id is not None}
    there = {stays.get(number, number) for number in there}
    known = {row.number for row in rows}
    followed = {row.number for row in rows if row.status == PatientStatus.ACTIVE and row.number not in stays}
    here, left = followed - there, there & known - followed
    if shown := sorted(key for key, number in numbers.items() if number in here | left):
        work.note(Action.PATIENT_LISTED, subject="list:compare", shown=shown)
    return Compared(tuple(sorted(there - known)), tuple(sorted(here)), tuple(sorted(left)), len(there & followed))
