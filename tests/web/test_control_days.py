"""Days on the form of a control: what can be and what the protocol holds is in the page, and told at one press."""

import html
import json
import re
from datetime import date

import pytest
from sqlalchemy import select

from clinic.services import controls
from clinic.services.controls import Agreed, SaveControl
from clinic.services.facts import stamp
from clinic.store.controls import Control
from clinic.store.patients import Patient
from clinic.store.treatments import Course, CourseStop, Dose
from tests.factories import make_control, make_course, make_patient

ANSWERED = {f"symptom_{name}": "no" for name in ("thigh_or_groin_pain", "jaw_or_mouth", "swallowing_or_retrosternal")}
GOOD = {"form_token": "one", "on": "23-11-2026", "kind": "clinic", "height_1": "158,6", "weight": "58,3", **ANSWERED}
WINDOW = "Het protocol houdt 28-09-2027 tot en met 18-01-2028 aan. Vul in waarom het een andere dag is."


@pytest.fixture
def patient_id(work, clock):
    nurse = work("nurse")
    patient = make_patient(nurse)
    course = make_course(nurse, patient, drug="zoledronic_acid", started_on=date(2024, 3, 11), planned_years=6)
    make_control(nurse, patient, date(2025, 12, 1), height_mm=1587, weight_g=58_000)
    nurse.session.flush()
    stamp(nurse, Dose(course_id=course.id, on_date=date(2026, 3, 9)), patient.id)
    nurse.session.commit()
    return patient.id


def errors(page):
    """What is wrong, by field."""
    return dict(re.findall(r'<span class="error" id="(\w+)-error">.*?<span>([^<]*)</span>', page))


def rules(page, name):
    """The rules of a day that stand in the page."""
    return json.loads(html.unescape(re.search(rf'data-days="([^"]+)"[^>]* name="{name}"', page)[1]))


def proposed(page):
    """After which kinds of control the protocol holds which day, in the order of the page."""
    return re.findall(r'data-when="([\w ]+)">(Protocol[^:]*: [\d-]+\.)', page)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"next_control": "1-3-2027"}, {"next_control_why": WINDOW}),
        ({"next_control": "1-3-2027", "next_control_why": "op vakantie"}, {}),
        ({"next_control": "23-11-2026"}, {"next_control": "ligt na de controle", "next_control_why": WINDOW}),
        ({"next_lab": "3-3-2027", "next_call": "1-3-2027", "next_dxa": "20-11-2027"},
         {"next_lab_why": "houdt 26-01-2027 tot en met 02-03-2027 aan", "next_dxa_why": "protocol houdt"}),
        ({"dose_on": "24-11-2026"}, {"dose_on": "kan niet in de toekomst"}),
        ({"dose_on": "10-3-2024"}, {"dose_on": "11-03-2024"}),
        ({"dose_on": "9-3-2026", "dose_place": "huisarts", "next_control": "1-3-2027"},
         {"dose_on": "is al vastgelegd", "next_control_why": WINDOW}),
        ({"dose_on": "9-3-2026"}, {}),  # the same dose once more is no other one
        ({"kind": "", "next_control": "1-3-2027"}, {"kind": "Kies"}),  # its window hangs on the kind
        ({"on": "24-11-2026", "next_control": "1-3-2027"}, {"on": "niet in de toekomst"}),
    ],
)  # fmt: skip
def test_what_saving_finds_wrong_with_a_day_is_told_with_all_else_at_one_press(sign_in, patient_id, typed, told):
    page = sign_in("nurse").post(f"/patients/{patient_id}/controls", data=GOOD | {"weight": "700"} | typed)
    found = errors(page.text)
    assert found.pop("weight").startswith("Moet liggen")
    assert set(found) == set(told)
    assert all(text in found[name] for name, text in told.items())


def test_the_protocols_date_is_that_of_the_kind_of_control(sign_in, patient_id):
    page = sign_in("nurse").get(f"/patients/{patient_id}/controls/new").text
    assert proposed(page) == [
        ("full", "Protocol na poli of volledige telefonische controle: 23-11-2027."),
        ("phone interim", "Protocol na niet-volledige telefonische controle of tussentijdse controle: 01-12-2026."),
        ("full phone interim", "Protocol: 25-02-2027."),
        ("full phone interim", "Protocol: 09-02-2027."),
    ]
    after, counted, other = rules(page, "next_control")
    assert after == {"after": "on", "says": "Een afspraak ligt na de controle."}
    assert counted == {
        "when": "full", "from": "2027-09-28", "to": "2028-01-18", "unless": "next_control_why", "says": WINDOW,
    }  # fmt: skip
    assert (other["when"], other["from"], other["to"]) == ("phone interim", "2026-10-06", "2027-01-26")
    assert [rule.get("when") for rule in rules(page, "next_lab")] == [None, "full phone interim"]
    assert [rule.get("when") for rule in rules(page, "next_call")] == [None]
    assert [rules(page, name)[0].get("same") for name in ("next_lab", "next_call")] == [None, "interim"]


