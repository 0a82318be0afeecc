"""The day on the first page: needs, filter, taking over, came after all, who is next; and closing the day."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from clinic.domain.vocabulary import LetterAbout
from clinic.security.permissions import Role
from clinic.services import appointments, control_drafts, form_drafts, items, letters
from clinic.services.appointment_checks import Slot
from clinic.services.appointments import Book, Of
from clinic.services.facts import stamp
from clinic.services.form_drafts import Form
from clinic.store import day_facts
from clinic.store.appointments import Appointment
from clinic.store.audit import AuditEntry
from clinic.store.patients import Patient
from clinic.store.settings import DayClosing
from clinic.store.treatments import Course, Pause
from tests.factories import make_control, make_course, make_patient

TODAY = date(2026, 11, 23)


@pytest.fixture
def day(work):
    """Two women booked for today, in two places; the first was measured in September 2025."""
    nurse = work(Role.NURSE)
    ids = []
    for number, (name, place) in enumerate((("Belstra", "Route 42"), ("Dantuma", "Route 7"))):
        patient = make_patient(nurse, own_name=name)
        make_course(nurse, patient, planned_years=5)
        make_control(nurse, patient, date(2025, 9, 1), height_mm=1650)
        items.refresh(nurse, patient)
        slot = Slot("control", TODAY, time(9 + number, 20), place)
        ids.append((patient.id, appointments.book(nurse, Book(patient.id, slot, f"book-{number}"))))
    return ids


def of(work, day, number=0):
    patient_id, appointment_id = day[number]
    version = work.session.get(Appointment, appointment_id).version
    work.session.rollback()
    return Of(patient_id, appointment_id, version)


def draft_of(work, patient_id):
    """The number of somebody's draft, without holding the database."""
    draft_id = control_drafts.of(work, patient_id).id
    work.session.rollback()
    return draft_id


def test_each_row_says_what_she_still_needs_and_how_far_the_treatment_is(sign_in, day):
    page = sign_in("nurse").get("/").text
    assert page.count("Lengte 14 maanden oud") == 2
    assert "van 5" in page


def test_an_interruption_is_called_so_and_no_break(sign_in, work, day):
    nurse = work(Role.NURSE)
    patient_id = day[0][0]
    course = nurse.session.scalar(select(Course).where(Course.patient_id == patient_id))
    stamp(nurse, Pause(course_id=course.id, from_on=date(2026, 11, 2), reason="tandarts"), patient_id)
    nurse.note("patient.changed", patient_id)
    nurse.commit()
    page = sign_in("nurse").get("/").text
    assert "Onderbroken sinds 02-11-2026" in page
    assert "controle starten" in page


def test_the_day_is_narrowed_to_a_place_and_stays_so_in_the_address(sign_in, day):
    page = sign_in("secretary").get("/?place=Route+7").text
    assert "Dantuma" in page
    assert "Belstra" not in page.split('id="h-first"')[0]
    assert 'value="/?place=Route+7"' in page
    assert "Belstra" not in sign_in("nurse").get("/?staff=Niemand").text.split('id="h-first"')[0]


def test_a_colleagues_draft_is_seen_and_taken_over(sign_in, work, day):
    nurse = work(Role.NURSE)
    patient_id = day[0][0]
    control_drafts.keep(nurse, patient_id, "form-1", {"weight": ["65,4"], "form_token": ["form-1"]})
    doctor = sign_in("doctor")
    assert "Test nurse is bezig sinds" in doctor.get("/").text
    draft_id = draft_of(nurse, patient_id)
    url = f"/patients/{patient_id}/controls/draft/{draft_id}/take-over"
    answer = doctor.post(url)
    assert answer.status_code == 303
    assert 'value="65,4"' in doctor.get(answer.location).text
    assert doctor.post(f"/patients/{day[1][0]}/controls/draft/{draft_id}/take-over").status_code == 404


