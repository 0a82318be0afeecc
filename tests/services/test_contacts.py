"""A call between two controls, the alarm it may raise, and the doctor on duty whom it reaches."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import AgreementWhat, AlarmOutcome, AlertCode, ControlKind, Symptom
from clinic.security.audit import Action
from clinic.security.permissions import Role
from clinic.services import alarms, contacts, control_drafts, controls, duties, items, notes
from clinic.services.contacts import SaveContact
from clinic.services.controls import Agreed, SaveControl
from clinic.services.duties import PutOnDuty
from clinic.services.notes import NoteAlert
from clinic.services.work import NotAllowed, Stale
from clinic.store import alarms as stored_alarms
from clinic.store.audit import AuditEntry
from clinic.store.controls import Control, ControlDraft
from clinic.store.due import DueItem
from clinic.store.settings import ClinicSettings
from tests.conftest import account
from tests.factories import make_course, make_patient

JAW = Symptom.JAW_OR_MOUTH


@pytest.fixture
def secretary(work):
    return work("secretary")


@pytest.fixture
def patient(secretary):
    patient = make_patient(secretary, phone="+31513200001")
    make_course(secretary, patient)
    items.refresh(secretary, patient)
    return patient


def call(patient, token="call", **given):
    """She calls because her jaw hurts."""
    return SaveContact(patient.id, token, **{"caller": "patiënte", "symptoms": (JAW,), "words": "kaakpijn"} | given)


def later(work, role, minutes):
    """Somebody at her first page, so many minutes after the call."""
    found = work(role)
    found.now += timedelta(minutes=minutes)
    return found


def test_a_secretary_records_a_call_and_the_doctor_sees_it_at_once(work, secretary, patient):
    contacts.save(secretary, call(patient))
    seen = alarms.to_see(work("doctor"))
    assert [(row.patient_id, row.code, row.seen) for row in seen.rows] == [(patient.id, "jaw_or_mouth", False)]


def test_a_contact_is_no_control(session, secretary, patient):
    before = {row.code: row.due_on for row in session.execute(select(DueItem.code, DueItem.due_on))}
    contacts.save(secretary, call(patient, symptoms=()))
    assert before == {row.code: row.due_on for row in session.execute(select(DueItem.code, DueItem.due_on))}


def test_the_same_call_sent_twice_is_one(session, secretary, patient):
    assert contacts.save(secretary, call(patient)) == contacts.save(secretary, call(patient))
    assert session.scalar(select(func.count()).select_from(Control)) == 1
    with pytest.raises(LookupError):
        contacts.save(secretary, call(make_patient(secretary)))


AGREED = {"call_on": date(2026, 11, 30), "call_why": "uitslag tandarts"}


@pytest.mark.parametrize(
    "other",
    [
        {"symptoms": (JAW, Symptom.EAR_PAIN)},
        {"words": "kaakpijn, nu ook zwelling"},
        {"caller": "dochter"},
        {"caller_phone": "+31513200002"},
        {"call_on": date(2026, 12, 1)},
        {"call_why": "uitslag foto"},
        {"call_on": None, "call_why": ""},
    ],
    ids=lambda other: "-".join(other),
)
def test_a_call_sent_again_with_something_else_is_not_said_to_be_saved(session, secretary, patient, other):
    first = contacts.save(secretary, call(patient, **AGREED))
    with pytest.raises(Stale) as stale:
        contacts.save(secretary, call(patient, **AGREED | other))
    assert stale.value.args == (first,)
    assert contacts.save(secretary, call(patient, **AGREED)) == first
    assert session.scalar(select(func.count()).select_from(Control)) == 1


def test_a_call_that_was_voided_is_not_said_to_be_saved(work, secretary, patient):
    first = contacts.save(secretary, call(patient))
    controls.void_control(work("nurse"), patient.id, first, "andere patiënt")
    with pytest.raises(Stale):
        contacts.save(secretary, call(patient))


def test_who_is_called_back_stands_on_the_lists(session, secretary, patient):
    contacts.save(secretary, call(patient, symptoms=(), call_on=date(2026, 11, 30), call_why="uitslag tandarts"))
    assert session.scalar(select(DueItem.due_on).where(DueItem.code == "agreed.call")) == date(2026, 11, 30)


def test_who_is_to_be_called_back_today_stays_on_the_list_until_somebody_says_that_this_was_the_call(
    session, secretary, patient
):
    def agreed():
        return session.scalars(select(DueItem.due_on).where(DueItem.code == "agreed.call")).all()

    today = date(2026, 11, 23)
    assert not contacts.promised_today(secretary, patient.id)
    contacts.save(secretary, call(patient, symptoms=(), call_on=today))
    assert agreed() == [today]
    secretary.now += timedelta(hours=2)
    contacts.save(secretary, call(patient, "daughter", symptoms=()))
    assert agreed() == [today]
    secretary.now += timedelta(hours=2)
    again = call(patient, "again", symptoms=(), call_on=today, call_why="was in gesprek", called_back=True)
    contacts.save(secretary, again)
    assert agreed() == [today]
    assert contacts.promised_today(secretary, patient.id)
    contacts.save(secretary, call(patient, "reached", symptoms=(), called_back=True))
    assert agreed() == []
    assert not contacts.promised_today(secretary, patient.id)


def test_a_contact_with_a_call_back_that_same_day_is_corrected_with_what_was_agreed(work, session, secretary, patient):
    today = date(2026, 11, 23)
    contact = contacts.save(secretary, call(patient, symptoms=(), call_on=today))
    mended = SaveControl(
        patient.id, today, ControlKind.INTERIM, "mended", note="kaakpijn links", corrects=contact, reason="typefout",
        agreed=(Agreed(AgreementWhat.CALL, today, ""),),
    )  # fmt: skip
    for other in (
        {"agreed": (Agreed(AgreementWhat.CALL, date(2026, 11, 22), ""),)},
        {"agreed": (Agreed(AgreementWhat.LAB, today, ""),)},
        {"kind": ControlKind.PHONE, "unanswerable": "kort gesprek"},
    ):
        with pytest.raises(RuleBroken, match="agreed_in_past"):
            controls.save(work("nurse"), replace(mended, **other))
    controls.save(work("nurse"), mended)
    assert session.scalar(select(DueItem.due_on).where(DueItem.code == "agreed.call")) == today


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"symptoms": (), "words": ""}, "words", "contact_says_nothing"),
        ({"call_on": date(2026, 11, 22)}, "call_on", "call_day_within_a_year"),
        ({"call_on": date(2027, 11, 25)}, "call_on", "call_day_within_a_year"),
        ({"call_why": "uitslag"}, "call_on", "call_day_missing"),
    ],
)
def test_a_call_that_cannot_be_is_refused_at_its_field(secretary, patient, given, field, code):
    with pytest.raises(RuleBroken) as broken:
        contacts.save(secretary, call(patient, **given))
    assert (broken.value.field, broken.value.code) == (field, code)


def test_who_is_no_longer_followed_is_not_called_back_for_no_list_would_say_so(secretary, patient):
    patient.status, patient.status_on = "moved", date(2026, 11, 1)
    with pytest.raises(RuleBroken) as broken:
        contacts.save(secretary, call(patient, call_on=date(2026, 11, 30)))
    assert (broken.value.field, broken.value.code) == ("call_on", "call_not_followed")
    assert contacts.save(secretary, call(patient))


def test_a_manager_records_no_calls(work, patient):
    with pytest.raises(NotAllowed):
        contacts.save(work("manager"), call(patient))


@pytest.mark.parametrize(("minutes", "told"), [(59, 0), (60, 1)])
def test_after_an_hour_everybody_sees_what_no_doctor_looked_at(work, secretary, patient, minutes, told):
    contacts.save(secretary, call(patient))
    nurse = alarms.to_see(later(work, "nurse", minutes))
    assert len(nurse.rows) == told
    assert [row.phone for row in nurse.rows] == ["+31513200001"] * told


def test_a_doctor_who_opened_the_record_has_seen_it_but_only_a_note_ends_it(work, secretary, patient):
    contacts.save(secretary, call(patient))
    doctor = later(work, "doctor", 5)
    doctor.note(Action.PATIENT_OPENED, patient.id)
    doctor.commit()
    assert alarms.to_see(later(work, "nurse", 90)).rows == []
    assert len(alarms.to_see(later(work, "doctor", 90)).rows) == 1
    told = NoteAlert(patient.id, AlertCode(JAW), "Tandarts gebeld.", AlarmOutcome.SEEN_NO_ACTION)
    notes.note_alert(doctor, told)
    assert alarms.to_see(later(work, "doctor", 91)).rows == []


def test_what_nobody_saw_comes_before_what_only_waits_for_a_note(work, secretary, patient, monkeypatch):
    contacts.save(secretary, call(patient))
    doctor = later(work, "doctor", 5)
    doctor.note(Action.PATIENT_OPENED, patient.id)
    doctor.commit()
    other = make_patient(secretary, own_name="Dantuma")
    contacts.save(later(work, "secretary", 6), call(other, token="other"))
    monkeypatch.setattr(stored_alarms, "MOST", 1)
    assert [row.patient_id for row in alarms.to_see(later(work, "doctor", 7)).rows] == [other.id]


@pytest.mark.parametrize(("minutes", "rows"), [(9, 0), (10, 1)])
def test_an_alarm_in_an_unfinished_control_reaches_the_doctor_after_ten_minutes(work, patient, minutes, rows):
    nurse = work("nurse")
    control_drafts.keep(nurse, patient.id, "form", {"symptom_jaw_or_mouth": ["yes"]})
    assert len(alarms.to_see(later(work, "doctor", minutes)).rows) == rows


def test_a_draft_keeps_since_when_it_alarms_until_the_symptom_is_taken_out(work, session, patient):
    nurse = work("nurse")
    control_drafts.keep(nurse, patient.id, "form", {"symptom_jaw_or_mouth": ["yes"]})
    first = nurse.now
    again = later(work, "nurse", 3)
    control_drafts.keep(again, patient.id, "form", {"symptom_jaw_or_mouth": ["yes"], "weight": ["66"]})
    assert session.scalar(select(ControlDraft.alarm_at)) == first
    control_drafts.keep(again, patient.id, "form", {"symptom_jaw_or_mouth": ["no"]})
    assert session.scalar(select(ControlDraft.alarm_at)) is None
    assert {"alarm": "taken out"} in session.scalars(select(AuditEntry.details)).all()


def test_a_draft_whose_alarm_reached_the_doctor_is_not_thrown_away_unsaid(work, session, patient):
    nurse = work("nurse")
    control_drafts.keep(nurse, patient.id, "form", {"symptom_jaw_or_mouth": ["yes"]})
    with pytest.raises(RuleBroken) as broken:
        control_drafts.discard(later(work, "nurse", 10), patient.id)
    assert broken.value.code == "draft_alarms"
    control_drafts.keep(later(work, "nurse", 11), patient.id, "form", {"symptom_jaw_or_mouth": ["no"]})
    control_drafts.discard(later(work, "nurse", 12), patient.id)
    assert session.scalar(select(func.count()).select_from(ControlDraft)) == 0


def test_the_doctor_on_duty_is_named_else_the_responsible_one(work, session, secretary, patient):
    contacts.save(secretary, call(patient))
    manager, doctor = work("manager"), work("doctor")
    assert alarms.to_see(doctor).doctor is None
    session.add(ClinicSettings(id=1, responsible_doctor_id=doctor.actor.id, phone="0513 200 000"))
    session.flush()
    assert alarms.to_see(doctor).doctor.phone == "0513 200 000"
    for _time in range(2):
        duties.put(manager, PutOnDuty(doctor.actor.id, "+31612345678", date(2026, 11, 23), date(2026, 11, 29)))
    assert alarms.to_see(doctor).doctor.phone == "+31612345678"
    (row,) = duties.coming(manager)
    duties.withdraw(manager, row.Duty.id)
    assert alarms.to_see(doctor).doctor.phone == "0513 200 000"
    with pytest.raises(LookupError):
        duties.withdraw(manager, row.Duty.id)


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        (date(2026, 12, 2), date(2026, 12, 1), "closure_ends_before"),
        (date(2026, 11, 1), date(2026, 11, 2), "closure_is_over"),
        (date(2026, 12, 1), date(2027, 12, 1), "closure_too_long"),
    ],
)
def test_a_duty_that_cannot_be_is_refused(work, first, last, code):
    manager, doctor = work("manager"), work("doctor")
    with pytest.raises(RuleBroken) as broken:
        duties.put(manager, PutOnDuty(doctor.actor.id, "", first, last))
    assert broken.value.code == code


def test_only_a_doctor_is_on_duty(work, session):
    manager = work("manager")
    nurse = account(session, Role.NURSE).id
    with pytest.raises(RuleBroken) as broken:
        duties.put(manager, PutOnDuty(nurse, "", date(2026, 12, 1), date(2026, 12, 2)))
    assert broken.value.code == "doctor_unknown"
