"""The letters that a patient has at home: when one of a kind went to her, and which result no longer stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from clinic.letters.to_patient import values
from clinic.services.work import Work
from clinic.store.base import Json
from clinic.store.letters import TO_PATIENT, Letter
from clinic.store.scans import Scan

HELD = ("sent", "delivered")


def of_kind(work: Work, patient_id: int, kind: str) -> Sequence[Letter]:
    """The letters of a kind that left to her and were not replaced, the last one first."""
    hers = Letter.patient_id == patient_id, Letter.kind == f"{TO_PATIENT}{kind}", Letter.state.in_(HELD)
    return work.session.scalars(select(Letter).where(*hers).order_by(Letter.id.desc())).all()


def outdated(work: Work, patient_id: int, scans: Sequence[Scan], now: Json | None) -> list[Letter]:
    """The results that she holds and the record no longer says: corrected since, or voided; `now` is her last one."""
    days = {row.made_on.isoformat() for row in scans if row.made_on}
    held = [letter for letter in of_kind(work, patient_id, "result") if letter.facts.get("scan")]
    return [letter for letter in held if differs(letter.facts["scan"], days, now)]


def differs(then: Json, days: set[str], now: Json | None) -> bool:
    """Whether a result that was told stands no more, or says something else now."""
    corrected = now is not None and then["on"] == now["on"] and values(then) != values(now)
    return then["on"] not in days or corrected


def replaced(held: Sequence[Letter], latest: Scan) -> list[Json]:
    """The letters for which one about this scan comes: it was recorded after them, or anew."""
    return [
        {"reference": letter.reference or str(letter.id), "sent_on": (letter.sent_on or date.min).isoformat()}
        for letter in held
        if letter.authorised_at and letter.authorised_at <= latest.recorded_at
    ]
