"""The call list in the browser's eyes: rows, outcomes, what is refused, the letter, who may."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from urllib.parse import quote

import pytest
from sqlalchemy import event, select

from clinic.domain.vocabulary import CallOutcome
from clinic.security.permissions import Role
from clinic.services import calls, items
from clinic.services.calls import SaveCall
from clinic.store.calls import Call
from clinic.store.controls import Control
from clinic.store.due import DueItem
from clinic.store.patients import Patient
from clinic.store.reported_deaths import ReportedDeath
from clinic.store.settings import ClinicSettings
from tests.factories import make_course, make_patient

LIVES = {"street": "Lange Laan", "house_number": "3", "postcode": "8598 AB", "town": "Oudeterp"}


@pytest.fixture
def late(work):
    """A woman whose control is late and not booked."""
    nurse = work(Role.NURSE)
    patient = make_patient(nurse, own_name="Belstra", phone="+31513200001", **LIVES)
    make_course(nurse, patient)
    nurse.session.add(ClinicSettings(id=1, phone="+31513200000"))
    items.refresh(nurse, patient)
    nurse.note("patient.changed", patient.id)
    nurse.commit()
    return patient


def not_very_late(work, patient):
    """What she is late for may wait, so that an agreed call hides her."""
    nurse = work(Role.NURSE)
    for item in nurse.session.scalars(select(DueItem).where(DueItem.patient_id == patient.id)):
        item.late_after, item.very_late_after = date(2026, 11, 1), date(2027, 2, 1)
        item.due_on = item.opens_on = date(2026, 10, 1)
    nurse.session.commit()


def test_the_list_has_her_number_as_a_link_what_and_why(sign_in, late):
    secretary = sign_in("secretary")
    assert 'href="/call-list"' in secretary.get("/").text
    page = secretary.get("/call-list").text
    for text in ('href="tel:+31513200001"', "Belstra", "nog geen contact", "te laat", 'data-digit="1"'):
        assert text in page


def test_enter_beside_seven_outcomes_presses_none_of_them(sign_in, late):
    inside = sign_in("secretary").get("/call-list").text.partition('class="outcomes"')[2].partition("</form>")[0]
    assert re.search(r"<button[^>]*>", inside)[0] == "<button hidden disabled>"


def test_the_list_goes_along_with_her_number_and_what_was_tried(sign_in, late):
    secretary = sign_in("secretary")
    secretary.post(f"/patients/{late.id}/calls", data={"outcome": "no_answer", "note": "in gesprek", "form_token": "t"})
    assert "/call-list/export/xlsx" in secretary.get("/call-list").text
    heads, row = (line.split(";") for line in secretary.get("/call-list/export/csv").text.splitlines())
    told = dict(zip(heads, row, strict=True))
    assert told["Telefoon"] == "0513 200 001"
    assert told["Vergeefse pogingen"] == "1"
    assert told["Laatste contacten"].endswith("in gesprek")
    assert int(told["Dagen erna"]) > 0
    assert sign_in("manager").get("/call-list/export/csv").status_code == 403


def test_what_was_said_in_an_interim_contact_is_read_by_who_may_read_notes(sign_in, work, late):
    secretary, nurse = sign_in("secretary"), sign_in("nurse")
    secretary.post(f"/patients/{late.id}/contacts", data={"words": "somber sinds de val", "form_token": "t"})
    reader = work(Role.NURSE).session
    record = f"/patients/{late.id}/controls/{reader.scalar(select(Control.id))}"
    reader.rollback()
    for page in ("/call-list", "/call-list/export/csv", record):
        assert "somber" in nurse.get(page).text
        answer = secretary.get(page)
        assert (answer.status_code, "somber" in answer.text) == (200, False)
    assert "tussentijds contact" in secretary.get("/call-list").text


def test_a_call_is_kept_once_and_the_row_says_so(sign_in, work, late):
    client = sign_in("secretary")
    data = {"outcome": "no_answer", "note": "in gesprek", "form_token": "t"}
    for _press in range(2):
        assert client.post(f"/patients/{late.id}/calls", data=data).location == "/call-list"
    page = client.get("/call-list").text
    assert "1 vergeefse poging" in page
    assert page.count("in gesprek") == 1


def test_calling_again_without_a_day_is_refused_at_the_field_and_nothing_typed_is_lost(sign_in, late):
    client = sign_in("nurse")
    data = {"outcome": "call_back", "note": "op vakantie", "call_back_on": "31-02-2027", "form_token": "t"}
    for typed, said in (("31-02-2027", "31-02-2027"), ("", "Vul in wanneer u terugbelt.")):
        page = client.post(f"/patients/{late.id}/calls", data=data | {"call_back_on": typed})
        assert page.status_code == 422
        assert said in page.text
        assert 'value="op vakantie"' in page.text
    done = client.post(f"/patients/{late.id}/calls", data=data | {"call_back_on": "30-11-2026"})
    assert done.status_code == 303


@pytest.mark.parametrize("first", ["no_answer", "call_back"], ids=["still-on-the-list", "hidden-by-the-first"])
def test_a_call_sent_again_with_something_else_says_so_and_what_was_typed_stays(sign_in, work, late, first):
    client, url = sign_in("secretary"), f"/patients/{late.id}/calls"
    not_very_late(work, late)
    again = {"outcome": "call_back", "note": "op vakantie", "call_back_on": "30-11-2026", "form_token": "t"}
    client.post(url, data=again | {"outcome": first, "call_back_on": "01-12-2026" if first == "call_back" else ""})
    page = client.post(url, data=again)
    assert page.status_code == 422
    for text in ("Deze belpoging is al vastgelegd", 'value="30-11-2026"', 'value="op vakantie"', "Belstra"):
        assert text in page.text
    [token] = re.findall(rf'action="{url}".*?name="form_token" value="([^"]+)"', page.text, re.DOTALL)
    assert client.post(url, data=again | {"form_token": token}).status_code == 303
    reader = work(Role.NURSE).session
    assert reader.scalars(select(Call.call_back_on).order_by(Call.id)).all()[1] == date(2026, 11, 30)


def test_a_call_that_is_shown_by_itself_keeps_what_she_is_called_for(sign_in, work, late):
    client, url = sign_in("secretary"), f"/patients/{late.id}/calls"
    not_very_late(work, late)
    inside = client.get("/call-list").text
    called_for = {name: re.search(rf'name="{name}" value="([^"]+)"', inside)[1] for name in ("item", "subject")}
    typed = called_for | {"outcome": "call_back", "call_back_on": "01-12-2026", "form_token": "t"}
    client.post(url, data=typed)
    apart = client.post(url, data=typed | {"outcome": "booked", "call_back_on": ""}).text
    [form] = re.findall(rf'<form method="post" action="{url}".*?</form>', apart, re.DOTALL)
    again = {name: re.search(rf'name="{name}" value="([^"]+)"', form)[1] for name in ("item", "subject", "form_token")}
    assert called_for.items() <= again.items()
    booking = client.get(client.post(url, data=again | {"outcome": "booked"}).location).text
    assert re.search(rf'<option selected value="{again["item"]}~{again["subject"]}"', booking)


def test_booking_leads_to_the_booking_and_a_death_to_the_status(sign_in, work, late):
    client = sign_in("secretary")
    url = f"/patients/{late.id}/calls"
    booked = client.post(url, data={"outcome": "booked", "form_token": "b", "note": "kan in december"})
    assert booked.location == f"/patients/{late.id}/appointments/new?back=/call-list"
    row = {"outcome": "booked", "form_token": "c", "item": "control.yearly", "subject": "2026-03-10"}
    assert "/appointments/new?item=control.yearly&subject=2026-03-10&" in client.post(url, data=row).location
    died = client.post(url, data={"outcome": "deceased", "form_token": "t"})
    assert died.location == f"/patients/{late.id}/status?status=deceased&back=/call-list"
    chosen = [tag for tag in client.get(died.location).text.split("<input") if "checked" in tag.split(">")[0]]
    assert [tag for tag in chosen if 'value="deceased"' in tag.split(">")[0]]
    session = work(Role.NURSE).session
    assert session.scalars(select(Call.outcome).order_by(Call.id)).all() == ["booked", "booked", "deceased"]


def test_after_three_attempts_a_letter_is_offered_and_sent(sign_in, work, late):
    nurse = work(Role.NURSE)
    for number in range(3):
        nurse.now -= timedelta(minutes=1)
        calls.save(nurse, SaveCall(late.id, CallOutcome.NO_ANSWER, f"t{number}"))
    client = sign_in("secretary")
    assert f"/patients/{late.id}/calls/letter" in client.get("/call-list").text
    page = client.get(f"/patients/{late.id}/calls/letter").text
    assert "Geachte mevrouw" in page
    assert "enkele keren gebeld voor een afspraak" in page
    assert "0513 200 000" in page
    assert client.post(f"/patients/{late.id}/calls", data={"outcome": "letter", "form_token": "l"}).status_code == 303
    again = client.get("/call-list").text
    assert "brief verstuurd" in again
    assert f"/patients/{late.id}/calls/letter" not in again


def test_the_booking_is_for_what_she_is_called_for(sign_in, work, late):
    client = sign_in("secretary")
    row = client.get("/call-list").text
    item, subject = (re.search(rf'name="{name}" value="([^"]+)"', row)[1] for name in ("item", "subject"))
    called = {"outcome": "booked", "form_token": "b", "item": item, "subject": subject}
    booking = client.get(client.post(f"/patients/{late.id}/calls", data=called).location).text
    assert re.search(rf'<option selected value="{item}~{subject}"', booking)


def test_who_is_phoning_stays_on_the_page_of_the_list(sign_in, late):
    nurse, place = sign_in("nurse"), "1~2026-01-01~control.yearly~1"
    assert f'name="after" value="{place}"><button' in nurse.get(f"/call-list?after={place}").text
    claimed = nurse.post(f"/patients/{late.id}/calls/claim", data={"after": place})
    assert claimed.location == f"/call-list?after={place}#p{late.id}"


def test_from_her_record_her_status_and_the_letter_one_comes_back_to_the_page_of_the_list(sign_in, late):
    secretary, place = sign_in("secretary"), "1~2026-01-01~control.yearly~1"
    here = f"/call-list?after={place}"
    assert f"/patients/{late.id}?back={quote(here)}" in secretary.get(here).text
    called = {"outcome": "moved", "form_token": "m", "after": place}
    status = secretary.post(f"/patients/{late.id}/calls", data=called).location
    page = secretary.get(status).text
    assert f'href="{here}">Annuleren' in page
    typed = {name: re.search(rf'name="{name}"[^>]* value="([^"]*)"', page)[1] for name in ("seen", "back")}
    typed |= {"status": "moved", "source": "dochter", "birth_date": "14-3-1953"}
    typed |= dict(re.findall(r'name="(hangs-[^"]+)" value="([^"]+)"', page))
    refused = secretary.post(f"/patients/{late.id}/status", data=typed)
    assert (refused.status_code, f'name="back" value="{here}"' in refused.text) == (422, True)
    assert secretary.post(f"/patients/{late.id}/status", data=typed | {"on": "20-11-2026"}).location == here


def test_the_letter_leads_back_to_the_page_of_the_list_and_is_dated_as_letters_are(sign_in, late):
    secretary, place = sign_in("secretary"), "1~2026-01-01~control.yearly~1"
    page = secretary.get(f"/patients/{late.id}/calls/letter?after={place}").text
    assert "<p>23 november 2026</p>" in page
    assert f'href="/call-list?after={place}"' in page
    assert f'name="after" value="{place}"' in page


def reported_dead(work, patient):
    work.session.add(ReportedDeath(
        patient_id=patient.id, died_on=date(2026, 11, 12), source="ziekenhuis", reported_at=work.now,
        reported_by=work.actor.id,
    ))  # fmt: skip


@pytest.mark.parametrize(
    ("hinder", "said", "way"),
    [
        (reported_dead, "Van deze patiënt is een overlijden gemeld", "/patients/{id}"),
        (lambda _work, patient: setattr(patient, "postcode", None), "is niet volledig",
         "/patients/{id}/edit#street"),
        (lambda work, _patient: setattr(work.session.get(ClinicSettings, 1), "phone", ""), "telefoonnummer van de poli",
         "/call-list"),
    ],
)  # fmt: skip
def test_no_letter_is_printed_that_cannot_be_sent(sign_in, work, late, hinder, said, way):
    nurse = work(Role.NURSE)
    hinder(nurse, nurse.session.get(Patient, late.id))
    nurse.note("patient.changed", late.id)
    nurse.commit()
    client = sign_in("secretary")
    refused = client.get(f"/patients/{late.id}/calls/letter")
    assert refused.location == way.format(id=late.id)
    assert said in client.get(way.format(id=late.id)).text


def test_a_claimed_row_says_who_is_phoning_until_she_signs_out(sign_in, late):
    nurse, secretary = sign_in("nurse"), sign_in("secretary")
    assert nurse.post(f"/patients/{late.id}/calls/claim").status_code == 303
    assert "u belt" in nurse.get("/call-list").text
    assert "Test nurse belt sinds" in secretary.get("/call-list").text
    refused = secretary.post(f"/patients/{late.id}/calls/claim", follow_redirects=True)
    assert "Een collega belt nu met deze patiënt." in refused.text
    nurse.post("/sign-out")
    assert "belt sinds" not in secretary.get("/call-list").text


@pytest.mark.parametrize("role", ["manager", "privacy_officer"])
def test_who_sees_no_patients_calls_nobody(sign_in, late, role):
    client = sign_in(role)
    assert client.get("/call-list").status_code == 403
    assert client.post(f"/patients/{late.id}/calls", data={"outcome": "no_answer"}).status_code == 403
    assert client.get(f"/patients/{late.id}/calls/letter").status_code == 403


def test_nonsense_is_refused(sign_in, late, work):
    nurse = work(Role.NURSE)
    calls.save(nurse, SaveCall(late.id, CallOutcome.NO_ANSWER, "t"))
    other = make_patient(nurse)
    nurse.note("patient.changed", other.id)
    nurse.commit()
    client = sign_in("nurse")
    assert client.post(f"/patients/{late.id}/calls", data={"outcome": "nonsense"}).status_code == 400
    assert (
        client.post(f"/patients/{other.id}/calls", data={"outcome": "no_answer", "form_token": "t"}).status_code == 404
    )
    assert client.post("/patients/99/calls/claim").status_code == 404


def test_the_list_asks_the_database_a_bounded_number_of_questions(sign_in, late, app):
    client = sign_in("secretary")
    client.get("/call-list")
    asked: list[str] = []
    event.listen(app.extensions["engine"], "before_cursor_execute", lambda *call: asked.append(call[2]))
    assert client.get("/call-list").status_code == 200
    reads = [sql for sql in asked if sql.lstrip().upper().startswith(("SELECT", "INSERT"))]
    assert len(reads) <= 10  # one of them is the version in force


def test_who_died_meanwhile_gets_no_letter(sign_in, work, late):
    nurse = work(Role.NURSE)
    late.status, late.status_on = "deceased", nurse.today
    nurse.note("patient.status_changed", late.id)
    nurse.commit()
    client = sign_in("secretary")
    page = client.get(f"/patients/{late.id}/calls/letter", follow_redirects=True).text
    assert "wordt hier niet meer gevolgd" in page
    refused = client.post(f"/patients/{late.id}/calls", data={"outcome": "no_answer", "form_token": "t"})
    assert refused.status_code == 422
    assert "wordt hier niet meer gevolgd" in refused.text


def test_what_came_of_a_call_stands_in_her_history(sign_in, work, late):
    nurse = sign_in("nurse")
    form = {"outcome": "no_answer", "note": "voicemail", "form_token": "t-history"}
    assert nurse.post(f"/patients/{late.id}/calls", data=form).status_code == 303
    page = nurse.get(f"/patients/{late.id}?show=calls").text
    assert "Belpoging" in page
    assert "voicemail" in page


@pytest.fixture
def moved_away(work):
    """She moved; her denosumab is late and was not handed over, and three calls were in vain."""
    nurse = work(Role.NURSE)
    patient = make_patient(nurse, own_name="Belstra", status="moved", status_on=date(2026, 11, 2), **LIVES)
    make_course(nurse, patient, drug="denosumab", started_on=date(2025, 11, 3), planned_years=None)
    items.refresh(nurse, patient)
    nurse.note("patient.changed", patient.id)
    nurse.commit()
    for number in range(3):
        calls.save(nurse, SaveCall(patient.id, CallOutcome.NO_ANSWER, f"t{number}"))
    return patient.id


@pytest.mark.parametrize("page", ["/call-list", "/worklist?list=to-book", "/worklist?list=denosumab", "/doses"])
def test_the_row_of_who_left_says_so_beside_the_denosumab_that_was_not_handed_over(sign_in, moved_away, page):
    text = sign_in("secretary").get(page).text
    assert ("Belstra" in text, "Verhuisd, controle elders" in text) == (True, True)
    assert f"/patients/{moved_away}/calls/letter" not in text  # nobody who left is written to


def test_who_left_is_booked_from_her_record_for_the_denosumab_alone(sign_in, moved_away):
    secretary = sign_in("secretary")
    page = secretary.get(f"/patients/{moved_away}").text
    [link] = set(re.findall(rf'href="(/patients/{moved_away}/appointments/new[^"]*)"', page))
    assert "item=dose.denosumab" in link
    booking = secretary.get(unescape(link)).text
    assert re.search(r'<option selected value="dose.denosumab~', booking)


def test_who_left_is_phoned_and_booked_from_the_call_list(sign_in, work, moved_away):
    secretary = sign_in("secretary")
    reader = work(Role.NURSE).session
    subject = reader.scalar(select(DueItem.subject).where(DueItem.code == "dose.denosumab"))
    reader.rollback()
    data = {"outcome": "booked", "form_token": "t", "item": "dose.denosumab", "subject": subject.isoformat()}
    answer = secretary.post(f"/patients/{moved_away}/calls", data=data)
    assert answer.status_code == 303
    assert f'action="/patients/{moved_away}/appointments"' in secretary.get(answer.location).text
