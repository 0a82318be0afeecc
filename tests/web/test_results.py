"""The pages of fractures, spine images and laboratory values."""

import re
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.store.scans import Fracture, Lab, SpineImage
from tests.factories import make_course, make_patient

FRACTURE = {"form_token": "f", "on": "05-10-2026", "site": "wrist", "low_energy": "unknown", "note": "Gestruikeld."}
IMAGE = {
    "form_token": "i", "on": "12-10-2026", "technique": "vfa", "new_fracture": "yes", "vertebrae-0-level": "Th12",
    "vertebrae-0-genant": "2", "vertebrae-0-new": "yes", "vertebrae-1-level": "L1", "note": "Gestruikeld.",
}  # fmt: skip
LAB = {"form_token": "l", "on": "12-10-2026", "calcium": "2,36", "vitamin_d": "68", "creatinine": "74", "egfr": "71",
       "pth": "5.2"}  # fmt: skip
KINDS = [("fractures", FRACTURE, Fracture), ("spine-images", IMAGE, SpineImage), ("labs", LAB, Lab)]


@pytest.fixture
def patient_id(work, clock):
    nurse = work("nurse")
    patient = make_patient(nurse)
    make_course(nurse, patient)
    nurse.session.commit()
    return patient.id


@pytest.fixture
def other_id(work, clock):
    nurse = work("nurse")
    patient = make_patient(nurse)
    nurse.session.commit()
    return patient.id


def standing(app, table, patient_id):
    with Session(app.extensions["engine"]) as session:
        return session.scalars(select(table).where(table.patient_id == patient_id, table.stands.is_(True))).all()


def test_all_values_that_cannot_be_are_told_at_one_press(app, sign_in, patient_id):
    answer = sign_in("nurse").post(
        f"/patients/{patient_id}/labs", data={**LAB, "calcium": "9,9", "creatinine": "7400", "note": "Nuchter."}
    )
    assert answer.status_code == 422
    wrong = [tag for tag in re.findall(r"<input[^>]*>", answer.text) if 'aria-invalid="true"' in tag]
    assert [re.findall(r'\bname="(\w+)"', tag) for tag in wrong] == [["calcium"], ["creatinine"]]
    assert standing(app, Lab, patient_id) == []


AGAIN = "Niet opgeslagen: dit formulier is al eerder opgeslagen en zegt nu iets anders"


def test_a_form_sent_again_with_another_value_shows_what_stands_and_corrects_it(app, sign_in, patient_id):
    nurse, url = sign_in("nurse"), f"/patients/{patient_id}/labs"
    nurse.post(url, data=LAB)
    [row] = standing(app, Lab, patient_id)
    other = {**LAB, "creatinine": "84"}
    answer = nurse.post(url, data=other)
    assert answer.status_code == 409
    assert AGAIN in answer.text
    assert "74 µmol/l" in answer.text
    assert 'value="84"' in answer.text
    assert f'action="{url}/{row.id}"' in answer.text
    token = re.search(r'name="form_token"[^>]* value="([^"]*)"', answer.text)[1]
    assert nurse.post(f"{url}/{row.id}", data={**other, "form_token": token, "reason": "typefout"}).status_code == 303
    assert [row.creatinine_umol_l for row in standing(app, Lab, patient_id)] == [84]


def test_a_form_sent_again_after_it_was_voided_is_a_new_result(app, sign_in, patient_id):
    nurse, url = sign_in("nurse"), f"/patients/{patient_id}/labs"
    nurse.post(url, data=LAB)
    [row] = standing(app, Lab, patient_id)
    nurse.post(f"{url}/{row.id}/void", data={"reason": "andere patiënt"})
    answer = nurse.post(url, data=LAB)
    assert answer.status_code == 409
    assert AGAIN in answer.text
    assert "andere patiënt" in answer.text
    assert f'action="{url}"' in answer.text
    token = re.search(r'name="form_token"[^>]* value="([^"]*)"', answer.text)[1]
    assert nurse.post(url, data={**LAB, "form_token": token}).status_code == 303
    assert len(standing(app, Lab, patient_id)) == 1


