"""The clock jumps: what was typed is kept, reading goes on, and when it is right all is well without a restart."""

from __future__ import annotations

from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic.cli import main
from clinic.postman import once, tour
from clinic.services.clock import Watch
from clinic.store.controls import Control
from clinic.web import units
from tests.conftest import MONDAY_MORNING
from tests.factories import make_patient
from tests.web.test_faults import sent_again

CALL = {"caller": "dochter", "words": "viel over de hond", "form_token": "f" * 32}


@pytest.fixture
def counting(monkeypatch):
    """The seconds that the process counts stand still; a test lets them go by."""
    passed = [0.0]
    monkeypatch.setattr(units, "counted", lambda: passed[0])
    return passed


@pytest.fixture
def address(work):
    """The calls of a patient who was registered this morning."""
    begun = work("nurse")
    patient = make_patient(begun)
    begun.session.commit()
    return f"/patients/{patient.id}/contacts"


def kept(engine):
    """How many calls there are."""
    with Session(engine) as session:
        return session.scalar(select(func.count()).select_from(Control))


@pytest.mark.both
@pytest.mark.parametrize("jump", [timedelta(minutes=-10), timedelta(hours=-8), timedelta(hours=8)])
def test_nothing_is_saved_on_a_wrong_day_and_nothing_typed_is_lost(
    app, sign_in, clock, counting, address, database, jump
):
    nurse = sign_in("nurse")
    assert nurse.post(address, data=CALL | {"form_token": "e" * 32}).status_code == 303
    clock.shift(jump)
    with_the_time_it_has = sign_in("nurse")
    assert with_the_time_it_has.get(address.removesuffix("/contacts")).status_code == 200
    refused = with_the_time_it_has.post(address, data=CALL)
    assert refused.status_code == 503
    assert "viel over de hond" in refused.text
    assert "de klok van deze machine loopt verkeerd" in refused.text
    assert kept(database) == 1
    clock.shift(-jump)
    again, fields = sent_again(refused.text)
    assert nurse.post(again, data=fields).status_code == 303
    assert kept(database) == 2


def test_an_operator_who_knows_better_says_so(app, sign_in, clock, counting, address, settings, monkeypatch):
    assert sign_in("nurse").post(address, data=CALL | {"form_token": "e" * 32}).status_code == 303
    clock.shift(timedelta(days=2))  # the machine was paused
    assert sign_in("nurse").post(address, data=CALL).status_code == 503
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("CLINIC_SECRET_KEY", "k" * 32)
    assert CliRunner().invoke(main, ["clock"]).exit_code == 2
    said = CliRunner().invoke(main, ["clock", "--confirm"])
    assert "It is 2026-11-25 09:00" in said.output
    assert sign_in("nurse").post(address, data=CALL).status_code == 303


def test_a_person_comes_in_with_a_wrong_clock_and_no_letter_leaves(
    app, client, clock, counting, address, settings, caplog
):
    app.extensions["clock"].right = (MONDAY_MORNING, 0.0)
    clock.shift(timedelta(days=1))
    assert client.post("/sign-in", data={"username": "nobody", "password": "x"}).status_code == 422
    watch = Watch((MONDAY_MORNING, 0.0))
    assert tour(app.extensions["engine"], settings, watch) is None
    assert once(app.extensions["engine"], settings, watch) == 0
    assert "the clock of this machine is ahead" in caplog.text
