"""Reading alarm symptoms that no doctor has signed for, and who is on duty."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from clinic.domain.vocabulary import PatientStatus, Symptom
from clinic.security.audit import Action
from clinic.security.permissions import Role
from clinic.store.absences import Absence
from clinic.store.audit import AuditEntry
from clinic.store.controls import Control, ControlDraft
from clinic.store.due import RedAlert
from clinic.store.patients import Patient
from clinic.store.reviews import AlertNote
from clinic.store.settings import ClinicSettings, Duty
from clinic.store.users import User

DRAFT = "draft"
SYMPTOMS = tuple(map(str, Symptom))
CODES = union_all(*(select(literal(code).label("code")) for code in SYMPTOMS)).subquery("symptoms")
MOST = 50
PERSON = (
    Patient.number, Patient.sex, Patient.initials, Patient.first_name, Patient.own_prefix, Patient.own_name,
    Patient.partner_prefix, Patient.partner_name, Patient.name_order, Patient.birth_date, Patient.phone,
    Patient.phone_other,
)  # fmt: skip


def unsigned(session: Session, today: date, drafts_before: datetime) -> Sequence[Any]:
    """Alarm symptoms of active patients that hold today, and those in drafts of before a time.

    So are those that were corrected, voided or taken out before a doctor signed (`left`). What no doctor saw comes
    first, then the oldest: a new one is never cut off by those that only wait for a note. `seen` is whether a doctor
    opened the record after each control that tells of the symptom, `since` (UTC) when the first of those told it that
    she did not see, else the first of all.
    """
    return session.execute(unsigned_ones().limit(MOST), {"today": today, "drafts_before": drafts_before}).all()


@lru_cache(maxsize=1)
def unsigned_ones() -> Select[Any]:
    """The statement, put together once: every first page asks it each minute."""
    reports = first_told()
    opened = exists().where(
        AuditEntry.patient_id == reports.c.patient_id,
        AuditEntry.at >= reports.c.told,
        AuditEntry.action == Action.PATIENT_OPENED.value,
        AuditEntry.role == Role.DOCTOR.value,
    )
    looked = select(*reports.c, case((opened, 1), else_=0).label("seen")).subquery()
    unseen = func.min(case((looked.c.seen == 0, looked.c.told)))
    of_symptom = (looked.c.patient_id, looked.c.code, looked.c.left)
    since = func.coalesce(unseen, func.min(looked.c.told)).label("since")
    found = select(*of_symptom, since, (func.min(looked.c.seen) == 1).label("seen")).group_by(*of_symptom).subquery()
    return (
        select(*found.c, *PERSON)
        .join(Patient, Patient.id == found.c.patient_id)
        .order_by(found.c.seen, found.c.since, found.c.patient_id, found.c.code)
    )


def first_told() -> Subquery:
    """Each symptom of each control and draft that waits, and when it was first told (UTC).

    A correction that keeps the symptom does not begin its hour anew: the versions before it are asked too.
    """
    versions = select(waiting()).cte("versions", recursive=True)
    earlier = aliased(Control)
    told = case((has(earlier, versions.c.code), known_since(earlier)))
    before = select(
        versions.c.patient_id, versions.c.code, versions.c.left, versions.c.report, earlier.supersedes_id, told
    )
    versions = versions.union_all(before.join(earlier, earlier.id == versions.c.before))
    of_report = (versions.c.patient_id, versions.c.code, versions.c.left, versions.c.report)
    return select(*of_report, func.min(versions.c.told).label("told")).group_by(*of_report).subquery()


def waiting() -> Subquery:
    """Controls with a symptom that no doctor signed for: those that stand, those taken down, and drafts."""
    today, drafts_before = bindparam("today", type_=Date), bindparam("drafts_before", type_=DateTime)
    of_control = (Control.id.label("report"), Control.supersedes_id.label("before"), known_since(Control).label("told"))
    held = (
        select(RedAlert.patient_id, RedAlert.code, literal(False).label("left"), *of_control)
        .join(Control, and_(Control.patient_id == RedAlert.patient_id, Control.on_date <= RedAlert.since))
        .where(
            Control.stands.is_(True),
            has(Control, RedAlert.code),
            ~signed(RedAlert.code),
            RedAlert.level == "red",
            RedAlert.code.in_(SYMPTOMS),
            RedAlert.holds_from <= today,
            or_(RedAlert.holds_until.is_(None), RedAlert.holds_until >= today),
        )
    )
    typed = select(
        ControlDraft.patient_id, literal(DRAFT), literal(False), ControlDraft.id, null(), ControlDraft.alarm_at
    ).where(ControlDraft.alarm_at <= drafts_before)
    gone = left_behind(Control.patient_id, CODES.c.code, literal(True), *of_control)
    return union_all(held, typed, gone).subquery()


def known_since(control: Any) -> ColumnElement[datetime]:
    """When a control told of its alarm symptoms: at its saving, or before that in its draft."""
    return func.coalesce(control.alarm_at, control.recorded_at)


def has(control: Any, code: Any) -> ColumnElement[bool]:
    """Whether a control tells of the symptom with the code of a row."""
    return or_(*(and_(code == known, control.symptoms[known, "present"].as_boolean()) for known in SYMPTOMS))


def signed(code: Any) -> ColumnElement[bool]:
    """Whether a doctor signed a note for this symptom on the day of a control or after it."""
    hers = (AlertNote.patient_id == Control.patient_id, AlertNote.alert == code, AlertNote.stands.is_(True))
    return exists().where(*hers, AlertNote.on_date >= Control.on_date)


def left_behind(*columns: Any) -> Select[Any]:
    """Controls that were corrected or voided, by symptom, while no other holds it and no doctor signed for it.

    So is a symptom that was taken out of a draft after it had reached the doctor (clinic.services.control_drafts).
    The few that were taken down are where to begin: by the patients would be to read the whole register.
    """
    code = CODES.c.code
    active = exists().where(Patient.id == Control.patient_id, Patient.status == PatientStatus.ACTIVE.value)
    held = exists().where(RedAlert.patient_id == Control.patient_id, RedAlert.code == code)
    return (
        select(*columns)
        .select_from(Control)
        .join(CODES, has(Control, code))
        .where(Control.alarm_left_at.is_not(None), active, ~signed(code), ~held)
    )


@lru_cache(maxsize=1)
def left_since() -> Subquery:
    """Each symptom that was taken down and waits for a note, once for a patient, with the day of its last control."""
    since = func.max(Control.on_date).label("since")
    found = left_behind(Control.patient_id, since, CODES.c.code)
    return found.group_by(Control.patient_id, CODES.c.code).subquery()


@lru_cache(maxsize=1)
def left_of_one() -> Select[Any]:
    """The statement for one patient, put together once: every record asks it."""
    found = left_since()
    hers = select(found.c.code, found.c.since).where(found.c.patient_id == bindparam("patient_id"))
    return hers.order_by(found.c.since, found.c.code)


def left_of(session: Session, patient_id: int) -> Sequence[Any]:
    """What of hers was taken down and waits for a note: code, and since when."""
    return session.execute(left_of_one(), {"patient_id": patient_id}).all()


def last_left(session: Session, patient_id: int, code: str) -> Any | None:
    """The last control of hers that was taken down with this symptom (`on_date`, `reason`); None when none waits.

    There is no reason when it was taken out of a draft.
    """
    after = aliased(Control)
    why = func.coalesce(Control.void_reason, after.change_reason).label("reason")
    found = left_behind(Control.on_date, why).outerjoin(after, after.supersedes_id == Control.id)
    hers = found.where(Control.patient_id == patient_id, CODES.c.code == code)
    return session.execute(hers.order_by(Control.on_date.desc(), Control.id.desc()).limit(1)).first()


def on_duty(session: Session, today: date) -> Any | None:
    """The doctor on duty with her number, else the responsible doctor of the settings or her deputy; None at last."""
    duty = (
        select(User.id, User.name, Duty.phone, literal(1).label("duty"), Duty.id.label("row"))
        .join(Duty, Duty.doctor_id == User.id)
        .where(User.active.is_(True), Duty.from_on <= today, Duty.until_on >= today, Duty.withdrawn_at.is_(None))
    )
    deputy = (
        select(func.max(Absence.deputy_id))
        .where(Absence.user_id == ClinicSettings.responsible_doctor_id, Absence.withdrawn_at.is_(None))
        .where(Absence.from_on <= today, Absence.until_on >= today)
        .correlate(ClinicSettings)
        .scalar_subquery()
    )
    responsible = (
        select(User.id, User.name, ClinicSettings.phone, literal(0).label("duty"), literal(0))
        .join(ClinicSettings, func.coalesce(deputy, ClinicSettings.responsible_doctor_id) == User.id)
        .where(User.active.is_(True))
    )
    either = union_all(duty, responsible).subquery()
    return session.execute(select(either).order_by(either.c.duty.desc(), either.c.row.desc()).limit(1)).first()


def duties(session: Session, first: date) -> Sequence[Any]:
    """Duties that are not over, the first first, with the doctor's name."""
    return session.execute(
        select(Duty, User.name)
        .join(User, User.id == Duty.doctor_id)
        .where(Duty.until_on >= first, Duty.withdrawn_at.is_(None))
        .order_by(Duty.from_on, Duty.id)
    ).all()
