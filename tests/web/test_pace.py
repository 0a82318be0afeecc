"""A program that reads record after record in somebody's name is stopped; a person at work never is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.store.audit import AuditEntry
from clinic.web.pace import PROCESSES, Pace
from config import Settings
from tests.factories import make_patient

MOST = 5


@pytest.fixture
def record(app, work):
    """A record, in a clinic in which five pages a minute are many."""
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], most_a_minute=MOST)
    nurse = work("nurse")
    patient = make_patient(nurse)
    nurse.session.commit()
    return f"/patients/{patient.id}"


@pytest.mark.both
def test_who_asks_for_more_than_a_person_reads_waits_and_the_privacy_officer_sees_it(record, sign_in, database, clock):
    nurse = sign_in("nurse")
    assert {nurse.get(record).status_code for _page in range(MOST)} == {200}
    for _more in range(3):
        refused = nurse.get(record)
        assert (refused.status_code, "Te veel pagina" in refused.text) == (429, True)
    typed = nurse.post(f"{record}/contacts", data={"words": "viel over de hond"})
    assert (typed.status_code, "viel over de hond" in typed.text) == (429, True)
    assert sign_in("doctor").get(record).status_code == 200
    with Session(database) as session:
        told = session.scalars(select(AuditEntry.subject).where(AuditEntry.action == "access.refused")).all()
    assert told == [f"pace:{MOST}"]
    assert "te snel 5" in sign_in("privacy_officer").get("/log?action=refused").text
    assert nurse.get("/account").status_code == 200
    clock.shift(timedelta(seconds=61))
    assert nurse.get(record).status_code == 200


def test_a_list_that_shows_fifty_is_one_page(record, sign_in, work):
    nurse = work("nurse")
    for _one in range(2 * MOST):
        make_patient(nurse)
    nurse.session.commit()
    client = sign_in("nurse")
    assert {client.get("/worklist?list=late").status_code for _page in range(MOST)} == {200}


def test_who_reads_as_people_do_costs_no_question_of_the_log(app, record, sign_in, monkeypatch):
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], most_a_minute=PROCESSES * 5)
    nurse = sign_in("nurse")
    asked = []
    monkeypatch.setattr("clinic.store.log.requests_since", lambda *_all: asked.append(1) or (0, False))
    assert [(nurse.get(record).status_code, len(asked)) for _page in range(6)] == [
        (200, 0), (200, 0), (200, 0), (200, 0), (200, 1), (200, 2),
    ]  # fmt: skip


def test_a_window_ago_is_forgotten():
    pace = Pace()
    assert [pace.count(1, at) for at in (0.0, 30.0, 59.0, 60.0, 200.0)] == [1, 2, 3, 3, 1]
    assert pace.count(2, 200.0) == 1


def test_three_hundred_a_minute_unless_the_operator_says_otherwise():
    key = {"CLINIC_SECRET_KEY": "k" * 32}
    assert Settings.from_env(key).most_a_minute == 300
    assert Settings.from_env(key | {"CLINIC_MOST_A_MINUTE": "0"}).most_a_minute == 0