@pytest.mark.parametrize(("path", "typed", "table"), KINDS)
def test_a_result_is_saved_once_shown_corrected_and_voided(app, sign_in, patient_id, path, typed, table):
    nurse = sign_in("nurse")
    assert nurse.get(f"/patients/{patient_id}/{path}/new").status_code == 200
    for _press in range(2):
        answer = nurse.post(f"/patients/{patient_id}/{path}", data=typed)
        assert (answer.status_code, answer.location) == (303, f"/patients/{patient_id}")
    (row,) = standing(app, table, patient_id)
    there = f"/patients/{patient_id}/{path}/{row.id}"
    assert there in nurse.get(answer.location).text
    form = nurse.get(f"{there}/edit").text
    assert typed["on"] in form
    later = {**typed, "form_token": "later", "on": "13-10-2026"}
    assert "Geef een reden" in nurse.post(there, data=later).text
    assert nurse.post(there, data={**later, "reason": "verkeerd afgelezen"}).status_code == 303
    (newer,) = standing(app, table, patient_id)
    page = nurse.get(there).text
    assert "verkeerd afgelezen" in page
    assert typed["on"] in page
    assert "13-10-2026" in page
    assert nurse.post(there, data={**later, "form_token": "stale", "reason": "te laat"}).status_code == 409
    assert nurse.post(there, data={**later, "form_token": "stale", "on": "x", "reason": ""}).status_code == 409
    there = f"/patients/{patient_id}/{path}/{newer.id}"
    assert nurse.post(f"{there}/void", data={"reason": "verkeerde patiënt"}).status_code == 303
    assert standing(app, table, patient_id) == []
    assert "verkeerde patiënt" in nurse.get(there).text


@pytest.mark.parametrize(("path", "typed", "table"), KINDS)
def test_who_may_not_and_whose_it_is_not(app, sign_in, patient_id, other_id, path, typed, table):
    nurse = sign_in("nurse")
    nurse.post(f"/patients/{patient_id}/{path}", data=typed)
    (row,) = standing(app, table, patient_id)
    for role in ("secretary", "manager", "privacy_officer"):
        assert sign_in(role).post(f"/patients/{patient_id}/{path}", data=typed).status_code == 403
        assert sign_in(role).get(f"/patients/{patient_id}/{path}/{row.id}/edit").status_code == 403
    there = f"/patients/{other_id}/{path}/{row.id}"
    assert [nurse.get(there).status_code, nurse.get(f"{there}/edit").status_code] == [404, 404]
    assert nurse.post(there, data={**typed, "reason": "x"}).status_code == 404
    assert nurse.post(f"{there}/void", data={"reason": "x"}).status_code == 404
    assert nurse.post(f"/patients/{other_id}/{path}", data=typed).status_code == 404
    shown = sign_in("secretary").get(f"/patients/{patient_id}/{path}/{row.id}").text
    assert "Gestruikeld." not in shown
    assert "Ongeldig maken" not in shown


