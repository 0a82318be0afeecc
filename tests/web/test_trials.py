"""A version tried on the register, on its page: started once, followed, its findings by kind, month and name."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from clinic.domain.protocol import DEFAULT
from clinic.security.audit import Action
from clinic.services import items, protocols, trial_run
from clinic.services.protocols import NewVersion
from clinic.store.audit import AuditEntry
from clinic.store.protocols import ProtocolTrial
from clinic.web import trials as pages
from tests.conftest import MONDAY_MORNING
from tests.factories import make_control, make_course, make_patient

SignIn = Callable[[str], FlaskClient]
TRIAL = "/protocol/versions/1/trial"


@pytest.fixture
def version(work, monkeypatch, database: Engine) -> list[int]:
    """A version with another yearly control, and a patient for whom it matters; trials are run when asked for."""
    nurse, waiting = work("nurse"), []
    patient = make_patient(nurse, own_name="Zonderling", number="4071")
    make_course(nurse, patient, started_on=date(2025, 1, 1))
    make_control(nurse, patient, date(2025, 11, 1))
    items.refresh(nurse, patient)
    nurse.note(Action.CONTROL_SAVED, patient.id)
    nurse.commit()
    manager = work("manager")
    protocols.make(manager, NewVersion("x", replace(DEFAULT, name="2027.1", yearly_months=18), "t"))
    monkeypatch.setattr(pages, "in_background", waiting.append)
    return waiting


def press(client: FlaskClient) -> dict[str, str]:
    return dict(re.findall(r'name="(form_token)"[^>]*value="([^"]*)"', client.get(TRIAL).text))


def run(database: Engine, trial_id: int) -> None:
    trial_run.run(database.url.render_as_string(hide_password=False), trial_id, lambda: MONDAY_MORNING, 1)


def test_the_manager_tries_a_version_and_sees_numbers_without_names(
    version: list[int], sign_in: SignIn, database: Engine
) -> None:
    manager = sign_in("manager")
    assert "nog niet op het register geprobeerd" in manager.get(TRIAL).text
    form = press(manager)
    for _ in range(2):
        assert manager.post(TRIAL, data=form).status_code == 303
    assert version == [1]
    waiting = manager.get(TRIAL)
    assert "0 van 1 patiënten vergeleken" in waiting.text
    assert waiting.headers["Refresh"] == "3"
    run(database, 1)
    page = manager.get(TRIAL)
    assert "Refresh" not in page.headers
    assert "hoeft nu nog niet" in page.text
    assert "Jaarcontrole" in page.text
    months = manager.get(f"{TRIAL}?effect=not_yet&code=control.yearly").text
    assert "mei 2027" in months
    assert "/protocol/trials/1/patients" not in months
    assert (
        manager.get("/protocol/trials/1/patients?effect=not_yet&code=control.yearly&month=2027-05").status_code == 403
    )


def test_a_doctor_sees_who_and_it_is_written_down(version: list[int], sign_in: SignIn, database: Engine) -> None:
    doctor = sign_in("doctor")
    doctor.post(TRIAL, data=press(doctor))
    run(database, 1)
    assert "/protocol/trials/1/patients" in doctor.get(f"{TRIAL}?effect=not_yet&code=control.yearly").text
    page = doctor.get("/protocol/trials/1/patients?effect=not_yet&code=control.yearly&month=2027-05").text
    for said in ("Zonderling", "4071", "01-11-2026", "01-05-2027"):
        assert said in page
    with Session(database) as session:
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
        assert (last.action, last.shown) == (Action.PATIENT_LISTED, [1])


def test_long_lists_go_on_on_a_next_page(version: list[int], sign_in: SignIn, database: Engine, monkeypatch) -> None:
    doctor = sign_in("doctor")
    doctor.post(TRIAL, data=press(doctor))
    run(database, 1)
    monkeypatch.setattr(pages, "PAGE", 0)
    assert doctor.get("/protocol/trials/1/patients?effect=moved&code=control.yearly&month=2027-05").status_code == 200


def test_a_trial_that_died_says_so_and_can_be_started_again(
    version: list[int], sign_in: SignIn, database: Engine
) -> None:
    manager = sign_in("manager")
    manager.post(TRIAL, data=press(manager))
    with Session(database) as session:
        session.get_one(ProtocolTrial, 1).seen_at = datetime(2026, 11, 23, 8, 0)  # noqa: DTZ001 - the store keeps UTC
        session.commit()
    assert "is vóór het einde gestopt" in manager.get(TRIAL).text
    manager.post(TRIAL, data=press(manager))
    assert version == [1, 2]


def test_numbers_changed_after_the_trial_ask_for_another(version: list[int], sign_in: SignIn, database: Engine) -> None:
    manager = sign_in("manager")
    manager.post(TRIAL, data=press(manager))
    run(database, 1)
    assert "probeer opnieuw" not in manager.get(TRIAL).text
    page = manager.get("/protocol/versions/1/edit").text
    tags = [dict(re.findall(r'(\w+)="([^"]*)"', tag)) for tag in re.findall(r"<input[^>]*>", page)]
    form = {tag["name"]: tag.get("value", "") for tag in tags if tag["name"] != "next"}
    manager.post("/protocol/versions/1", data=form | {"yearly_months": "15"})
    assert "na deze proef gewijzigd" in manager.get(TRIAL).text


def test_what_is_not_there_is_not_found(version: list[int], sign_in: SignIn) -> None:
    doctor = sign_in("doctor")
    assert doctor.get("/protocol/versions/9/trial").status_code == 404
    assert doctor.post("/protocol/versions/9/trial", data={"form_token": "x"}).status_code == 404
    assert doctor.post(TRIAL, data={}).status_code == 422
    for rest in ("9/patients?effect=late&month=2027-01", "1/patients?effect=x", "1/patients?effect=late&month=x"):
        assert doctor.get(f"/protocol/trials/{rest}").status_code == 404


def test_it_runs_in_a_process_of_its_own(monkeypatch) -> None:
    started = []
    monkeypatch.setattr(pages.background.subprocess, "Popen", lambda command, **_: started.append(command))
    pages.in_background(7)
    assert started[0][2:] == [pages.background.PROGRAM, "protocol", "run-trial", "7"]