def test_a_colleagues_contact_is_taken_over_where_the_day_is_closed(sign_in, work, day):
    nurse, patient_id = work(Role.NURSE), day[0][0]
    typed = {"words": ["Belt over de kaak"], "symptoms": ["jaw_or_mouth"], "form_token": ["call"]}
    form_drafts.keep(nurse, Form(patient_id, "contact"), typed)
    draft_id = form_drafts.of(nurse, Form(patient_id, "contact")).id
    nurse.session.rollback()
    url = f"/patients/{patient_id}/contacts/draft/{draft_id}/take-over"
    assert url not in sign_in("nurse").get("/day").text
    secretary = sign_in("secretary")
    page = secretary.get("/day").text
    assert f'action="{url}?back=/day"' in page
    assert "getypt door Test nurse, n" in page  # in the row of the alarm too
    assert secretary.post(url.replace(f"patients/{patient_id}", f"patients/{day[1][0]}")).status_code == 404
    answer = secretary.post(f"{url}?back=/day")
    assert (answer.status_code, answer.location) == (303, f"/patients/{patient_id}/contacts/new?back=/day")
    assert "Belt over de kaak" in secretary.get(answer.location).text
    sign_in("doctor").post(f"/patients/{patient_id}/contacts/draft", data={"words": "x", "form_token": "mine"})
    page = sign_in("doctor").post(url, follow_redirects=True).text
    assert "U hebt zelf een concept van deze patiënt" in page


def test_the_nurse_whose_draft_went_on_keeps_what_she_typed_on_her_page(sign_in, work, day):
    nurse, doctor = work(Role.NURSE), work(Role.DOCTOR)
    patient_id = day[0][0]
    control_drafts.keep(nurse, patient_id, "form-1", {"form_token": ["form-1"]})
    control_drafts.take_over(doctor, patient_id, control_drafts.of(nurse, patient_id).id)
    client, typed = sign_in("nurse"), {"form_token": "form-1", "note": "Nog niet opgeschreven"}
    url = f"/patients/{patient_id}/controls"
    quiet = client.post(f"{url}/draft", data=typed, headers={"Accept": "*/*"})
    assert (quiet.status_code, "Test doctor" in quiet.text) == (409, True)
    for address in (f"{url}/draft", url):
        page = client.post(address, data=typed, headers={"Accept": "text/html"})
        assert page.status_code == 422
        assert "Nog niet opgeschreven" in page.text
    assert (
        "heeft deze controle overgenomen"
        in client.post(f"{url}/draft", data=typed, headers={"Accept": "text/html"}).text
    )


def test_who_has_a_draft_herself_reads_why_she_takes_over_nothing(sign_in, work, day):
    nurse, doctor = work(Role.NURSE), work(Role.DOCTOR)
    patient_id = day[0][0]
    control_drafts.keep(nurse, patient_id, "form-1", {})
    control_drafts.keep(doctor, patient_id, "form-2", {})
    url = f"/patients/{patient_id}/controls/draft/{draft_of(nurse, patient_id)}/take-over"
    assert "U hebt zelf een concept" in sign_in("doctor").post(url, follow_redirects=True).text


def test_a_secretary_takes_no_control_over(sign_in, work, day):
    nurse = work(Role.NURSE)
    control_drafts.keep(nurse, day[0][0], "form-1", {})
    url = f"/patients/{day[0][0]}/controls/draft/{draft_of(nurse, day[0][0])}/take-over"
    assert sign_in("secretary").post(url).status_code == 403


def test_a_draft_of_yesterday_stands_red_on_every_nurses_page(sign_in, work, day):
    yesterday = work(Role.NURSE, date(2026, 11, 22))
    control_drafts.keep(yesterday, day[0][0], "form-1", {})
    for role in ("nurse", "doctor"):
        page = sign_in(role).get("/").text
        assert "Controles die niet zijn afgerond" in page
        assert "22-11-2026" in page
    assert "Controles die niet zijn afgerond" not in sign_in("secretary").get("/").text


