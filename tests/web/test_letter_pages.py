"""In the browser: a replaced letter says so wherever it is met, and who read a letter that was not hers is told."""

from __future__ import annotations

import re
from hashlib import sha256

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clinic.security.permissions import Role
from clinic.services.work import Actor, Work
from clinic.store.audit import AuditEntry
from clinic.store.letters import OUT, Letter
from clinic.store.patients import Patient
from tests.conftest import MONDAY, MONDAY_MORNING, account
from tests.letter_makers import seen_anew
from tests.letters.pages import words_of
from tests.web.test_letters import authorise, drafted, fields, send, stored

__all__ = ["drafted"]


@pytest.fixture
def replaced(app, sign_in, drafted):
    """The numbers of a letter that left and of the one that left in its place."""
    old = drafted()
    doctor, secretary = sign_in("doctor"), sign_in("secretary")
    authorise(doctor, old)
    send(secretary, old)
    with Session(app.extensions["engine"]) as session:
        nurse = account(session, Role.NURSE)
        work = Work(session, Actor(nurse.id, nurse.name, nurse.function, Role.NURSE), MONDAY_MORNING, MONDAY)
        patient = session.get_one(Patient, session.get_one(Letter, old).patient_id)
        new = seen_anew(work, patient, MONDAY, weight_g=61000)
        work.commit()
    authorise(doctor, new)
    send(secretary, new)
    assert stored(app, old).state == "replaced"
    return old, new


def test_a_replaced_letter_says_so_on_its_page_in_the_lists_and_on_what_is_downloaded(app, sign_in, replaced):
    old, new = (stored(app, letter) for letter in replaced)
    nurse = sign_in("nurse")
    page = " ".join(nurse.get(f"/letters/{old.id}").text.split())
    assert f"Deze brief geldt niet meer: brief {new.reference} van 23-11-2026 kwam ervoor in de plaats." in page
    assert f'href="/letters/{new.id}">De brief openen die ervoor in de plaats kwam' in page
    assert old.pdf_sha256 in page
    assert 'href="/letters/1/as-sent.pdf">De brief zoals die is verstuurd (PDF)' in page
    for address in ("/letters?state=replaced", f"/patients/{old.patient_id}/letters"):
        assert "VERVALLEN" in nurse.get(address).text
    assert "VERVALLEN, vervangen door een latere brief" in nurse.get(f"/patients/{old.patient_id}").text
    now = nurse.get(f"/letters/{old.id}/page.pdf")
    assert f"vervangen door onze brief {new.reference}" in words_of(now.data)
    assert f'filename="{old.reference}-vervallen.pdf"' in now.headers["Content-Disposition"]
    assert b"8f1d1d" in nurse.get(f"/letters/{old.id}/sheets/1.svg").data
    assert "VERVALLEN" not in nurse.get(f"/letters/{new.id}").text
    assert "VERVALLEN" not in words_of(nurse.get(f"/letters/{new.id}/page.pdf").data)


@pytest.mark.parametrize(
    ("state", "head"),
    [
        ("sent", "Verzonden op"),
        ("delivered", "Verzonden op"),
        ("replaced", "Verzonden op"),
        ("authorised", "Streefdatum"),
    ],
)
def test_the_day_of_a_letter_that_left_is_called_the_day_it_was_sent(app, sign_in, replaced, state, head):
    with Session(app.extensions["engine"]) as session:
        values = {"state": state, "sent_on": MONDAY if state in OUT else None}
        session.execute(update(Letter).where(Letter.id == replaced[0]).values(values))
        session.commit()
    table = sign_in("nurse").get(f"/letters?state={state}").text.split('aria-label="Brieven')[-1]
    heads = re.findall(r'<th scope="col">([^<]*)</th>', table)
    assert [word for word in heads if word in ("Verzonden op", "Streefdatum")] == [head]


def test_as_it_was_sent_it_has_the_bytes_of_its_hash_and_each_look_is_written_down(app, sign_in, replaced):
    old, new = replaced
    nurse = sign_in("nurse")
    answer = nurse.get(f"/letters/{old}/as-sent.pdf")
    assert sha256(answer.data).hexdigest() == stored(app, old).pdf_sha256
    assert "zoals-verstuurd.pdf" in answer.headers["Content-Disposition"]
    with Session(app.extensions["engine"]) as session:
        opened = select(AuditEntry.subject).where(AuditEntry.action == "letter.opened", AuditEntry.role == "nurse")
        assert session.scalars(opened).all() == [f"letter:{old}"]
    assert nurse.get(f"/letters/{new}/as-sent.pdf").status_code == 404
    assert nurse.get("/letters/99/as-sent.pdf").status_code == 404
    for role in ("manager", "privacy_officer"):
        assert sign_in(role).get(f"/letters/{old}/as-sent.pdf").status_code == 403


def test_in_english_the_screen_says_cancelled_and_the_page_stays_dutch(app, sign_in, replaced):
    old, _new = replaced
    doctor = sign_in("doctor")
    doctor.post("/account/language", data={"language": "en"})
    page = doctor.get(f"/letters/{old}").text
    assert "<b>CANCELLED</b> This letter no longer holds" in page
    assert "VERVALLEN" in words_of(doctor.get(f"/letters/{old}/page.pdf").data)


def test_a_letter_that_somebody_else_read_comes_before_the_privacy_officer_and_nothing_ticked_is_lost(
    app, sign_in, drafted
):
    letter = drafted()
    authorise(sign_in("doctor"), letter)
    secretary = sign_in("secretary")
    send(secretary, letter)
    version = fields(secretary.get(f"/letters/{letter}").text, "version")
    here = f"/letters/{letter}/came-back"
    refused = secretary.post(here, data=version | {"reason": " ", "read": "y"})
    assert refused.status_code == 422
    assert re.search(r'name="read" value="y" checked', refused.text)
    told = secretary.post(here, data=version | {"reason": "Geopend door de buren.", "read": "y"}, follow_redirects=True)
    assert "de functionaris gegevensbescherming bekijkt het." in told.text
    assert secretary.post(here, data=version | {"reason": "Geopend door de buren.", "read": "y"}).status_code == 422
    officer = sign_in("privacy_officer")
    page = " ".join(officer.get("/breaches").text.split())
    assert page.count("Geopend door de buren.") == 1
    assert f"brief {stored(app, letter).reference} van 23-11-2026" in page
    assert "Geopend door de buren." in officer.get("/").text
    assert "23-11-2026" in officer.get("/breaches/export/csv").text
    assert sign_in("nurse").post(here, data=version | {"reason": "x", "read": "y"}).status_code == 403
