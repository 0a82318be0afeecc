"""The technical log holds nothing of a patient, whatever goes wrong; each line is JSON and shares its trace."""

from __future__ import annotations

import io
import json
import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client import generate_latest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import OperationalError

from clinic import plain_log
from clinic.commands_metrics import State, registry
from clinic.services.work import Work
from clinic.store.audit import AuditEntry
from clinic.store.base import make_engine
from clinic.store.patients import Patient
from clinic.web import measured, patients
from config import Settings
from tests.factories import make_patient
from tests.letter_makers import drafted

BSN, NAME = "999990019", "Zonderling"
SignIn = Callable[[str], FlaskClient]
Told = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """What the technical log says, line by line."""
    root, ours = logging.getLogger(), logging.getLogger(plain_log.OURS)
    before = (root.handlers, root.level, ours.level, warnings.showwarning)
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(measured.log, "disabled", False)  # as a library that sets up logging of its own leaves it
    plain_log.begin()
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.captureWarnings(False)
    root.handlers, root.level, ours.level, warnings.showwarning = before


@pytest.fixture
def patient(work: Callable[..., Work]) -> Patient:
    nurse = work("nurse")
    patient = make_patient(nurse, own_name=NAME, bsn=BSN)
    nurse.session.commit()
    return patient


def everything_goes_wrong(app: Flask, nurse: FlaskClient, patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody types names and BSNs wherever she can, and the database and the program fail over them."""
    app.config["TESTING"] = app.config["PROPAGATE_EXCEPTIONS"] = False
    nurse.post("/patients/search", data={"q": BSN})
    nurse.post("/patients/search", data={"q": NAME})
    nurse.get(f"/patients/{NAME}?bsn={BSN}")
    nurse.post("/sign-in", data={"username": NAME, "password": BSN})
    nurse.get(f"/patients/{patient.id}")
    engine, table = app.extensions["engine"], Patient.__table__

    def twice(*_: object) -> None:
        with engine.begin() as connection:
            row = dict(connection.execute(select(table)).mappings().one())
            connection.execute(insert(table), row | {"id": 99, "number": "99"})

    monkeypatch.setattr(patients.records, "open_record", twice)
    assert nurse.get(f"/patients/{patient.id}?q={NAME}").status_code == 500

    def away(*_: object) -> None:
        raise OperationalError(f"SELECT '{NAME}'", {"bsn": BSN}, Exception(f"{NAME} ({BSN})"))

    monkeypatch.setattr(patients.records, "open_record", away)
    assert nurse.get(f"/patients/{patient.id}").status_code == 503
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(f"{NAME} {BSN}", stacklevel=1)
    logging.getLogger("library").warning(f"{NAME} {BSN}")
    logging.getLogger("library").warning("about %s", NAME)


def test_nothing_of_a_patient_gets_into_the_technical_log(
    app: Flask,
    sign_in: SignIn,
    patient: Patient,
    told: Told,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    everything_goes_wrong(app, sign_in("nurse"), patient, monkeypatch)
    lines = told()
    for line in lines:
        assert {"at", "level", "log", "event", "process"} <= set(line)
    whole = json.dumps([line | {"process": 0} for line in lines])
    for kept_out in (BSN, NAME, NAME.lower(), patient.number, "1953-03-14", "14-03-1953"):
        assert kept_out not in whole
    assert [line["event"] for line in lines if line["log"] == "library"] == ["something was said", "about %s"]
    [failed] = [line for line in lines if "error" in line]
    assert failed["error"][0] == "sqlalchemy.exc.IntegrityError"
    assert any("test_technical_log.py" in place for place in failed["where"])


def test_a_request_is_one_line_by_its_page_and_shares_its_trace_with_the_log(
    app: Flask, sign_in: SignIn, patient: Patient, told: Told
) -> None:
    nurse = sign_in("nurse")
    nurse.get(f"/patients/{patient.id}")
    nurse.get("/healthz")
    nurse.open("/x", method="BREW")
    lines = [line for line in told() if line["event"] == "request"]
    assert [(line["endpoint"], line["method"], line["status"]) for line in lines] == [
        ("patients.record", "GET", 200), ("unknown", "other", 404),
    ]  # fmt: skip
    with app.extensions["engine"].connect() as connection:
        entry = connection.execute(select(AuditEntry.trace, AuditEntry.actor_id)).first()
    assert entry == (lines[0]["trace"], lines[0]["user"])


def test_prometheus_reads_what_waits_and_that_the_database_is_away(
    work: Callable[..., Work], settings: Settings, tmp_path: Path
) -> None:
    doctor = work("doctor")
    state = drafted(doctor).state
    lines = doctor.session.scalar(select(func.count()).select_from(AuditEntry))
    (tmp_path / "away").mkdir()
    (tmp_path / "away" / "botwacht-20261123T020000Z.age").touch()
    there = Settings(settings.database_url, "k" * 32, tmp_path, backup_folder=tmp_path / "away")
    engine = make_engine(there.database_url)
    said = generate_latest(registry(engine, there)).decode()
    engine.dispose()
    for line in (
        f'botwacht_letters{{state="{state}"}} 1.0', f"botwacht_log_unsealed_lines {lines}.0",
        "botwacht_database_up 1.0", "botwacht_restore_unconfirmed 0.0", "botwacht_backup_age_seconds ",
    ):  # fmt: skip
        assert line in said
    away = State(make_engine("sqlite:////nowhere/at/all.db"), settings)
    assert [(one.name, one.samples[0].value) for one in away.collect()] == [("botwacht_database_up", 0)]
