"""What a control's own values come to on the server; what is wrong stands at its field and is tied to it."""

import re
from datetime import date

import pytest
from sqlalchemy import update

from clinic.services.facts import stamp
from clinic.store.patients import Patient
from clinic.store.scans import Lab
from clinic.store.users import User
from tests.factories import make_control, make_course, make_patient

GOOD = {
    "form_token": "one", "on": "23-11-2026", "kind": "clinic", "height_1": "158,6", "height_2": "158.8",
    "weight": "58,3", "symptom_thigh_or_groin_pain": "no", "symptom_jaw_or_mouth": "no",
    "symptom_swallowing_or_retrosternal": "no",
}  # fmt: skip


@pytest.fixture
def patient_id(work, clock):
    nurse = work("nurse")
    patient = make_patient(nurse)
    make_course(nurse, patient, started_on=date(2023, 8, 14))
    for on, height, weight in (
        (date(2023, 11, 20), 1612, 64_200),
        (date(2025, 11, 24), 1594, 59_000),
        (date(2026, 5, 4), None, 58_900),
    ):
        make_control(nurse, patient, on, height_mm=height, weight_g=weight)
    nurse.session.commit()
    return patient.id


def said(page):
    """What stands in the outputs of the form, by name."""
    return dict(re.findall(r'data-out="([\w-]+)"[^>]*>([^<]*)<', page))


@pytest.mark.parametrize(("height", "tone"), [("159,3", "is-soon"), ("159,2", "is-late"), ("158,0", "is-late")])
def test_a_loss_of_height_is_told_as_loud_as_its_alert(sign_in, patient_id, height, tone):
    typed = {"on": "23-11-2026", "kind": "clinic", "height_1": height}
    page = sign_in("nurse").post(f"/patients/{patient_id}/controls", data=typed).text
    assert re.search(r'<b class="tone ([\w-]+)" data-out="loss"', page)[1] == tone


def test_another_height_of_that_day_is_none_to_lose_height_against(work, sign_in, patient_id):
    nurse = work("nurse")
    make_control(nurse, nurse.session.get_one(Patient, patient_id), date(2026, 11, 23), height_mm=1650)
    nurse.session.commit()
    typed = {"on": "23-11-2026", "kind": "clinic", "height_1": "159,2"}
    page = sign_in("nurse").post(f"/patients/{patient_id}/controls", data=typed).text
    assert 'data-reference="1612"' in page
    assert said(page)["loss"] == "Lengteverlies 2,0 cm, grens 2,0 cm."


def test_a_height_that_is_corrected_is_not_measured_against_the_wrong_one(sign_in, patient_id):
    nurse, base = sign_in("nurse"), f"/patients/{patient_id}/controls"
    tall = GOOD | {"height_1": "178,6", "height_2": "178,8", "confirm": "y"}
    asked = nurse.post(base, data=tall).text
    confirmed = re.search(r'name="confirmed"[^>]*value="([^"]*)"', asked)[1]
    assert nurse.post(base, data=tall | {"confirmed": confirmed}).status_code == 303
    page = nurse.get(f"{base}/4/edit").text
    assert 'data-reference="1612"' in page
    mended = nurse.post(f"{base}/4", data=GOOD | {"kind": "", "form_token": "two"}).text
    assert said(mended)["loss"] == "Lengteverlies 2,5 cm, grens 2,0 cm."


