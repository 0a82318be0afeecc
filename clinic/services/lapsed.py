"""A letter that another came in the place of: kept as it was sent, and marked on all that is made of it since."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from sqlalchemy import select

from clinic.letters.addressed import document
from clinic.letters.lapsed import mark
from clinic.letters.render import pdf_of
from clinic.services.letter_logo import logo_of
from clinic.services.letter_states import frozen_page
from clinic.services.work import Work, local_day
from clinic.store.base import Json
from clinic.store.letters import Letter


class Successor(NamedTuple):
    """The letter that came in its place."""

    id: int
    reference: str
    on: date


def successor(work: Work, letter: Letter) -> Successor | None:
    """What replaced a letter; None of one that holds."""
    if letter.state != "replaced":
        return None
    later = select(Letter).where(
        Letter.patient_id == letter.patient_id, Letter.id > letter.id, Letter.sent_at.is_not(None)
    )
    for found in work.session.scalars(later.order_by(Letter.id)):
        if letter.reference in {told["reference"] for told in found.facts.get("replaces", ())} and found.sent_at:
            return Successor(found.id, found.reference or str(found.id), local_day(found.sent_at))
    return None


def marked(facts: Json, by: Successor | None) -> Json:
    """The facts of a letter as its page is set now."""
    return facts if by is None else facts | {"lapsed": mark(by.reference, by.on.isoformat())}


def page_now(work: Work, letter: Letter) -> bytes | None:
    """The page of a frozen letter as it is handed out now: its frozen bytes, or marked when another replaced it."""
    by = successor(work, letter)
    page = frozen_page(work, letter)
    if by is None or page is None or letter.authorised_at is None:
        return page
    said = document(letter.facts, letter.reference or "", letter.facts["signed"])
    facts = marked(letter.facts, by)
    return pdf_of(letter.template, said, facts, letter.authorised_at, logo_of(work, letter.facts))
