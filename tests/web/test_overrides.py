"""The page on which a doctor moves a due date."""

from datetime import date

import pytest
from sqlalchemy import select

from clinic.services import items
from clinic.store.patients import Patient
from clinic.store.treatments import Course
from clinic.web import moved_dates
from tests.factories import make_course, make_patient

GOOD = {"item": "control.early - 2027-01-18", "chosen_on": "1-2-2027", "reason": "op wintersport"}


@pytest.fixture
def patient_id(work, clock):
    nurse = work("nurse")
    patient = make_patient(nurse)
    make_course(nurse, patient, started_on=date(2026, 10, 18))
    items.refresh(nurse, patient)
    nurse.session.commit()
    return patient.id


def test_a_due_date_is_moved_and_the_record_says_from_when(doctor, patient_id):
    url = f"/patients/{patient_id}/overrides"
    assert "Eerste controle, 18-01-2027" in doctor.get(f"{url}/new").text
    for _press in range(2):
        assert doctor.post(url, data=GOOD).location == f"/patients/{patient_id}"
    record = doctor.get(f"/patients/{patient_id}").text
    assert "01-02-2027" in record
    assert "door een arts verplaatst; berekend was 18-01-2027" in record
    assert "Verplaatst: Eerste controle, 18-01-2027 → 01-02-2027" in record
    shown = doctor.get(f"{url}/1").text
    assert "op wintersport" in shown
    assert doctor.get(f"{url}/1/edit").location == f"{url}/new"
    assert doctor.post(f"{url}/1/void", data={"reason": "vergissing"}).status_code == 303
    assert "berekend was" not in doctor.get(f"/patients/{patient_id}").text


def test_when_another_date_is_computed_the_record_asks_again(doctor, patient_id, work):
    doctor.post(f"/patients/{patient_id}/overrides", data=GOOD | {"item": "review.end_of_course - 2031-10-18",
                                                                  "chosen_on": "1-10-2031"})  # fmt: skip
    nurse = work("nurse")
    patient = nurse.session.get(Patient, patient_id)
    nurse.session.scalars(select(Course)).one().started_on = date(2026, 10, 25)
    items.refresh(nurse, patient)
    nurse.session.commit()
    assert "verplaatste een arts dit van 18-10-2031 naar 01-10-2031" in doctor.get(f"/patients/{patient_id}").text
    queue = doctor.get("/reviews").text
    assert "Anders berekend sinds u de datum verplaatste" in queue
    assert "Ondertekend op 23-11-2026: van 18-10-2031 naar 01-10-2031. Nu berekend: 25-10-2031." in queue
    assert f'href="/patients/{patient_id}/overrides/new"' in queue
    assert f'href="/patients/{patient_id}/overrides/1"' in queue
    doctor.post(f"/patients/{patient_id}/overrides/1/void", data={"reason": "de berekende datum geldt"})
    assert "Anders berekend" not in doctor.get("/reviews").text


def test_many_dates_computed_anew_are_shown_the_first_due_first(doctor, patient_id, work, monkeypatch):
    monkeypatch.setattr(moved_dates, "MOST", 1)
    for item, on in (("control.early - 2027-01-18", "1-2-2027"), ("review.end_of_course - 2031-10-18", "1-10-2031")):
        doctor.post(f"/patients/{patient_id}/overrides", data=GOOD | {"item": item, "chosen_on": on})
    nurse = work("nurse")
    nurse.session.scalars(select(Course)).one().started_on = date(2026, 10, 25)
    items.refresh(nurse, nurse.session.get(Patient, patient_id))
    nurse.session.commit()
    queue = doctor.get("/reviews").text
    assert "de eerste 1 van 2" in queue
    assert "Nu berekend: 25-01-2027." in queue


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"item": ""}, "Kies"),
        ({"item": "control.early - 2027-01-19"}, "niet meer"),
        ({"item": "onzin"}, ""),
        ({"chosen_on": "gisteren"}, "gisteren"),
        ({"chosen_on": "18-1-2027"}, "Dit is al de berekende datum."),
        ({"chosen_on": "1-1-2020"}, "Moet liggen tussen"),
        ({"reason": " "}, "Schrijf"),
    ],
)
def test_bad_input_is_said_and_kept(doctor, patient_id, typed, said):
    answer = doctor.post(f"/patients/{patient_id}/overrides", data=GOOD | typed)
    assert answer.status_code == 422
    assert said in answer.text
    assert (GOOD | typed)["reason"] in answer.text


def test_a_nurse_reads_it_and_moves_nothing(sign_in, patient_id):
    nurse = sign_in("nurse")
    assert nurse.get(f"/patients/{patient_id}/overrides/new").status_code == 403
    assert nurse.post(f"/patients/{patient_id}/overrides", data=GOOD).status_code == 403
    assert "Een streefdatum verplaatsen" not in nurse.get(f"/patients/{patient_id}").text
