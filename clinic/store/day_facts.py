"""Reading what stands about the patients of a day: what is due or missing, the treatment, whose draft is open."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from clinic.domain.vocabulary import PatientStatus
from clinic.store.appointments import Appointment
from clinic.store.controls import Control, ControlDraft
from clinic.store.due import DueItem, RedAlert
from clinic.store.form_drafts import FormDraft
from clinic.store.letters import GP, Letter
from clinic.store.patients import Patient
from clinic.store.scans import Scan
from clinic.store.settings import DayClosing
from clinic.store.treatments import Course, CourseStop, Pause
from clinic.store.users import User

IDS: BindParameter[int] = bindparam("ids", type_=Integer, expanding=True)
DAY = bindparam("day", type_=Date)
NO_CODE, NO_DAY = cast(null(), String), cast(null(), Date)
DRAFTED = ("draft", "waits", "to_authorise", "returned")


def told(what: str, table: type[Any], code: Any = NO_CODE, on: Any = NO_DAY, late: Any = NO_DAY) -> Select[Any]:
    """One kind of fact: whose it is, what it is, its code, its day and the day after which it is late."""
    return select(
        table.patient_id, literal(what).label("what"), code.label("code"), on.label("on_date"), late.label("late_after")
    ).where(table.patient_id.in_(IDS))


def holds(first: Any, last: Any) -> Any:
    """Whether the day lies between two days, of which the last may be open."""
    return (first <= DAY) & or_(last.is_(None), last >= DAY)


# put together once: the first page asks it for every day of appointments
FACTS = union_all(
    told("alert", RedAlert, RedAlert.code, RedAlert.since).where(
        RedAlert.level == "red", holds(RedAlert.holds_from, RedAlert.holds_until)
    ),
    told("item", DueItem, DueItem.code, DueItem.due_on, DueItem.late_after).where(
        DueItem.opens_on <= DAY, or_(DueItem.code < "letter.", DueItem.code >= "letter/")
    ),
    told("awaited", Scan, on=Scan.made_on).where(
        Scan.stands.is_(True), Scan.made_on <= DAY, Scan.received_on.is_(None)
    ),
    told("height", Control, on=func.max(Control.on_date))
    .where(Control.stands.is_(True), Control.height_mm.is_not(None), Control.on_date < DAY)
    .group_by(Control.patient_id),
    told("pause", Pause, on=Pause.from_on).where(Pause.stands.is_(True), holds(Pause.from_on, Pause.until_on)),
    told("letter", Letter, Letter.state).where(Letter.state.in_(DRAFTED), Letter.kind == GP),
)
STOPPED = exists().where(CourseStop.course_id == Course.id, CourseStop.stands.is_(True), CourseStop.stopped_on <= DAY)
COURSES = (
    select(Course.patient_id, Course.drug, Course.dose, Course.started_on, Course.planned_years)
    .where(Course.patient_id.in_(IDS), Course.stands.is_(True), Course.started_on <= DAY, ~STOPPED)
    .order_by(Course.patient_id, Course.started_on, Course.id)
)
DRAFTS = (
    select(ControlDraft.patient_id, ControlDraft.id, ControlDraft.by, ControlDraft.started_at, User.name)
    .join(User, User.id == ControlDraft.by)
    .where(ControlDraft.patient_id.in_(IDS), ControlDraft.taken_at.is_(None))
    .order_by(ControlDraft.patient_id, ControlDraft.saved_at)
)

PERSON = (
    Patient.id.label("patient_id"), Patient.number, Patient.sex, Patient.initials, Patient.first_name,
    Patient.own_prefix, Patient.own_name, Patient.partner_prefix, Patient.partner_name, Patient.name_order,
    Patient.birth_date, Patient.birth_precision,
)  # fmt: skip
UNFINISHED = (
    select(*PERSON, ControlDraft.id.label("draft_id"), ControlDraft.by, ControlDraft.started_at, User.name)
    .join(Patient, Patient.id == ControlDraft.patient_id)
    .join(User, User.id == ControlDraft.by)
    .where(ControlDraft.taken_at.is_(None))
)
MOST = 100


def facts(session: Session, patient_ids: Sequence[int], day: date) -> Sequence[Any]:
    """What is due, missing or not to be overlooked, of each patient."""
    return session.execute(FACTS, {"ids": patient_ids, "day": day}).all() if patient_ids else ()


def courses(session: Session, patient_ids: Sequence[int], day: date) -> dict[int, Any]:
    """The course that runs on the day, the last one begun when there are two."""
    found = session.execute(COURSES, {"ids": patient_ids, "day": day}).all() if patient_ids else ()
    return {row.patient_id: row for row in found}


def drafts(session: Session, patient_ids: Sequence[int]) -> dict[int, Any]:
    """The control that somebody is writing, the last one kept when there are two."""
    found = session.execute(DRAFTS, {"ids": patient_ids}).all() if patient_ids else ()
    return {row.patient_id: row for row in found}


def unfinished(session: Session, midnight: datetime) -> Sequence[Any]:
    """Controls that anybody began and nobody finished: those begun since `midnight` (UTC) first, then the oldest."""
    today_first = UNFINISHED.order_by(ControlDraft.started_at < midnight, ControlDraft.started_at, ControlDraft.id)
    return session.execute(today_first.limit(MOST)).all()


def unfinished_before(session: Session, midnight: datetime) -> Sequence[Any]:
    """Those of the days before, the oldest first."""
    before = UNFINISHED.where(ControlDraft.started_at < midnight)
    return session.execute(before.order_by(ControlDraft.started_at, ControlDraft.id).limit(MOST)).all()


def unfinished_contacts(session: Session, midnight: datetime) -> Sequence[Any]:
    """Contacts that somebody typed and did not save: those that were typed in since `midnight` first."""
    return session.execute(
        select(*PERSON, FormDraft.id.label("draft_id"), FormDraft.by, FormDraft.saved_at, User.name)
        .join(Patient, Patient.id == FormDraft.patient_id)
        .join(User, User.id == FormDraft.by)
        .where(FormDraft.form == "contact")
        .order_by(FormDraft.saved_at < midnight, FormDraft.saved_at, FormDraft.id)
        .limit(MOST)
    ).all()


def open_drafts(session: Session) -> tuple[int, int]:
    """How many controls and how many contacts are typed and not finished."""
    controls = select(func.count()).where(ControlDraft.taken_at.is_(None)).scalar_subquery()
    contacts = select(func.count()).where(FormDraft.form == "contact").scalar_subquery()
    found = session.execute(select(controls, contacts)).one()
    return found[0], found[1]


def is_unsettled(day: date) -> ColumnElement[bool]:
    """Whether nobody said what became of an appointment, or it is a no-show of the day without a new booking."""
    again = aliased(Appointment)
    followed = exists().where(
        again.patient_id == Appointment.patient_id, again.state == "booked", again.on_date >= day,
        again.id != Appointment.id,
    )  # fmt: skip
    left = or_(
        and_(Appointment.state == "booked", Appointment.on_date <= day),
        and_(Appointment.state == "no_show", Appointment.on_date == day, ~followed),
    )
    return and_(left, Patient.status != PatientStatus.DECEASED.value)  # who left may have kept a booking


def unsettled(session: Session, day: date) -> Sequence[Any]:
    """Appointments that are not settled, those of the day first, then the oldest."""
    return session.execute(
        select(*PERSON, Appointment.id.label("appointment_id"), Appointment.kind, Appointment.on_date,
               Appointment.at_time, Appointment.state, Appointment.attempts)
        .join(Patient, Patient.id == Appointment.patient_id)
        .where(is_unsettled(day))
        .order_by(Appointment.on_date != day, Appointment.state.desc(), Appointment.on_date, Appointment.at_time,
                  Appointment.id)
        .limit(MOST)
    ).all()  # fmt: skip


def count_unsettled(session: Session, day: date) -> dict[str, int]:
    """How many there are in each state, also of those that are not shown."""
    query = (
        select(Appointment.state, func.count())
        .join(Patient, Patient.id == Appointment.patient_id)
        .where(is_unsettled(day))
        .group_by(Appointment.state)
    )
    return dict(session.execute(query).all())


def closing(session: Session, day: date) -> Any | None:
    """How the day was closed last, and by whom; None when it was not."""
    return session.execute(
        select(DayClosing, User.name)
        .join(User, User.id == DayClosing.closed_by)
        .where(DayClosing.on_date == day)
        .order_by(DayClosing.id.desc())
        .limit(1)
    ).first()
