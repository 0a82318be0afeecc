"""Reading who is to have an infusion or injection, and what is known of her before it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from clinic.store.appointments import Appointment, stands_for
from clinic.store.controls import Control
from clinic.store.due import DueItem
from clinic.store.lists import rank_on, status_on
from clinic.store.patients import Patient
from clinic.store.scans import Lab
from clinic.store.settings import Closure
from clinic.store.treatments import Course, Dose

CODES = ("dose.zoledronic_acid", "dose.ibandronic_acid_iv", "dose.denosumab")
MOST = 500  # more than a clinic gives in a month; beyond it the page says so


def due_doses(session: Session, today: date, last: date, most: int | None = MOST) -> Sequence[Any]:
    """Doses due or booked until a day, in working order, each with its booking."""
    rank = rank_on(DueItem, today)
    columns = (
        DueItem.patient_id, DueItem.code, DueItem.subject, DueItem.due_on, status_on(DueItem, today).label("status"),
        Patient.number, Patient.sex, Patient.initials, Patient.first_name, Patient.own_prefix, Patient.own_name,
        Patient.partner_prefix, Patient.partner_name, Patient.name_order, Patient.birth_date, Patient.birth_precision,
        Patient.phone, Patient.phone_other, Patient.status.label("patient_status"),
        Appointment.id.label("appointment_id"), Appointment.on_date.label("booked_on"),
        Appointment.at_time.label("booked_at"), Appointment.place.label("booked_where"),
    )  # fmt: skip
    return session.execute(
        select(*columns)
        .join(Patient, Patient.id == DueItem.patient_id)
        .outerjoin(Appointment, stands_for(Appointment, DueItem, today))
        .where(DueItem.code.in_(CODES), or_(DueItem.due_on <= last, Appointment.on_date <= last))
        .order_by(rank, DueItem.due_on, DueItem.code, DueItem.patient_id)
        .limit(most)
    ).all()


def labs(session: Session, patient_ids: Sequence[int]) -> Sequence[Any]:
    """Blood values that stand, in order of their day."""
    columns = (Lab.patient_id, Lab.on_date, Lab.creatinine_umol_l, Lab.calcium_mmol_l, Lab.vitamin_d_nmol_l)
    query = select(*columns).where(Lab.patient_id.in_(patient_ids), Lab.stands.is_(True))
    return session.execute(query.order_by(Lab.on_date, Lab.id)).all()


def weights(session: Session, patient_ids: Sequence[int]) -> Sequence[Any]:
    """Weights that stand, in order of their day; of one day the lowest last, as the rules take it."""
    query = select(Control.patient_id, Control.on_date, Control.weight_g).where(
        Control.patient_id.in_(patient_ids), Control.stands.is_(True), Control.weight_g.is_not(None)
    )
    return session.execute(query.order_by(Control.on_date, Control.weight_g.desc(), Control.id)).all()


def courses(session: Session, patient_ids: Sequence[int]) -> Sequence[Any]:
    """Courses of drugs that are given, the latest last."""
    drugs = [code.removeprefix("dose.") for code in CODES]
    query = select(Course.patient_id, Course.id, Course.drug).where(
        Course.patient_id.in_(patient_ids), Course.stands.is_(True), Course.drug.in_(drugs)
    )
    return session.execute(query.order_by(Course.started_on, Course.id)).all()


def last_doses(session: Session, patient_ids: Sequence[int]) -> Sequence[Any]:
    """Doses that stand, in order of their day: where and by whom."""
    query = select(Dose.patient_id, Dose.course_id, Dose.on_date, Dose.place, Dose.given_by).where(
        Dose.patient_id.in_(patient_ids), Dose.stands.is_(True)
    )
    return session.execute(query.order_by(Dose.on_date, Dose.id)).all()


def closures(session: Session, first: date) -> Sequence[Closure]:
    """Closing days that are not over, the first first."""
    return session.scalars(
        select(Closure)
        .where(Closure.until_on >= first, Closure.withdrawn_at.is_(None))
        .order_by(Closure.from_on, Closure.id)
    ).all()
