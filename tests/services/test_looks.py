"""Who looked, by day and person with the reason that the register knows; opened and shown on a list stay apart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action, Purpose
from clinic.services import looks
from clinic.services.looks import Reason, Why
from clinic.services.work import NotAllowed, Work
from clinic.store.appointments import Appointment
from clinic.store.audit import AuditEntry
from clinic.store.calls import Call
from clinic.store.patients import Patient
from tests.conftest import MONDAY, MONDAY_MORNING
from tests.factories import make_patient
from tests.letter_makers import drafted

Start = Callable[..., Work]
OPENED = Action.PATIENT_OPENED


def line(work: Work, action: Action, at: datetime = MONDAY_MORNING, **given: Any) -> None:
    """A line of the log by this person."""
    who = {"actor_id": work.actor.id, "actor_name": work.actor.name, "role": work.actor.role}
    work.session.add(AuditEntry(at=at, action=action, **who | {"outcome": "done"} | given))
    work.session.flush()


@pytest.fixture
def patient(work: Start) -> Patient:
    return make_patient(work("nurse"))


def told(work: Start, patient: Patient, **period: date) -> looks.Overview:
    return looks.overview(work("privacy_officer"), patient.id, period.get("first"), period.get("last"))


def reasons(work: Start, patient: Patient) -> list[tuple[Reason, ...]]:
    return [visit.reasons for visit in told(work, patient).opened]


def booked(work: Work, patient: Patient, on: date, state: str = "booked") -> Appointment:
    settled = None if state == "booked" else MONDAY_MORNING
    row = Appointment(patient_id=patient.id, kind="control", on_date=on, state=state, settled_at=settled, reason="x",
                      form_token=f"{on}{state}", booked_at=MONDAY_MORNING, booked_by=work.actor.id)  # fmt: skip
    work.session.add(row)
    work.session.flush()
    return row


def test_what_one_person_does_on_one_day_is_one_line_and_the_latest_day_comes_first(
    work: Start, patient: Patient
) -> None:
    nurse = work("nurse")
    line(nurse, OPENED, MONDAY_MORNING - timedelta(1), patient_id=patient.id)
    for hours in (0, 3, 5):
        line(nurse, OPENED, MONDAY_MORNING + timedelta(hours=hours), patient_id=patient.id)
    line(work("doctor"), OPENED, patient_id=patient.id)
    line(nurse, OPENED, patient_id=patient.id + 1)
    visits = told(work, patient).opened
    assert [(visit.day, visit.role, visit.did) for visit in visits] == [
        (MONDAY, "nurse", ((OPENED, 3),)), (MONDAY, "doctor", ((OPENED, 1),)),
        (MONDAY - timedelta(1), "nurse", ((OPENED, 1),)),
    ]  # fmt: skip
    assert (visits[0].first.hour, visits[0].last.hour, visits[0].name) == (10, 15, "Test nurse")


def test_a_day_is_the_clinics_and_a_period_holds_both_its_days(work: Start, patient: Patient) -> None:
    line(work("nurse"), OPENED, datetime(2026, 11, 22, 23, 30), patient_id=patient.id)  # noqa: DTZ001
    assert told(work, patient, first=MONDAY, last=MONDAY).opened[0].day == MONDAY
    assert told(work, patient, last=MONDAY - timedelta(1)).opened == []
    assert told(work, patient).first == MONDAY - timedelta(365)


def test_an_appointment_of_that_day_is_a_reason_and_one_that_was_cancelled_is_not(
    work: Start, patient: Patient
) -> None:
    nurse = work("nurse")
    line(nurse, OPENED, patient_id=patient.id)
    booked(nurse, patient, MONDAY, "cancelled")
    booked(nurse, patient, MONDAY + timedelta(1))
    assert reasons(work, patient) == [()]
    booking = booked(nurse, patient, MONDAY)
    assert reasons(work, patient) == [(Reason(Why.APPOINTMENT, booking.id, "control"),)]


def test_who_called_has_a_reason_and_a_colleague_has_not(work: Start, patient: Patient) -> None:
    nurse, doctor = work("nurse"), work("doctor")
    for one in (nurse, doctor):
        line(one, OPENED, patient_id=patient.id)
    told_by = {"by": nurse.actor.id, "outcome": "no_answer", "form_token": "t"}
    nurse.session.add(Call(patient_id=patient.id, at=MONDAY_MORNING, **told_by))
    nurse.session.flush()
    assert {visit.role: visit.reasons for visit in told(work, patient).opened} == {
        "nurse": (Reason(Why.CALL),), "doctor": (),
    }  # fmt: skip


def test_a_letter_is_named_by_its_reference_and_what_was_recorded_by_its_act(work: Start) -> None:
    doctor = work("doctor")
    letter = drafted(doctor)
    letter.reference = "B-1"
    for action in (Action.LETTER_OPENED, Action.LETTER_EDITED, Action.CALL_SAVED):
        line(doctor, action, patient_id=letter.patient_id, subject=f"letter:{letter.id}")
    line(doctor, Action.CONTROL_SAVED, patient_id=letter.patient_id, subject="control:7")
    line(doctor, OPENED, patient_id=letter.patient_id, subject="letter:x")
    visit = told(work, doctor.session.get_one(Patient, letter.patient_id)).opened[0]
    assert visit.reasons == (Reason(Why.LETTER, letter.id, "B-1"), Reason(Why.RECORDED, told="control.saved"))


def test_a_list_is_apart_and_explains_a_look_that_nothing_else_explains(work: Start, patient: Patient) -> None:
    nurse = work("nurse")
    line(nurse, Action.PATIENT_LISTED, shown=[patient.id, 99], subject="list:late")
    line(nurse, Action.PATIENT_LISTED, shown=[patient.id])
    line(nurse, Action.PATIENT_LISTED, shown=[int(f"{patient.id}0")], subject="list:today")
    line(nurse, OPENED, patient_id=patient.id)
    found = told(work, patient)
    on_a_list = (Reason(Why.ON_A_LIST, told="late"), Reason(Why.ON_A_LIST))
    assert [(visit.did, visit.reasons) for visit in found.shown] == [(((Action.PATIENT_LISTED, 2),), on_a_list)]
    assert [visit.reasons for visit in found.opened] == [on_a_list]


def test_emergency_access_and_a_refusal_are_told(work: Start, patient: Patient) -> None:
    line(work("nurse"), OPENED, patient_id=patient.id, purpose=Purpose.EMERGENCY)
    line(work("manager"), Action.REFUSED, patient_id=patient.id, outcome="refused")
    found = {visit.role: (visit.reasons, visit.refused) for visit in told(work, patient).opened}
    assert found == {"nurse": ((Reason(Why.EMERGENCY),), False), "manager": ((), True)}


def test_looks_at_a_number_that_was_merged_into_hers_are_hers(work: Start, patient: Patient) -> None:
    nurse = work("nurse")
    other = make_patient(nurse, merged_into_id=patient.id)
    line(nurse, OPENED, patient_id=other.id)
    assert len(told(work, patient).opened) == 1


def test_asking_is_written_down_and_printing_as_a_print(work: Start, patient: Patient) -> None:
    officer = work("privacy_officer")
    looks.overview(officer, patient.id, None, None)
    looks.overview(officer, patient.id, None, None, printed=True)
    officer.commit()
    lines = officer.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(one.action, one.patient_id, one.subject) for one in lines] == [
        (Action.LOG_READ, patient.id, None), (Action.LIST_PRINTED, patient.id, "list:looks"),
    ]  # fmt: skip


def test_a_secretary_may_not_and_a_period_has_its_days_in_order(work: Start, patient: Patient) -> None:
    with pytest.raises(NotAllowed):
        looks.overview(work("secretary"), patient.id, None, None)
    with pytest.raises(RuleBroken, match="log_period"):
        told(work, patient, first=MONDAY, last=MONDAY - timedelta(1))
