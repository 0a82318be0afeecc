"""An operator at the machine: the first account, the check of the due items, the log."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from click.testing import CliRunner, Result
from flask.testing import FlaskClient
from sqlalchemy import Engine, Select, delete, func, insert, select
from sqlalchemy.orm import Session

from clinic import commands_admin, demo
from clinic.cli import main
from clinic.domain.vocabulary import ControlKind, Symptom
from clinic.services import controls, items
from clinic.services.controls import SaveControl
from clinic.services.operators import operator
from clinic.services.work import Work
from clinic.store.audit import AuditEntry
from clinic.store.due import DueItem
from clinic.store.patients import Patient
from clinic.store.users import User
from tests.at_once import at_once
from tests.conftest import MONDAY_MORNING
from tests.factories import make_course, make_patient


@pytest.fixture
def clinic(database_url: str, monkeypatch: pytest.MonkeyPatch, clock: time_machine.Traveller) -> CliRunner:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("CLINIC_SECRET_KEY", "k" * 32)
    return CliRunner()


def says(runner: CliRunner, *words: str) -> Result:
    return runner.invoke(main, words)


def test_a_new_clinic_starts_with_one_account(clinic: CliRunner, database: Engine, client: FlaskClient) -> None:
    said = says(clinic, "user", "add", "P.vanDam", "--role", "manager", "--name", "P. van Dam")
    assert said.exit_code == 0
    code = re.search(r"(?:[0-9a-f]{4}-){3}[0-9a-f]{4}", said.output)
    assert code
    form = {"username": "p.vandam", "code": code[0], "password": "fietsen over de dijk"}
    assert client.post("/one-time-code", data=form).status_code == 303
    assert client.post("/one-time-code", data=form).status_code == 422
    with Session(database) as session:
        assert session.scalars(select(User.role)).all() == ["manager"]
        assert "account.changed" in session.scalars(select(AuditEntry.action)).all()


def test_a_name_is_given_once(clinic: CliRunner) -> None:
    says(clinic, "user", "add", "bakker", "--role", "nurse")
    again = says(clinic, "user", "add", "Bakker", "--role", "doctor")
    assert again.exit_code == 1
    assert "already" in again.output


def test_an_account_needs_one_of_the_roles(clinic: CliRunner) -> None:
    assert says(clinic, "user", "add", "bakker", "--role", "admin").exit_code == 2


def test_the_check_finds_an_item_that_the_facts_do_not_give(clinic: CliRunner, database: Engine) -> None:
    demo.load(database, 40)
    right = says(clinic, "due", "--check")
    with database.begin() as connection:
        loaded = connection.scalar(select(func.count()).select_from(Patient))
        assert (right.exit_code, right.output.splitlines()[0]) == (0, f"{loaded} patients, 0 differed")
        lost = connection.scalar(select(DueItem.id).order_by(DueItem.id))
        connection.execute(delete(DueItem).where(DueItem.id == lost))
    wrong = says(clinic, "due", "--check")
    assert (wrong.exit_code, wrong.output.splitlines()[0]) == (1, f"{loaded} patients, 1 differed")
    assert says(clinic, "due").exit_code == 0
    assert says(clinic, "due", "--check").exit_code == 0


@pytest.mark.both
def test_what_is_saved_while_the_items_are_rebuilt_keeps_its_items(
    clinic: CliRunner, work: Callable[..., Work]
) -> None:
    nurse = work("nurse")
    patient = make_patient(nurse)
    make_course(nurse, patient)
    items.refresh(nurse, patient)
    command = SaveControl(patient.id, nurse.today, ControlKind.CLINIC, "form", heights_mm=(1587,), weight_g=58300,
                          symptoms=dict.fromkeys(Symptom, False))  # fmt: skip

    def rebuild(unit: Work) -> Result:
        unit.session.rollback()
        return says(clinic, "due")

    done = at_once(nurse, lambda unit: controls.save(unit, command), rebuild)
    assert done.exit_code == 0, done.exception
    assert says(clinic, "due", "--check").output.splitlines()[0] == "1 patients, 0 differed"


def test_each_batch_is_kept_with_its_line_in_the_log(
    clinic: CliRunner, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo.load(database, 40)
    monkeypatch.setattr(commands_admin, "BATCH", 20)

    def counted(query: Select[int]) -> int:
        with database.connect() as connection:
            return connection.scalar(query) or 0

    lines = select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "due.rebuilt")
    before = counted(lines)
    assert says(clinic, "due").exit_code == 0
    assert counted(lines) - before == -(-counted(select(func.count()).select_from(Patient)) // 20) > 1


def test_the_log_is_read_and_that_is_written_down(clinic: CliRunner, database: Engine) -> None:
    says(clinic, "user", "add", "bakker", "--role", "nurse")
    first = says(clinic, "audit")
    assert f"\t{operator()}\taccount.changed\t\tuser:1\tdone" in first.output
    assert "log.read" not in first.output
    assert "log.read" in says(clinic, "audit", "--since", "2026-11-23").output
    assert says(clinic, "audit", "--since", "2026-11-24").output == ""


def test_the_log_of_one_patient_and_of_nobody(clinic: CliRunner, database: Engine) -> None:
    demo.load(database, 1)
    with database.begin() as connection:
        opened = {"at": MONDAY_MORNING, "action": "patient.opened", "patient_id": 1, "outcome": "done"}
        connection.execute(insert(AuditEntry).values(opened))
    with Session(database) as session:
        number = session.scalars(select(Patient.number)).one()
    said = says(clinic, "audit", "--patient", number, "--action", "patient.opened")
    assert [line.split("\t")[2:4] for line in said.output.splitlines()] == [["patient.opened", f"patient:{number}"]]
    assert says(clinic, "audit", "--patient", "0").exit_code == 1


def test_the_log_of_one_account_one_action_and_one_day(clinic: CliRunner, database: Engine) -> None:
    demo.load(database, 1)
    with database.begin() as connection:
        for at, actor in ((MONDAY_MORNING, 1), (MONDAY_MORNING - timedelta(1), 1), (MONDAY_MORNING, 2)):
            line = {"at": at, "action": "session.signed_in", "actor_id": actor, "outcome": "done"}
            connection.execute(insert(AuditEntry).values(line))
    asked = ("--user", "nurse", "--action", "session.signed_in", "--since", "2026-11-23", "--until", "2026-11-23")
    said = says(clinic, "audit", *asked)
    assert said.output == "2026-11-23 09:00:00\tnurse\tsession.signed_in\t\t\tdone\n"
    assert says(clinic, "audit", "--user", "nobody").exit_code == 1


def test_a_doctor_of_the_command_line_may_authorise_and_a_nurse_may_not(clinic: CliRunner, database: Engine) -> None:
    for username, role in (("visser", "doctor"), ("bakker", "nurse")):
        says(clinic, "user", "add", username, "--role", role)
    with Session(database) as session:
        found = dict(session.execute(select(User.username, User.may_authorise)).all())
    assert found == {"visser": True, "bakker": False}


def test_without_a_key_a_command_says_so(clinic: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLINIC_SECRET_KEY", "")
    said = says(clinic, "due", "--check")
    assert said.exit_code == 1
    assert "CLINIC_SECRET_KEY" in said.output
