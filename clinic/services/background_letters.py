"""Letters to the GP whose background tells a fracture, spine image or blood result that was corrected or voided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import select

from clinic.letters import compose, findings, results
from clinic.services import letters
from clinic.services.work import Work
from clinic.store.base import Fact, Json
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.scans import Fracture, Lab, SpineImage

BACKGROUND: tuple[type[Fact], ...] = (Fracture, SpineImage, Lab)


def take_back(work: Work, patient: Patient) -> None:
    """Withdraw each authorised letter whose background stands no more, and draft anew what it told of."""
    letters.let_go_where(work, patient, outdated)


def outdated(work: Work, letter: Letter) -> bool:
    """Whether a fracture, image or blood result was corrected or voided since a letter told it; what is new is none."""
    told = Counter(said(letter.facts))
    if not told:
        return False
    return bool(told - Counter(line for table in BACKGROUND for line in standing(work, table, letter.patient_id)))


def standing(work: Work, table: Any, patient_id: int) -> Iterator[str]:
    """The same of what is recorded now, the latest of its kind or not."""
    query = select(table).where(table.patient_id == patient_id, table.stands.is_(True), table.on_date.is_not(None))
    for row in work.session.scalars(query):
        if isinstance(row, Fracture):
            yield findings.fracture(compose.fracture(row))
        elif isinstance(row, SpineImage):
            yield findings.image(compose.image(row))
        else:
            yield from blood(results.labs([row]))


def said(facts: Json) -> Iterator[str]:
    """What the background of a letter says of them, each in its words; the note of a fracture is told to nobody."""
    yield from map(findings.fracture, facts.get("fractures", ()))
    if facts.get("image"):
        yield findings.image(facts["image"])
    yield from blood(facts.get("labs", ()))


def blood(found: Iterable[Json]) -> Iterator[str]:
    """Blood results, each with its day."""
    return (f"{result['on']} {findings.measured(result)}" for result in found)