def test_she_comes_after_all(sign_in, work, day):
    nurse = work(Role.NURSE)
    appointments.missed(nurse, of(nurse, day), 1, "")
    client = sign_in("secretary")
    assert "Toch verschenen" in client.get("/").text
    url = f"/patients/{day[0][0]}/appointments/{day[0][1]}/came"
    data = {"version": of(nurse, day).version, "back": "/?place=Route+42"}
    answer = client.post(url, data=data)
    assert parse_qs(urlsplit(answer.location).query) == {"place": ["Route 42"]}
    assert "aanwezig sinds" in client.get("/").text


def test_a_draft_is_finished_at_the_visit_that_it_is_opened_from(sign_in, work, day):
    patient_id, appointment_id = day[0]
    typed = {"form_token": ["form"], "note": ["half"], "appointment": ["7"]}
    control_drafts.keep(work(Role.NURSE, date(2026, 11, 20)), patient_id, "form", typed)
    url, client = f"/patients/{patient_id}/controls/new", sign_in("nurse")
    for query, named in ((f"?appointment={appointment_id}", appointment_id), ("", 7)):
        page = client.get(url + query).text
        assert "half" in page
        assert re.search(r'name="appointment"[^>]* value="(\d+)"', page)[1] == str(named)


def test_after_a_control_the_page_says_who_is_next(sign_in, work, day):
    nurse = work(Role.NURSE)
    appointments.arrive(nurse, of(nurse, day, 1))
    page = sign_in("nurse").get(f"/patients/{day[0][0]}?seen=1").text
    assert "Volgende: 10:20 Mw. " in page
    assert f"/patients/{day[1][0]}/controls/new?appointment={day[1][1]}" in page
    listed = select(AuditEntry).where(AuditEntry.subject == "list:day").order_by(AuditEntry.id.desc()).limit(1)
    assert day[1][0] in nurse.session.scalars(listed).one().shown  # her name on another's record is a look at a list
    appointments.attend(nurse, of(nurse, day, 1))
    assert "Vandaag staat niemand meer op de lijst." in sign_in("nurse").get(f"/patients/{day[0][0]}?seen=1").text


def book_today(nurse, kind, at, name):
    """One more appointment of today, of somebody else."""
    patient = make_patient(nurse, own_name=name)
    booked = appointments.book(nurse, Book(patient.id, Slot(kind, TODAY, at, "Route 9"), f"book-{name}"))
    return patient.id, booked


def test_when_no_control_is_left_the_page_says_what_else_is_still_booked(sign_in, work, day):
    nurse = work(Role.NURSE)
    appointments.attend(nurse, of(nurse, day, 1))
    others = [book_today(nurse, "infusion", time(13, 0), "Feenstra")]
    page = sign_in("nurse").get(f"/patients/{day[0][0]}?seen=1").text
    assert "Vandaag geen controles meer; er staat nog 1 andere afspraak op de lijst." in page
    assert 'href="/day"' not in page
    others += [book_today(nurse, "dxa", time(14, 0), "Galama"), book_today(nurse, "review", time(15, 0), "Hoekema")]
    page = sign_in("nurse").get(f"/patients/{day[0][0]}?seen=1").text
    assert "er staan nog 3 andere afspraken op de lijst" in page
    for number in range(3):
        appointments.attend(nurse, of(nurse, others, number))
    page = sign_in("nurse").get(f"/patients/{day[0][0]}?seen=1").text
    assert "Vandaag staat niemand meer op de lijst." in page
    assert 'href="/day"' in page


def test_next_is_who_waits_longest_and_today_says_the_same(sign_in, work, day):
    nurse = work(Role.NURSE)
    early = book_today(nurse, "control", time(11, 20), "Feenstra")
    appointments.arrive(nurse, of(nurse, [early]))
    nurse.now += timedelta(minutes=10)
    appointments.arrive(nurse, of(nurse, day, 1))
    client = sign_in("nurse")
    page = client.get(f"/patients/{day[0][0]}?seen=1").text
    assert "Volgende: 11:20 Mw. " in page
    assert f"/patients/{early[0]}/controls/new?appointment={early[1]}" in page
    marked = re.search(r'<tr class="row-next">.*?</tr>', client.get("/").text, re.DOTALL)[0]
    assert "Feenstra" in marked


