"""A control begun from the record is the visit of its day; one that was voided is none."""

from __future__ import annotations

from datetime import date, time

import pytest

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import ControlKind
from clinic.services import appointments, controls
from clinic.services.appointment_checks import Slot
from clinic.services.appointments import Move, Of
from clinic.services.controls import SaveControl
from clinic.store.appointments import Appointment
from tests.factories import make_patient
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
        patient_id=patient.id, kind="control", on_date=on, state=state, attempts=0, booked_at=work.now,
        settled_at=None if state == "booked" else work.now, booked_by=work.actor.id,
        **{"at_time": time(9, 0), "form_token": f"{state} {on}"} | given,
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    return row


def control(work, patient, kind=ControlKind.CLINIC, appointment_id=None):
    measured = {"note": "Gebeld."} if kind == ControlKind.INTERIM else {"heights_mm": (1587,), "weight_g": 58300}
    return controls.save(work, SaveControl(
        patient.id, TODAY, kind, "form", symptoms=ANSWERED, appointment_id=appointment_id, **measured,
    ))  # fmt: skip


def test_what_is_booked_anew_that_day_is_the_visit_and_not_what_was_missed(nurse, patient):
    early = visit(nurse, patient, "no_show")
    late = visit(nurse, patient, at_time=time(15, 0))
    kept = control(nurse, patient)
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
    fixed = SaveControl(patient.id, TODAY, ControlKind.PHONE, "two", corrects=kept, reason="x", appointment_id=early.id)
    controls.save(nurse, fixed)
    assert [row.state for row in (early, late)] == ["booked", "booked"]


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
