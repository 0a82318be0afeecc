"""Letters by state in SQL: capped counts, and pages that start where the one before ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, not_, select, tuple_
from sqlalchemy.orm import Session

from clinic.store.letters import GP, OUT, STATES, Letter, LetterSubject
from clinic.store.lists import MOST_COUNTED
from clinic.store.patients import Patient
from clinic.store.practices import Gp, Practice
from clinic.store.users import User

UNSENT = ("draft", "waits", "to_authorise", "returned", "authorised", "queued", "failed", "returned_by_post")
NEWEST_FIRST = (*OUT, "withdrawn")
Place = tuple[date, int]


def counts(session: Session, day: date, others: ColumnElement[bool] | None = None) -> tuple[dict[str, int], int]:
    """How many letters are in each state, up to one more than is counted exactly; and how many are overdue.

    Of those to authorise the ones that are left to others are not counted.
    """
    of_state = {state: select(Letter.id).where(Letter.state == state) for state in STATES}
    if others is not None:
        of_state["to_authorise"] = of_state["to_authorise"].where(not_(others))
    asked = [capped(query).label(state) for state, query in of_state.items()]
    unsent = select(Letter.id).where(Letter.state.in_(UNSENT))
    asked.append(capped(unsent.where(Letter.due_on < day)).label("overdue"))
    *found, overdue = session.execute(select(*asked)).one()
    return dict(zip(STATES, found, strict=True)), overdue


def capped(query: Select[Any]) -> Any:
    """A count that stops where it is no longer exact."""
    return select(func.count()).select_from(query.limit(MOST_COUNTED + 1).subquery()).scalar_subquery()


def how_many(session: Session, states: Collection[str], which: ColumnElement[bool]) -> int:
    """How many letters in these states are so, up to one more than is counted exactly."""
    return session.scalar(select(capped(select(Letter.id).where(Letter.state.in_(states), which)))) or 0


def page(
    session: Session, state: str, after: Place | None, most: int, only: ColumnElement[bool] | None = None
) -> Sequence[Any]:
    """Letters in a state, the longest due first, the newest first once they are gone; never a BSN."""
    order = (Letter.due_on, Letter.id)
    backwards = state in NEWEST_FIRST
    query = (
        select(
            Letter.id, Letter.due_on, Letter.sent_on, Letter.reference, Letter.remark, Letter.failure,
            Letter.waits_for, Letter.waits_until, Letter.kind,
            Letter.patient_id, User.name.label("drafter"), Letter.channel.label("sent_by"),
            Patient.number, Patient.sex, Patient.initials, Patient.first_name, Patient.own_prefix, Patient.own_name,
            Patient.partner_prefix, Patient.partner_name, Patient.name_order, Patient.birth_date,
            Patient.birth_precision, Patient.gp_id,
            Gp.initials.label("gp_initials"), Gp.prefix.label("gp_prefix"), Gp.family_name.label("gp_name"),
            Gp.stopped_on, Practice.name.label("practice"), Practice.town.label("practice_town"), Practice.channel,
            Practice.street, Practice.postcode,
        )
        .join(Patient, Patient.id == Letter.patient_id)
        .join(User, User.id == Letter.drafted_by)
        .outerjoin(Gp, Gp.id == Patient.gp_id)
        .outerjoin(Practice, Practice.id == Gp.practice_id)
        .where(Letter.state == state)
        .order_by(*(column.desc() if backwards else column for column in order))
        .limit(most)
    )  # fmt: skip
    if only is not None:
        query = query.where(only)
    if after is not None:
        here, there = tuple_(*order), tuple_(*(literal(part) for part in after))
        query = query.where(here < there if backwards else here > there)
    return session.execute(query).all()


def told_of(session: Session, letter_ids: Sequence[int]) -> dict[int, list[str]]:
    """What each letter is about, without repeats; of one to a patient, which letter it is."""
    told = select(LetterSubject.letter_id, LetterSubject.about, LetterSubject.about_on)
    hers = select(Letter.id, Letter.kind, Letter.due_on).where(Letter.kind != GP, Letter.id.in_(letter_ids))
    query = told.where(LetterSubject.letter_id.in_(letter_ids)).union_all(hers).order_by(LetterSubject.about_on)
    found: dict[int, list[str]] = defaultdict(list)
    for letter_id, about, _on in session.execute(query):
        if about not in found[letter_id]:
            found[letter_id].append(about)
    return found
