"""What the log and the agenda say of one patient over a period: who was at her record, and who saw her on a list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, func, or_, select
from sqlalchemy.orm import Session

from clinic.store.appointments import Appointment
from clinic.store.audit import AuditEntry
from clinic.store.calls import Call
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.users import User

LINE = (
    AuditEntry.at, AuditEntry.action, AuditEntry.actor_id, AuditEntry.actor_name, AuditEntry.actor_function,
    AuditEntry.role, AuditEntry.subject, AuditEntry.purpose, AuditEntry.outcome, User.name,
)  # fmt: skip
CAME = ("booked", "attended", "no_show")
"""An appointment in one of these states is a reason to look; one that was moved or cancelled is of another day."""


def numbers_of(session: Session, patient_id: int) -> list[int]:
    """Her key and those of the numbers that were merged into it: looks stay written at the number of then."""
    merged = session.scalars(select(Patient.id).where(Patient.merged_into_id == patient_id)).all()
    return [patient_id, *merged]


def opened(session: Session, patient_ids: Sequence[int], since: datetime, until: datetime) -> Sequence[Any]:
    """Every line about her in a period, oldest first, with who it was."""
    query = select(*LINE).outerjoin(User, User.id == AuditEntry.actor_id)
    query = query.where(AuditEntry.patient_id.in_(patient_ids), AuditEntry.at >= since, AuditEntry.at < until)
    return session.execute(query.order_by(AuditEntry.at, AuditEntry.id)).all()


def shown(session: Session, patient_ids: Sequence[int], since: datetime, until: datetime) -> Sequence[Any]:
    """Every list, search, print or file of a period that held her, oldest first, with whose it was."""
    query = select(*LINE).outerjoin(User, User.id == AuditEntry.actor_id)
    query = query.where(AuditEntry.at >= since, AuditEntry.at < until, AuditEntry.shown.is_not(None))
    return session.execute(query.where(held(patient_ids)).order_by(AuditEntry.at, AuditEntry.id)).all()


def held(patient_ids: Sequence[int]) -> ColumnElement[bool]:
    """Whether a line's list held one of them: "[7, 12]" is read as text, alike in both databases."""
    ends = func.replace(func.replace(cast(AuditEntry.shown, Text), "[", " "), "]", ",")
    return or_(*(ends.like(f"% {patient_id},%") for patient_id in patient_ids))


def appointments(session: Session, patient_ids: Sequence[int], first: date, last: date) -> Sequence[Any]:
    """Her appointments of these days."""
    columns = (Appointment.id, Appointment.patient_id, Appointment.on_date, Appointment.kind)
    query = select(*columns).where(Appointment.patient_id.in_(patient_ids), Appointment.state.in_(CAME))
    days = query.where(Appointment.on_date >= first, Appointment.on_date <= last)
    return session.execute(days.order_by(Appointment.on_date, Appointment.id)).all()


def calls(session: Session, patient_ids: Sequence[int], since: datetime, until: datetime) -> Sequence[Any]:
    """The calls to her of a period, with who called."""
    query = select(Call.patient_id, Call.at, Call.by).where(Call.patient_id.in_(patient_ids))
    return session.execute(query.where(Call.at >= since, Call.at < until).order_by(Call.at)).all()


def letters(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """The references of these letters; of a draft there is none."""
    rows = session.execute(select(Letter.id, Letter.reference).where(Letter.id.in_(ids)))
    return {row.id: row.reference or "" for row in rows}