@pytest.mark.parametrize(
    ("typed", "built_for"), [("20-11-2026", "2026-11-20"), ("24-11-2026", "2026-11-23"), ("gisteren", "2026-11-23")]
)
def test_the_page_says_for_which_day_of_the_control_its_dates_are(sign_in, patient_id, typed, built_for):
    page = sign_in("nurse").post(f"/patients/{patient_id}/controls", data=GOOD | {"on": typed, "kind": ""}).text
    assert f'data-day="{built_for}"' in page
    assert json.loads(html.unescape(re.search(r'data-months="([^"]+)"', page)[1]))["mrt"] == 3


def test_a_phone_control_that_does_not_count_agrees_the_date_it_leaves_standing(sign_in, patient_id):
    nurse, typed = sign_in("nurse"), {"kind": "phone", "next_control": "20-12-2026"}
    url = f"/patients/{patient_id}/controls"
    counted = nurse.post(url, data=GOOD | typed | {"counts_as_full": "y"})
    assert (counted.status_code, errors(counted.text)) == (422, {"next_control_why": WINDOW})
    assert nurse.post(url, data=GOOD | typed).status_code == 303


def test_a_day_of_a_control_a_fracture_and_a_dose_lies_in_her_life_and_course(sign_in, patient_id):
    page = sign_in("nurse").get(f"/patients/{patient_id}/controls/new").text
    bounds = {name: [(rule.get("from"), rule.get("to"), rule.get("known")) for rule in rules(page, name)]
              for name in ("on", "fracture_on", "dose_on")}  # fmt: skip
    assert bounds == {
        "on": [(None, "2026-11-23", None), ("1953-03-14", None, None)],
        "fracture_on": [(None, "2026-11-23", None), ("1953-01-01", None, None)],
        "dose_on": [(None, "2026-11-23", None), ("2024-03-11", None, None), (None, None, "2026-03-09")],
    }


def test_a_dose_belongs_to_what_was_begun_by_its_day_and_not_to_a_switch_to_come(sign_in, work, patient_id):
    nurse = work("nurse")
    now = nurse.session.scalars(select(Course)).one()
    stamp(nurse, CourseStop(course_id=now.id, stopped_on=date(2026, 12, 7), reason="switch"), patient_id)
    make_course(nurse, nurse.session.get_one(Patient, patient_id), started_on=date(2026, 12, 7))
    nurse.session.commit()
    answer = sign_in("nurse").post(f"/patients/{patient_id}/controls", data=GOOD | {"dose_on": "23-11-2026"})
    assert (answer.status_code, errors(answer.text)) == (303, {})
    given = select(Dose.course_id).where(Dose.on_date == date(2026, 11, 23))
    assert nurse.session.scalars(given).all() == [now.id]


def test_without_a_course_no_dose_is_asked(sign_in, work, clock):
    nurse = work("nurse")
    patient = make_patient(nurse)
    nurse.session.commit()
    page = sign_in("nurse").get(f"/patients/{patient.id}/controls/new").text
    assert ("dose_on" in page, len(rules(page, "on"))) == (False, 2)


def test_a_correction_is_held_against_the_dates_as_they_are_without_what_it_corrects(sign_in, work, patient_id):
    nurse = work("nurse")
    no = dict.fromkeys(("thigh_or_groin_pain", "jaw_or_mouth", "swallowing_or_retrosternal"), False)
    first = SaveControl(patient_id, date(2026, 11, 23), "clinic", "first", heights_mm=(1587,), weight_g=58_300,
                        symptoms=no, agreed=(Agreed("control", date(2027, 11, 22), ""),))  # fmt: skip
    control_id = controls.save(nurse, first)
    url = f"/patients/{patient_id}/controls/{control_id}"
    assert dict(proposed(sign_in("nurse").get(f"{url}/edit").text))["phone interim"].endswith(": 01-12-2026.")
    typed = GOOD | {"kind": "phone", "next_control": "22-11-2027", "weight": "700", "reason": "was telefonisch"}
    page = sign_in("nurse").post(url, data=typed).text
    assert "06-10-2026 tot en met 26-01-2027" in errors(page)["next_control_why"]
    assert nurse.session.get_one(Control, control_id).stands
