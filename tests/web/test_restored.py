"""After a restore everybody reads and nobody writes until the operator says so; backup, restore and doctor."""

from __future__ import annotations

import re
import signal
from datetime import datetime
from pathlib import Path

import pyrage
import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from clinic.cli import main
from clinic.security import accounts
from clinic.security.permissions import Role
from clinic.services import backups
from clinic.store.base import make_engine
from clinic.store.restores import Restore
from clinic.store.schema import migrate
from clinic.wsgi import hold
from config import Settings
from tests import apps
from tests.browser_fixtures import PASSWORD
from tests.conftest import account

KEY = pyrage.x25519.Identity.generate()
TAKEN = datetime(2026, 11, 23, 3, 0)  # noqa: DTZ001 - the store keeps UTC without a zone


def test_a_restored_register_is_read_and_keeps_what_was_typed(app, sign_in):
    nurse = sign_in("nurse")
    with Session(app.extensions["engine"]) as session:
        session.add(Restore(restored_at=TAKEN, taken_at=TAKEN, letters_settled=[], letters_unknown=[]))
        session.commit()
    page = nurse.get("/")
    assert page.status_code == 200
    assert "teruggezet uit een reservekopie van 23-11-2026 04:00" in page.text
    refused = nurse.post("/patients/new", data={"own_name": "Van der Zeldzaam"})
    assert refused.status_code == 503
    assert "Van der Zeldzaam" in refused.text
    assert "Opslaan kan nu niet" in refused.text
    assert nurse.post("/sign-out").status_code == 303
    for role, act in (("doctor", "decide"), ("privacy_officer", "destroy")):  # what came back though it was destroyed
        assert sign_in(role).post(f"/requests/999/{act}").status_code == 404
    assert sign_in("privacy_officer").post("/requests/999/settle").status_code == 503


@pytest.mark.parametrize("has_an_app", [True, False])
def test_after_a_restore_a_person_comes_in_through_both_steps_and_looks(
    app: Flask, client: FlaskClient, has_an_app: bool
) -> None:
    with Session(app.extensions["engine"]) as session:
        accounts.set_password(account(session, Role.NURSE), PASSWORD)
        session.add(Restore(restored_at=TAKEN, taken_at=TAKEN, letters_settled=[], letters_unknown=[]))
        session.commit()
    if has_an_app:
        assert apps.both_steps(app, client, "nurse", PASSWORD).status_code == 303
    else:
        client.post("/sign-in", data={"username": "nurse", "password": PASSWORD})
        assert apps.set_up(app, client).status_code == 200
    assert "teruggezet uit een reservekopie" in client.get("/").text


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A clinic on SQLite with a folder and a key for its backups, at rest."""
    told = {
        "CLINIC_SECRET_KEY": "k" * 32, "CLINIC_INSTANCE": str(tmp_path), "CLINIC_DEMO": "0", "DATABASE_URL": "",
        "CLINIC_BACKUP_FOLDER": str(tmp_path / "away"), "CLINIC_BACKUP_KEYS": str(KEY.to_public()),
        "CLINIC_AUDIT_KEY": "a" * 32,
    }  # fmt: skip
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    settings = Settings.from_env()
    migrate(settings.database_url)
    (tmp_path / "key.txt").write_text(f"# created today\n{KEY}\n")
    said("user", "add", "first", "--role", "manager")
    return settings


def said(*words: str, status: int = 0) -> str:
    """What the command prints, and how it ends."""
    done = CliRunner().invoke(main, list(words))
    assert done.exit_code == status, done.output
    return done.output


def test_the_operator_backs_up_restores_confirms_and_asks_the_doctor(clinic: Settings) -> None:
    assert "opened and whole" in said("backup")
    [made] = (clinic.instance_dir / "away").glob("*.age")
    key = str(clinic.instance_dir / "key.txt")
    assert "Read only until" in said("restore", str(made), "--key", key)
    assert re.search(r"WRONG restored: read only", said("doctor", status=1))
    assert "1 seals, 1 heads" in said("audit", "verify")  # that it went back is sealed already
    assert "written again" in said("restore", "--confirm")
    assert "no restore" in said("restore", "--confirm")
    assert "WRONG" not in said("doctor")


def test_a_line_of_cron_without_the_settings_makes_no_register_and_removes_no_backup(
    clinic: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said("backup")
    before = sorted((tmp_path / "away").iterdir())
    monkeypatch.delenv("CLINIC_INSTANCE")
    monkeypatch.chdir(tmp_path / "away")
    for words in (["backup", "--keep", "1"], ["restore", "--confirm"], ["doctor"]):
        assert f"no register at {tmp_path / 'away' / 'instance' / 'clinic.db'}" in said(*words, status=1)
    assert sorted((tmp_path / "away").iterdir()) == before


def test_who_stops_a_backup_leaves_nothing_open(clinic: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def told_to_stop(*_: object) -> None:
        assert (clinic.instance_dir / backups.OPEN / "packed").exists()
        signal.raise_signal(signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(pyrage, "encrypt_file", told_to_stop)
    said("backup", status=128 + signal.SIGTERM)
    assert not (clinic.instance_dir / backups.OPEN).exists()
    assert signal.getsignal(signal.SIGTERM) == before


def test_the_operator_is_told_in_one_sentence_what_is_missing(
    clinic: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = clinic.instance_dir / "wrong.txt"
    wrong.write_text("nothing")
    assert "no private key" in said("restore", str(wrong), "--key", str(wrong), status=1)
    assert "Name the backup" in said("restore", status=2)
    monkeypatch.setenv("CLINIC_BACKUP_FOLDER", str(wrong / "under-a-file"))
    assert "wrong.txt" in said("backup", status=1)
    monkeypatch.setenv("CLINIC_BACKUP_KEYS", "")
    assert "name no folder or no key" in said("backup", status=1)
    monkeypatch.setenv("CLINIC_SECRET_KEY", "")
    assert "CLINIC_SECRET_KEY" in said("doctor", status=1)


def test_who_serves_keeps_a_restore_out(clinic: Settings) -> None:
    said("backup")
    [made] = (clinic.instance_dir / "away").glob("*.age")
    handle = hold(clinic)
    refused = said("restore", str(made), "--key", str(clinic.instance_dir / "key.txt"), status=1)
    assert "running from this folder" in refused
    handle.close()
    engine = make_engine(clinic.database_url)
    with engine.connect():
        refused = said("restore", str(made), "--key", str(clinic.instance_dir / "key.txt"), status=1)
    assert "running on this database" in refused
    engine.dispose()
