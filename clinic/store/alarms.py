"""Reading alarm symptoms that no doctor has signed for, and who is on duty."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, exists, func, literal, null, or_, select, union_all
from sqlalchemy.orm import Session

from clinic.domain.vocabulary import Symptom
from clinic.security.audit import Action
from clinic.security.permissions import Role
from clinic.store.absences import Absence
from clinic.store.audit import AuditEntry
from clinic.store.controls import Control, ControlDraft
from clinic.store.due import RedAlert
from clinic.store.patients import Patient
from clinic.store.settings import ClinicSettings, Duty
from clinic.store.users import User

DRAFT = "draft"
MOST = 50


def unsigned(session: Session, today: date, drafts_before: datetime) -> Sequence[Any]:
    """Alarm symptoms of active patients that hold today, and those in drafts of before a time.

    What no doctor saw comes first, then the oldest: a new one is never cut off by those that only wait for a note.
    `since` is when the symptom was first recorded (UTC), `seen` whether a doctor opened the record after that.
    """
    recorded = func.min(Control.recorded_at)
    held = (
        select(RedAlert.patient_id, RedAlert.code, recorded.label("since"), null().label("typed"))
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
    typed = select(
        ControlDraft.patient_id, literal(DRAFT), ControlDraft.alarm_at.label("since"), ControlDraft.id
    ).where(ControlDraft.alarm_at <= drafts_before)
    found = union_all(held, typed).subquery()
    seen = exists().where(
        AuditEntry.patient_id == found.c.patient_id,
        AuditEntry.at >= found.c.since,
        AuditEntry.action == Action.PATIENT_OPENED.value,
        AuditEntry.role == Role.DOCTOR.value,
    )
    person = (
        Patient.number, Patient.sex, Patient.initials, Patient.first_name, Patient.own_prefix, Patient.own_name,
        Patient.partner_prefix, Patient.partner_name, Patient.name_order, Patient.birth_date, Patient.phone,
        Patient.phone_other,
    )  # fmt: skip
    query = select(found.c.patient_id, found.c.code, found.c.since, found.c.typed, seen.label("seen"), *person)
    return session.execute(
        query.join(Patient, Patient.id == found.c.patient_id)
        .order_by("seen", found.c.since, found.c.patient_id, found.c.code)
        .limit(MOST)
    ).all()


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
