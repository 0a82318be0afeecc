"""An operator seals and verifies the log, brings the emergency log in, and a worker does so by itself."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner, Result
from sqlalchemy import Engine, insert, text

from clinic import sealer
from clinic.cli import main
from clinic.commands_audit import IN_DOUBT
from clinic.services.emergency import EmergencyLog
from clinic.services.operators import operator
from clinic.store.seals import LINES
from config import Settings, SettingsError
from tests import beside
from tests.conftest import MONDAY_MORNING

MERGED = "SELECT actor_name, details FROM audit_entries WHERE action = 'log.merged'"
LOOK = {"at": MONDAY_MORNING, "action": "patient.opened", "outcome": "done"}


@pytest.fixture
def kept(database_url: str, tmp_path: Path) -> dict[str, str]:
    """The environment of a clinic."""
    return {
        "DATABASE_URL": database_url, "CLINIC_SECRET_KEY": "k" * 32, "CLINIC_AUDIT_KEY": "a" * 32,
        "CLINIC_INSTANCE": str(tmp_path / "instance"), "CLINIC_ANCHOR_FOLDER": str(tmp_path / "elsewhere"),
    }  # fmt: skip


def says(kept: dict[str, str], *words: str) -> Result:
    return CliRunner().invoke(main, ["audit", *words], env=kept)


def look(database: Engine, count: int = 1) -> None:
    with database.begin() as connection:
        connection.execute(insert(LINES), [LOOK] * count)


def test_a_log_is_sealed_verified_and_harm_is_told(
    kept: dict[str, str], database: Engine, clock: time_machine.Traveller, tmp_path: Path
) -> None:
    look(database, 3)
    assert says(kept, "seal").output == "3 lines sealed\n"
    look(database)
    whole = says(kept, "verify")
    assert (whole.exit_code, whole.output) == (0, "4 lines, 1 not sealed yet, 1 seals, 1 heads\nnothing is wrong\n")
    with database.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_entries_no_delete"))
        connection.execute(text("DELETE FROM audit_entries WHERE id = 2"))
    harmed = says(kept, "verify")
    assert (harmed.exit_code, harmed.output.splitlines()[1:]) == (1, ["line 2 was removed"])


def test_more_faults_than_are_told_are_counted(
    kept: dict[str, str], database: Engine, clock: time_machine.Traveller
) -> None:
    look(database, 103)
    says(kept, "seal")
    with database.begin() as connection:
        connection.execute(text("DROP TRIGGER audit_entries_no_delete"))
        connection.execute(text("DELETE FROM audit_entries"))
    assert says(kept, "verify").output.splitlines()[-1] == "and 3 more"


def test_a_restore_of_before_it_was_written_down_is_named_to_whoever_knows_of_it(
    kept: dict[str, str], database: Engine, clock: time_machine.Traveller
) -> None:
    for _ in range(2):
        look(database)
        says(kept, "seal")
    with database.begin() as connection:
        for table, key in (("audit_entries", "id"), ("audit_seals", "number")):
            connection.execute(text(f"DROP TRIGGER {table}_no_delete"))
            connection.execute(text(f"DELETE FROM {table} WHERE {key} = 2"))
        connection.execute(insert(LINES), LOOK | {"action": "register.restored", "details": {}})
    says(kept, "seal")
    cut = says(kept, "verify")
    assert cut.exit_code == 1
    assert cut.output.splitlines()[1:] == [
        "seal 2 is not the one that was written down elsewhere", IN_DOUBT.format(2),
    ]  # fmt: skip
    elsewhere = kept | {"CLINIC_ANCHOR_FOLDER": f"{kept['CLINIC_ANCHOR_FOLDER']}-anew"}
    assert says(elsewhere, "seal").output == "0 lines sealed\n"
    assert says(elsewhere, "verify").output.endswith("2 seals, 1 heads\nnothing is wrong\n")


def test_without_a_key_nothing_is_sealed_and_that_is_said(kept: dict[str, str], database: Engine) -> None:
    for words in ("seal", "verify", "merge"):
        said = says(kept | {"CLINIC_AUDIT_KEY": ""}, words)
        assert (said.exit_code, "CLINIC_AUDIT_KEY" in said.output) == (1, True)
    with pytest.raises(SettingsError, match="32 characters"):
        Settings.from_env(kept | {"CLINIC_AUDIT_KEY": "short"})


def test_the_emergency_log_is_brought_in_and_checked(
    kept: dict[str, str], database: Engine, clock: time_machine.Traveller
) -> None:
    spare = EmergencyLog(Path(kept["CLINIC_INSTANCE"]), b"a" * 32)
    spare.add([LOOK])
    assert says(kept, "merge").output == "1 lines brought in, 0 not as they were written\n"
    EmergencyLog(spare.folder, b"b" * 32).add([LOOK])
    with database.connect() as connection:
        told = connection.execute(
            text("SELECT actor_name, details FROM audit_entries WHERE action = 'log.merged'")
        ).one()
    assert (told.actor_name, "command line" in told.details) == (operator(), True)
    changed = says(kept, "merge")
    assert (changed.exit_code, changed.output) == (1, "1 lines brought in, 1 not as they were written\n")


def test_a_worker_brings_in_and_seals_by_itself_and_tries_again(
    kept: dict[str, str], database: Engine, clock: time_machine.Traveller
) -> None:
    settings = Settings.from_env(kept)
    look(database)
    assert settings.anchor_folder is not None
    settings.anchor_folder.write_text("in the way")
    assert not sealer.once(database, settings)
    settings.anchor_folder.unlink()
    assert sealer.once(database, settings)
    assert says(kept, "verify").output.startswith("1 lines, 0 not sealed yet, 1 seals, 1 heads\n")
    assert sealer.start(database, Settings.from_env(kept | {"CLINIC_AUDIT_KEY": ""})) is None


def test_an_emergency_log_that_does_not_come_in_holds_up_no_seal(
    kept: dict[str, str], database: Engine, clock: time_machine.Traveller
) -> None:
    settings = Settings.from_env(kept)
    EmergencyLog(settings.instance_dir, b"a" * 32).path.mkdir(parents=True)  # it cannot be read at all
    look(database)
    assert not sealer.once(database, settings)
    assert says(kept, "verify").output.startswith("1 lines, 0 not sealed yet, 1 seals, 1 heads\n")


def test_a_line_that_the_log_refuses_keeps_no_other_out_and_is_said_aloud(
    kept: dict[str, str], database: Engine, clock: time_machine.Traveller, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings.from_env(kept)
    spare = EmergencyLog(settings.instance_dir, b"a" * 32)
    spare.add([LOOK | {"action": None}, LOOK])
    assert not sealer.once(database, settings)
    assert "1 lines of the emergency log were refused" in caplog.text
    assert sealer.once(database, settings)
    spare.add([LOOK, LOOK | {"action": None}, LOOK])
    said = says(kept, "merge")
    assert said.exit_code == 1
    assert "2 lines brought in, 0 not as they were written\n1 REFUSED by the log" in said.output
    assert len(list(settings.instance_dir.glob("*.refused"))) == 2


def test_a_worker_goes_on_by_the_minute(kept: dict[str, str], database: Engine) -> None:
    settings = Settings.from_env(kept)
    look(database)
    ended = sealer.start(database, settings, every=0.01)
    assert ended is not None
    assert settings.anchor_folder is not None
    waited = 0
    while not (settings.anchor_folder / "log-anchors.txt").exists() and waited < 500:
        ended.wait(0.02)
        waited += 1
    beside.end(ended)
    assert (settings.anchor_folder / "log-anchors.txt").read_text().startswith("1\t1\t")


def test_a_demo_makes_its_own_key_and_keeps_it(tmp_path: Path) -> None:
    instance = tmp_path / "demo"
    first = Settings.from_env({"CLINIC_DEMO": "1", "CLINIC_INSTANCE": str(instance)})
    again = Settings.from_env({"CLINIC_SECRET_KEY": "k" * 32, "CLINIC_INSTANCE": str(instance)})
    assert first.audit_key == again.audit_key
    assert len(first.audit_key) == 64
    shutil.rmtree(instance)