@pytest.mark.parametrize(
    ("path", "typed", "told"),
    [
        ("fractures", {**FRACTURE, "low_energy": ""}, "Kies ja, nee of onbekend."),
        ("fractures", {**FRACTURE, "site": ""}, "Kies de plaats."),
        ("fractures", {**FRACTURE, "level": "Th12"}, "alleen bij een wervel"),
        ("fractures", {**FRACTURE, "on": "13-2024"}, "13-2024 is geen"),
        ("fractures", {**FRACTURE, "on": "1950"}, "vóór de geboorte"),
        ("fractures", {**FRACTURE, "site": "knee"}, "keuze"),
        ("spine-images", {**IMAGE, "technique": ""}, "Kies de techniek."),
        ("spine-images", {**IMAGE, "on": ""}, "Vul in op welke dag de foto is gemaakt."),
        ("spine-images", {"form_token": "i"}, "Vul de datum in."),
        ("spine-images", {**IMAGE, "new_fracture": "no"}, "heet nieuw"),
        ("spine-images", {**IMAGE, "vertebrae-1-level": "Th12"}, "twee keer"),
        ("spine-images", {**IMAGE, "vertebrae-1-level": "C7"}, "keuze"),
        ("spine-images", {**IMAGE, "vertebrae-2-genant": "3"}, "Kies de wervel."),
        ("spine-images", {**IMAGE, "vertebrae-2-new": "no"}, "Kies de wervel."),
        ("labs", {**LAB, "calcium": "0,99"}, "Moet liggen tussen 1 en 5 mmol/l."),
        ("labs", {**LAB, "pth": "301"}, "Moet liggen tussen 0,1 en 300 pmol/l."),
        ("labs", {**LAB, "creatinine": "9"}, "Moet liggen tussen 10 en 1500 µmol/l."),
        ("labs", {**LAB, "egfr": "&gt;90"}, "heel getal"),
        ("labs", {"form_token": "x", "on": "12-10-2026"}, "ten minste één waarde"),
        ("labs", {**LAB, "on": "24-11-2026"}, "in de toekomst"),
    ],
)
def test_bad_input_is_told_in_words_and_nothing_typed_is_lost(app, sign_in, patient_id, path, typed, told):
    answer = sign_in("nurse").post(
        f"/patients/{patient_id}/{path}", data={k: v.replace("&gt;", ">") for k, v in typed.items()}
    )
    assert answer.status_code == 422
    assert told in answer.text
    assert all(f'value="{typed[name]}"' in answer.text for name in ("on", "egfr") if typed.get(name))
    assert "note" not in typed or typed["note"] in answer.text


def test_an_unusual_value_names_what_is_usual_and_is_kept_when_confirmed(app, sign_in, patient_id):
    nurse = sign_in("nurse")
    answer = nurse.post(f"/patients/{patient_id}/labs", data={**LAB, "calcium": "2,90"})
    assert answer.status_code == 422
    assert "meestal tussen 2 en 2,75 mmol/l" in answer.text
    confirmed = {**LAB, "calcium": "2,90", "confirmed": "calcium:calcium=290.00", "confirm": "y"}
    assert nurse.post(f"/patients/{patient_id}/labs", data=confirmed).status_code == 303
    (lab,) = standing(app, Lab, patient_id)
    assert lab.calcium_mmol_l == Decimal("2.90")


@pytest.mark.parametrize(
    ("typed", "on", "precision"),
    [("2019", date(2019, 1, 1), "year"), ("10-2019", date(2019, 10, 1), "month"),
     ("5-10-2019", date(2019, 10, 5), "day"), ("2019-10-05", date(2019, 10, 5), "day")],
)  # fmt: skip
def test_a_fracture_is_dated_as_far_as_it_is_known(app, sign_in, patient_id, typed, on, precision):
    nurse = sign_in("nurse")
    nurse.post(f"/patients/{patient_id}/fractures", data={**FRACTURE, "on": typed})
    (row,) = standing(app, Fracture, patient_id)
    assert (row.on_date, row.precision, row.low_energy) == (on, precision, None)


def test_the_last_laboratory_value_stands_beside_the_empty_field(sign_in, patient_id):
    nurse = sign_in("nurse")
    nurse.post(f"/patients/{patient_id}/labs", data=LAB)
    assert "vorige 74 µmol/l, 12-10-2026" in nurse.get(f"/patients/{patient_id}/labs/new").text


def test_a_new_vertebral_fracture_leads_to_recording_it_as_an_event(app, sign_in, patient_id):
    nurse = sign_in("nurse")
    nurse.post(f"/patients/{patient_id}/spine-images", data=IMAGE)
    (row,) = standing(app, SpineImage, patient_id)
    page = nurse.get(f"/patients/{patient_id}/spine-images/{row.id}").text
    assert "Th12 (Genant 2), nieuw; L1, niet vermeld of nieuw" in page
    assert f"/patients/{patient_id}/fractures/new" in page


def test_the_record_offers_what_this_reader_may_add(sign_in, patient_id):
    for role, offered in (("nurse", True), ("doctor", True), ("secretary", False)):
        page = sign_in(role).get(f"/patients/{patient_id}").text
        assert f"/patients/{patient_id}/scans/new" in page
        assert (f"/patients/{patient_id}/labs/new" in page) is offered
