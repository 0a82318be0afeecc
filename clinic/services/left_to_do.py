"""What somebody who left still needs, as far as it was chosen for the letter about the end: her history says so."""

from __future__ import annotations

from sqlalchemy import select

from clinic.domain.vocabulary import PatientStatus
from clinic.services.work import Work
from clinic.store.base import Json
from clinic.store.patients import PatientChange

HANGING = "hanging:"
"""Before the line of each thing that hung, among the changes of her status."""
IN_LETTER = "in_letter"


def named(work: Work, patient_id: int) -> list[Json]:
    """The items that were chosen when she last left, by their day; a status that was corrected since chose none."""
    query = select(PatientChange.changes).where(PatientChange.patient_id == patient_id)
    found: list[Json] = []
    for changes in work.session.scalars(query.order_by(PatientChange.id.desc())):
        found += [item(line, *said) for line, said in changes.items() if chosen(line, said)]
        if changes.get("status", [None])[0] == PatientStatus.ACTIVE:
            break
    return sorted(found, key=lambda told: (told["due_on"], told["code"]))


def chosen(line: str, said: list[str | None]) -> bool:
    """Whether a line of her history is an item that the letter is to name."""
    return line.startswith(f"{HANGING}item:") and said[1] == IN_LETTER


def item(line: str, due_on: str | None, _choice: str | None) -> Json:
    """Its code and the day it was due."""
    return {"code": line.split(":")[2], "due_on": due_on}
