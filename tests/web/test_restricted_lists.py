"""Of a restricted record a list says who and what is due; what somebody wrote or would read whole stays closed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from clinic.domain.restricted import RestrictionKind
from clinic.services import restrictions
from clinic.services.restrictions import Restrict
from clinic.services.work import Work
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.restores import Restore
from clinic.store.restrictions import Restriction
from tests.conftest import MONDAY_MORNING
from tests.factories import make_patient
from tests.web.test_calls import late
from tests.web.test_letter_series import offered
from tests.web.test_letters import authorise, drafted
from tests.web.test_print_runs import waiting
from tests.web.test_proposals import patient_id, proposal

__all__ = ["drafted", "late", "patient_id", "proposal", "waiting"]
SignIn = Callable[[str], FlaskClient]
Start = Callable[..., Work]


@pytest.fixture
def restrict(work: Start) -> Callable[[int], None]:
    """The privacy officer closes somebody's record, nobody named."""

    def close(patient_id: int) -> None:
        officer = work("privacy_officer")
        number = officer.session.get_one(Patient, patient_id).number
        restrictions.restrict(officer, Restrict(number, RestrictionKind.KNOWN, ()))

    return close


def whose(app: Flask, letter_id: int) -> int:
    """Whom a letter is about."""
    with Session(app.extensions["engine"]) as session:
        return session.scalars(select(Letter.patient_id).where(Letter.id == letter_id)).one()


def test_the_call_list_says_whom_to_phone_and_not_what_was_said(sign_in: SignIn, late: Patient, restrict) -> None:
    secretary = sign_in("secretary")
    secretary.post(f"/patients/{late.id}/calls", data={"outcome": "no_answer", "note": "huilde", "form_token": "t"})
    pages = ("/call-list", "/call-list/export/csv")
    assert all("huilde" in secretary.get(page).text for page in pages)
    restrict(late.id)
    for page in pages:
        told = secretary.get(page).text
        assert ("Belstra" in told, "niet bereikt" in told, "huilde" in told) == (True, True, False)


def test_a_proposal_in_a_closed_record_is_announced_without_what_it_is(
    sign_in: SignIn, proposal: str, patient_id: int, restrict
) -> None:  # fmt: skip
    doctor = sign_in("doctor")
    assert "lendronine" in doctor.get("/").text
    restrict(patient_id)
    page = doctor.get("/").text
    assert ("Te bevestigen" in page, "Afgeschermd dossier" in page, "lendronine" in page) == (True, True, False)
    assert doctor.post(proposal, data={"back": "/"}).status_code == 403


def test_a_request_is_on_the_list_without_the_words_of_it(sign_in: SignIn, work: Start, restrict) -> None:
    nurse = work("nurse")
    patient = make_patient(nurse)
    nurse.session.commit()
    client, officer = sign_in("nurse"), sign_in("privacy_officer")
    asked = {"kind": "access", "received_on": "23-11-2026", "note": "om haar zwangerschap", "form_token": "t"}
    assert client.post(f"/patients/{patient.id}/rights", data=asked).status_code == 303
    restrict(patient.id)
    page = client.get("/requests").text
    assert (patient.number in page, "zwangerschap" in page) == (True, False)
    assert client.get("/requests/1").status_code == 403
    assert "zwangerschap" in officer.get("/requests").text
    assert "zwangerschap" in officer.get("/requests/1").text


def test_letters_are_read_whole_in_no_series_and_on_no_stack_of_paper(
    app: Flask, sign_in: SignIn, drafted, waiting, restrict
) -> None:  # fmt: skip
    shut, free = drafted("Bakker"), drafted("Mulder")
    nurse, doctor, secretary = (sign_in(role) for role in ("nurse", "doctor", "secretary"))
    for letter in (shut, free):
        offered(nurse, letter)
    restrict(whose(app, shut))
    page = doctor.get("/letters/series").text
    assert ("Mulder" in page, "Bakker" in page) == (True, False)
    assert doctor.post("/letters/series", data={"letter": [free, shut]}).status_code == 403
    beside = doctor.get("/letters", query_string={"state": "to_authorise", "letter": shut}).text
    assert ("Bakker" in beside, f"/letters/{shut}/sheets/1.svg" in beside) == (True, False)
    lift(app)
    for letter in (shut, free):
        authorise(doctor, letter)
    restrict(whose(app, shut))
    morning = secretary.get("/letters/morning").text
    assert "1 klaar, 1 tegengehouden" in morning
    assert "wie het opent, print de brief" in morning
    assert secretary.post("/letters/runs", data={"ticked": "1", "letter": [free, shut]}).status_code == 403
    assert secretary.post("/letters/runs", data={"ticked": "1", "letter": free}).status_code == 303


def test_a_stack_of_paper_with_her_letter_opens_to_who_may_read_it(
    app: Flask, sign_in: SignIn, drafted, waiting, restrict
) -> None:  # fmt: skip
    letter = drafted("Bakker")
    authorise(sign_in("doctor"), letter)
    secretary = sign_in("secretary")
    assert secretary.post("/letters/runs").status_code == 303
    restrict(whose(app, letter))
    assert secretary.get("/letters/runs/1/print.pdf").status_code == 403
    assert "Bakker" in secretary.get("/letters/runs/1").text


def lift(app: Flask) -> None:
    """Every restriction ends."""
    with Session(app.extensions["engine"]) as session:
        session.execute(update(Restriction).values(lifted_at=MONDAY_MORNING, lifted_by=1))
        session.commit()


def test_a_month_of_the_log_says_which_look_an_emergency_opened(
    sign_in: SignIn, work: Start, restrict, clock: time_machine.Traveller
) -> None:
    nurse = work("nurse")
    patient = make_patient(nurse)
    nurse.session.commit()
    restrict(patient.id)
    client, record = sign_in("nurse"), f"/patients/{patient.id}"
    said = {"reason": "called", "words": "de huisarts belt over pijn", "form_token": "t"}
    assert client.post(f"{record}/emergency", data=said).status_code == 303
    assert client.get(record).status_code == 200
    clock.shift(timedelta(days=14))
    officer = sign_in("privacy_officer")
    assert officer.post("/log-reviews", data={"month": "2026-11-01"}).location == "/log-reviews/1"
    assert "noodtoegang, met reden" in officer.get("/log-reviews/1").text
    looks = officer.get(f"{record}/looks/overview?first=01-11-2026").text
    assert "noodtoegang, met reden" in looks


def test_in_a_restored_register_a_screen_is_unlocked_and_an_emergency_opens_a_record(
    app: Flask, sign_in: SignIn, work: Start, restrict, database: Engine
) -> None:
    nurse = work("nurse")
    patient = make_patient(nurse)
    nurse.session.commit()
    restrict(patient.id)
    client = sign_in("nurse")
    with Session(database) as session:
        session.add(
            Restore(restored_at=MONDAY_MORNING, taken_at=MONDAY_MORNING, letters_settled=[], letters_unknown=[])
        )
        session.commit()
    assert client.post("/still-here").status_code == 200
    assert client.post("/unlock", data={"password": "geraden"}).status_code != 503
    assert client.post("/second-factor", data={"code": "000000"}).status_code != 503
    said = {"reason": "called", "words": "de huisarts belt over pijn", "form_token": "t"}
    assert client.post(f"/patients/{patient.id}/emergency", data=said).status_code == 303
    assert client.get(f"/patients/{patient.id}").status_code == 200
    assert client.post(f"/patients/{patient.id}/edit", data={"town": "Lochem"}).status_code == 503
