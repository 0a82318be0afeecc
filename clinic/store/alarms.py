"""Reading alarm symptoms that no doctor has signed for, and who is on duty."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, exists, func, literal, or_, select, union_all
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
MOST = 50
PERSON = (
    Patient.number, Patient.sex, Patient.initials, Patient.first_name, Patient.own_prefix, Patient.own_name,
    Patient.partner_prefix, Patient.partner_name, Patient.name_order, Patient.birth_date, Patient.phone,
    Patient.phone_other,
)  # fmt: skip


def unsigned(session: Session, today: date, drafts_before: datetime) -> Sequence[Any]:
    """Alarm symptoms of active patients that hold today, and those in drafts of before a time.

    So are those of a control that was corrected or voided before a doctor signed (`left`). What no doctor saw comes
    first, then the oldest: a new one is never cut off by those that only wait for a note. `since` is when the symptom
    was first recorded (UTC), `seen` whether a doctor opened the record after that.
    """
    recorded = func.min(Control.recorded_at)
    held = (
        select(RedAlert.patient_id, RedAlert.code, recorded.label("since"), literal(False).label("left"))
        .join(Control, and_(Control.patient_id == RedAlert.patient_id, Control.on_date == RedAlert.since))
        .where(
            Control.stands.is_(True),
            RedAlert.level == "red",
            RedAlert.code.in_([str(symptom) for symptom in Symptom]),
            RedAlert.holds_from <= today,
            or_(RedAlert.holds_until.is_(None), RedAlert.holds_until >= today),
        )
        .group_by(RedAlert.patient_id, RedAlert.code)
    )
    typed = select(ControlDraft.patient_id, literal(DRAFT), ControlDraft.alarm_at.label("since"), literal(False)).where(
        ControlDraft.alarm_at <= drafts_before
    )
    gone = (
        left_behind(code, Control.patient_id, literal(code), recorded, literal(True)).group_by(Control.patient_id)
        for code in map(str, Symptom)
    )
    found = union_all(held, typed, *gone).subquery()
    seen = exists().where(
        AuditEntry.patient_id == found.c.patient_id,
        AuditEntry.at >= found.c.since,
        AuditEntry.action == Action.PATIENT_OPENED.value,
        AuditEntry.role == Role.DOCTOR.value,
    )
    query = select(found.c.patient_id, found.c.code, found.c.since, found.c.left, seen.label("seen"), *PERSON)
    return session.execute(
        query.join(Patient, Patient.id == found.c.patient_id)
        .order_by("seen", found.c.since, found.c.patient_id, found.c.code)
        .limit(MOST)
    ).all()


def left_behind(code: str, *columns: Any) -> Select[Any]:
    """Controls with this symptom that were corrected or voided, while no other holds it and no doctor signed for it."""
    of_hers = (AlertNote.patient_id == Control.patient_id, AlertNote.alert == code, AlertNote.stands.is_(True))
    return (
        select(*columns)
        .join(Patient, Patient.id == Control.patient_id)
        .where(
            Control.alarm_left_at.is_not(None),
            Control.symptoms[code, "present"].as_boolean(),
            Patient.status == PatientStatus.ACTIVE.value,
            ~exists().where(*of_hers, AlertNote.on_date >= Control.on_date),
            ~exists().where(RedAlert.patient_id == Control.patient_id, RedAlert.code == code),
        )
    )


def last_left(session: Session, patient_id: int, code: str) -> Any | None:
    """The last control of hers that was taken down with this symptom (`on_date`, `reason`); None when none waits."""
    after = aliased(Control)
    why = func.coalesce(Control.void_reason, after.change_reason).label("reason")
    query = left_behind(code, Control.on_date, why).outerjoin(after, after.supersedes_id == Control.id)
    return session.execute(
        query.where(Control.patient_id == patient_id).order_by(Control.on_date.desc(), Control.id.desc()).limit(1)
    ).first()


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
