"""What the bar of a control's form names as required is what the server refuses the form without, and nothing else."""

import html
import json
import re
from datetime import date

import pytest

from tests.factories import make_control, make_course, make_patient

SYMPTOMS = [f"symptom_{name}" for name in ("swallowing_or_retrosternal", "thigh_or_groin_pain", "jaw_or_mouth")]
WHOLE = {
    "form_token": "one", "on": "23-11-2026", "kind": "clinic", "height_1": "158,6", "weight": "58,3",
    **dict.fromkeys(SYMPTOMS, "no"), "new_fracture": "yes",
    **{f"{row}_{part}": value for row in ("fracture", "fracture2", "fracture3", "fracture4")
       for part, value in (("site", "wrist"), ("on", "1-10-2026"), ("low_energy", "yes"))},
    **{f"next_{what}": "20-11-2027" for what in ("control", "dxa", "lab")}, "next_control": "1-3-2027",
    **{f"next_{what}_why": "op reis" for what in ("control", "dxa", "lab")},
    "falls": "x",  # so that nothing is kept
}  # fmt: skip
INSTEAD = {
    "height_2": "158,6",
    "height_3": "158,6",
    "height_not_measured": "rolstoel",
    "weight_not_measured": "rolstoel",
    "unanswerable": "afasie",
}


@pytest.fixture
def patient_id(work, clock):
    nurse = work("nurse")
    patient = make_patient(nurse)
    make_course(nurse, patient, drug="zoledronic_acid", started_on=date(2024, 3, 11), planned_years=6)
    make_control(nurse, patient, date(2025, 12, 1), height_mm=1587, weight_g=58_000)
    nurse.session.commit()
    return patient.id


@pytest.fixture
def send(sign_in, patient_id):
    """What is wrong, by field, when this is sent."""
    nurse = sign_in("nurse")

    def sent(typed):
        page = nurse.post(f"/patients/{patient_id}/controls", data=typed).text
        return set(re.findall(r'<span class="error" id="(\w+)-error"', page))

    return sent


@pytest.fixture
def needed(sign_in, patient_id):
    """What the bar names, when it is empty."""
    page = sign_in("nurse").get(f"/patients/{patient_id}/controls/new").text
    return json.loads(html.unescape(re.search(r'data-open="([^"]+)"', page)[1]))


def test_what_is_named_is_refused_without_and_each_of_its_fields_is_enough(send, needed):
    assert send(WHOLE) == {"falls"}
    named = [one for one in needed if one["any"] != ["next_call_why"]]  # the protocol has no window for a call
    assert len(named) == 18
    for one in named:
        without = {name: value for name, value in WHOLE.items() if name not in one["any"]}
        assert send(without) & set(one["any"]), one
        for name in one["any"]:
            assert not send(without | {name: INSTEAD.get(name, WHOLE.get(name))}) & set(one["any"]), (one, name)


def test_of_a_control_at_the_clinic_all_that_is_missing_is_named(send, needed):
    asked = [one for one in needed if one.get("of", {}).get("kind") or not {"of", "required"} & set(one)]
    assert send({"form_token": "one", "kind": "clinic"}) | {"kind"} == {one["any"][0] for one in asked}


def test_by_phone_the_alarm_symptoms_alone_are_named_and_of_a_contact_nothing(send, needed):
    assert send({"form_token": "one", "kind": "phone"}) == {"on", *SYMPTOMS}
    assert [one["any"][0] for one in needed if "phone" in one.get("of", {}).get("kind", ())] == SYMPTOMS
    assert send({"form_token": "one", "kind": "interim"}) == {"on"}
    assert [one["any"][0] for one in needed if "of" not in one and "required" not in one] == ["on", "kind"]


def test_a_fracture_is_named_when_there_is_one_and_a_further_one_when_its_row_is_begun(send, needed):
    when = {one["any"][0]: (one["of"], one.get("with")) for one in needed if one["any"][0].startswith("fracture")}
    assert when["fracture_site"] == ({"new_fracture": ["yes"]}, None)
    assert when["fracture2_on"] == (
        {"new_fracture": ["yes"]}, ["fracture2_site", "fracture2_on", "fracture2_low_energy"],
    )  # fmt: skip
    assert send(WHOLE | {"new_fracture": "no", "fracture_site": "", "fracture_on": ""}) == {"falls"}
    empty = {name: "" for name in WHOLE if name.startswith("fracture")} | {"fracture2_low_energy": "no"}
    assert send(WHOLE | empty) == {"falls", "fracture_site", "fracture_on", "fracture2_site", "fracture2_on"}
