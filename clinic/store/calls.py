"""Calls to patients who are late, who is calling now, and until when somebody asked to be left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    String,
    cast,
    func,
    literal,
    null,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from clinic.domain.vocabulary import CallOutcome, ControlKind
from clinic.store.appointments import Appointment
from clinic.store.base import Base, one_of
from clinic.store.controls import Control
from clinic.store.patients import Patient
from clinic.store.reported_deaths import OF_PATIENT
from clinic.store.restrictions import closed_to
from clinic.store.users import User


class Call(Base):
    """An attempt to reach a patient and what came of it; appended, never changed."""

    __tablename__ = "calls"
    __table_args__ = (
        one_of("outcome", CallOutcome),
        CheckConstraint("(outcome = 'call_back') = (call_back_on IS NOT NULL)", name="call_back_has_day"),
        Index("ix_calls_patient_at", "patient_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    at: Mapped[datetime]
    by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    outcome: Mapped[str]
    call_back_on: Mapped[date | None]
    note: Mapped[str | None]
    form_token: Mapped[str] = mapped_column(unique=True)


class Calling(Base):
    """How a patient stands on the call list: who is phoning her, and when she asked to be called again."""

    __tablename__ = "calling"
    __table_args__ = (
        CheckConstraint("(claimed_by IS NULL) = (claimed_at IS NULL)", name="claimed_when_and_by_whom"),
        CheckConstraint("(called_on IS NULL) = (call_back_on IS NULL)", name="called_back_when"),
    )

    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"), primary_key=True)
    claimed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    claimed_at: Mapped[datetime | None]
    called_on: Mapped[date | None]
    call_back_on: Mapped[date | None]
    hidden_until: Mapped[date | None]


def standing(session: Session, patient_ids: Sequence[int], reader: int) -> dict[int, Any]:
    """Phones, claim and snooze of each patient, whether her death was reported, and her record closed to who reads."""
    rows = session.execute(
        select(Patient.id, Patient.phone, Patient.phone_other, Calling.claimed_by, Calling.claimed_at,
               Calling.call_back_on, User.name.label("claimer"), OF_PATIENT.label("said_dead_on"),
               Patient.id.in_(closed_to(reader)).label("closed"))
        .outerjoin(Calling, Calling.patient_id == Patient.id)
        .outerjoin(User, User.id == Calling.claimed_by)
        .where(Patient.id.in_(patient_ids))
    )  # fmt: skip
    return {row.id: row for row in rows}


def of_patient(session: Session, patient_id: int, most: int) -> Sequence[Call]:
    """The calls to a patient, the latest first."""
    return session.scalars(select(Call).where(Call.patient_id == patient_id).order_by(Call.at.desc()).limit(most)).all()


def history(session: Session, patient_ids: Sequence[int]) -> Sequence[Any]:
    """Calls, interim contacts, missed appointments and when she was seen of these patients, the latest kept first.

    `what` is call, contact, missed or seen; `outcome` that of a call; `on_date` a call-back day, or the day itself.
    """
    nothing = cast(null(), String)
    calls = select(
        Call.patient_id, literal("call").label("what"), Call.at, Call.outcome, Call.call_back_on.label("on_date"),
        Call.note, Call.by, literal(0).label("attempts"),
    ).where(Call.patient_id.in_(patient_ids))  # fmt: skip
    contacts = select(
        Control.patient_id, literal("contact"), Control.recorded_at, nothing, Control.on_date, Control.note,
        Control.recorded_by, literal(0),
    ).where(
        Control.patient_id.in_(patient_ids), Control.stands.is_(True), Control.kind == ControlKind.INTERIM.value
    )  # fmt: skip
    missed = select(
        Appointment.patient_id, literal("missed"), Appointment.settled_at, nothing, Appointment.on_date,
        Appointment.reason, cast(null(), Integer), Appointment.attempts,
    ).where(
        Appointment.patient_id.in_(patient_ids), Appointment.state == "no_show", Appointment.settled_at.is_not(None)
    )  # fmt: skip
    found = union_all(calls, contacts, missed, *seen(patient_ids)).subquery()
    query = select(found, User.name.label("who")).outerjoin(User, User.id == found.c.by)
    return session.execute(query.order_by(found.c.patient_id, found.c.at.desc())).all()


def seen(patient_ids: Sequence[int]) -> tuple[Any, Any]:
    """When these patients were last here or spoken to: controls that stand, and visits to which they came.

    Of the last day alone, for what was tried before it counts no more: so many years of controls make no slow list.
    """
    nothing, nobody = cast(null(), String), cast(null(), Integer)
    held = (Control.stands.is_(True), Control.kind != ControlKind.INTERIM.value)
    controls = select(
        Control.patient_id, literal("seen"), Control.recorded_at, nothing, Control.on_date, nothing, nobody, literal(0)
    ).where(*of_last_day(Control, patient_ids, *held))  # fmt: skip
    visits = select(
        Appointment.patient_id, literal("seen"), func.coalesce(Appointment.settled_at, Appointment.booked_at), nothing,
        Appointment.on_date, nothing, nobody, literal(0),
    ).where(*of_last_day(Appointment, patient_ids, Appointment.state == "attended"))  # fmt: skip
    return controls, visits


def of_last_day(
    table: type[Control | Appointment], patient_ids: Sequence[int], *so: ColumnElement[bool]
) -> tuple[ColumnElement[bool], ...]:
    """That a row is so, and of the last day on which one of this patient's was."""
    hers = table.patient_id.in_(patient_ids)
    last = select(table.patient_id, func.max(table.on_date)).where(hers, *so).group_by(table.patient_id)
    return (tuple_(table.patient_id, table.on_date).in_(last), *so)
