"""When the log cannot be written, changes are refused and reading goes on with the emergency log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from clinic.services.emergency import EmergencyLog
from clinic.services.work import Work
from clinic.store.audit import AuditEntry
from clinic.store.controls import Control
from clinic.store.patients import Patient
from tests.conftest import MONDAY_MORNING
from tests.factories import make_patient

CONTACT = {"caller": "dochter", "words": "viel over de hond", "form_token": "f" * 32}


@pytest.fixture
def patient(work: Callable[..., Work]) -> Patient:
    nurse = work("nurse")
    patient = make_patient(nurse)
    nurse.session.commit()
    return patient


@pytest.fixture
def full(app: Flask) -> Engine:
    """The app's database, whose log takes nothing in, nor is anything else brought up to date."""
    engine: Engine = app.extensions["engine"]

    def refuse(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith(("INSERT INTO audit_entries", "UPDATE")):
            raise OperationalError(statement, parameters, Exception("database or disk is full"))

    event.listen(engine, "before_cursor_execute", refuse)
    return engine


def test_a_record_is_read_and_the_look_comes_in_afterwards(
    sign_in: Callable[[str], FlaskClient], app: Flask, patient: Patient, database: Engine,
    request: pytest.FixtureRequest,
) -> None:  # fmt: skip
    nurse = sign_in("nurse")
    request.getfixturevalue("full")
    assert nurse.get(f"/patients/{patient.id}").status_code == 200
    spare: EmergencyLog = app.extensions["emergency_log"]
    assert spare.merge(database, MONDAY_MORNING).lines == 1
    with Session(database) as session:
        look = session.scalars(select(AuditEntry).where(AuditEntry.action == "patient.opened")).one()
    assert (look.patient_id, look.actor_name, look.purpose) == (patient.id, "Test nurse", "TREAT")
    assert look.details is not None
    assert look.details["emergency"] == "whole"
    assert look.trace


def test_a_change_is_refused_and_what_was_typed_is_kept(
    sign_in: Callable[[str], FlaskClient], patient: Patient, database: Engine, request: pytest.FixtureRequest
) -> None:
    nurse = sign_in("nurse")
    earlier = CONTACT | {"form_token": "e" * 32}
    assert nurse.post(f"/patients/{patient.id}/contacts", data=earlier).status_code == 303
    request.getfixturevalue("full")
    answer = nurse.post(f"/patients/{patient.id}/contacts", data=CONTACT)
    assert answer.status_code == 503
    assert "viel over de hond" in answer.text
    with Session(database) as session:
        assert session.scalar(select(func.count()).select_from(Control)) == 1


def test_a_look_that_nothing_can_keep_is_refused(
    sign_in: Callable[[str], FlaskClient], app: Flask, patient: Patient, request: pytest.FixtureRequest
) -> None:
    nurse = sign_in("nurse")
    request.getfixturevalue("full")
    spare: EmergencyLog = app.extensions["emergency_log"]
    spare.path.mkdir()
    answer = nurse.get(f"/patients/{patient.id}")
    assert answer.status_code == 503
    assert patient.number not in answer.text
