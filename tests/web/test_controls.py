"""The page on which a nurse records a control: bad input is told at its field and nothing typed is lost."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from clinic.services.facts import stamp
from clinic.store.audit import AuditEntry
from clinic.store.controls import Control
from clinic.store.scans import Fracture
from clinic.store.treatments import Course, CourseStop, Dose
from clinic.web import control_text
from tests.conftest import MONDAY
from tests.factories import make_control, make_course, make_patient

GOOD = {
    "form_token": "one", "on": "23-11-2026", "kind": "clinic", "height_1": "158,6", "height_2": "158.8",
    "weight": "58,3", "missed_doses": "0", "symptom_thigh_or_groin_pain": "no", "symptom_jaw_or_mouth": "no",
    "symptom_swallowing_or_retrosternal": "no", "note": "Loopt dagelijks.",
}  # fmt: skip


@pytest.fixture
def patient_id(work, clock):
    nurse = work("nurse")
    patient = make_patient(nurse)
    make_course(nurse, patient)
    nurse.session.commit()
    return patient.id


def kept(app, patient_id):
    with Session(app.extensions["engine"]) as session:
        return session.scalar(select(func.count()).where(Control.patient_id == patient_id))


def test_a_saved_control_leads_to_the_record_which_says_what_is_next(app, sign_in, patient_id):
    nurse = sign_in("nurse")
    answer = nurse.post(f"/patients/{patient_id}/controls", data=GOOD)
    assert (answer.status_code, answer.location) == (303, f"/patients/{patient_id}")
    page = nurse.get(answer.location).text
    assert "23-11-2027" in page
    assert "158,7" in page


def test_what_a_save_asks_is_little_and_does_not_grow_with_the_facts(app, sign_in, work, clock):
    unit, asked, told = work("nurse"), [], []
    patients = []
    for controls in (1, 40):
        patients.append(make_patient(unit, registered_on=date(2026, 11, 1)))
        make_course(unit, patients[-1])
        for number in range(controls):
            make_control(unit, patients[-1], date(2021, 1, 1) + timedelta(days=30 * number), height_mm=1587)
    unit.session.commit()
    nurse = sign_in("nurse")
    event.listen(app.extensions["engine"], "before_cursor_execute", lambda *call: asked.append(call[2]))
    for number, patient in enumerate(patients):
        asked.clear()
        sent = GOOD | {"form_token": f"form-{number}"}
        assert nurse.post(f"/patients/{patient.id}/controls", data=sent).status_code == 303
        told.append(len(asked))
    assert told[1] <= told[0] <= 25  # the first one also holds the clock against the log


def test_the_button_pressed_twice_is_one_control(app, sign_in, patient_id):
    nurse = sign_in("nurse")
    for _press in range(2):
        assert nurse.post(f"/patients/{patient_id}/controls", data=GOOD).status_code == 303
    assert kept(app, patient_id) == 1


def test_a_fracture_added_to_a_form_that_was_saved_is_told_as_not_kept(sign_in, patient_id):
    nurse, url = sign_in("nurse"), f"/patients/{patient_id}/controls"
    broke = GOOD | {"new_fracture": "yes", "fracture_site": "wrist", "fracture_on": "01-10-2026"}
    nurse.post(url, data=broke)
    page = nurse.post(url, data=broke | {"fracture2_site": "hip", "fracture2_on": "02-10-2026"}).text
    assert page.count("Niet bewaard: de fractuur") == 1
    assert "02-10-2026)." in page
    assert f'href="/patients/{patient_id}/fractures/new"' in page


@pytest.mark.parametrize("voided", [False, True])
def test_the_form_sent_again_with_another_weight_shows_what_stands(app, sign_in, patient_id, voided):
    nurse, url = sign_in("nurse"), f"/patients/{patient_id}/controls"
    nurse.post(url, data=GOOD)
    if voided:
        nurse.post(f"{url}/1/void", data={"reason": "andere patiënt"})
    answer = nurse.post(url, data={**GOOD, "weight": "61,3"})
    assert answer.status_code == 409
    assert "Niet opgeslagen: dit formulier is al eerder opgeslagen en zegt nu iets anders" in answer.text
    assert f'href="{url}/1"' in answer.text
    assert f'action="{url if voided else url + "/1"}"' in answer.text
    assert 'value="61,3"' in answer.text
    assert f'value="{GOOD["form_token"]}"' not in answer.text


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"height_2": "185,8"}, "Bedoelt u 158,8?"),
        ({"height_2": "", "height_3": "185,8"}, "Meting 3 wijkt 27,2 cm af."),
        ({"height_1": "1.655"}, "hoogstens één decimaal"),
        ({"weight": "700"}, "Moet liggen tussen 25 en 250 kg."),
        ({"on": "23-11-26"}, "dag-maand-jaar"),
        ({"on": "24-11-2026"}, "niet in de toekomst"),
        ({"symptom_jaw_or_mouth": ""}, "Kies ja of nee."),
        ({"kind": ""}, "Kies de soort controle."),
        ({"missed_doses": "twee"}, "heel getal"),
    ],
)
def test_bad_input_is_told_in_words_and_nothing_typed_is_lost(app, sign_in, patient_id, typed, told):
    given = {name: value for name, value in {**GOOD, **typed}.items() if value}
    answer = sign_in("nurse").post(f"/patients/{patient_id}/controls", data=given)
    assert answer.status_code == 422
    assert told in answer.text
    assert "Loopt dagelijks." in answer.text
    for value in typed.values():
        assert not value or value in answer.text
    assert kept(app, patient_id) == 0


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"kind": "", "height_1": "15,8", "height_2": "", "weight": "700", "next_control": "1-1-2026"},
         {"Kies de soort controle.": 1, "Moet liggen tussen 100 en 220 cm.": 1, "Moet liggen tussen 25 en 250 kg.": 1}),
        ({"on": "", "height_1": "", "height_2": "", "weight": "", "symptom_jaw_or_mouth": ""},
         {"Meet de lengte": 1, "Meet het gewicht": 1, "Kies ja of nee.": 1}),
        ({"height_2": "1.655", "height_1": "", "weight": "", "symptom_jaw_or_mouth": "",
          "symptom_thigh_or_groin_pain": ""},
         {"hoogstens één decimaal": 1, "Meet de lengte": 0, "Kies ja of nee.": 2}),
        ({"weight": "achtenvijftig", "falls": "366", "missed_doses": "85", "new_fracture": "yes",
          "fracture_on": "24-11-2026", "fracture2_site": "zzz", "fracture2_on": "1-1-1950"},
         {"Moet liggen tussen 0 en 365.": 1, "Moet liggen tussen 0 en 84.": 1, "Vul in welk bot.": 2,
          "ligt in de toekomst": 1, "vóór de geboorte": 1}),
    ],
)  # fmt: skip
def test_everything_that_is_wrong_is_told_at_once_and_once_at_its_field(sign_in, patient_id, typed, told):
    answer = sign_in("nurse").post(f"/patients/{patient_id}/controls", data=GOOD | typed)
    assert answer.status_code == 422
    at_fields = answer.text.partition("control-form")[2]
    shown = re.sub(r'data-days="[^"]*"', "", at_fields)  # without the words that the script may say
    fields = shown[shown.index('class="stack"') :]
    assert {text: fields.count(text) for text in told} == told


@pytest.mark.parametrize(
    ("lang", "typed", "at", "told"),
    [
        ("nl", {"weight": "39,9"}, ["weight", "confirm"], "Ongewoon: meestal tussen 40 en 130 kg."),
        ("nl", {"weight": "52,9"}, ["weight", "confirm"], "Het was 58,3 kg op 20-10-2026: klopt dit?"),
        ("en", {"height_1": "", "height_2": "155.5"}, ["height_2", "confirm"],
         "It was 158.7 cm on 20-10-2026: is this right?"),
        ("nl", {"height_1": "138", "height_2": "138"}, ["height_1", "confirm"],
         "Ongewoon: meestal tussen 140 en 195 cm. Het was 158,7 cm op 20-10-2026: klopt dit?"),
        ("nl", {"height_1": "", "height_2": "158,0", "height_3": "158,7"}, ["height_3", "confirm"],
         "Meting 3 wijkt 0,7 cm af. Klopt die?"),
        ("en", {"height_3": "158.0"}, ["height_3", "confirm"], "Reading 3 differs 0.6 cm. Is it right?"),
    ],
)  # fmt: skip
def test_what_is_asked_once_more_names_its_value_at_its_field(sign_in, patient_id, lang, typed, at, told):
    nurse = sign_in("nurse")
    nurse.environ_base["HTTP_ACCEPT_LANGUAGE"] = lang
    assert nurse.post(f"/patients/{patient_id}/controls", data=GOOD | {"on": "20-10-2026"}).status_code == 303
    page = nurse.post(f"/patients/{patient_id}/controls", data=GOOD | typed | {"form_token": "two", "confirm": "y"})
    assert page.status_code == 422
    assert re.findall(r'<span class="error" id="(\w+)-error">', page.text) == [at[1], at[0]]
    assert told in page.text.partition(f'id="{at[0]}-error"')[2].partition("</span></span>")[0]
    assert 'name="confirm" type="checkbox" value="y" checked' not in page.text


@pytest.mark.parametrize("kind", ["clinic", ""])  # told by what saves, and beside all else that is wrong
@pytest.mark.parametrize(
    ("typed", "at"),
    [
        (("158,6", "", "185,8"), "height_3"),
        (("", "158,6", "185,8"), "height_3"),
        (("", "185,8", "158,6"), "height_2"),
        (("", "219", "221"), "height_3"),
        (("", "", "15,8"), "height_3"),
    ],
)
def test_a_wrong_reading_is_told_at_its_own_field_also_below_an_empty_one(sign_in, patient_id, kind, typed, at):
    readings = {f"height_{number}": text for number, text in enumerate(typed, 1)}
    page = sign_in("nurse").post(f"/patients/{patient_id}/controls", data=GOOD | readings | {"kind": kind}).text
    assert set(re.findall(r'<span class="error" id="(height_\d)-error"', page)) == {at}


def test_an_unusual_value_is_kept_once_it_is_confirmed(app, sign_in, patient_id):
    nurse = sign_in("nurse")
    light = {**GOOD, "weight": "39,9"}
    assert nurse.post(f"/patients/{patient_id}/controls", data=light).status_code == 422
    confirmed = {**light, "confirmed": "weight_unusual=39900,bmi_unusual=39900-1587", "confirm": "y"}
    assert nurse.post(f"/patients/{patient_id}/controls", data=confirmed).status_code == 303


def test_a_second_control_of_a_day_is_asked_about_at_its_date_with_everything_typed_kept(app, sign_in, patient_id):
    nurse, second = sign_in("nurse"), GOOD | {"form_token": "two", "note": "Rug doet zeer."}
    nurse.post(f"/patients/{patient_id}/controls", data=GOOD)
    page = nurse.post(f"/patients/{patient_id}/controls", data=second)
    assert page.status_code == 422
    at_date = page.text.partition('id="on-error"')[2].partition("</span></span>")[0]
    assert "Er is al een controle van deze dag vastgelegd door Test nurse: is dit een andere?" in at_date
    assert "Rug doet zeer." in page.text
    confirmed = second | {"confirmed": "day_known=2026-11-23", "confirm": "y"}
    assert nurse.post(f"/patients/{patient_id}/controls", data=confirmed).status_code == 303
    assert kept(app, patient_id) == 2


@pytest.mark.parametrize("role", ["secretary", "manager", "privacy_officer"])
def test_other_roles_are_refused(app, sign_in, patient_id, role):
    assert sign_in(role).post(f"/patients/{patient_id}/controls", data=GOOD).status_code == 403
    assert kept(app, patient_id) == 0


def test_of_a_missing_patient_there_is_no_form(sign_in):
    assert sign_in("nurse").get("/patients/999/controls/new").status_code == 404
    assert sign_in("nurse").post("/patients/999/controls", data=GOOD).status_code == 404


def test_a_closed_session_keeps_what_was_typed(client, patient_id):
    answer = client.post(f"/patients/{patient_id}/controls", data=GOOD)
    assert answer.status_code == 401
    assert "Loopt dagelijks." in answer.text


def test_opening_the_form_is_written_in_the_log(app, sign_in, patient_id):
    sign_in("nurse").get(f"/patients/{patient_id}/controls/new")
    with Session(app.extensions["engine"]) as session:
        found = session.scalars(select(AuditEntry).where(AuditEntry.patient_id == patient_id)).all()
    assert [entry.action for entry in found] == ["patient.opened"]


def first_control(app, patient_id):
    with Session(app.extensions["engine"]) as session:
        return session.scalar(select(Control.id).where(Control.patient_id == patient_id))


def test_what_was_recorded_is_read_as_text_for_the_hospital_record(app, sign_in, patient_id):
    nurse = sign_in("nurse")
    more = {"side_effects": ["nausea"], "severity_nausea": "mild", "vitamin_d_ie": "800", "fasting": "no"}
    assert nurse.post(f"/patients/{patient_id}/controls", data=GOOD | more).status_code == 303
    page = nurse.get(f"/patients/{patient_id}/controls/{first_control(app, patient_id)}").text
    text = page[page.index("<textarea") : page.index("</textarea>")]
    assert "misselijkheid (licht)" in text
    assert "Lengte: 158,7 cm (158,6 / 158,8)" in text
    assert "niet volgens voorschrift: op de lege maag; 0 gemist in 12 weken" in text
    assert "Vitamine D 800 IE" in text
    assert len(text.splitlines()) <= 12


def test_a_control_is_corrected_and_both_versions_are_read(app, sign_in, patient_id):
    nurse = sign_in("nurse")
    nurse.post(f"/patients/{patient_id}/controls", data=GOOD)
    where = f"/patients/{patient_id}/controls/{first_control(app, patient_id)}"
    form = nurse.get(f"{where}/edit").text
    assert 'value="158,6"' in form
    assert "Loopt dagelijks." in form
    wrong = nurse.post(where, data=GOOD | {"form_token": "two", "weight": "57,9"})
    assert wrong.status_code == 422
    assert 'value="57,9"' in wrong.text
    fixed = nurse.post(where, data=GOOD | {"form_token": "two", "weight": "57,9", "reason": "verkeerd afgelezen"})
    assert fixed.status_code == 303
    page = nurse.get(where).text
    assert "57,9 kg" in page
    assert "58,3 kg" in page
    assert "verkeerd afgelezen" in page
    late = nurse.post(where, data=GOOD | {"form_token": "three", "weight": "57,5", "reason": "nogmaals"})
    assert late.status_code == 409
    assert 'value="57,5"' in late.text
    # nor does a question about an unusual value, or a field that is wrong, put the page on the newer version unsaid
    for unusual in ({"weight": "75,5"}, {"weight": "x"}):
        asked = nurse.post(where, data=GOOD | {"form_token": "four", "reason": "nogmaals", **unusual})
        assert asked.status_code == 409
        assert "Iemand anders" in asked.text
    assert nurse.get(f"{where}/edit").status_code == 302


def test_a_voided_control_stays_readable(app, sign_in, patient_id):
    nurse = sign_in("nurse")
    nurse.post(f"/patients/{patient_id}/controls", data=GOOD)
    where = f"/patients/{patient_id}/controls/{first_control(app, patient_id)}"
    assert nurse.post(f"{where}/void", data={"reason": ""}).status_code == 422
    assert nurse.post(f"{where}/void", data={"reason": "verkeerde patiënt"}).status_code == 303
    assert nurse.post(f"{where}/void", data={"reason": "nog eens"}).status_code == 422
    assert "verkeerde patiënt" in nurse.get(where).text


def test_a_draft_comes_back_with_everything_typed_and_can_be_thrown_away(sign_in, patient_id):
    nurse = sign_in("nurse")
    base = f"/patients/{patient_id}/controls"
    typed = {"form_token": "one", "on": "20-11-2026", "height_1": "158,", "note": "belt terug", "fasting": "yes"}
    said = nurse.post(f"{base}/draft", data=typed, headers={"Accept": "*/*"})
    assert (said.status_code, "concept bewaard" in said.text) == (200, True)
    page = nurse.get(f"{base}/new").text
    for text in ('value="158,"', "belt terug", 'value="20-11-2026"', "Dit is uw concept"):
        assert text in page
    assert nurse.post(f"{base}/draft", data=typed, headers={"Accept": "text/html"}).status_code == 303
    assert nurse.post(f"{base}/draft/discard").status_code == 303
    assert "belt terug" not in nurse.get(f"{base}/new").text


def test_previous_answers_are_taken_over_marked_and_without_measurements(sign_in, patient_id):
    nurse = sign_in("nurse")
    base = f"/patients/{patient_id}/controls"
    nurse.post(base, data=GOOD | {"on": "20-11-2026", "fasting": "yes", "water": "no"})
    typed = {"form_token": "two", "note": "nieuw"}
    taken = nurse.post(f"{base}/draft?take=1", data=typed, headers={"Accept": "text/html"})
    page = nurse.get(taken.location).text
    assert "als vorige keer; vraag na" in page
    assert "nieuw" in page
    assert 'value="158,6"' not in page


def test_an_answer_of_today_is_not_taken_over_by_that_of_last_time(sign_in, patient_id):
    nurse, base = sign_in("nurse"), f"/patients/{patient_id}/controls"
    nurse.post(base, data=GOOD | {"on": "20-11-2026", "fasting": "yes", "water": "no"})
    typed = {"form_token": "two", "fasting": "no"}
    page = nurse.get(nurse.post(f"{base}/draft?take=1", data=typed, headers={"Accept": "text/html"}).location).text
    chosen = re.findall(r'<input checked[^>]*name="(\w+)"[^>]*value="(\w+)"', page)
    assert chosen == [("fasting", "no"), ("water", "no")]
    assert page.count("als vorige keer; vraag na") == 1


def test_what_is_typed_in_a_control_that_was_finished_is_not_said_to_be_kept(sign_in, patient_id):
    nurse, base = sign_in("nurse"), f"/patients/{patient_id}/controls"
    assert nurse.post(base, data=GOOD).status_code == 303
    late = GOOD | {"symptom_jaw_or_mouth": "yes"}  # Back, and an alarm symptom
    said = nurse.post(f"{base}/draft", data=late, headers={"Accept": "*/*"})
    assert (said.status_code, "wordt niet bewaard; sla op" in said.text) == (409, True)
    page = nurse.post(f"{base}/draft", data=late | {"note": "toch kaakpijn"}, headers={"Accept": "text/html"})
    assert (page.status_code, "toch kaakpijn" in page.text, "wordt niet bewaard" in page.text) == (422, True, True)
    assert "Dit is uw concept" not in nurse.get(f"{base}/new").text


def test_enter_in_a_control_presses_no_button_for_finishing_is_an_act_of_its_own(sign_in, patient_id):
    nurse, base = sign_in("nurse"), f"/patients/{patient_id}/controls"
    nurse.post(base, data=GOOD | {"on": "20-11-2026", "fasting": "yes"})
    nurse.post(f"{base}/draft", data={"form_token": "two", "note": "belt terug"})
    for page in ("new", "1/edit"):
        inside = nurse.get(f"{base}/{page}").text.partition("control-form")[2].partition("</form>")[0]
        assert re.search(r"<button[^>]*>", inside)[0] == "<button hidden disabled>"


def beside(page, name):
    """What stands beside a question of what was answered before, without its markup."""
    asked = page[page.index(f'id="{name}-label"') if f'id="{name}-label"' in page else page.index(f'for="{name}"') :]
    told = re.search(r'<span class="prev">(.*?)</span>', asked[: asked.index("</div>")])
    return told and told[1]


PREVIOUS = [
    ("fasting", "yes", "vorige ja, "), ("missed_doses", "0", "vorige 0, "), ("doubts", "no", "vorige nee, "),
    ("symptom_jaw_or_mouth", "no", "vorige nee, "), ("new_back_pain", "yes", "vorige ja, "),
    ("rib_pelvis_fingers", "3", "vorige 3, "), ("occiput_wall_mm", "4,5", "vorige 4,5 cm, "),
    ("new_fracture", "no", "vorige nee, "), ("dairy_portions", "2", "vorige 2, "),
    ("calcium_mg", "500", "vorige 500, "), ("vitamin_d_ie", "800", "vorige 800, "), ("falls", "1", "vorige 1, "),
]  # fmt: skip


def test_beside_each_field_stands_its_own_latest_value_with_its_own_day(sign_in, patient_id):
    nurse, base = sign_in("nurse"), f"/patients/{patient_id}/controls"
    more = {"side_effects": ["nausea"], "severity_nausea": "mild", "thigh_side": "both", "thigh_weeks": "3",
            "symptom_thigh_or_groin_pain": "yes", "symptom_ear_pain": "yes", "dental": "kies getrokken",
            "lifestyle_changes": "rookt niet meer " * 9}  # fmt: skip
    first = GOOD | more | {name: value for name, value, _told in PREVIOUS} | {"on": "20-10-2026"}
    assert nurse.post(base, data=first).status_code == 303
    later = {
        "form_token": "two",
        "on": "20-11-2026",
        "kind": "phone",
        "weight": "58,1",
        "falls": "2",
        "unanswerable": "kort gesprek",
    }
    assert nurse.post(base, data=later).status_code == 303
    page = nurse.get(f"{base}/new").text
    told = {name: beside(page, name) for name, _value, _told in PREVIOUS}
    assert told == {name: f"{text}20-10-2026" for name, _value, text in PREVIOUS} | {"falls": "vorige 2, 20-11-2026"}
    assert beside(page, "symptom_thigh_or_groin_pain") == "vorige ja, beide kanten, 3 weken, 20-10-2026"
    for text in ("vorige misselijkheid (licht), 20-10-2026", "vorige kies getrokken, 20-10-2026",
                 "<summary>Vorige, 20-10-2026</summary>"):  # fmt: skip
        assert text in page
    measured = re.findall(r'(\d+,\d) <span class="unit when">([\d-]+)<', page)
    assert measured == [("158,7", "20-10-2026"), ("58,1", "20-11-2026"), ("23,1", "20-10-2026")]
    assert '<span class="prev">Oorpijn: vorige ja, 20-10-2026<' in page


def test_beside_an_infusion_stands_how_the_last_one_was_borne(sign_in, work, clock):
    nurse = work("nurse")
    patient = make_patient(nurse)
    course = make_course(nurse, patient, drug="zoledronic_acid")
    nurse.session.flush()
    told = {"place": "dagbehandeling", "reaction": "griepachtig"}
    stamp(nurse, Dose(course_id=course.id, on_date=date(2025, 11, 24), **told), patient.id)
    nurse.session.commit()
    page = sign_in("nurse").get(f"/patients/{patient.id}/controls/new").text
    found = {name: beside(page, name) for name in ("dose_place", "dose_by", "dose_reaction")}
    assert found == {"dose_place": "vorige dagbehandeling, 24-11-2025", "dose_by": None,
                     "dose_reaction": "vorige griepachtig, 24-11-2025"}  # fmt: skip


def test_the_form_asks_as_much_of_one_earlier_control_as_of_forty(app, sign_in, work, clock):
    unit, asked, told = work("nurse"), [], []
    for controls in (1, 40):
        patient = make_patient(unit, registered_on=date(2026, 11, 1))
        make_course(unit, patient)
        for number in range(controls):
            make_control(unit, patient, date(2021, 1, 1) + timedelta(days=30 * number), height_mm=1587, falls=number)
        unit.session.commit()
        nurse = sign_in("nurse")
        nurse.get(f"/patients/{patient.id}/controls/new")
        event.listen(app.extensions["engine"], "before_cursor_execute", lambda *call: asked.append(call[2]))
        asked.clear()
        nurse.get(f"/patients/{patient.id}/controls/new")
        told.append(len(set(asked)))
    assert told[0] == told[1]


@pytest.mark.parametrize(("answer", "said"), [("no", "nieuwe fractuur nee"), ("yes", "nieuwe fractuur ja"), ("", "")])
def test_whether_something_broke_is_kept_with_the_control_and_by_its_correction(app, sign_in, patient_id, answer, said):
    nurse, base = sign_in("nurse"), f"/patients/{patient_id}/controls"
    broke = {"fracture_site": "wrist", "fracture_on": "01-10-2026"} if answer == "yes" else {}
    given = GOOD | broke | ({"new_fracture": answer} if answer else {})
    assert nurse.post(base, data=given).status_code == 303
    where = f"{base}/{first_control(app, patient_id)}"
    form = nurse.get(f"{where}/edit").text
    checked = re.findall(r'<input checked[^>]*name="new_fracture"[^>]*value="(\w+)"', form)
    assert (checked, 'name="fracture_site"' in form) == ([answer] if answer else [], False)
    sent = GOOD | {"form_token": "two", "reason": "typefout", "note": "x"}
    sent |= {"new_fracture": answer} if answer else {}
    assert nurse.post(where, data=sent).status_code == 303
    page = nurse.get(where).text
    epd = page.partition('id="epd"')[2].partition("</textarea>")[0]
    assert page.count(said or "nieuwe fractuur ") == (3 if said else 0)  # both versions and the text for the record
    assert (said in epd, len(epd.splitlines()) <= 12) == (True, True)
    with Session(app.extensions["engine"]) as session:
        assert session.scalar(select(func.count()).select_from(Fracture)) == len(broke) / 2


def test_no_fracture_is_not_said_where_one_was_recorded(app, sign_in, patient_id):
    nurse, base = sign_in("nurse"), f"/patients/{patient_id}/controls"
    nurse.post(base, data=GOOD | {"new_fracture": "yes", "fracture_site": "wrist", "fracture_on": "01-10-2026"})
    sent = GOOD | {"form_token": "two", "reason": "typefout", "new_fracture": "no"}
    page = nurse.post(f"{base}/{first_control(app, patient_id)}", data=sent)
    assert page.status_code == 422
    assert (
        "laat die eerst vervallen" in page.text.partition('id="new_fracture-error"')[2].partition("</span></span>")[0]
    )


def test_a_new_fracture_is_named_and_dated(sign_in, patient_id):
    nurse = sign_in("nurse")
    answer = nurse.post(f"/patients/{patient_id}/controls", data=GOOD | {"new_fracture": "yes"})
    assert answer.status_code == 422
    assert "Vul in welk bot." in answer.text
    assert "Vul in wanneer." in answer.text
    told = {"new_fracture": "yes", "fracture_site": "wrist", "fracture_on": "01-10-2026", "fracture_low_energy": "yes"}
    assert nurse.post(f"/patients/{patient_id}/controls", data=GOOD | told).status_code == 303


def test_the_protocol_proposes_the_next_control(sign_in, patient_id):
    page = sign_in("nurse").get(f"/patients/{patient_id}/controls/new").text
    assert "Protocol na poli of volledige telefonische controle: 23-11-2027" in page


def test_a_second_fracture_of_the_same_fall_has_a_row_of_its_own(app, sign_in, patient_id):
    nurse = sign_in("nurse")
    first = {"new_fracture": "yes", "fracture_site": "wrist", "fracture_on": "01-10-2026"}
    half = nurse.post(f"/patients/{patient_id}/controls", data=GOOD | first | {"fracture2_site": "hip"})
    assert half.status_code == 422
    assert 'id="fracture2_on-error"' in half.text
    assert '<details class="reason" open>' in half.text
    wrong = first | {"fracture2_site": "hip", "fracture2_on": "01-10-1900"}
    assert 'id="fracture2_on-error"' in nurse.post(f"/patients/{patient_id}/controls", data=GOOD | wrong).text
    both = first | {"fracture2_site": "hip", "fracture2_on": "01-10-2026", "fracture2_low_energy": "yes"}
    for _time in range(2):
        assert nurse.post(f"/patients/{patient_id}/controls", data=GOOD | both).status_code == 303
    with Session(app.extensions["engine"]) as session:
        found = session.execute(select(Fracture.site, Fracture.low_energy).order_by(Fracture.id)).all()
    assert [tuple(row) for row in found] == [("wrist", None), ("hip", True)]


def test_a_correction_keeps_the_answers_about_a_drug_that_was_stopped_that_day(app, sign_in, work, patient_id):
    nurse, doctor = sign_in("nurse"), work("doctor")
    answers = {"missed_doses": "5", "doubts": "yes", "fasting": "no"}
    nurse.post(f"/patients/{patient_id}/controls", data=GOOD | answers)
    course = doctor.session.scalars(select(Course)).one()
    stamp(doctor, CourseStop(course_id=course.id, stopped_on=MONDAY, reason="side_effects"), patient_id)
    doctor.session.commit()
    page = nurse.get(f"/patients/{patient_id}/controls/{first_control(app, patient_id)}/edit").text
    for name, value in answers.items():
        chosen = "" if value.isdecimal() else "(?=[^>]* checked)"
        assert re.search(rf'<input{chosen}[^>]*name="{name}"[^>]*value="{value}"', page), name
    assert 'name="upright"' not in page


def test_a_control_names_the_fracture_that_was_told_at_it_also_for_the_hospital_and_before_it_is_voided(
    app, sign_in, patient_id
):
    nurse = sign_in("nurse")
    told = {"new_fracture": "yes", "fracture_site": "wrist", "fracture_on": "01-10-2026", "fracture_low_energy": "yes"}
    nurse.post(f"/patients/{patient_id}/controls", data=GOOD | told)
    page = nurse.get(f"/patients/{patient_id}/controls/{first_control(app, patient_id)}").text
    epd = page.partition('id="epd"')[2].partition("</textarea>")[0]
    assert "Nieuwe fractuur: pols" in epd
    assert "Bij deze controle vastgelegd, en vervalt mee: nieuwe fractuur pols" in " ".join(page.split())


def test_of_a_full_control_the_hospital_gets_twelve_lines_and_all_that_was_told(app, sign_in, patient_id):
    full = GOOD | {name: value for name, value, _told in PREVIOUS} | {
        "side_effects": ["nausea"], "lifestyle_changes": "wandelt meer", "dental": "prothese", "new_fracture": "yes",
        "fracture_site": "wrist", "fracture_on": "01-10-2026", "fracture2_site": "hip", "fracture2_on": "02-10-2026",
        "next_control": "23-11-2027", "next_call": "01-12-2026", "next_call_why": "uitslag",
    }  # fmt: skip
    nurse = sign_in("nurse")
    assert nurse.post(f"/patients/{patient_id}/controls", data=full).status_code == 303
    page = nurse.get(f"/patients/{patient_id}/controls/{first_control(app, patient_id)}").text
    lines = page.partition('id="epd"')[2].partition(">")[2].partition("</textarea>")[0].splitlines()
    assert len(lines) == 12
    for told in ("pols, 01-10-2026", "heup, 02-10-2026", "158,7 cm", "58,3 kg", "23,1", "0 gemist", "misselijkheid",
                 "Vitamine D 800", "wandelt meer; prothese", "dagelijks.", "23-11-2027", "(uitslag)"):  # fmt: skip
        assert sum(told in line for line in lines) == 1, told


def test_other_alarm_symptoms_are_chips_and_a_recorded_no_stays_a_question(app, sign_in, patient_id):
    nurse = sign_in("nurse")
    chip = 'name="symptom_red_painful_eye" type="checkbox"'
    assert chip in nurse.get(f"/patients/{patient_id}/controls/new").text
    told = {"symptom_red_painful_eye": "yes", "symptom_ear_pain": "no"}
    nurse.post(f"/patients/{patient_id}/controls", data={**GOOD, **told})
    with Session(app.extensions["engine"]) as session:
        control = session.scalars(select(Control)).one()
    assert control.symptoms["red_painful_eye"]["present"] is True
    assert "cramps_or_tingling" not in control.symptoms
    page = nurse.get(f"/patients/{patient_id}/controls/{control.id}/edit").text
    assert chip in page
    assert 'name="symptom_ear_pain" type="checkbox"' not in page
    assert 'name="symptom_ear_pain"' in page


@pytest.mark.parametrize("on", ["31-12-9999", "31-12-1899", "24-11-2026"])
def test_a_day_that_cannot_be_one_is_told_and_all_typed_is_kept(app, sign_in, patient_id, on):
    nurse = sign_in("nurse")
    base = f"/patients/{patient_id}/controls"
    nurse.post(base, data=GOOD)
    for url in (base, f"{base}/{first_control(app, patient_id)}"):
        answer = nurse.post(url, data=GOOD | {"form_token": "two", "on": on, "change_reason": "typefout"})
        assert (answer.status_code, 'href="#on"' in answer.text, "158,6" in answer.text) == (422, True, True)


def test_an_alarm_symptom_is_told_also_when_the_rest_could_not_be_asked(app):
    control = Control(symptoms={"jaw_or_mouth": {"present": True}}, unanswerable="hoort slecht")
    with app.test_request_context():
        told = control_text.symptoms(control, "nl")
    assert (told.partition(";")[0] != told, told.endswith("hoort slecht")) == (True, True)
    assert "aak" in told
