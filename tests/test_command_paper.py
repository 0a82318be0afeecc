"""`clinic paper nightly` at a terminal: the list for a day without the system."""

from __future__ import annotations

import stat
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
import time_machine
from click.testing import CliRunner, Result
from pypdf import PdfReader
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clinic.cli import main
from clinic.store.audit import AuditEntry
from clinic.store.base import make_engine
from clinic.store.patients import Patient

NIGHT = "2026-11-24T01:30:00+00:00"  # 02:30 in Amsterdam


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clinic's folder with a small demo in it, loaded the day before."""
    folder = tmp_path_factory.mktemp("clinic")
    with time_machine.travel("2026-11-23T09:00:00+00:00"):
        assert run(folder, None, "demo", "--patients", "20").exit_code == 0
    return folder


def run(house: Path, folder: Path | None, *words: str) -> Result:
    """One command; the folder of the paper is chosen or not."""
    chosen = {"CLINIC_PAPER_FOLDER": str(folder)} if folder else {"CLINIC_PAPER_FOLDER": ""}
    environment = {"CLINIC_INSTANCE": str(house), "CLINIC_DEMO": "1", "DATABASE_URL": ""} | chosen
    return CliRunner().invoke(main, list(words), env=environment)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_it_writes_one_list_of_the_day_that_only_the_clinic_reads(house: Path, tmp_path: Path) -> None:
    folder = tmp_path / "noodlijst"
    for _again in range(2):
        with time_machine.travel(NIGHT):
            assert run(house, folder, "paper", "nightly").exit_code == 0
    assert names(folder) == ["noodlijst-2026-11-24.pdf"]
    page = folder / "noodlijst-2026-11-24.pdf"
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    told = "".join(sheet.extract_text() for sheet in PdfReader(BytesIO(page.read_bytes())).pages)
    for text in ("Dienstdoende arts", "dinsdag 24 november 2026", "Injecties en infusen", "Telefoon"):
        assert text in told


def test_that_items_were_brought_up_to_the_day_is_written_down_as_no_look(house: Path, tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{house / 'clinic.db'}")

    def rebuilt() -> int:
        with Session(engine) as session:
            return len(session.scalars(select(AuditEntry.id).where(AuditEntry.action == "due.rebuilt")).all())

    with engine.begin() as connection:
        connection.execute(update(Patient).values(refresh_on=None))
    before = rebuilt()
    with time_machine.travel(NIGHT):
        assert run(house, tmp_path, "paper", "nightly").exit_code == 0
        assert rebuilt() == before
        with engine.begin() as connection:
            connection.execute(update(Patient).values(refresh_on=date(2026, 11, 24)))
        for _again in range(2):
            assert run(house, tmp_path, "paper", "nightly").exit_code == 0
    assert rebuilt() == before + 1
    engine.dispose()


def test_the_newest_fourteen_are_kept_and_nothing_else_is_touched(house: Path, tmp_path: Path) -> None:
    for day in range(1, 20):
        (tmp_path / f"noodlijst-2026-11-{day:02}.pdf").write_bytes(b"old")
    (tmp_path / "telefoonlijst.pdf").write_bytes(b"theirs")
    with time_machine.travel(NIGHT):
        assert run(house, tmp_path, "paper", "nightly").exit_code == 0
    days = [*range(7, 20), 24]
    assert names(tmp_path) == [*(f"noodlijst-2026-11-{day:02}.pdf" for day in days), "telefoonlijst.pdf"]


def test_what_could_not_be_written_is_said_and_does_not_count_as_written(house: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_bytes(b"no folder")
    with time_machine.travel("2026-11-29T01:30:00+00:00"):
        answer = run(house, blocked, "paper", "nightly")
    assert answer.exit_code == 1
    assert "cannot be written" in answer.output
    engine = make_engine(f"sqlite:///{house / 'clinic.db'}")
    with Session(engine) as session:
        written = session.scalars(select(AuditEntry).where(AuditEntry.action == "paper.written")).all()
    engine.dispose()
    assert all(f"{entry.at:%d}" != "29" for entry in written)
    assert all(entry.details == {"by": "command line", "file": "noodlijst-2026-11-24.pdf"} for entry in written)


def test_without_a_folder_it_says_so(house: Path) -> None:
    answer = run(house, None, "paper", "nightly")
    assert answer.exit_code == 1
    assert "CLINIC_PAPER_FOLDER" in answer.output
