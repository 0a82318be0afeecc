"""What a doctor agrees or requests holds the same day too, and what gave way to it comes back when it falls."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from clinic.domain.vocabulary import AgreementWhat, AlarmOutcome, AlertCode, ControlKind, MissingFact
from clinic.security.audit import Action
from clinic.services import contacts, controls, findings, items, notes, review_requests, reviews
from clinic.services.contacts import SaveContact
from clinic.services.controls import Agreed, SaveControl
from clinic.services.facts import stamp
from clinic.services.findings import SaveLab
from clinic.services.notes import NoteAlert
from clinic.store.audit import AuditEntry
from clinic.store.controls import Agreement
from clinic.store.reviews import AlertNote, Review
from clinic.store.scans import Lab
from tests.factories import make_control
from tests.services.test_reviews import TODAY, command, doctor, due, patient

__all__ = ["command", "doctor", "patient"]
NURSES, DOCTORS = date(2027, 11, 22), date(2027, 2, 22)
CALL = date(2026, 12, 15)
CONTROL = AgreementWhat.CONTROL


def agreed_with_nurse(work, patient, on=NURSES, token="nurse", **more):
    """The nurse sees her today and agrees on the next control."""
    seen = SaveControl(patient.id, TODAY, ControlKind.PHONE, token, unanswerable="kort gesprek",
                       agreed=(Agreed(CONTROL, on, "na een jaar"),), **more)  # fmt: skip
    return controls.save(work("nurse"), seen)


def signed(doctor, patient, command, on=DOCTORS, token="one-form"):
    """The same day the doctor decides and wants to see her sooner."""
    told = replace(command, form_token=token, version=patient.facts_version, next_control=on)
    return reviews.sign(doctor, told)


def of_the_break(session, review_id):
    """Make a decision of today one about the break before the course that began today: the next is about another."""
    session.get_one(Review, review_id).course_id = None
    session.flush()


def stand(session):
    """The days for which a control is agreed, as far as that stands."""
    query = select(Agreement.on_date).where(Agreement.what == CONTROL, Agreement.stands.is_(True))
    return session.scalars(query.order_by(Agreement.on_date)).all()


def test_the_date_of_the_doctor_holds_though_the_nurse_agreed_a_later_one_that_day(
    work, session, doctor, patient, command
):
    agreed_with_nurse(work, patient)
    signed(doctor, patient, command)
    assert due(session)["agreed.control"] == DOCTORS
    assert stand(session) == [DOCTORS]


def test_of_several_later_dates_of_the_day_none_is_left(work, session, doctor, patient, command):
    agreed_with_nurse(work, patient)
    agreed_with_nurse(work, patient, date(2027, 12, 20), "again", confirmed=(f"day_known={TODAY}",))
    signed(doctor, patient, command)
    assert stand(session) == [DOCTORS]


def test_undone_or_voided_the_agreement_of_the_nurse_holds_again(work, session, doctor, patient, command):
    control = agreed_with_nurse(work, patient)
    reviews.undo_review(doctor, patient.id, signed(doctor, patient, command))
    again = session.scalars(select(Agreement).where(Agreement.what == CONTROL, Agreement.stands.is_(True))).one()
    assert (again.on_date, again.why, again.control_id) == (NURSES, "na een jaar", control)
    assert due(session)["agreed.control"] == NURSES
    once = signed(doctor, patient, command, token="two")
    better = replace(command, form_token="three", version=patient.facts_version, next_control=date(2027, 3, 1))
    reviews.void_review(doctor, patient.id, reviews.correct_review(doctor, once, better, "later"), "andere patiënt")
    assert due(session)["agreed.control"] == NURSES


def test_what_was_agreed_at_a_control_that_was_voided_does_not_come_back(work, session, doctor, patient, command):
    control = agreed_with_nurse(work, patient)
    review = signed(doctor, patient, command)
    controls.void_control(work("nurse"), patient.id, control, "andere patiënt")
    reviews.undo_review(doctor, patient.id, review)
    assert stand(session) == []


def test_of_two_decisions_of_a_day_about_two_courses_the_last_one_counts_and_the_first_when_that_is_undone(
    session, doctor, patient, command
):
    first = signed(doctor, patient, command, NURSES)
    of_the_break(session, first)
    second = signed(doctor, patient, command, token="two")
    assert due(session)["agreed.control"] == DOCTORS
    reviews.undo_review(doctor, patient.id, second)
    assert due(session)["agreed.control"] == NURSES
    assert set(reviews.agreed_at(doctor, session.get_one(Review, first))) == {CONTROL, AgreementWhat.DXA}


def test_what_is_requested_is_agreed_for_today_once(work, session, doctor, patient):
    agreed_with_nurse(work, patient)
    for _press in range(2):
        review_requests.ask(doctor, patient.id, [MissingFact.HEIGHT])
    assert due(session)["agreed.control"] == TODAY
    assert stand(session) == [TODAY]


def referred(work, doctor, patient, back_on, *alerts):
    """The secretary agreed on a call, and the same day the doctor refers her and names a day; the ids of the notes."""
    make_control(doctor, patient, date(2026, 11, 20), symptoms={alert.value: {"present": True} for alert in alerts})
    items.refresh(doctor, patient)
    call = SaveContact(patient.id, "call", words="belt terug", call_on=CALL)
    contacts.save(work("secretary"), call)
    return [
        notes.note_alert(doctor, NoteAlert(patient.id, alert, "Verwezen.", AlarmOutcome.REFERRED, back_on))
        for alert in alerts
    ]


@pytest.mark.parametrize("back_on", [date(2026, 12, 1), CALL])
def test_who_is_referred_is_called_on_the_day_the_doctor_names_while_her_note_stands(
    work, session, doctor, patient, back_on
):
    [note] = referred(work, doctor, patient, back_on, AlertCode.JAW_OR_MOUTH)
    assert due(session)["agreed.call"] == back_on
    assert session.scalar(select(func.count()).where(Agreement.stands.is_(True))) == 1
    notes.void_words(doctor, AlertNote, patient.id, note, "andere patiënt")
    assert due(session)["agreed.call"] == CALL
    assert session.scalar(select(func.count()).where(Agreement.stands.is_(True))) == 1


def test_a_call_that_two_notes_ask_for_holds_until_both_are_voided(work, session, doctor, patient):
    both = (AlertCode.JAW_OR_MOUTH, AlertCode.EAR_PAIN)
    first, second = referred(work, doctor, patient, date(2026, 12, 1), *both)
    notes.void_words(doctor, AlertNote, patient.id, first, "dubbel")
    assert due(session)["agreed.call"] == date(2026, 12, 1)
    notes.void_words(doctor, AlertNote, patient.id, second, "andere patiënt")
    assert due(session)["agreed.call"] == CALL


def test_what_was_agreed_by_itself_holds_again(session, doctor, patient, command):
    stamp(doctor, Agreement(what=CONTROL, on_date=NURSES, made_on=TODAY), patient.id)
    items.refresh(doctor, patient)
    reviews.undo_review(doctor, patient.id, signed(doctor, patient, command))
    assert due(session)["agreed.control"] == NURSES


def test_behind_what_fell_too_comes_what_was_agreed_before_that(work, session, doctor, patient, command):
    agreed_with_nurse(work, patient)
    first = signed(doctor, patient, command, date(2027, 5, 3))
    of_the_break(session, first)
    second = signed(doctor, patient, command, token="two")
    reviews.void_review(doctor, patient.id, first, "dubbel")
    reviews.undo_review(doctor, patient.id, second)
    assert due(session)["agreed.control"] == NURSES


def blood(patient, token="blood"):
    return SaveLab(patient_id=patient.id, form_token=token, on=TODAY, creatinine=74)


def test_blood_that_is_taken_the_day_it_was_requested_is_done_and_asked_again_when_it_counts_nowhere(
    work, session, doctor, patient
):
    review_requests.ask(doctor, patient.id, [MissingFact.CREATININE])
    assert due(session)["agreed.lab"] == TODAY
    nurse = work("nurse")
    taken = findings.save_lab(nurse, blood(patient))
    assert "agreed.lab" not in due(session)
    agreed = session.scalars(select(Agreement)).one()
    assert (agreed.stands, agreed.void_reason) == (False, "op de dag zelf gedaan")
    assert session.scalars(select(AuditEntry.subject).where(AuditEntry.action == Action.FACT_VOIDED)).all() == [
        f"agreement:{agreed.id}"
    ]
    moved = replace(blood(patient, "moved"), on=date(2026, 11, 20), corrects=taken, reason="vrijdag geprikt")
    moved_id = findings.save_lab(nurse, moved)
    assert due(session)["agreed.lab"] == TODAY
    review_requests.ask(doctor, patient.id, [MissingFact.CREATININE])
    again = findings.save_lab(nurse, blood(patient, "again"))
    assert "agreed.lab" not in due(session)
    findings.void(nurse, Lab, patient.id, moved_id, "andere patiënt")
    findings.void(nurse, Lab, patient.id, again, "andere patiënt")
    assert due(session)["agreed.lab"] == TODAY
    assert session.scalar(select(func.count()).where(Agreement.stands.is_(True))) == 1


def test_blood_without_creatinine_leaves_the_request_of_that_day(work, session, doctor, patient):
    review_requests.ask(doctor, patient.id, [MissingFact.CREATININE])
    findings.save_lab(work("nurse"), SaveLab(patient_id=patient.id, form_token="d", on=TODAY, vitamin_d=61))
    assert due(session)["agreed.lab"] == TODAY


def test_blood_that_was_taken_before_it_was_requested_leaves_the_request(work, session, doctor, patient):
    findings.save_lab(work("nurse"), blood(patient))
    stamp(doctor, Agreement(what=AgreementWhat.LAB, on_date=TODAY, made_on=TODAY), patient.id)
    items.refresh(doctor, patient)
    assert due(session)["agreed.lab"] == TODAY


def phoned(work, patient, **more):
    """Later that day a nurse phones her and asks what the doctor wants to know."""
    nurse = work("nurse")
    nurse.now += timedelta(hours=5)
    return controls.save(nurse, SaveControl(patient.id, TODAY, ControlKind.PHONE, "phoned", unanswerable="kort",
                                            confirmed=(f"day_known={TODAY}",), **more))  # fmt: skip


def test_a_control_of_the_day_does_what_was_requested_and_what_it_had_taken_the_place_of_holds_again(
    work, session, doctor, patient
):
    agreed_with_nurse(work, patient)
    review_requests.ask(doctor, patient.id, [MissingFact.HEIGHT])
    done = phoned(work, patient)
    assert stand(session) == [NURSES]
    controls.void_control(work("nurse"), patient.id, done, "andere patiënt")
    assert stand(session) == [TODAY]


def test_what_is_agreed_at_that_control_holds_and_not_what_was_agreed_before(work, session, doctor, patient):
    agreed_with_nurse(work, patient)
    review_requests.ask(doctor, patient.id, [MissingFact.HEIGHT])
    done = phoned(work, patient, agreed=(Agreed(CONTROL, DOCTORS, "eerder"),))
    assert stand(session) == [DOCTORS]
    moved = SaveControl(patient.id, date(2026, 11, 20), ControlKind.PHONE, "moved", unanswerable="kort", corrects=done,
                        reason="het was vrijdag")  # fmt: skip
    controls.save(work("nurse"), moved)
    assert stand(session) == [TODAY]


def test_a_request_made_at_what_was_voided_meanwhile_is_not_owed_again(work, session, doctor, patient):
    first = contacts.save(work("secretary"), SaveContact(patient.id, "call", words="belt terug", call_on=TODAY))
    second = contacts.save(work("secretary"), SaveContact(patient.id, "back", words="gesproken", called_back=True))
    assert "agreed.call" not in due(session)
    controls.void_control(work("nurse"), patient.id, first, "andere patiënt")
    controls.void_control(work("nurse"), patient.id, second, "andere patiënt")
    assert "agreed.call" not in due(session)
