"""Who has a letter that does not hold any more and whom no other letter tells so: she hears it by telephone."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import select

from clinic.services.corrections import left_on
from clinic.services.letter_facts import joined
from clinic.services.work import Work
from clinic.store.corrections import BreachTask
from clinic.store.letters import GP, Letter
from clinic.store.practices import Gp

ARRIVED = ("sent", "delivered")  # what came back she has not, and what was replaced says so itself


class Has(NamedTuple):
    """Which letter, and who has it since when."""

    reference: str
    on: date | None
    gp: str
    practice: str
    phone: str | None


def found_now(work: Work, patient_id: int) -> list[Has]:
    """Of the letters that this act put before the privacy officer: what a GP has of them."""
    tasks = select(BreachTask.letter_id).where(
        BreachTask.patient_id == patient_id, BreachTask.found_by == work.actor.id, BreachTask.found_at == work.now
    )
    having = (holder(work, letter_id) for letter_id in work.session.scalars(tasks.order_by(BreachTask.id)).all())
    return [has for has in having if has is not None]


def holder(work: Work, letter_id: int) -> Has | None:
    """The GP to whom a letter left, who has it as far as anybody knows; of one to the patient herself nobody."""
    letter = work.session.get_one(Letter, letter_id)
    if letter.kind != GP or letter.state not in ARRIVED:
        return None
    gp = work.session.get_one(Gp, letter.facts["recipient"]["gp_id"])
    name = joined(gp.initials, gp.prefix, gp.family_name)
    return Has(letter.reference or "", left_on(letter), name, gp.practice.name, gp.practice.phone)
