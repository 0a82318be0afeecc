"""Recording a call, the alarm on the first pages, the doctor's note that ends it, and the page of duties."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from clinic.security.permissions import CARE, Role
from clinic.services import duties, items
from clinic.services.duties import PutOnDuty
from clinic.services.facts import stamp
from clinic.store.controls import Control
from clinic.store.patients import Patient
from clinic.store.treatments import Course, CourseStop
from tests.factories import make_course, make_patient


@pytest.fixture
def patient(work):
    nurse = work(Role.NURSE)
    patient = make_patient(nurse, own_name="Belstra", phone="+31513200001")
    make_course(nurse, patient)
    items.refresh(nurse, patient)
    nurse.note("patient.changed", patient.id)
    nurse.commit()
    return patient


def test_an_alarm_in_a_call_stands_on_the_doctors_first_page_until_he_signs(sign_in, patient):
    secretary = sign_in("secretary")
    url = f"/patients/{patient.id}/contacts"
    assert f"{url}/new" in secretary.get(f"/patients/{patient.id}").text
    typed = {"symptoms": ["jaw_or_mouth"], "words": "kaakpijn", "caller": "partner", "form_token": "bel"}
    for _press in range(2):
        assert secretary.post(url, data=typed).status_code == 303
    doctor = sign_in("doctor")
    assert doctor.get("/").text.count("Alarmsymptomen die op een arts wachten") == 1
    note = f"/patients/{patient.id}/alerts/jaw_or_mouth/note"
    refused = doctor.post(note, data={"text": "Gezien."})
    assert refused.status_code == 422
    assert "Kies wat er is gedaan." in refused.text
    assert "Gezien." in refused.text
    assert 'value="interrupt_today"' in doctor.get(note).text
    answer = doctor.post(note, data={"text": "Gezien.", "outcome": "interrupt_today"})
    assert "/pause?from_on=" in answer.location
    assert 'value="23-11-2026"' in doctor.get(answer.location).text
    assert "Alarmsymptomen die op een arts wachten" not in doctor.get("/").text


def test_a_call_sent_again_with_an_alarm_symptom_says_that_nothing_was_saved_and_keeps_it(sign_in, work, patient):
    secretary, url = sign_in("secretary"), f"/patients/{patient.id}/contacts"
    typed = {"words": "kaakpijn", "form_token": "bel"}
    secretary.post(url, data=typed)
    more = typed | {"words": "kaak erger", "symptoms": ["jaw_or_mouth"]}
    answer = secretary.post(url, data=more)
    assert answer.status_code == 409
    for text in ("Niet opgeslagen: dit formulier is al eerder opgeslagen", ">\r\nkaak erger", "/controls/1",
                 'checked id="symptoms-'):  # fmt: skip
        assert text in answer.text
    assert "Alarmsymptomen die op een arts wachten" not in sign_in("doctor").get("/").text
    [token] = re.findall(r'name="form_token"[^>]*value="([^"]+)"', answer.text)
    assert secretary.post(url, data=more | {"form_token": token}).status_code == 303
    assert "Alarmsymptomen die op een arts wachten" in sign_in("doctor").get("/").text


def test_a_call_back_of_today_is_done_when_a_contact_says_so(sign_in, patient):
    secretary, url = sign_in("secretary"), f"/patients/{patient.id}/contacts"
    ticked = "Dit is het terugbellen dat voor vandaag was afgesproken"
    assert ticked not in secretary.get(f"{url}/new").text
    secretary.post(url, data={"words": "belt over uitslag", "call_on": "23-11-2026", "form_token": "first"})
    assert ticked in secretary.get(f"{url}/new").text
    secretary.post(url, data={"words": "teruggebeld", "called_back": "y", "form_token": "second"})
    assert ticked not in secretary.get(f"{url}/new").text


def test_what_is_interrupted_today_is_what_runs_and_not_what_a_switch_begins_later(sign_in, work, patient):
    nurse, switched = work(Role.NURSE), date(2026, 12, 7)
    now = nurse.session.scalars(select(Course)).one()
    stamp(nurse, CourseStop(course_id=now.id, stopped_on=switched, reason="switch"), patient.id)
    make_course(nurse, patient, drug="risedronic_acid", started_on=switched)
    nurse.note("patient.changed", patient.id)
    nurse.commit()
    record = f"/patients/{patient.id}"
    sign_in("nurse").post(f"{record}/contacts", data={"symptoms": ["jaw_or_mouth"], "form_token": "bel"})
    noted = {"text": "Gezien.", "outcome": "interrupt_today"}
    answer = sign_in("doctor").post(f"{record}/alerts/jaw_or_mouth/note", data=noted)
    assert f"/{now.id}/pause?from_on=" in answer.location


def test_of_who_is_no_longer_followed_the_page_says_that_no_doctor_is_warned(sign_in, work, patient):
    nurse, url = sign_in("nurse"), f"/patients/{patient.id}/contacts"
    says = "Deze patiënt is hier niet meer in controle: geen arts wordt gewaarschuwd; overleg zelf."
    assert says not in nurse.get(f"{url}/new").text
    nurses = work(Role.NURSE)
    left = nurses.session.get_one(Patient, patient.id)
    left.status, left.status_on = "moved", date(2026, 11, 1)
    nurses.note("patient.changed", patient.id)
    nurses.commit()
    assert says in nurse.get(f"{url}/new").text
    typed = {"symptoms": ["jaw_or_mouth"], "words": "kaakpijn", "form_token": "bel"}
    refused = nurse.post(url, data=typed | {"call_on": "30-11-2026"})
    assert (refused.status_code, "wordt hier niet meer" in refused.text) == (422, True)
    saved = nurse.post(url, data=typed, follow_redirects=True).text
    assert f"Het contact is opgeslagen. {says}" in saved
    assert "dienstdoende arts" not in saved
    quiet = nurse.post(url, data={"words": "adres gevraagd", "form_token": "weer"}, follow_redirects=True).text
    assert "Het contact is opgeslagen." in quiet
    assert says not in quiet


def test_an_alarm_of_a_call_that_was_voided_waits_for_a_doctors_note_all_the_same(sign_in, work, patient):
    nurse, doctor, record = sign_in("nurse"), sign_in("doctor"), f"/patients/{patient.id}"
    called = {"symptoms": ["jaw_or_mouth"], "words": "kaakpijn", "form_token": "bel"}
    nurse.post(f"{record}/contacts", data=called)
    reader = work(Role.NURSE).session
    control_id = reader.scalar(select(Control.id))
    reader.rollback()
    nurse.post(f"{record}/controls/{control_id}/void", data={"reason": "andere mevrouw Belstra"})
    assert "daarna gecorrigeerd, ongeldig gemaakt of weggehaald" in doctor.get("/").text
    for page in (record, "/reviews", "/worklist?list=alarms"):
        assert "Daarna gecorrigeerd, ongeldig gemaakt of weggehaald; nog geen notitie van een arts." in (
            doctor.get(page).text
        ), page
    for page in (record, "/reviews"):
        assert f'href="{record}/alerts/jaw_or_mouth/note' in doctor.get(page).text
    assert f'href="{record}/alerts/jaw_or_mouth/note' not in nurse.get(record).text
    note = f"{record}/alerts/jaw_or_mouth/note"
    page = doctor.get(note).text
    assert "andere mevrouw Belstra" in page
    assert "geldt niet meer" not in page
    doctor.post(note, data={"text": "Nagebeld.", "outcome": "seen_no_action"})
    assert "Alarmsymptomen die op een arts wachten" not in doctor.get("/").text


@pytest.mark.parametrize("role", Role)
def test_an_alarm_unseen_for_an_hour_stands_on_every_first_page_with_the_number_to_phone(
    sign_in, work, clock, patient, role
):
    manager, doctor = work(Role.MANAGER), work(Role.DOCTOR)
    on_duty = PutOnDuty(doctor.actor.id, "+31612345678", date(2026, 11, 23), date(2026, 11, 29))
    duties.put(manager, on_duty)
    called = {"symptoms": ["jaw_or_mouth"], "words": "kaakpijn", "form_token": "bel"}
    sign_in("secretary").post(f"/patients/{patient.id}/contacts", data=called)
    clock.shift(timedelta(minutes=61))
    page = sign_in(role).get("/").text
    assert ("u hebt dienst" if role is Role.DOCTOR else 'href="tel:+31612345678"') in page
    assert ("Belstra" in page) is (role in CARE)
    assert ("1 alarmsymptoom is al een uur door geen arts gezien." in page) is (role not in CARE)


def test_a_first_page_that_stays_open_hears_of_a_new_alarm_once(sign_in, patient):
    doctor = sign_in("doctor")
    shown = re.search(r'data-shown="(\w+)"', doctor.get("/").text)[1]
    assert doctor.get(f"/alarms?shown={shown}").status_code == 204
    called = {"symptoms": ["jaw_or_mouth"], "words": "kaakpijn", "form_token": "bel"}
    sign_in("secretary").post(f"/patients/{patient.id}/contacts", data=called)
    answer = doctor.get(f"/alarms?shown={shown}")
    assert "Belstra" in answer.text
    assert doctor.get(f"/alarms?shown={answer.headers['X-Shown']}").status_code == 204


def test_a_first_page_that_stays_open_hears_that_an_alarm_was_voided(sign_in, work, patient):
    nurse, doctor, record = sign_in("nurse"), sign_in("doctor"), f"/patients/{patient.id}"
    called = {"symptoms": ["jaw_or_mouth"], "words": "kaakpijn", "form_token": "bel"}
    nurse.post(f"{record}/contacts", data=called)
    shown = re.search(r'data-shown="(\w+)"', doctor.get("/").text)[1]
    reader = work(Role.NURSE).session
    control_id = reader.scalar(select(Control.id))
    reader.rollback()
    nurse.post(f"{record}/controls/{control_id}/void", data={"reason": "andere mevrouw Belstra"})
    assert "daarna gecorrigeerd, ongeldig gemaakt of weggehaald" in doctor.get(f"/alarms?shown={shown}").text


def test_an_alarm_in_a_control_that_is_being_typed_reaches_the_doctor_after_ten_minutes(sign_in, clock, patient):
    nurse, doctor = sign_in("nurse"), sign_in("doctor")
    draft = f"/patients/{patient.id}/controls/draft"
    typed = {"form_token": "form-1", "on": "23-11-2026", "kind": "clinic", "symptom_jaw_or_mouth": "yes"}
    assert nurse.post(draft, data=typed, headers={"Accept": "*/*"}).status_code == 200
    clock.shift(timedelta(minutes=9))
    told = "Alarmsymptoom in een niet afgeronde controle"
    assert told not in doctor.get("/").text
    clock.shift(timedelta(minutes=2))
    assert told in doctor.get("/").text
    assert told not in nurse.get("/").text
    answer = nurse.post(f"{draft}/discard")
    assert "/controls/new" in answer.location
    assert "haal het symptoom er dan eerst uit" in nurse.get(answer.location).text
    clock.shift(timedelta(minutes=50))
    assert told in sign_in("secretary").get("/").text


def test_an_alarm_in_a_contact_that_is_being_typed_reaches_the_doctor_after_ten_minutes(sign_in, clock, patient):
    nurse, doctor, url = sign_in("nurse"), sign_in("doctor"), f"/patients/{patient.id}/contacts"
    assert "ziet ze zodra u opslaat, in een concept na tien minuten" in nurse.get(f"{url}/new").text
    typed = {"form_token": "bel", "words": "kaakpijn", "symptoms": ["jaw_or_mouth"]}
    assert "concept bewaard" in nurse.post(f"{url}/draft", data=typed, headers={"Accept": "*/*"}).text
    clock.shift(timedelta(minutes=11))
    told = "Alarmsymptoom in een niet afgerond contact"
    assert told in doctor.get("/").text
    answer = nurse.post(f"{url}/draft/discard")
    assert answer.location == f"{url}/new"
    page = nurse.get(answer.location).text
    assert ("haal het symptoom er dan eerst uit" in page, "kaakpijn" in page) == (True, True)
    nurse.post(f"{url}/draft", data=typed | {"symptoms": []}, headers={"Accept": "*/*"})
    assert told not in doctor.get("/").text
    note = doctor.get(f"/patients/{patient.id}/alerts/jaw_or_mouth/note").text
    assert "niet afgeronde controle of niet afgerond contact" in note


def test_what_was_typed_in_a_call_that_cannot_be_is_kept(sign_in, patient):
    nurse = sign_in("nurse")
    page = nurse.post(
        f"/patients/{patient.id}/contacts",
        data={"caller": "dochter", "caller_phone": "12", "call_on": "31-02-2027", "symptoms": ["ear_pain"]},
    )
    assert page.status_code == 422
    for text in ("dochter", 'value="12"', "31-02-2027", 'checked id="symptoms-'):
        assert text in page.text


@pytest.mark.parametrize("role", ["manager", "privacy"])
def test_who_has_no_patients_records_no_calls(sign_in, patient, role):
    role = {"privacy": "privacy_officer"}.get(role, role)
    assert sign_in(role).get(f"/patients/{patient.id}/contacts/new").status_code == 403


def test_the_manager_keeps_who_is_on_duty(sign_in, work):
    doctor = work(Role.DOCTOR).actor.id
    manager = sign_in("manager")
    typed = {"doctor_id": str(doctor), "phone": "06 12345678", "from_on": "23-11-2026", "until_on": "22-11-2026"}
    bad = manager.post("/settings/duties", data=typed)
    assert bad.status_code == 422
    assert "De laatste dag ligt vóór de eerste." in bad.text
    assert manager.post("/settings/duties", data=typed | {"until_on": "29-11-2026"}).status_code == 303
    assert "23-11-2026 – 29-11-2026" in manager.get("/settings/duties").text
    assert manager.post("/settings/duties/1/withdraw").status_code == 303
    assert manager.post("/settings/duties/1/withdraw").status_code == 404
