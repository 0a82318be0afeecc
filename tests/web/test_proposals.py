"""What waits for a doctor stands on her first page and in the record; one press confirms it, a remark sends it back."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.security.permissions import Role
from clinic.store.proposals import Proposal
from tests.conftest import account
from tests.factories import make_patient
from tests.web.test_courses import GOOD, at


@pytest.fixture
def patient_id(work, clock):
    nurse = work("nurse")
    patient = make_patient(nurse)
    nurse.session.commit()
    return patient.id


@pytest.fixture
def proposal(app, sign_in, patient_id):
    """What a nurse entered in a doctor's name."""
    with Session(app.extensions["engine"]) as session:
        doctor_id = account(session, Role.DOCTOR).id
    answer = sign_in("nurse").post(
        at(patient_id, "new?drug=alendronic_acid"), data={**GOOD, "doctor_id": str(doctor_id)}
    )
    assert answer.status_code == 303
    return f"/patients/{patient_id}/proposals/1"


@pytest.fixture
def state(app):
    def read():
        with Session(app.extensions["engine"]) as session:
            return session.scalars(select(Proposal.state)).all()

    return read


def test_it_says_so_on_the_first_page_in_the_record_and_at_the_treatments(sign_in, proposal, patient_id):
    doctor = sign_in("doctor")
    for url in ("/", f"/patients/{patient_id}", at(patient_id)):
        page = doctor.get(url).text
        assert "Te bevestigen" in page
        assert "voorgesteld door" in page
    assert "Te bevestigen" not in sign_in("nurse").get("/").text


def test_confirmed_it_is_gone_and_twice_is_once(sign_in, proposal, patient_id, state):
    doctor = sign_in("doctor")
    for _time in range(2):
        assert doctor.post(proposal, data={"back": "/"}).location == "/"
    assert state() == ["confirmed"]
    assert "voorgesteld door" not in doctor.get(f"/patients/{patient_id}").text
    assert "Hierover is intussen besloten" in doctor.get(proposal).text


def test_sent_back_without_a_word_it_is_asked_and_with_one_the_nurse_sees_it(sign_in, proposal, patient_id, state):
    doctor = sign_in("doctor")
    answer = doctor.post(f"{proposal}/return", data={"remark": " "})
    assert answer.status_code == 422
    assert "Vul in wat opnieuw bekeken moet worden." in answer.text
    assert doctor.post(f"{proposal}/return", data={"remark": "Was dit tien jaar?"}).status_code == 303
    assert state() == ["returned"]
    page = sign_in("nurse").get("/").text
    assert "Was dit tien jaar?" in page
    assert "Start verbeteren" in page


def test_a_page_of_before_a_correction_confirms_nothing_and_keeps_what_was_typed(sign_in, proposal, patient_id, state):
    correction = {**GOOD, "years": "10", "reason": "was tien jaar"}
    assert sign_in("doctor").post(at(patient_id, 1, "edit"), data=correction).status_code == 303
    doctor = sign_in("doctor")
    answer = doctor.post(proposal, data={"remark": "even wachten"})
    assert (answer.status_code, state()) == (422, ["waiting"])
    assert "intussen gewijzigd" in answer.text


def test_a_nurse_does_not_confirm_and_another_patients_proposal_is_not_there(sign_in, proposal, patient_id, state):
    assert sign_in("nurse").post(proposal).status_code == 403
    assert sign_in("doctor").post(f"/patients/{patient_id + 1}/proposals/1").status_code == 404
    assert sign_in("doctor").get(f"/patients/{patient_id}/proposals/2").status_code == 404
    assert state() == ["waiting"]