def test_after_the_visit_today_still_shows_the_red_alert_and_then_where_the_letter_stands(sign_in, work, day):
    nurse, (patient_id, _appointment) = work(Role.NURSE), day[0]
    patient = nurse.session.get_one(Patient, patient_id)
    seen = make_control(nurse, patient, TODAY, symptoms={"jaw_or_mouth": {"present": True}})
    nurse.session.flush()
    letters.draft_for(nurse, patient, LetterAbout.CONTROL, TODAY, seen.id)
    items.refresh(nurse, patient)
    nurse.session.commit()
    appointments.attend(nurse, of(nurse, day))
    row = re.search(r'<tr class="row-done">.*?</tr>', sign_in("nurse").get("/").text, re.DOTALL)[0]
    assert row.index("Klachten van kaak of mond") < row.index("Brief nog niet geautoriseerd")


def test_the_day_is_closed_with_what_is_left_and_why(sign_in, work, day):
    control_drafts.keep(work(Role.NURSE, date(2026, 11, 22)), day[0][0], "form-1", {})
    client = sign_in("secretary")
    page = client.get("/day").text
    assert "Niet-afgeronde controles" in page
    form = {"seen": '{"drafts": 1, "contacts": 0, "unsettled": 2, "missed": 0, "alarms": 0}', "form_token": "dicht"}
    refused = client.post("/day/close", data=form)
    assert refused.status_code == 422
    assert "Schrijf op waarom dit mag blijven liggen." in refused.text
    changed = client.post("/day/close", data=form | {"seen": "nonsense", "because": "morgen"})
    assert changed.status_code == 422
    assert 'value="morgen"' in changed.text
    for _press in range(2):
        assert client.post("/day/close", data=form | {"because": "morgen"}).status_code == 303
    assert "Afgesloten door Test secretary" in client.get("/day").text


def test_a_contact_that_was_not_saved_is_left_and_what_is_not_shown_is_counted(sign_in, day, monkeypatch):
    nurse, secretary = sign_in("nurse"), sign_in("secretary")
    for patient_id, _appointment in day:
        nurse.post(f"/patients/{patient_id}/contacts/draft", data={"words": "Belt over de tanda"})
    page = nurse.get("/day").text
    for text in (
        "Niet-afgeronde contacten",
        "getypt door Test nurse",
        f'"/patients/{day[0][0]}/contacts/new?back=/day"',
    ):
        assert text in page
    assert "volgt zodra" not in page
    monkeypatch.setattr(day_facts, "MOST", 1)
    page = secretary.get("/day").text
    assert page.count("Nog 1 volgt zodra deze zijn afgehandeld.") == 2
    assert "getypt door Test nurse" in page
    assert ("tanda" in page, "Doorgaan met contact" in page) == (False, False)


@pytest.mark.parametrize(("left", "said"), [(1, "1 blijft liggen: morgen"), (2, "2 blijven liggen: morgen")])
def test_a_closed_day_counts_one_that_is_left_as_one(sign_in, work, left, said):
    secretary = work(Role.SECRETARY)
    closed = {"on_date": TODAY, "closed_at": secretary.now, "closed_by": secretary.actor.id, "form_token": "dicht"}
    secretary.session.add(DayClosing(**closed, left={"drafts": left, "alarms": 0}, because="morgen"))
    secretary.session.commit()
    assert said in sign_in("secretary").get("/day").text


@pytest.mark.parametrize("role", ["manager", "privacy_officer"])
def test_who_sees_no_patients_closes_no_day(sign_in, role):
    client = sign_in(role)
    assert client.get("/day").status_code == 403
    assert client.post("/day/close", data={"seen": "{}", "form_token": "x"}).status_code == 403
