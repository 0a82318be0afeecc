"""`clinic protocol what-if`: a version tried at the machine itself."""

from dataclasses import replace

import pytest
from click.testing import CliRunner

from clinic.cli import main
from clinic.domain.protocol import DEFAULT
from clinic.services import protocols, trials
from clinic.services.protocols import NewVersion
from clinic.services.trials import StartTrial
from tests.factories import make_course, make_patient


@pytest.fixture
def type_in(monkeypatch, database_url, tmp_path):
    """`type_in("what-if", …)`: `clinic protocol` at a terminal of the clinic."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("CLINIC_INSTANCE", str(tmp_path))
    monkeypatch.setenv("CLINIC_SECRET_KEY", "k" * 32)
    return lambda *words: CliRunner().invoke(main, ["protocol", *words])


@pytest.fixture
def manager(work):
    unit = work("manager")
    patient = make_patient(unit)
    make_course(unit, patient)
    protocols.make(unit, NewVersion("x", replace(DEFAULT, name="2027.1"), "t"))
    return unit


def test_a_version_is_tried_and_what_it_would_change_is_printed(type_in, manager):
    tried = type_in("what-if", "2027.1", "--lang", "en")
    assert tried.exit_code == 0
    assert "Review at the end of the course\t" in tried.output
    assert type_in("what-if", "2099.1").exit_code == 1


def test_a_trial_of_the_page_is_run(type_in, manager):
    trial_id = trials.start(manager, StartTrial(1, "pressed"))
    assert type_in("run-trial", str(trial_id)).exit_code == 0
    manager.session.expire_all()
    assert trials.latest(manager.session, 1).finished_at is not None


def test_without_settings_nothing_is_tried(type_in, monkeypatch):
    monkeypatch.setenv("CLINIC_SECRET_KEY", "")
    assert type_in("run-trial", "1").exit_code == 1