@pytest.mark.parametrize(
    ("lang", "typed", "told"),
    [
        ("nl", {}, {
            "height": "158,7", "height-previous": "−0,7", "height-start": "−2,5",
            "spread": "gemiddelde van 2, onderling verschil 0,2 cm",
            "weight": "58,3", "weight-previous": "−0,6", "weight-start": "−5,9",
            "bmi": "23,1", "bmi-previous": "−0,1", "bmi-start": "−1,6", "loss": "Lengteverlies 2,5 cm, grens 2,0 cm.",
        }),
        ("en", {"weight": "63", "height_2": ""}, {"height": "158.6", "spread": "", "bmi": "25.0", "bmi-start": "+0.3"}),
        ("nl", {"height_1": "161", "height_2": "161,1"}, {"loss": "", "height-start": "−0,1"}),
        ("nl", {"height_2": "185,8"}, dict.fromkeys(("height", "height-start", "bmi", "bmi-previous"), "—")),
        ("nl", {"weight": "583"}, dict.fromkeys(("weight", "weight-previous", "bmi", "bmi-start"), "—")),
        ("nl", {"height_1": "", "height_2": "", "weight": ""}, {"height": "—", "weight": "—", "bmi": "—", "loss": ""}),
        ("nl", {"height_1": "219", "height_2": "", "weight": "30"}, {"height": "219,0", "bmi": "—"}),  # 6.3 cannot be
    ],
)  # fmt: skip
def test_the_server_works_out_what_is_said_while_typing(sign_in, patient_id, lang, typed, told):
    nurse = sign_in("nurse")
    nurse.environ_base["HTTP_ACCEPT_LANGUAGE"] = lang
    page = nurse.post(f"/patients/{patient_id}/controls", data=GOOD | {"kind": ""} | typed)
    assert page.status_code == 422
    assert {name: said(page.text)[name] for name in told} == told


@pytest.mark.parametrize(
    ("lang", "portions", "tablet", "told"),
    [
        ("nl", "2", "500", "1150 mg per dag"), ("en", "0", "0", "250 mg a day"),
        ("nl", "3", "", "850 mg per dag, zonder tablet"),
        ("nl", "", "500", "—"), ("nl", "", "", "—"), ("nl", "twee", "500", "—"),
    ],
)  # fmt: skip
def test_calcium_is_added_up_of_what_is_known(sign_in, patient_id, lang, portions, tablet, told):
    nurse = sign_in("nurse")
    nurse.environ_base["HTTP_ACCEPT_LANGUAGE"] = lang
    typed = {"kind": "", "dairy_portions": portions, "calcium_mg": tablet}
    assert said(nurse.post(f"/patients/{patient_id}/controls", data=GOOD | typed).text)["calcium"] == told


def test_beside_calcium_stands_how_it_is_added_up_and_whose_target_it_is(sign_in, patient_id):
    page = sign_in("nurse").get(f"/patients/{patient_id}/controls/new").text
    assert "basis 250 mg + 200 mg per portie zuivel; streefwaarde patiëntenfolder 1000–1200 mg per dag<" in page


def test_the_page_of_a_control_says_the_calcium_in_total(sign_in, patient_id):
    nurse = sign_in("nurse")
    nurse.post(f"/patients/{patient_id}/controls", data=GOOD | {"dairy_portions": "2", "calcium_mg": "500"})
    where = re.search(rf"/patients/{patient_id}/controls/\d+", nurse.get(f"/patients/{patient_id}").text)
    assert nurse.get(where[0]).text.count("calcium totaal, geschat 1150 mg per dag") == 2


def test_beside_vitamin_d_stands_the_last_value_of_the_laboratory_with_its_day(sign_in, patient_id, work):
    nurse, base = sign_in("nurse"), f"/patients/{patient_id}/controls"
    assert "geen uitslag vastgelegd" in nurse.get(f"{base}/new").text
    unit = work("nurse")
    for on, value in ((date(2025, 11, 20), 41), (date(2026, 10, 12), 68), (date(2026, 11, 20), None)):
        stamp(unit, Lab(on_date=on, vitamin_d_nmol_l=value, creatinine_umol_l=70), patient_id)
    unit.session.commit()
    assert "68 nmol/l, 12-10-2026" in nurse.get(f"{base}/new").text


def test_the_bmi_of_before_is_that_of_a_control_which_measured_both(sign_in, patient_id):
    page = sign_in("nurse").get(f"/patients/{patient_id}/controls/new").text
    measured = re.findall(r'(\d+,\d) <span class="unit when">([\d-]+)<', page)
    assert measured == [("159,4", "24-11-2025"), ("58,9", "04-05-2026"), ("23,2", "24-11-2025")]


