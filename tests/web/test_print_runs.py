"""The morning run in the browser: one file, one question, and the letters go."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic import postman
from clinic.cli import main
from clinic.store.audit import AuditEntry
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.web import print_runs as pages
from tests.web.test_letters import authorise, drafted

__all__ = ["drafted"]


@pytest.fixture
def waiting(monkeypatch):
    """The runs whose file is to be made in a process of its own."""
    found = []
    monkeypatch.setattr(pages, "in_background", found.append)
    return found


def test_the_morning_run_goes_from_what_is_ready_to_what_was_printed(
    app, sign_in, drafted, waiting, monkeypatch, tmp_path
):
    ids = [drafted("Bakker"), drafted("Mulder"), drafted("Visser", channel="secure_mail")]
    doctor = sign_in("doctor")
    for letter in ids:
        authorise(doctor, letter)
    secretary = sign_in("secretary")
    morning = secretary.get("/letters/morning").text
    assert "3 klaar, 0 tegengehouden" in morning
    token = re.search(r'name="form_token" value="([^"]+)"', morning)[1]
    for _twice in range(2):
        put_down = secretary.post("/letters/runs", data={"form_token": token})
    assert (put_down.location, waiting) == ("/letters/runs/1", [1])
    made = secretary.get("/letters/runs/1")
    assert made.headers["Refresh"] == "2"
    assert "0 van 2 brieven" in made.text
    monkeypatch.setenv("DATABASE_URL", str(app.config["SETTINGS"].database_url))
    monkeypatch.setenv("CLINIC_INSTANCE", str(tmp_path))
    monkeypatch.setenv("CLINIC_SECRET_KEY", "k" * 32)
    assert CliRunner().invoke(main, ["letters", "make-run", "1"]).exit_code == 0
    files = [secretary.get("/letters/runs/1/print.pdf").data for _twice in range(2)]
    assert files[0] == files[1]
    assert files[0].startswith(b"%PDF")
    assert "wacht op antwoord" in secretary.get("/letters/morning").text
    answer = secretary.post("/letters/runs/1", data={"missing": ids[1]}, follow_redirects=True)
    assert "1 brief is niet afgedrukt en staat weer klaar" in answer.text
    with Session(app.extensions["engine"]) as session:
        assert [session.get(Letter, letter).state for letter in ids] == ["sent", "authorised", "authorised"]
    assert "byte voor byte gelijk" in secretary.get("/letters/runs/1").text
    for stale in ("/letters/runs/1", "/letters/runs/1/drop"):  # from a page that was opened before
        said = secretary.post(stale, follow_redirects=True).text
        assert "Deze printronde is al beantwoord of vervallen" in said
        assert "verzonden" in said.lower()
        assert "vervallen; haar brieven" not in said


def test_what_is_blocked_stands_by_name_with_why_and_the_way_out(app, sign_in, drafted):
    ready, blocked = drafted("Bakker"), drafted("Mulder")
    doctor = sign_in("doctor")
    for letter in (ready, blocked):
        authorise(doctor, letter)
    with Session(app.extensions["engine"]) as session:
        patient = session.get(Patient, session.get(Letter, blocked).patient_id)
        patient.gp_id, patient_id = None, patient.id
        session.commit()
    page = sign_in("secretary").get("/letters/morning").text
    assert "1 klaar, 1 tegengehouden" in page
    named = page[page.index('id="h-blocked"') :]
    assert "Mulder" in named
    assert "Bakker" not in named
    assert "Van deze patiënt is geen huisarts bekend" in named
    assert f"/patients/{patient_id}/edit" in named
    with Session(app.extensions["engine"]) as session:
        looked = session.scalars(select(AuditEntry.shown).where(AuditEntry.subject == "letters:morning")).all()
    assert patient_id in looked[-1]


def test_nothing_to_print_is_said_and_an_unknown_run_is_not_there(sign_in, waiting):
    secretary = sign_in("secretary")
    assert "Er is niets af te drukken" in secretary.post("/letters/runs", follow_redirects=True).text
    for address in ("/letters/runs/7", "/letters/runs/7/print.pdf"):
        assert secretary.get(address).status_code == 404
    for address in ("/letters/runs/7", "/letters/runs/7/drop"):
        assert secretary.post(address).status_code == 404


def test_a_run_that_was_not_finished_is_dropped_from_its_page(sign_in, drafted, waiting):
    authorise(sign_in("doctor"), drafted("Bakker"))
    secretary = sign_in("secretary")
    page = secretary.post("/letters/runs", data={"form_token": "pressed"}).location
    assert "Deze ronde laten vervallen" in secretary.get(page).text
    answer = secretary.post(f"{page}/drop", follow_redirects=True).text
    assert "De printronde is vervallen" in answer
    assert "1 klaar, 0 tegengehouden" in answer
    assert "zij is vervallen en haar brieven staan klaar als voorheen" in secretary.get(page).text
    assert "Deze printronde is al beantwoord of vervallen" in secretary.post(page, follow_redirects=True).text


def test_the_file_is_made_by_the_program_itself(monkeypatch):
    started = []
    monkeypatch.setattr(pages.background, "start", lambda *words: started.append(words))
    pages.in_background(7)
    assert started == [("letters", "make-run", "7")]


def test_all_that_leaves_by_itself_goes_in_one_act_that_says_how_far_it_is(app, sign_in, drafted, monkeypatch):
    started, ids = [], [drafted(f"Bakker{place}", channel="secure_mail") for place in range(2)]
    monkeypatch.setattr(pages.background, "start", lambda *words: started.append(words))
    doctor = sign_in("doctor")
    for letter in ids:
        authorise(doctor, letter)
    secretary = sign_in("secretary")
    seals = dict(re.findall(r'name="(seal-\d+)" value="(\w+)"', secretary.get("/letters/morning").text))
    with Session(app.extensions["engine"]) as session:
        moved = session.get(Letter, ids[1])
        moved.facts = moved.facts | {"recipient": {}}
        session.commit()
    for _twice in range(2):
        pressed = secretary.post("/letters/morning", data={"letter": ids} | seals)
    assert (pressed.location, started) == ("/letters/morning?pressed=1", [("letters", "send", "--once")] * 2)
    going = secretary.get(pressed.location)
    assert "0 van 1 brieven zijn weg" in going.text
    assert "1 brief blijft: De huisarts of het adres is na het autoriseren veranderd" in going.text
    assert going.headers["Refresh"] == "2"
    settings = app.config["SETTINGS"]
    assert postman.once(app.extensions["engine"], settings) == 1
    arrived = secretary.get(pressed.location)
    assert "Refresh" not in arrived.headers
    with Session(app.extensions["engine"]) as session:
        assert [session.get(Letter, letter).state for letter in ids] == ["sent", "authorised"]
    nothing = secretary.post("/letters/morning")
    assert (nothing.location, len(started)) == ("/letters/morning", 2)


def test_a_letter_in_an_open_run_is_sent_and_printed_by_that_run_alone(app, sign_in, drafted, waiting):
    letter = drafted("Bakker")
    authorise(sign_in("doctor"), letter)
    secretary = sign_in("secretary")
    check = secretary.get("/letters/check", query_string={"letter": letter}).text
    seal = re.search(rf'name="seal-{letter}" value="([^"]+)"', check)[1]
    token = re.search(r'name="form_token" value="([^"]+)"', secretary.get("/letters/morning").text)[1]
    secretary.post("/letters/runs", data={"form_token": token})
    says = 'ligt in printronde 1: zeg daar eerst of hij is afgedrukt. <a href="/letters/runs/1">Printronde openen</a>'
    page = secretary.get(f"/letters/{letter}").text
    assert says in page
    assert f'href="/letters/check?letter={letter}"' not in page
    assert f"/letters/{letter}/redraft" not in page
    refused = secretary.post("/letters/send", data={"letter": letter, f"seal-{letter}": seal})
    assert refused.location == f"/letters/check?letter={letter}"
    check = secretary.get(refused.location).text
    assert says in check
    assert 'name="letter"' not in check
    ticked = {"ticked": "1", "letter": letter}
    assert secretary.post("/letters/runs", data=ticked).location == "/letters/morning"
    secretary.post("/letters/runs/1/drop")
    assert says not in secretary.get(f"/letters/{letter}").text
    assert secretary.post("/letters/runs", data=ticked).location == "/letters/runs/2"


def test_what_is_ticked_when_letters_are_checked_is_printed_by_a_run_of_its_own(sign_in, drafted, waiting):
    ids = [drafted("Bakker"), drafted("Mulder"), drafted("Smit")]
    for letter in ids:
        authorise(sign_in("doctor"), letter)
    secretary = sign_in("secretary")
    check = secretary.get("/letters/check", query_string={"letter": ids}).text
    assert 'name="ticked" value="1" formaction="/letters/runs"' in check
    token = re.search(r'name="form_token" value="([^"]+)"', check)[1]
    pressed = {"ticked": "1", "letter": ids[:2], "form_token": token}
    assert [secretary.post("/letters/runs", data=pressed).location for _twice in range(2)] == ["/letters/runs/1"] * 2
    run = secretary.get("/letters/runs/1").text
    assert ["Bakker" in run, "Mulder" in run, "Smit" in run] == [True, True, False]
    morning = secretary.get("/letters/morning").text
    assert "1 klaar, 0 tegengehouden" in morning
    assert "Er wacht niets op mail of EDIFACT." in morning
