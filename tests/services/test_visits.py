"""A control begun from the record, or a dose, is the visit of its day; one that was voided is none."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import ControlKind
from clinic.services import appointments, controls, doses, treatments
from clinic.services.appointment_checks import Slot
from clinic.services.appointments import Move, Of
from clinic.services.controls import SaveControl
from clinic.services.doses import GiveDose
from clinic.store.appointments import Appointment
from clinic.store.patients import Patient
from clinic.store.treatments import Course, Dose
from tests.factories import make_course, make_patient
from tests.services.test_corrections import ANSWERED

TODAY = date(2026, 11, 23)
ITEM = {"item_code": "control.yearly", "item_subject": date(2026, 11, 1)}


@pytest.fixture
def nurse(work):
    return work("nurse")


@pytest.fixture
def patient(nurse):
    found = make_patient(nurse)
    nurse.session.flush()
    return found


def visit(work, patient, state="booked", on=TODAY, **given):
    row = Appointment(
        patient_id=patient.id, on_date=on, state=state, booked_at=work.now,
        settled_at=None if state == "booked" else work.now, booked_by=work.actor.id,
        **{"kind": "control", "attempts": 0, "at_time": time(9, 0), "form_token": f"{state} {on}"} | given,
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    return row


def control(work, patient, kind=ControlKind.CLINIC, appointment_id=None, dose=None):
    measured = {"note": "Gebeld."} if kind == ControlKind.INTERIM else {"heights_mm": (1587,), "weight_g": 58300}
    return controls.save(work, SaveControl(
        patient.id, TODAY, kind, "form", symptoms=ANSWERED, appointment_id=appointment_id, dose=dose, **measured,
    ))  # fmt: skip


def test_what_is_booked_anew_that_day_is_the_visit_and_not_what_was_missed(nurse, patient):
    early = visit(nurse, patient, "no_show")
    late = visit(nurse, patient, at_time=time(15, 0))
    kept = control(nurse, patient)
    assert [(row.state, row.control_id) for row in (early, late)] == [("no_show", None), ("attended", kept)]


def test_a_control_from_the_record_is_the_visit_she_was_said_to_come_to_and_not_what_was_missed(nurse, patient):
    early, late = visit(nurse, patient, "no_show"), visit(nurse, patient, at_time=time(15, 0))
    appointments.attend(nurse, Of(patient.id, late.id, late.version))
    kept = control(nurse, patient)
    assert [(row.state, row.control_id) for row in (early, late)] == [("no_show", None), ("attended", kept)]


def test_a_second_control_of_a_day_was_not_at_what_she_missed_either(nurse, patient):
    early, late = visit(nurse, patient, "no_show"), visit(nurse, patient, at_time=time(15, 0))
    kept = control(nurse, patient)
    controls.save(nurse, SaveControl(
        patient.id, TODAY, ControlKind.CLINIC, "second", symptoms=ANSWERED, heights_mm=(1587,), weight_g=58300,
        confirmed=(f"day_known={TODAY}",),
    ))  # fmt: skip
    assert [(row.state, row.control_id) for row in (early, late)] == [("no_show", None), ("attended", kept)]


@pytest.mark.parametrize("state", ["no_show", "booked", "attended"])
def test_a_draft_of_an_earlier_visit_is_finished_at_the_visit_of_its_day(nurse, patient, state):
    early = visit(nurse, patient, state, date(2026, 11, 16))
    late = visit(nurse, patient)
    kept = control(nurse, patient, appointment_id=early.id)
    assert [(row.state, row.control_id) for row in (early, late)] == [(state, None), ("attended", kept)]


def test_a_control_that_was_begun_from_a_visit_which_moved_settles_where_it_moved_to(nurse, patient):
    early = visit(nurse, patient)
    slot = Slot("control", TODAY, time(15, 0), "Route 42")
    late = appointments.move(nurse, Move(Of(patient.id, early.id, early.version), slot, "later"))
    kept = control(nurse, patient, appointment_id=early.id)
    after = nurse.session.get(Appointment, late)
    assert [(row.state, row.control_id) for row in (early, after)] == [("moved", None), ("attended", kept)]


def test_a_correction_settles_no_other_visit(nurse, patient):
    early = visit(nurse, patient, on=date(2026, 11, 16))
    kept = control(nurse, patient)
    late = visit(nurse, patient)
    fixed = SaveControl(
        patient.id,
        TODAY,
        ControlKind.PHONE,
        "two",
        unanswerable="kort gesprek",
        corrects=kept,
        reason="x",
        appointment_id=early.id,
    )
    controls.save(nurse, fixed)
    assert [row.state for row in (early, late)] == ["booked", "booked"]


FRIDAY = date(2026, 11, 20)


def corrected(work, patient, control_id, on, **given):
    return controls.save(work, SaveControl(
        patient.id, on, ControlKind.CLINIC, f"corrects {control_id}", symptoms=ANSWERED, heights_mm=(1587,),
        weight_g=58300, corrects=control_id, reason="op vrijdag", **given,
    ))  # fmt: skip


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("state", ["booked", "no_show"])
def test_a_control_corrected_to_another_day_is_the_visit_of_that_day(nurse, patient, state, named):
    friday, monday = visit(nurse, patient, state, FRIDAY), visit(nurse, patient)
    begun_at = monday.id if named else None
    first = control(nurse, patient, appointment_id=begun_at)
    assert (friday.state, monday.state) == (state, "attended")
    nurse.now += timedelta(minutes=1)
    again = corrected(nurse, patient, first, FRIDAY, appointment_id=begun_at)
    assert [(row.state, row.control_id) for row in (friday, monday)] == [("attended", again), ("booked", None)]
    nurse.now += timedelta(minutes=1)
    back = corrected(nurse, patient, again, TODAY)
    assert [(row.state, row.control_id) for row in (friday, monday)] == [("booked", None), ("attended", back)]


def test_a_correction_of_the_same_day_keeps_its_visit(nurse, patient):
    row = visit(nurse, patient)
    again = corrected(nurse, patient, control(nurse, patient), TODAY)
    assert (row.state, row.control_id) == ("attended", again)


def test_an_interim_contact_is_not_the_visit_of_that_day(nurse, patient):
    row = visit(nurse, patient)
    control(nurse, patient, ControlKind.INTERIM)
    assert (row.state, row.control_id) == ("booked", None)


def test_after_a_control_of_the_wrong_patient_her_visit_is_booked_as_before(nurse, patient):
    row = visit(nurse, patient)
    controls.void_control(nurse, patient.id, control(nurse, patient, appointment_id=row.id), "wrong patient")
    assert (row.state, row.control_id, row.settled_at) == ("booked", None, None)
    appointments.attend(nurse, Of(patient.id, row.id, row.version))
    assert row.state == "attended"


def test_who_was_said_to_have_come_still_came_after_a_control_of_the_wrong_patient(nurse, patient):
    row = visit(nurse, patient)
    appointments.attend(nurse, Of(patient.id, row.id, row.version))
    nurse.now += timedelta(minutes=1)
    kept = control(nurse, patient)
    assert row.control_id == kept
    controls.void_control(nurse, patient.id, kept, "wrong patient")
    assert (row.state, row.control_id) == ("attended", None)


def test_a_visit_that_was_booked_again_meanwhile_stands_again_when_that_one_is_gone(nurse, patient):
    row = visit(nurse, patient, **ITEM)
    kept = control(nurse, patient)
    again = visit(nurse, patient, on=date(2026, 12, 7), **ITEM)
    controls.void_control(nurse, patient.id, kept, "wrong patient")
    assert (row.state, row.control_id) == ("attended", None)
    with pytest.raises(RuleBroken, match="item_booked_again"):
        appointments.reopen(nurse, Of(patient.id, row.id, row.version))
    appointments.cancel(nurse, Of(patient.id, again.id, again.version), "dubbel")
    appointments.reopen(nurse, Of(patient.id, row.id, row.version))
    assert row.state == "booked"


@pytest.fixture
def course(nurse, patient):
    found = make_course(nurse, patient, drug="zoledronic_acid", started_on=date(2025, 11, 3))
    nurse.session.flush()
    return found


def infusion(work, patient, state="booked", **given):
    return visit(work, patient, state, **{"kind": "infusion", "form_token": f"infusion {state}"} | given)


def given(course, on=TODAY, **told):
    return GiveDose(course.patient_id, course.id, on, **told)


def test_a_dose_puts_right_a_visit_that_was_marked_as_missed(nurse, patient, course):
    row = infusion(nurse, patient, "no_show", attempts=2)
    doses.give(nurse, given(course))
    assert (row.state, row.attempts) == ("attended", 2)


def test_a_dose_settles_what_is_booked_that_day_and_not_what_was_missed(nurse, patient, course):
    early, late = infusion(nurse, patient, "no_show"), infusion(nurse, patient, at_time=time(15, 0))
    doses.give(nurse, given(course))
    assert [row.state for row in (early, late)] == ["no_show", "attended"]


def test_a_dose_leaves_what_was_missed_when_somebody_said_that_she_came_later_that_day(nurse, patient, course):
    early, late = infusion(nurse, patient, "no_show"), infusion(nurse, patient, at_time=time(15, 0))
    appointments.attend(nurse, Of(patient.id, late.id, late.version))
    doses.give(nurse, given(course))
    assert [row.state for row in (early, late)] == ["no_show", "attended"]


def test_a_dose_of_which_the_place_is_corrected_leaves_what_was_missed(nurse, patient, course):
    early, late = infusion(nurse, patient, "no_show"), infusion(nurse, patient, at_time=time(15, 0))
    first = doses.give(nurse, given(course))
    nurse.now += timedelta(minutes=1)
    again = doses.correct_dose(nurse, first, given(course, given_where="ward B"), "place")
    assert [row.state for row in (early, late)] == ["no_show", "attended"]
    treatments.void_event(nurse, Dose, course.patient_id, again, "wrong patient")
    assert [row.state for row in (early, late)] == ["no_show", "booked"]


def test_a_dose_corrected_in_its_place_alone_settles_no_booking_of_later(nurse, patient, course):
    first = doses.give(nurse, given(course))
    row = infusion(nurse, patient, "no_show")
    doses.correct_dose(nurse, first, given(course, given_where="ward B"), "place")
    assert row.state == "no_show"


def a_dose(work, course):
    dose_id = doses.give(work, given(course))
    treatments.void_event(work, Dose, course.patient_id, dose_id, "wrong patient")


def a_dose_that_was_corrected(work, course):
    first = doses.give(work, given(course))
    work.now += timedelta(minutes=1)
    again = doses.correct_dose(work, first, given(course, given_where="ward B"), "place")
    work.now += timedelta(minutes=1)
    treatments.void_event(work, Dose, course.patient_id, again, "wrong patient")


def a_dose_of_another_day(work, course):
    first = doses.give(work, given(course))
    work.now += timedelta(minutes=1)
    doses.correct_dose(work, first, given(course, TODAY - timedelta(days=3)), "on Friday")


def a_course_with_its_dose(work, course):
    doses.give(work, given(course))
    treatments.void_event(work, Course, course.patient_id, course.id, "wrong patient")


def a_control_with_its_dose(work, course):
    patient = work.session.get_one(Patient, course.patient_id)
    kept = control(work, patient, dose=given(course))
    controls.void_control(work, course.patient_id, kept, "wrong patient")


def a_dose_and_then_a_control(work, course):
    """Both of the wrong patient, and voided in the order in which they were told."""
    dose_id = doses.give(work, given(course))
    [visit_id] = work.session.scalars(select(Appointment.id)).all()
    work.now += timedelta(minutes=1)
    kept = control(work, work.session.get_one(Patient, course.patient_id), appointment_id=visit_id)
    work.now += timedelta(minutes=1)
    treatments.void_event(work, Dose, course.patient_id, dose_id, "wrong patient")
    assert work.session.get_one(Appointment, visit_id).state == "attended"
    controls.void_control(work, course.patient_id, kept, "wrong patient")


@pytest.mark.parametrize("act", [
    a_dose, a_dose_that_was_corrected, a_dose_of_another_day, a_course_with_its_dose, a_control_with_its_dose,
    a_dose_and_then_a_control,
])  # fmt: skip
def test_after_a_dose_that_she_did_not_get_that_day_her_visit_is_booked_as_before(work, nurse, patient, course, act):
    row = infusion(nurse, patient)
    act(work("doctor"), course)
    assert (row.state, row.settled_at) == ("booked", None)


def test_who_was_said_to_have_come_before_her_dose_still_came_when_that_is_voided(nurse, patient, course):
    row = infusion(nurse, patient)
    appointments.attend(nurse, Of(patient.id, row.id, row.version))
    nurse.now += timedelta(minutes=1)
    a_dose(nurse, course)
    assert row.state == "attended"


def test_a_dose_of_which_only_the_place_was_wrong_leaves_her_visit(nurse, patient, course):
    row = infusion(nurse, patient)
    doses.correct_dose(nurse, doses.give(nurse, given(course)), given(course, given_where="ward B"), "place")
    assert row.state == "attended"
