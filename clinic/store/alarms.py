"""Reading alarm symptoms that no doctor has signed for, and who is on duty."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Date,
    DateTime,
    Integer,
    Select,
    Subquery,
    and_,
    bindparam,
    case,
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

from clinic.domain.vocabulary import PatientStatus, Symptom
from clinic.security.audit import Action
from clinic.security.permissions import Role
from clinic.store.absences import DEPUTY, Absence, is_away, on_day
from clinic.store.audit import AuditEntry
from clinic.store.controls import Control, ControlDraft
from clinic.store.due import RedAlert
from clinic.store.form_drafts import FormDraft
from clinic.store.patients import Patient
from clinic.store.reviews import AlertNote
from clinic.store.settings import ClinicSettings, Duty
from clinic.store.users import User

DRAFT, CONTACT_DRAFT = "draft", "contact_draft"
TYPED: tuple[tuple[Any, str], ...] = ((ControlDraft, DRAFT), (FormDraft, CONTACT_DRAFT))
SYMPTOMS = tuple(map(str, Symptom))
CODES = union_all(*(select(literal(code).label("code")) for code in SYMPTOMS)).subquery("symptoms")
MOST = 50
PERSON = (
    Patient.number, Patient.sex, Patient.initials, Patient.first_name, Patient.own_prefix, Patient.own_name,
    Patient.partner_prefix, Patient.partner_name, Patient.name_order, Patient.birth_date,
    Patient.birth_precision, Patient.phone, Patient.phone_other,
)  # fmt: skip


def unsigned(session: Session, today: date, drafts_before: datetime) -> Sequence[Any]:
    """Alarm symptoms of active patients that hold today, and those in drafts of before a time.

    So are those that were corrected, voided or taken out before a doctor signed (`left`). What no doctor saw comes
    first, then the oldest: a new one is never cut off by those that only wait for a note. `seen` is whether a doctor
    opened the record after each control that tells of the symptom, `since` (UTC) when the first of those told it that
    she did not see, else the first of all. `typed_by` is who types a draft.
    """
    return session.execute(unsigned_ones().limit(MOST), {"today": today, "drafts_before": drafts_before}).all()


@lru_cache(maxsize=1)
def unsigned_ones() -> Select[Any]:
    """The statement, put together once: every first page asks it each minute."""
    reports = unsigned_reports(waiting())
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
        select(*found.c, *PERSON, typed_by(found))
        .join(Patient, Patient.id == found.c.patient_id)
        .order_by(found.c.seen, found.c.since, found.c.patient_id, found.c.code)
    )


def typed_by(found: Subquery) -> ColumnElement[str | None]:
    """Who types the draft in which a symptom stands, of two the one that holds it longest; nobody when it was saved."""
    names = (
        (found.c.code == code,
         select(User.name).join(table, table.by == User.id)
         .where(table.patient_id == found.c.patient_id, table.alarm_at.is_not(None))
         .order_by(table.alarm_at, table.id).limit(1).correlate(found).scalar_subquery())
        for table, code in TYPED
    )  # fmt: skip
    return case(*names).label("typed_by")


def unsigned_reports(candidates: CompoundSelect[Any]) -> Subquery:
    """Each symptom of each control and draft, and when it was first told (UTC), while no doctor signed since.

    A correction that keeps the symptom does not begin its hour anew: the versions before it are asked too.
    """
    versions = select(candidates.subquery()).cte("versions", recursive=True)
    earlier = aliased(Control)
    told = case((has(earlier, versions.c.code), known_since(earlier)))
    of_report = (versions.c.patient_id, versions.c.code, versions.c.left, versions.c.report, versions.c.on_date)
    before = select(*of_report, earlier.supersedes_id, told)
    versions = versions.union_all(before.join(earlier, earlier.id == versions.c.before))
    of_report = (versions.c.patient_id, versions.c.code, versions.c.left, versions.c.report, versions.c.on_date)
    first = select(*of_report, func.min(versions.c.told).label("told")).group_by(*of_report).subquery()
    return select(first).where(~signed(first.c.patient_id, first.c.code, first.c.on_date, first.c.told)).subquery()


def waiting() -> CompoundSelect[Any]:
    """Controls with a symptom that may wait for a note: those that stand, those no rule tells of, and drafts."""
    today, drafts_before = bindparam("today", type_=Date), bindparam("drafts_before", type_=DateTime)
    held = (
        select(*columns(RedAlert.code, literal(False)))
        .select_from(RedAlert)
        .join(Control, and_(Control.patient_id == RedAlert.patient_id, Control.on_date <= RedAlert.since))
        .where(
            Control.stands.is_(True),
            has(Control, RedAlert.code),
            ~signed_for(RedAlert.code),
            RedAlert.level == "red",
            RedAlert.code.in_(SYMPTOMS),
            RedAlert.holds_from <= today,
            or_(RedAlert.holds_until.is_(None), RedAlert.holds_until >= today),
        )
    )
    typed = (
        select(
            table.patient_id, literal(code), literal(False), table.id, cast(null(), Date), null(), table.alarm_at
        ).where(table.alarm_at <= drafts_before, is_active(table.patient_id))
        for table, code in TYPED
    )
    return union_all(held, *typed, left_behind(), told_later())


def silent_of(patient_id: ColumnElement[int]) -> CompoundSelect[Any]:
    """The controls of one patient with a symptom that no rule tells of."""
    return union_all(*(each.where(Control.patient_id == patient_id) for each in (left_behind(), told_later())))


def columns(code: Any, left: ColumnElement[bool]) -> tuple[Any, ...]:
    """What is asked of a control with a symptom; `left` is whether it was taken down."""
    return (
        Control.patient_id, code.label("code"), left.label("left"), Control.id.label("report"), Control.on_date,
        Control.supersedes_id.label("before"), known_since(Control).label("told"),
    )  # fmt: skip


def known_since(control: Any) -> ColumnElement[datetime]:
    """When a control told of its alarm symptoms: at its saving, or before that in its draft."""
    return func.coalesce(control.alarm_at, control.recorded_at)


def has(control: Any, code: Any) -> ColumnElement[bool]:
    """Whether a control tells of the symptom with the code of a row."""
    return or_(*(and_(code == known, control.symptoms[known, "present"].as_boolean()) for known in SYMPTOMS))


def signed(patient_id: Any, code: Any, on_date: Any, told: Any) -> ColumnElement[bool]:
    """Whether a doctor signed a note for a symptom on the day of its control or after it, and not before it was known.

    The day alone ends the alert (section 5 of the protocol), but a note of the morning does not say that a doctor
    knows what was told in the afternoon. Other words for a note are no new look: its first version counts.
    """
    first, again = aliased(AlertNote), aliased(AlertNote)
    reworded = exists().where(
        again.patient_id == first.patient_id, again.alert == first.alert, again.on_date == first.on_date,
        again.stands.is_(True), again.supersedes_id >= first.id,
    )  # fmt: skip
    return exists().where(
        first.patient_id == patient_id, first.alert == code, first.on_date >= on_date, first.recorded_at >= told,
        first.supersedes_id.is_(None), first.voided_at.is_(None), or_(first.stands.is_(True), reworded),
    )  # fmt: skip


def signed_for(code: Any) -> ColumnElement[bool]:
    """The same of a control by itself: what was signed after it was signed after the versions before it too."""
    return signed(Control.patient_id, code, Control.on_date, known_since(Control))


def left_behind() -> Select[Any]:
    """Controls that were corrected or voided, by symptom, while no other holds it and no doctor signed for it.

    So is a symptom that was taken out of a draft after it had reached the doctor (clinic.services.draft_alarms).
    The few that were taken down are where to begin: by the patients would be to read the whole register.
    """
    code = CODES.c.code
    return (
        select(*columns(code, literal(True)))
        .select_from(Control)
        .join(CODES, has(Control, code))
        .where(Control.alarm_left_at.is_not(None), *silent(code))
    )


def told_later() -> Select[Any]:
    """Controls that became known after a doctor's note of their day or later: it cleared what nobody has read.

    So is what was told in the afternoon after a note of the morning, and yesterday's paper typed in after today's note.
    The notes are where to begin, for the same reason; one whose words were corrected counts from its first version.
    """
    code, note = AlertNote.alert, AlertNote
    of_note = (Control.patient_id == note.patient_id, Control.on_date <= note.on_date)
    return (
        select(*columns(code, literal(False)))
        .select_from(note)
        .join(Control, and_(*of_note, note.recorded_at < known_since(Control)))
        .where(note.alert.in_(SYMPTOMS), Control.stands.is_(True), has(Control, code), *silent(code))
    )


def silent(code: Any) -> tuple[ColumnElement[bool], ...]:
    """No alert of hers tells of the symptom, she is a patient of the clinic, and no doctor signed for the control."""
    held = exists().where(RedAlert.patient_id == Control.patient_id, RedAlert.code == code)
    return is_active(Control.patient_id), ~signed_for(code), ~held


def is_active(patient_id: Any) -> ColumnElement[bool]:
    """Whether she is a patient of the clinic: of who died or left no doctor is warned."""
    return exists().where(Patient.id == patient_id, Patient.status == PatientStatus.ACTIVE.value)


@lru_cache(maxsize=2)
def left_since(among: BindParameter[int] | None = None) -> Subquery:
    """Each symptom that no rule tells of and that waits for a note, once for a patient; of some patients or of all.

    With the day of its last control, and whether each of its controls was taken down.
    """
    found = left_behind(), told_later()
    if among is not None:
        found = found[0].where(Control.patient_id.in_(among)), found[1].where(Control.patient_id.in_(among))
    return once(unsigned_reports(union_all(*found))).subquery()


def once(found: Subquery) -> Select[Any]:
    """Each symptom of a patient once."""
    since, left = func.max(found.c.on_date).label("since"), func.min(case((found.c.left, 1), else_=0)).label("left")
    return select(found.c.patient_id, found.c.code, since, left).group_by(found.c.patient_id, found.c.code)


@lru_cache(maxsize=1)
def left_of_one() -> Select[Any]:
    """The statement for one patient, put together once: every record asks it."""
    found = once(unsigned_reports(silent_of(bindparam("patient_id", type_=Integer)))).subquery()
    return select(found.c.code, found.c.since, found.c.left).order_by(found.c.since, found.c.code)


def left_of(session: Session, patient_id: int) -> Sequence[Any]:
    """What of hers no rule tells of and waits for a note: code, since when, and whether it was taken down."""
    return session.execute(left_of_one(), {"patient_id": patient_id}).all()


def last_left(session: Session, patient_id: int, code: str) -> Any | None:
    """The last control of hers with this symptom that no rule tells of (`on_date`, `left`, `reason`); None when none.

    There is a reason when it was corrected or voided: not when it was taken out of a draft, or told after a note.
    """
    found, after = unsigned_reports(silent_of(literal(patient_id))), aliased(Control)
    why = func.coalesce(Control.void_reason, after.change_reason).label("reason")
    hers = (
        select(Control.on_date, found.c.left, why)
        .join(found, found.c.report == Control.id)
        .outerjoin(after, after.supersedes_id == Control.id)
    )
    last = hers.where(found.c.code == code).order_by(Control.on_date.desc(), Control.id.desc())
    return session.execute(last.limit(1)).first()


def on_duty(session: Session, today: date) -> Any | None:
    """The doctor on duty with her number, else the responsible doctor of the settings, when she is away her deputy.

    None when neither is there: whoever reads it looks for a doctor, and waits for nobody who is on leave.
    """
    duty = (
        select(User.id, User.name, Duty.phone, literal(1).label("duty"), Duty.id.label("row"))
        .join(Duty, Duty.doctor_id == User.id)
        .where(User.active.is_(True), Duty.from_on <= today, Duty.until_on >= today, Duty.withdrawn_at.is_(None))
    )
    deputy = (
        select(func.max(Absence.deputy_id))
        .join(DEPUTY, DEPUTY.id == Absence.deputy_id)
        .where(DEPUTY.active.is_(True), ~is_away(DEPUTY.id, today))
        .where(Absence.user_id == ClinicSettings.responsible_doctor_id, *on_day(Absence, today))
        .correlate(ClinicSettings)
        .scalar_subquery()
    )
    responsible = (
        select(User.id, User.name, ClinicSettings.phone, literal(0).label("duty"), literal(0))
        .join(ClinicSettings, or_(deputy == User.id, ClinicSettings.responsible_doctor_id == User.id))
        .where(User.active.is_(True), ~is_away(User.id, today))
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
