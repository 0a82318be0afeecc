"""Reading the agenda: a day, a patient's bookings, who is taken at a time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, time
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from clinic.security.permissions import CARE
from clinic.store.appointments import Appointment
from clinic.store.due import DueItem
from clinic.store.patients import Patient
from clinic.store.users import User

MOST_OF_A_DAY = 200
PLACES_KEPT = 500  # the latest bookings that suggest a place
SHOWN = ("booked", "attended", "no_show")


def of_day(session: Session, day: date, most: int = MOST_OF_A_DAY) -> Sequence[Any]:
    """The appointments of a day in order of time; moved and cancelled ones are gone."""
    return of_days(session, day, day, most)


def of_days(session: Session, first: date, last: date, most: int | None = None) -> Sequence[Any]:
    """The appointments of some days in order of time, with who comes and with whom; all of them unless `most`."""
    person = (
        Patient.number, Patient.sex, Patient.initials, Patient.first_name, Patient.own_prefix, Patient.own_name,
        Patient.partner_prefix, Patient.partner_name, Patient.name_order, Patient.birth_date,
        Patient.birth_precision, Patient.status,
        Patient.needs_interpreter, Patient.needs_wheelchair, Patient.hard_of_hearing,
        Patient.phone, Patient.phone_other,
    )  # fmt: skip
    return session.execute(
        select(Appointment, User.name.label("staff"), *person)
        .join(Patient, Patient.id == Appointment.patient_id)
        .outerjoin(User, User.id == Appointment.staff_id)
        .where(Appointment.on_date.between(first, last), Appointment.state.in_(SHOWN))
        .order_by(Appointment.on_date, Appointment.at_time.nulls_last(), Appointment.id)
        .limit(most)
    ).all()


def of_patient(session: Session, patient_id: int) -> Sequence[Any]:
    """Every appointment of a patient with whose it is, the latest day first."""
    return session.execute(
        select(Appointment, User.name.label("staff"))
        .outerjoin(User, User.id == Appointment.staff_id)
        .where(Appointment.patient_id == patient_id)
        .order_by(Appointment.on_date.desc(), Appointment.id.desc())
    ).all()


def due_items(session: Session, patient_id: int) -> list[DueItem]:
    """What is due for a patient and can be booked, the earliest first; letters are no visit."""
    rows = session.scalars(select(DueItem).where(DueItem.patient_id == patient_id).order_by(DueItem.due_on, DueItem.id))
    return [row for row in rows if not row.code.startswith("letter.")]


def booked_for(
    session: Session, patient_id: int, code: str, subject: date, today: date, but: int | None = None
) -> Appointment | None:
    """The appointment from today on that stands for a due item; another than `but`."""
    return session.scalar(
        select(Appointment).where(
            Appointment.patient_id == patient_id,
            Appointment.state == "booked",
            Appointment.on_date >= today,
            Appointment.item_code == code,
            Appointment.item_subject == subject,
            Appointment.id != (but or 0),
        )
    )


def too_early(session: Session, patient_ids: Sequence[int]) -> Sequence[Appointment]:
    """Bookings of these patients for an item that opens after them."""
    of_item = and_(
        DueItem.patient_id == Appointment.patient_id,
        DueItem.code == Appointment.item_code,
        DueItem.subject == Appointment.item_subject,
        DueItem.opens_on > Appointment.on_date,
    )
    query = select(Appointment).join(DueItem, of_item)
    return session.scalars(query.where(Appointment.patient_id.in_(patient_ids), Appointment.state == "booked")).all()


BOOKING = 0x626F6F6B  # "book": with a day, the key on which whoever books a time waits; no row need exist for it


def take_turns(session: Session, days: Collection[date]) -> None:
    """Wait until nobody else is booking a time on these days; SQLite's one writer has waited already.

    Each who books holds her patient by then, and takes the days in one order: two people never wait for each other.
    """
    if session.get_bind().dialect.name == "postgresql":
        for day in sorted(days):
            session.execute(select(func.pg_advisory_xact_lock(BOOKING, day.toordinal())))


def taken(
    session: Session, on: date, at: time, minutes: int, who: ColumnElement[bool], but: int | None
) -> Appointment | None:
    """The first other booking of somebody, or of a place, that overlaps this time."""
    day = select(Appointment).where(
        who, Appointment.state == "booked", Appointment.on_date == on, Appointment.id != (but or 0)
    )
    for row in session.scalars(day.where(Appointment.at_time.is_not(None)).order_by(Appointment.at_time)):
        if row.at_time is not None and overlap(at, minutes, row.at_time, row.minutes):
            return row
    return None


def overlap(one: time, its_minutes: int, other: time, others_minutes: int) -> bool:
    """Whether two appointments of a day share a minute."""
    first, second = one.hour * 60 + one.minute, other.hour * 60 + other.minute
    return first < second + others_minutes and second < first + its_minutes


def staff(session: Session) -> list[tuple[int, str]]:
    """Who can have an appointment with a patient."""
    query = select(User.id, User.name).where(User.active.is_(True), User.role.in_(sorted(CARE))).order_by(User.name)
    return [(row.id, row.name) for row in session.execute(query)]


def name_of(session: Session, user_id: int | None) -> tuple[int, str] | None:
    """Somebody who may no longer be chosen, but was."""
    user = session.get(User, user_id) if user_id else None
    return (user.id, user.name) if user else None


def places(session: Session) -> list[str]:
    """Where the latest appointments were, to choose from while typing."""
    latest = select(Appointment.place).order_by(Appointment.id.desc()).limit(PLACES_KEPT).subquery()
    return sorted(place for place in session.scalars(select(latest.c.place).distinct()) if place)
