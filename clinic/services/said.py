"""What every act on a treatment shares: whose decision it is, and that one fact said twice is one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TypeVar

from sqlalchemy import inspect, select

from clinic.domain.calendar import add_months
from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action
from clinic.security.permissions import May, Role, allows
from clinic.services import facts, items, settings
from clinic.services.work import Work
from clinic.store.base import Fact
from clinic.store.patients import Patient
from clinic.store.users import User

F = TypeVar("F", bound=Fact)
AHEAD_MONTHS = 12  # a date further ahead is a wrong year
ENVELOPE = frozenset(
    ("id", "patient_id", "recorded_at", "recorded_by", "on_behalf_of", "supersedes_id", "change_reason", "voided_at",
     "voided_by", "void_reason", "stands")
)  # fmt: skip


def doctors(work: Work) -> list[User]:
    """Whose decisions can be entered."""
    query = select(User).where(User.role == Role.DOCTOR, User.active.is_(True)).order_by(User.name, User.id)
    return list(work.session.scalars(query))


def on_behalf(work: Work, doctor_id: int | None) -> None:
    """A doctor decides herself; anybody else names the doctor whose decision it is, in the fact and in the log."""
    if allows(work.actor.role, May.DECIDE_COURSE):
        return
    doctor = next((one for one in doctors(work) if one.id == doctor_id), None)
    if doctor is None:
        raise RuleBroken("doctor_id", "doctor_missing")
    work.actor = replace(work.actor, on_behalf_of=doctor.id, on_behalf_name=doctor.name)


def who_settles(work: Work, patient: Patient, doctor_id: int | None) -> int | None:
    """The doctor who settles what a nurse heard: who was named, else the patient's own, else the responsible one.

    None when a doctor wrote it down herself.
    """
    if allows(work.actor.role, May.DECIDE_COURSE):
        return None
    known = {doctor.id for doctor in doctors(work)}
    offered = (doctor_id, patient.regular_doctor_id, settings.current(work.session).responsible_doctor_id)
    found = next((one for one in offered if one in known), None)
    if found is None:
        raise RuleBroken("doctor_id", "doctor_settles")
    return found


def own(work: Work, table: type[F], patient_id: int, fact_id: int) -> F:
    """A fact of this patient; LookupError when there is none."""
    fact = work.session.get(table, fact_id)
    if fact is None or fact.patient_id != patient_id:
        raise LookupError(fact_id)
    return fact


def newest(work: Work, fact: F) -> F:
    """The version that stands in the place of a fact; the fact itself when it was voided or stands."""
    table = type(fact)
    while (later := work.session.scalar(select(table).where(table.supersedes_id == fact.id))) is not None:
        fact = later
    return fact


def content(fact: Fact) -> dict[str, object]:
    """What a fact says, without its envelope."""
    names = (column.key for column in inspect(type(fact)).columns)
    return {name: getattr(fact, name) for name in names if name not in ENVELOPE}


def said_before(work: Work, new: F, patient_id: int, old: F | None = None) -> F | None:
    """The fact that stands and says the same: a double click, a page sent twice, a correction without a change.

    Raises RuleBroken when the fact to correct no longer stands and nobody said the same.
    """
    table = type(new)
    same = [getattr(table, name) == value for name, value in content(new).items()]
    query = select(table).where(table.patient_id == patient_id, table.stands.is_(True), *same)
    known = work.session.scalar(query.order_by(table.id).limit(1))
    if known is None and old is not None and not old.stands:
        raise RuleBroken("reason", "fact_changed_meanwhile")
    return known if old is None or not old.stands or known is old else None


def place(work: Work, new: F, patient_id: int, old: F | None, reason: str) -> F:
    """Keep a new fact, or let it stand in the place of an old one, and give it its number."""
    if old is None:
        facts.stamp(work, new, patient_id)
    else:
        facts.correct(work, old, new, reason)
    work.session.flush()
    return new


def finish(work: Work, patient: Patient, action: Action, subject: str) -> None:
    """Bring the dates up to the facts, write down what was done, keep all of it; nothing new is nothing done."""
    work.session.flush()
    if work.flushed:
        items.refresh(work, patient)
        work.note(action, patient.id, subject)
        work.commit()


def not_far_ahead(work: Work, field: str, on: date | None) -> None:
    """What is planned lies within a year; further is a typing error."""
    last = add_months(work.today, AHEAD_MONTHS)
    if on is not None and on > last:
        raise RuleBroken(field, "date_far_ahead", last=last.strftime("%d-%m-%Y"))
