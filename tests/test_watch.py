"""`clinic import watch`: files that come to rest in the inbox are brought in once and put away with a receipt."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from sqlite3 import connect

import pytest
from click.testing import CliRunner, Result

from clinic import commands_watch
from clinic.cli import main

ROOT = Path(__file__).parents[1]
Watch = Callable[..., Result]
AGENDA = "AFSPRAAKNR;PATIENTNR;DATUM;TIJD;CODE;DUUR;LOCATIE;MEDEWERKER;STATUS\n"


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    """A folder for the feed of practices, with its mapping."""
    folder = tmp_path / "inbox" / "practices"
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "docs" / "mappings" / "glow-practices.toml", folder / "mapping.toml")
    return folder


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    """One look into the inbox of a demo clinic."""
    environment = {"CLINIC_INSTANCE": str(tmp_path / "clinic"), "CLINIC_DEMO": "1", "DATABASE_URL": "",
                   "CLINIC_INBOX": str(tmp_path / "inbox")}  # fmt: skip

    def start(*words: str, **changed: str) -> Result:
        return CliRunner().invoke(main, ["import", "watch", *words], env={**environment, **changed})

    assert CliRunner().invoke(main, ["demo", "--patients", "5"], env=environment).exit_code == 0
    return start


def deliver(folder: Path, name: str = "praktijken.csv", content: bytes | None = None, age: int = 3600) -> Path:
    """A file that was written so many seconds ago."""
    path = folder / name
    path.write_bytes((ROOT / "tests" / "data" / "glow-practices.csv").read_bytes() if content is None else content)
    written = path.stat().st_mtime - age
    os.utime(path, (written, written))
    return path


def names(folder: Path) -> list[str]:
    """What lies in a folder, without the time in front."""
    return sorted(path.name.partition("-")[2] for path in folder.iterdir()) if folder.exists() else []


def test_without_commit_it_only_says_what_would_happen_and_the_file_stays(watch: Watch, inbox: Path) -> None:
    path = deliver(inbox)
    told = watch("--once")
    assert (told.exit_code, "127 toegevoegd" in told.output, "Niets geschreven" in told.output) == (0, True, True)
    assert path.exists()


def test_a_file_comes_in_once_and_lies_in_done_with_its_receipt(watch: Watch, inbox: Path) -> None:
    deliver(inbox)
    assert watch("--once", "--commit").exit_code == 0
    assert names(inbox / "done") == ["praktijken.csv", "praktijken.csv.receipt.txt"]
    [receipt] = (inbox / "done").glob("*.receipt.txt")
    assert "127 toegevoegd" in receipt.read_text(encoding="utf-8")
    assert watch("--once", "--commit").output == ""


def test_the_same_file_delivered_again_changes_nothing(watch: Watch, inbox: Path) -> None:
    deliver(inbox)
    watch("--once", "--commit")
    deliver(inbox, "nog-eens.csv")
    assert "0 added, 0 changed, 127 unchanged" in watch("--once", "--commit", "--lang", "en").output


@pytest.mark.parametrize(("name", "age"), [("praktijken.csv", 5), ("praktijken.csv.part", 3600), (".stil.csv", 3600)])
def test_a_file_that_may_still_be_written_is_left_alone(watch: Watch, inbox: Path, name: str, age: int) -> None:
    path = deliver(inbox, name, age=age)
    assert (watch("--once", "--commit").output, path.exists()) == ("", True)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "Het bestand is leeg."),
        (b"PK\x03\x04x", "geen tabel"),
        (b"A;B\n1;2\n", "het bestand heeft die niet"),
    ],
)
def test_what_cannot_be_read_goes_to_failed_and_the_others_come_in(
    watch: Watch, inbox: Path, content: bytes, reason: str
) -> None:
    deliver(inbox, "stuk.csv", content, age=7200)
    deliver(inbox)
    told = watch("--once", "--commit")
    assert (told.exit_code, names(inbox / "failed")) == (1, ["stuk.csv", "stuk.csv.receipt.txt"])
    [receipt] = (inbox / "failed").glob("*.receipt.txt")
    assert reason in receipt.read_text(encoding="utf-8")
    assert "praktijken.csv" in names(inbox / "done")


def test_a_file_of_which_no_row_can_come_in_fails_and_says_why(watch: Watch, inbox: Path) -> None:
    shutil.copy(ROOT / "docs" / "mappings" / "agenda.toml", inbox / "mapping.toml")
    deliver(inbox, "agenda.csv", f"{AGENDA}1;4071826;30-11-2026;25:00;BOT-C;;;;\n".encode())
    told = watch("--once", "--commit")
    assert (told.exit_code, "is geen tijd" in told.output) == (1, True)


def test_it_looks_again_every_minute_until_it_is_stopped(
    watch: Watch, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[int] = []

    def pause(seconds: int) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(commands_watch, "sleep", pause)
    assert watch("--commit").exit_code == 1
    assert pauses == [60, 60]


def test_a_busy_database_leaves_the_files_for_the_next_look(watch: Watch, inbox: Path, tmp_path: Path) -> None:
    file = deliver(inbox)
    with connect(tmp_path / "clinic" / "clinic.db") as held:
        held.execute("BEGIN EXCLUSIVE")
        told = watch("--once", "--commit")
        held.rollback()
    assert (told.exit_code, "bezet of onbereikbaar" in told.output) == (1, True)
    assert file.exists()


def test_after_a_restore_that_nobody_confirmed_the_files_stay_and_nothing_is_rebuilt(
    watch: Watch, inbox: Path, tmp_path: Path
) -> None:
    file, database = deliver(inbox), tmp_path / "clinic" / "clinic.db"
    with connect(database) as held:
        before = held.execute("SELECT count(*) FROM import_receipts").fetchone()
        held.execute(
            "INSERT INTO restores (restored_at, taken_at, letters_settled, letters_unknown) "
            "VALUES ('2026-11-23 09:00:00.000000', '2026-11-23 08:00:00.000000', '[]', '[]')"
        )
    told = watch("--once", "--commit")
    assert (told.exit_code, "nog niet bevestigd" in told.output, file.exists()) == (1, True, True)
    assert watch("--once").exit_code == 0  # to look at what would come in writes nothing
    environment = {"CLINIC_INSTANCE": str(tmp_path / "clinic"), "CLINIC_DEMO": "1", "DATABASE_URL": ""}
    mapping = ["--mapping", str(inbox / "mapping.toml"), "--commit"]
    for words in (["import", "practices", str(file), *mapping, "--lang", "en"], ["due"]):
        refused = CliRunner().invoke(main, words, env=environment)
        assert (refused.exit_code, "is not confirmed yet" in refused.output) == (1, True)
    assert CliRunner().invoke(main, ["due", "--check"], env=environment).exit_code == 0
    with connect(database) as held:
        assert held.execute("SELECT count(*) FROM import_receipts").fetchone() == before
        held.execute("UPDATE restores SET confirmed_at = restored_at")
    assert watch("--once", "--commit").exit_code == 0


def test_a_clinic_without_an_inbox_watches_nothing(watch: Watch, tmp_path: Path) -> None:
    assert "CLINIC_INBOX" in watch("--once", CLINIC_INBOX="").output
    assert "CLINIC_INBOX" in watch("--once", CLINIC_INBOX=str(tmp_path / "nowhere")).output
    assert "CLINIC_SECRET_KEY" in watch("--once", CLINIC_DEMO="0", CLINIC_SECRET_KEY="short").output
