"""The clock jumps: what was typed is kept, reading goes on, and when it is right all is well without a restart."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from clinic.cli import main
from clinic.domain.protocol import DEFAULT
from clinic.postman import once, tour
from clinic.security import accounts
from clinic.security.audit import Action
from clinic.services import activations, items, protocols, trial_run, trials
from clinic.services.activations import Approve, Offer
from clinic.services.clock import Watch, behind
from clinic.services.facts import stamp
from clinic.services.protocols import NewVersion
from clinic.services.trials import StartTrial
from clinic.store.audit import AuditEntry
from clinic.store.controls import Control
from clinic.store.patients import Patient
from clinic.store.treatments import CourseStop
from clinic.store.users import User
from clinic.web import background, units
from clinic.web import clock as watched
from tests import apps
from tests.conftest import MONDAY_MORNING
from tests.factories import make_course, make_patient
from tests.web.test_faults import sent_again

PASSWORD, TOMORROW = "klaver en boterbloem", date(2026, 11, 24)
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


@pytest.fixture
def tomorrow(work, database_url, address):
    """A stop that counts from tomorrow, and a version of the protocol that a doctor approved for tomorrow."""
    doctor, manager = work("doctor"), work("manager")
    course = make_course(doctor, doctor.session.scalars(select(Patient)).one())
    doctor.session.flush()
    stop = CourseStop(course_id=course.id, stopped_on=TOMORROW, reason="side_effects")
    stamp(doctor, stop, course.patient_id)
    items.refresh(doctor, doctor.session.get_one(Patient, course.patient_id))
    accounts.set_password(doctor.session.get_one(User, doctor.actor.id), PASSWORD)
    doctor.session.commit()
    protocols.make(manager, NewVersion("x", replace(DEFAULT, name="2027.1", yearly_months=15), "t"))
    trial_run.run(database_url, trials.start(manager, StartTrial(1, "trial")), units.now, processes=1)
    activations.approve(work("doctor"), Approve(activations.offer(manager, Offer(1, "once")), TOMORROW))


@pytest.fixture
def started(monkeypatch):
    """The commands that pages started behind themselves."""
    found = []
    monkeypatch.setattr(background, "start", lambda *words: found.append(words))
    return found


def test_who_comes_in_with_a_clock_that_is_ahead_moves_nobody_to_the_wrong_day(
    app, client, sign_in, clock, counting, address, tomorrow, started, database
):
    def comes_in():
        assert apps.both_steps(app, client, "doctor", PASSWORD).status_code == 303
        client.post("/sign-out")
        with Session(database) as session:
            return session.scalars(select(Patient.refresh_on)).one(), started

    clock.shift(timedelta(hours=8))  # six in the evening
    assert comes_in() == (TOMORROW, [])
    clock.shift(timedelta(hours=8))
    assert comes_in() == (TOMORROW, []), "people read on, and the day is not theirs"
    clock.shift(timedelta(hours=-8))
    assert sign_in("nurse").post(address, data=CALL).status_code == 303, "what was written meanwhile shuts nobody out"
    counting[0] += 8 * 3600
    clock.shift(timedelta(hours=8))
    assert comes_in() == (None, [("protocol", "activate")])


def test_a_worker_counts_from_its_start_and_knows_a_jump_before_anybody_saved(
    app, sign_in, clock, counting, address, database
):
    assert watched.begin(app).right is not None
    clock.shift(timedelta(days=1))
    assert sign_in("nurse").post(address, data=CALL).status_code == 503
    assert kept(database) == 0


def test_a_worker_that_starts_with_a_clock_far_ahead_saves_nothing_until_it_is_right(
    app, sign_in, clock, counting, address, database, caplog
):
    with Session(database) as session:
        session.add(AuditEntry(at=MONDAY_MORNING, action=Action.PATIENT_REGISTERED))
        session.commit()
    clock.shift(timedelta(365))
    assert watched.begin(app).right is None
    assert "the clock of this machine is ahead" in caplog.text
    assert sign_in("nurse").post(address, data=CALL).status_code == 503
    clock.shift(timedelta(-364))
    assert sign_in("nurse").post(address, data=CALL).status_code == 303
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], demo=True)
    app.extensions["clock"] = Watch()
    clock.shift(timedelta(365))
    assert watched.begin(app).right is not None, "a made-up clinic is opened whenever somebody looks at it"


def test_a_worker_that_starts_with_a_wrong_clock_or_without_a_database_says_so(
    app, clock, counting, address, database, monkeypatch, caplog
):
    with Session(database) as session:
        session.add(AuditEntry(at=MONDAY_MORNING + timedelta(hours=1), action=Action.PATIENT_CHANGED))
        session.commit()
    assert watched.begin(app).right is None
    assert "the clock of this machine is behind" in caplog.text

    def away(*_):
        raise OperationalError("SELECT", {}, Exception())

    monkeypatch.setattr(Watch, "wrong", away)
    assert watched.begin(app).right is None
    assert "not held against the log yet: OperationalError" in caplog.text


def test_an_operators_command_writes_nothing_on_a_wrong_day(clock, work, settings, database, monkeypatch, tmp_path):
    work("manager").session.commit()
    with Session(database) as session:
        session.add(AuditEntry(at=MONDAY_MORNING + timedelta(days=2), action=Action.PATIENT_CHANGED))
        session.commit()
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("CLINIC_SECRET_KEY", "k" * 32)
    monkeypatch.setenv("CLINIC_INBOX", str(tmp_path))
    monkeypatch.setenv("CLINIC_PAPER_FOLDER", str(tmp_path / "paper"))
    (tmp_path / "file.csv").touch()
    file = str(tmp_path / "file.csv")
    for words in (
        ["protocol", "activate"],
        ["import", "practices", file, "--mapping", file, "--commit", "--lang", "en"],
        ["import", "watch", "--once", "--commit", "--lang", "en"],
        ["paper", "nightly"],
        ["figures", "compute"],
    ):
        said = CliRunner().invoke(main, words)
        assert (said.exit_code, "the clock of this machine is wrong (behind)" in said.output) == (1, True), said.output
    assert not (tmp_path / "paper").exists()


@pytest.mark.parametrize("action", [Action.ACCOUNT_CHANGED, Action.BACKED_UP, Action.SIGNED_IN, Action.RESTORED])
def test_what_goes_on_with_a_wrong_clock_keeps_nobody_from_saving_afterwards(database, action):
    with Session(database) as session:
        session.add(AuditEntry(at=MONDAY_MORNING + timedelta(days=1), action=action))
        session.commit()
        assert behind(session, MONDAY_MORNING) is None
