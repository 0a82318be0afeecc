"""The letters that a patient has at home: when one of a kind went to her, and which result no longer stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import select

from clinic.domain.vocabulary import LetterAbout
from clinic.services.letter_facts import versions
from clinic.services.work import Work
from clinic.store.base import Json
from clinic.store.letters import TO_PATIENT, Letter
from clinic.store.scans import Scan

HELD = ("sent", "delivered")
RESULT = f"{TO_PATIENT}result"


class Held(NamedTuple):
    """A letter with a result that she has, and the DXA of which it told as it stands now; none when it was voided."""

    letter: Letter
    scan: Scan | None


def of_kind(work: Work, patient_id: int, kind: str) -> Sequence[Letter]:
    """The letters of a kind that left to her and were not replaced, the last one first."""
    hers = Letter.patient_id == patient_id, Letter.kind == f"{TO_PATIENT}{kind}", Letter.state.in_(HELD)
    return work.session.scalars(select(Letter).where(*hers).order_by(Letter.id.desc())).all()


def results(work: Work, patient_id: int) -> list[Held]:
    """The results that she holds, the last letter first."""
    held = [letter for letter in of_kind(work, patient_id, "result") if letter.facts.get("scan")]
    if not held:
        return []
    rows = scans_of(work, patient_id)
    return [Held(letter, as_it_stands(rows, letter)) for letter in held]


def scan_told(work: Work, letter: Letter) -> Scan | None:
    """The version of the DXA whose result a letter told to the patient; None of any other letter."""
    if letter.kind != RESULT or not letter.facts.get("scan"):
        return None
    return version_told(scans_of(work, letter.patient_id), letter)


def scans_of(work: Work, patient_id: int) -> Sequence[Scan]:
    """Every version of each of her DXAs, the first first."""
    return work.session.scalars(select(Scan).where(Scan.patient_id == patient_id).order_by(Scan.id)).all()


def version_told(rows: Sequence[Scan], letter: Letter) -> Scan | None:
    """The very version that a letter with a result told of: the last of its day when it was frozen."""
    on, at = date.fromisoformat(letter.facts["scan"]["on"]), letter.authorised_at or letter.drafted_at
    known = [row for row in rows if row.made_on == on and row.recorded_at <= at]
    return next((row for row in reversed(known) if row.voided_at is None or row.voided_at >= at), None)


def as_it_stands(rows: Sequence[Scan], letter: Letter) -> Scan | None:
    """The DXA that a letter told of, through every correction since, also to another day."""
    on = date.fromisoformat(letter.facts["scan"]["on"])
    after = {row.supersedes_id: row for row in rows if row.supersedes_id is not None}
    row = version_told(rows, letter)
    while row is not None and not row.stands:
        row = after.get(row.id)
    return row or next((one for one in rows if one.stands and one.made_on == on), None)


def tells_of(work: Work, letter: Letter, scan: Scan) -> bool:
    """Whether a letter with a result told of this DXA, in any version."""
    told = version_told(scans_of(work, scan.patient_id), letter)
    return told is not None and told.id in versions(work, LetterAbout.DXA, scan.id)


def named(held: Sequence[Held]) -> list[Json]:
    """Letters as the one says that comes in their place."""
    return [
        {"reference": letter.reference or str(letter.id), "sent_on": (letter.sent_on or date.min).isoformat()}
        for letter, _scan in held
    ]