def test_the_page_of_a_control_says_how_the_bmi_differs(sign_in, patient_id):
    nurse = sign_in("nurse")
    saved = nurse.post(f"/patients/{patient_id}/controls", data=GOOD)
    page = nurse.get(saved.location).text
    where = re.search(rf"/patients/{patient_id}/controls/\d+", page)
    told = nurse.get(where[0]).text
    assert told.count("23,1, vorige 23,2 op 24-11-2025, −0,1") == 2  # on the page and in the text for the record


@pytest.mark.parametrize(
    ("grams", "difference"),
    [(72_250, "+0,1"), (72_349, "+0,1"), (72_360, "0,0"), (72_440, "0,0"), (72_450, "−0,1")],
)
def test_a_weight_that_was_imported_in_grams_differs_as_both_are_written(sign_in, work, patient_id, grams, difference):
    unit = work("nurse")
    make_control(unit, unit.session.get_one(Patient, patient_id), date(2026, 6, 1), weight_g=grams)
    unit.session.commit()
    nurse, base = sign_in("nurse"), f"/patients/{patient_id}/controls"
    typed = GOOD | {"weight": "72,4"}
    assert said(nurse.post(base, data=typed | {"kind": ""}).text)["weight-previous"] == difference
    assert nurse.post(base, data=typed).status_code == 303
    where = re.search(rf"{base}/\d+", nurse.get(f"/patients/{patient_id}").text)
    assert f"op 01-06-2026, {difference} kg" in nurse.get(where[0]).text


def test_all_that_is_wrong_is_listed_in_the_order_of_the_page(sign_in, patient_id):
    typed = {"height_1": "", "height_2": "", "weight": "", "kind": "clinic", "falls": "x", "next_call": "x"}
    given = {name: value for name, value in (GOOD | typed).items() if not name.startswith("symptom_")}
    page = sign_in("nurse").post(f"/patients/{patient_id}/controls", data=given).text
    listed = re.findall(r'<li><a href="#(\w+)"', page)
    assert listed == re.findall(r'<span class="error" id="(\w+)-error"', page)
    assert len(listed) == 7


def test_what_is_wrong_stands_right_at_its_field_and_is_tied_to_it(sign_in, patient_id):
    typed = {
        "on": "x", "kind": "zzz", "height_1": "15,8", "height_2": "", "height_3": "x", "weight": "700",
        "symptom_jaw_or_mouth": "", "missed_doses": "x", "falls": "x", "side_effects": "zzz", "fasting": "zzz",
        "new_fracture": "yes", "note": "x" * 2001, "lifestyle_changes": "x" * 2001, "next_control": "x",
    }  # fmt: skip
    page = sign_in("nurse").post(f"/patients/{patient_id}/controls", data=GOOD | typed).text
    errors = set(re.findall(r'<span class="error" id="([\w-]+)"', page))
    tied = {one for ids in re.findall(r'aria-describedby="([^"]+)"', page) for one in ids.split()}
    assert (errors - tied, len(errors)) == (set(), len(typed))  # none at height_2; a fracture is named and dated
    row = page.partition('data-of="height"')[2].partition('data-of="weight"')[0]
    assert re.findall(r'<span class="error" id="(\w+)-error"', row) == ["height_1", "height_3"]
    assert row.index('id="height_3-error"') < row.index('data-out="height"')


@pytest.mark.parametrize(("weeks", "said"), [("1", "links, 1 week"), ("3", "links, 3 weken")])
def test_the_text_for_the_hospitals_record_is_dutch_and_counts_one_week_as_one(
    sign_in, database, patient_id, weeks, said
):
    nurse = sign_in("nurse")
    with database.begin() as connection:
        connection.execute(update(User.__table__).values(language="en"))
    told = {"symptom_thigh_or_groin_pain": "yes", "thigh_side": "left", "thigh_weeks": weeks}
    saved = nurse.post(f"/patients/{patient_id}/controls", data=GOOD | told)
    assert saved.status_code == 303
    page = nurse.get(f"/patients/{patient_id}/controls/4").text
    assert "Alarm symptoms" in page.replace(epd(page), "")
    assert f"({said})" in epd(page)


def epd(page):
    """What is copied into the hospital's record."""
    return re.search(r'<textarea[^>]* id="epd"[^>]*>(.*?)</textarea>', page, re.DOTALL)[1]
