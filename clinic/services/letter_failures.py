"""Letters that did not arrive: why, and what would mend it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import and_, func, or_, select

from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services.addressed import problem
from clinic.services.succession import followed_with
from clinic.services.work import Work
from clinic.store.letter_lists import capped
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.practices import Gp

DID_NOT_ARRIVE = ("failed", "returned_by_post")
SHOWN = 8
STUCK = and_(Letter.state == "queued", Letter.failure.is_not(None))
"""Tried and not settled: it could not leave yet, or it left and that could not be written down."""
ON_TOP = {state: Letter.state == state for state in DID_NOT_ARRIVE} | {"queued": STUCK}
COUNTS = [capped(select(Letter.id).where(holds)).label(state) for state, holds in ON_TOP.items()]


@dataclass(frozen=True, slots=True)
class Failure:
    """A letter, what keeps it now, and the GP from whom it came back with how many patients she has."""

    letter: Letter
    patient: Patient
    problem: str | None
    gp: Gp | None
    with_gp: int


@dataclass(frozen=True, slots=True)
class Failures:
    """Those that are due first, and how many more there are in each state."""

    shown: list[Failure]
    more: Counter[str]


def failures(work: Work) -> Failures:
    """What did not arrive, or is stuck on its way; whose it was is written down as shown."""
    work.needs(May.SEND_LETTER)
    mine = or_(*ON_TOP.values())
    query = select(Letter, Patient).join(Patient, Patient.id == Letter.patient_id).where(mine)
    rows = work.session.execute(query.order_by(Letter.due_on, Letter.id).limit(SHOWN)).all()
    if rows:
        shown = sorted({patient.id for _letter, patient in rows})
        work.note(Action.PATIENT_LISTED, subject="letters:failures", shown=shown)
    more = Counter(dict(zip(ON_TOP, work.session.execute(select(*COUNTS)).one(), strict=True)))
    more.subtract(letter.state for letter, _patient in rows)
    return Failures([failure(work, letter, patient) for letter, patient in rows], more)


def failure(work: Work, letter: Letter, patient: Patient) -> Failure:
    """One of them."""
    gp = came_back_from(work, letter, patient)
    count = select(func.count()).select_from(Patient)
    with_gp = work.session.scalar(count.where(*followed_with(gp))) or 0 if gp is not None else 0
    return Failure(letter, patient, problem(work, letter, patient), gp, with_gp)


def came_back_from(work: Work, letter: Letter, patient: Patient) -> Gp | None:
    """The GP from whom a letter came back, as long as the patient is with her."""
    if not letter.came_back or letter.state not in DID_NOT_ARRIVE:
        return None
    gp = work.session.get(Gp, (letter.envelope or {}).get("gp_id") or 0)
    return gp if gp is not None and gp.id == patient.gp_id else None
