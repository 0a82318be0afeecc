"""`clinic plan --patient`: the rules' view of a patient of the register, and a line in the log that it was read."""

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.cli import main
from clinic.security.audit import Action
from clinic.store.audit import AuditEntry
from clinic.store.base import make_engine
from tests.factories import make_control, make_course, make_patient


@pytest.fixture
def type_in(monkeypatch, database_url, tmp_path):
    """`type_in("--patient", …)`: `clinic plan` at a terminal of the clinic."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("CLINIC_INSTANCE", str(tmp_path))
    monkeypatch.setenv("CLINIC_SECRET_KEY", "k" * 32)
    return lambda *words: CliRunner().invoke(main, ["plan", *words, "--on", "2026-11-23", "--lang", "nl"])


@pytest.fixture
def number(work, database_url):
    nurse = work("nurse")
    patient = make_patient(nurse, number="0012345")
    make_course(nurse, patient)
    make_control(nurse, patient, date(2025, 6, 12))
    nurse.note(Action.CONTROL_SAVED, patient.id)
    nurse.commit()
    return patient.number


def test_a_patient_of_the_register_reads_as_her_facts_in_a_file(type_in, number, tmp_path: Path):
    facts = {
        "patient": {"sex": "female", "birth_date": "1953-03-14", "registered_on": "2020-01-01"},
        "courses": [{"drug": "alendronic_acid", "started_on": "2025-03-10", "planned_years": 5}],
        "controls": [{"on": "2025-06-12"}],
    }
    (tmp_path / "facts.json").write_text(json.dumps(facts), encoding="utf-8")
    in_register = type_in("--patient", number, "--json")
    assert in_register.exit_code == 0
    assert json.loads(in_register.output) == json.loads(type_in(str(tmp_path / "facts.json"), "--json").output)
    assert "10-03-2026" in type_in("--patient", number).output or "2026-03-10" in type_in("--patient", number).output


def test_reading_it_is_written_in_the_log(type_in, number, database_url):
    type_in("--patient", number)
    engine = make_engine(database_url)
    with Session(engine) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "patient.opened")).one()
        assert (entry.actor_id, entry.details) == (None, {"by": "command line"})
    engine.dispose()


def test_a_number_that_nobody_has_ends_with_2_and_says_so(type_in, number):
    answer = type_in("--patient", "999", "--json")
    assert answer.exit_code == 2
    assert "999" in json.loads(answer.stdout)["error"]


@pytest.mark.parametrize("words", [(), ("facts.json", "--patient", "0012345")])
def test_it_is_a_file_or_a_patient(type_in, words):
    assert type_in(*words).exit_code == 2
