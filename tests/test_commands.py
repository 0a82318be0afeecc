"""`clinic import` and `clinic demo` at a terminal."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import click
import psycopg
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from clinic.cli import WHERE, Commands, main
from clinic.services import operators
from clinic.store.audit import AuditEntry
from clinic.store.base import make_engine

ROOT = Path(__file__).parents[1]
DATA, MAPPINGS = ROOT / "tests" / "data", ROOT / "docs" / "mappings"


class Terminal:
    """A terminal in a fresh clinic's folder."""

    def __init__(self, folder: Path) -> None:
        self.environment = {"CLINIC_INSTANCE": str(folder), "CLINIC_DEMO": "1", "DATABASE_URL": ""}

    def type(self, *words: str) -> Result:
        """One command."""
        return CliRunner().invoke(main, list(words), env=self.environment)

    def logged(self, action: str) -> list[tuple[str | None, str | None]]:
        """In whose name this was done, and by which program and operator."""
        engine = make_engine(f"sqlite:///{self.environment['CLINIC_INSTANCE']}/clinic.db")
        with Session(engine) as session:
            lines = session.scalars(select(AuditEntry).where(AuditEntry.action == action)).all()
        engine.dispose()
        return [(line.actor_name, line.source) for line in lines]

    def glow(self, kind: str, file: str, *more: str) -> Result:
        """Import a file of GLOW by its mapping."""
        return self.type("import", kind, str(DATA / file), "--mapping", str(MAPPINGS / f"glow-{kind}.toml"), *more)


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal with nothing done yet."""
    return Terminal(tmp_path)


def test_the_demo_fills_an_empty_register_once(terminal: Terminal) -> None:
    first = terminal.type("demo", "--patients", "5")
    assert first.exit_code == 0
    assert "nurse" in first.output
    assert "manager" in first.output
    again = terminal.type("demo")
    assert again.exit_code == 1
    assert "not empty" in again.output


def test_an_import_only_says_what_would_happen_until_it_is_told_to_commit(terminal: Terminal) -> None:
    terminal.type("demo", "--patients", "5")
    dry = terminal.glow("practices", "glow-practices.csv")
    assert "127 toegevoegd" in dry.output
    assert "rij 47, STREET: geen adres" in dry.output
    assert "Niets geschreven" in dry.output
    done = terminal.glow("practices", "glow-practices.csv", "--commit", "--lang", "en")
    assert "127 added" in done.output
    assert "Brought in; receipt" in done.output
    assert terminal.logged("import.run")[-1] == ("P. van Dam", operators.source())
    assert "127 ongewijzigd" in terminal.glow("practices", "glow-practices.csv", "--commit").output
    patients = terminal.glow("patients", "glow500.csv", "--commit")
    assert "500 toegevoegd" in patients.output
    assert "500 zonder vervolg" in patients.output
    courses = terminal.glow("courses", "glow-courses.csv").output
    assert "Te laat op dag van import: " in courses
    assert "Jaarcontrole 233" in courses


def test_a_list_is_not_brought_into_a_register_of_a_newer_program(terminal: Terminal) -> None:
    terminal.type("demo", "--patients", "5")
    engine = make_engine(f"sqlite:///{terminal.environment['CLINIC_INSTANCE']}/clinic.db")
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    told = terminal.glow("practices", "glow-practices.csv", "--commit")
    assert (told.exit_code, told.output) == (
        1, "Error: The database was written by a newer Botwacht (version 9999).\n"
    )  # fmt: skip


def test_a_folder_without_a_register_is_one_sentence_for_every_command(tmp_path: Path) -> None:
    nowhere = Terminal(tmp_path / "nowhere")
    nowhere.environment |= {"CLINIC_DEMO": "0", "CLINIC_SECRET_KEY": "k" * 32, "CLINIC_AUDIT_KEY": "a" * 32}
    for told in (nowhere.glow("practices", "glow-practices.csv"), nowhere.type("user", "code", "p.vandam"),
                 nowhere.type("migrate")):  # fmt: skip
        assert told.exit_code == 1
        assert told.output.startswith("Error: The register cannot be used: unable to open database file. ")
        assert len(told.output.splitlines()) == 1


def fails(problem: Exception) -> Result:
    """A command in which this happens."""

    def command() -> None:
        raise problem

    group = Commands(commands={"x": click.Command("x", callback=command)})
    return CliRunner().invoke(group, ["x"])


def of_sqlite(words: str, code: int) -> DBAPIError:
    """What SQLite answers."""
    fault = sqlite3.OperationalError(words)
    fault.sqlite_errorcode = code
    return OperationalError("SELECT", {}, fault)


@pytest.mark.parametrize(
    ("problem", "reason", "absent"),
    [
        (of_sqlite("unable to open database file", sqlite3.SQLITE_CANTOPEN), "unable to open database file", True),
        (of_sqlite("no such table: users", sqlite3.SQLITE_ERROR), "no such table: users", True),
        (OperationalError("", {}, psycopg.OperationalError("no answer.\nIs it on?")), "no answer", True),
        (ProgrammingError("", {}, psycopg.errors.UndefinedTable("no users")), "no users", True),
        (of_sqlite("database is locked", sqlite3.SQLITE_BUSY), "database is locked", False),
        (of_sqlite("database or disk is full", sqlite3.SQLITE_FULL), "database or disk is full", False),
        (OperationalError("", {}, psycopg.errors.DiskFull("no space left")), "no space left", False),
        (OperationalError("", {}, psycopg.errors.AdminShutdown("")), "AdminShutdown", False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_only_of_a_register_that_is_not_there_it_is_asked_where_it_is(
    problem: DBAPIError, reason: str, absent: bool
) -> None:
    told = fails(problem)
    assert told.exit_code == 1
    assert told.output == f"Error: The register cannot be used: {reason}.{WHERE if absent else ''}\n"


@pytest.mark.parametrize(
    "problem",
    [of_sqlite("no such column: age", sqlite3.SQLITE_ERROR),
     ProgrammingError("", {}, psycopg.errors.UndefinedColumn("age"))],
    ids=["SQLite", "PostgreSQL"],
)  # fmt: skip
def test_a_fault_of_the_program_keeps_its_traceback(problem: DBAPIError) -> None:
    assert fails(problem).exception is problem


def test_what_cannot_be_read_is_said_in_one_sentence(terminal: Terminal, tmp_path: Path) -> None:
    terminal.type("demo", "--patients", "5")
    wrong = terminal.glow("patients", "glow-courses.csv")
    assert wrong.exit_code == 1
    assert "noemt de kolom" in wrong.output
    mapping = MAPPINGS / "glow-practices.toml"
    other = terminal.type("import", "courses", str(DATA / "glow-courses.csv"), "--mapping", str(mapping))
    assert other.exit_code == 1
    nobody = terminal.glow("practices", "glow-practices.csv", "--as", "nobody")
    assert "clinic user add --role manager" in nobody.output
    lines = tmp_path / "empty.csv"
    lines.write_text(
        "SUB_ID,DRUG,STARTED_ON,PLANNED_YEARS,STOPPED_ON,STOP_REASON,PAUSE_FROM,PAUSE_UNTIL\n1,x,2020,5,,,,\n"
    )
    mapping = MAPPINGS / "glow-courses.toml"
    none = terminal.type("import", "courses", str(lines), "--mapping", str(mapping), "--commit")
    assert "Geen rij kan binnenkomen" in none.output
