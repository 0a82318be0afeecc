"""PostgreSQL with an owner and the program's own account, made as docs/operate.md tells: the drill, and the rights."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pyrage
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from clinic.cli import main
from clinic.services import checkup
from clinic.store import grants
from clinic.store.base import make_engine
from clinic.store.dumps import Unusable
from clinic.store.grants import Standing
from clinic.store.schema import migrate
from config import OWNER_URL
from tests.database import PrivateServer, closed_afterwards
from tests.laws.house import ROOT

PAGE = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
TYPED = re.findall(r"^ {4}((?:CREATE|REVOKE|GRANT) [^\n]*;)$", PAGE, re.MULTILINE)
OWNER, PROGRAM, ALL = "botwacht_owner", "botwacht", "clinic"
NUMBERS = count()


@dataclass(frozen=True)
class Register:
    """A register in which both accounts come in, and its environment without the owner's address."""

    server: PrivateServer
    name: str
    folder: Path

    def url(self, account: str) -> str:
        """Where that account comes in."""
        return self.server.url(self.name, account)

    def engine(self, account: str) -> Engine:
        """An engine of that account; its connections are closed with the test."""
        return make_engine(self.url(account))

    def by(self, account: str, *sentences: str) -> None:
        """What somebody does there by hand."""
        engine = self.engine(account)
        with engine.begin() as connection:
            for sentence in sentences:
                connection.execute(text(sentence))
        engine.dispose()

    def migrate(self) -> None:
        """As `clinic migrate` does with both addresses."""
        migrate(self.url(PROGRAM), self.url(OWNER))

    def wrong(self) -> list[str]:
        """What is wrong with the rights of the program's account, as itself sees it."""
        engine = self.engine(PROGRAM)
        with engine.connect() as connection:
            stands = grants.standing(connection)
        engine.dispose()
        assert stands is not None
        assert (stands.account, stands.owner) == (PROGRAM, False)
        return stands.wrong

    def type(self, *words: str, owner: bool = False) -> Result:
        """A command at a terminal of the clinic; with `owner` the second file of settings is read, too."""
        told = {
            "DATABASE_URL": self.url(PROGRAM), "CLINIC_INSTANCE": str(self.folder), "CLINIC_SECRET_KEY": "k" * 32,
            "CLINIC_AUDIT_KEY": "a" * 32, "CLINIC_BACKUP_FOLDER": str(self.folder / "backups"),
            "CLINIC_BACKUP_KEYS": str(KEY.to_public()), OWNER_URL: self.url(OWNER) if owner else "",
        }  # fmt: skip
        return CliRunner().invoke(main, list(words), env=told)


KEY = pyrage.x25519.Identity.generate()


@pytest.fixture(scope="module")
def both_accounts(postgresql: PrivateServer) -> Iterator[PrivateServer]:
    """The sentences of the page, typed as they stand, and the first `clinic migrate`."""
    assert len(TYPED) == 5
    for sentence in TYPED:
        postgresql.order(sentence)
    migrate(postgresql.url(PROGRAM, PROGRAM), postgresql.url(PROGRAM, OWNER))
    yield postgresql
    postgresql.order(f"DROP DATABASE {PROGRAM} WITH (FORCE)")
    for account in (PROGRAM, OWNER):
        postgresql.order(f"DROP ROLE {account}")


@pytest.fixture
def register(both_accounts: PrivateServer, tmp_path: Path) -> Iterator[Register]:
    """A copy of that one for this test alone."""
    name = f"two_accounts_{next(NUMBERS)}"
    both_accounts.copy_of_template(name, template=PROGRAM, owner=OWNER)
    with closed_afterwards():
        yield Register(both_accounts, name, tmp_path)
    both_accounts.order(f"DROP DATABASE {name} WITH (FORCE)")


def accounts(register: Register) -> list[str]:
    """Who is known in the register, read as the program."""
    engine = register.engine(PROGRAM)
    with engine.connect() as connection:
        found = list(connection.scalars(text("SELECT username FROM users ORDER BY username")))
    engine.dispose()
    return found


def test_the_drill_with_two_accounts_ends_with_the_rights_it_began_with(register: Register) -> None:
    (register.folder / "key").write_text(str(KEY))
    assert register.type("user", "add", "anna", "--role", "nurse").exit_code == 0
    taken = register.type("backup")
    assert "opened and whole" in taken.output, taken.output
    [path] = (register.folder / "backups").iterdir()
    assert register.type("user", "add", "bea", "--role", "nurse").exit_code == 0
    words = ("restore", str(path), "--key", str(register.folder / "key"))

    refused = register.type(*words)

    assert (refused.exit_code, accounts(register)) == (1, ["anna", "bea"])
    assert "botwacht does not own the register and cannot restore it; name the owner's address" in refused.output
    restored = register.type(*words, owner=True)
    assert restored.exit_code == 0, restored.output
    assert accounts(register) == ["anna"]
    assert register.wrong() == []
    said = register.type("doctor").output
    assert "ok    account: botwacht owns nothing and holds exactly its rights" in said
    assert "WRONG restored: read only" in said
    assert "can be written again" in register.type("restore", "--confirm").output
    assert register.type("user", "add", "cora", "--role", "nurse").exit_code == 0
    assert register.type("audit", "verify").exit_code == 0
    assert accounts(register) == ["anna", "cora"]
    assert "opened and whole" in register.type("backup").output
    again = register.type("restore", str(max((register.folder / "backups").iterdir())), *words[2:], owner=True)
    assert (again.exit_code, accounts(register), register.wrong()) == (0, ["anna", "cora"], [])


REFUSED = (
    "UPDATE audit_entries SET actor_name = 'somebody else'",
    "DELETE FROM audit_entries",
    "DELETE FROM audit_seals",
    "TRUNCATE audit_seals",
    "TRUNCATE letters CASCADE",
    "DROP TRIGGER audit_entries_only_added ON audit_entries",
    "ALTER TABLE audit_entries DISABLE TRIGGER ALL",
    "SET session_replication_role = replica",
    "CREATE OR REPLACE FUNCTION log_is_only_added_to() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "UPDATE alembic_version SET version_num = '0001'",
    "ALTER TABLE patients ADD COLUMN more text",
    "DROP TABLE patients CASCADE",
    "DROP SCHEMA public CASCADE",
    "CREATE TABLE public.mine (id integer)",
    "CREATE SCHEMA mine",
    "SELECT setval('audit_entries_id_seq', 1)",
    "SET ROLE botwacht_owner",
)


def test_the_program_adds_to_the_log_and_changes_neither_it_nor_the_schema(register: Register) -> None:
    register.by(
        PROGRAM, "INSERT INTO audit_entries (at, action, outcome) VALUES (now(), 'patient.opened', 'done')",
        "DELETE FROM sign_in_failures",
    )  # fmt: skip
    engine = register.engine(PROGRAM)
    for sentence in REFUSED:
        with pytest.raises(ProgrammingError, match=r"permission denied|must be (able|owner)"), engine.begin() as one:
            one.execute(text(sentence))
    engine.dispose()


def test_rights_too_many_or_too_few_are_named_and_set_right_by_the_owner(register: Register) -> None:
    assert register.wrong() == []
    register.by(
        ALL,
        f"GRANT UPDATE (details) ON audit_entries TO {PROGRAM}",
        "GRANT DELETE ON audit_seals TO PUBLIC",
        f"GRANT TRUNCATE ON patients TO {PROGRAM} WITH GRANT OPTION",
        f"REVOKE INSERT ON letters FROM {PROGRAM}",
        f"REVOKE SELECT ON SEQUENCE letters_id_seq FROM {PROGRAM}",
        f"GRANT UPDATE ON SEQUENCE letters_id_seq TO {PROGRAM}",
        f"REVOKE USAGE ON SCHEMA public FROM {PROGRAM}, PUBLIC",
        "GRANT CREATE ON SCHEMA public TO PUBLIC",
        f"GRANT CREATE ON DATABASE {register.name} TO {PROGRAM}",
    )
    assert register.wrong() == [
        "may not enter the schema public", "may CREATE in the schema public", "may CREATE in the database",
        "may UPDATE on audit_entries", "may DELETE on audit_seals", "may not INSERT on letters",
        "may not SELECT on letters_id_seq", "may UPDATE on letters_id_seq", "may TRUNCATE on patients",
    ]  # fmt: skip
    said = register.type("doctor")
    assert (said.exit_code, "WRONG account: botwacht may not enter the schema public, " in said.output) == (1, True)
    assert "The database has version" in register.type("migrate", owner=True).output
    assert register.wrong() == []


def test_a_table_that_a_migration_makes_anew_is_the_programs_to_use(register: Register) -> None:
    register.by(OWNER, "DROP TABLE sign_in_failures", "CREATE TABLE sign_in_failures (id serial PRIMARY KEY)")
    assert len(register.wrong()) == 6
    register.migrate()
    register.by(PROGRAM, "INSERT INTO sign_in_failures DEFAULT VALUES")


def test_an_account_that_does_not_own_the_tables_is_told_who_brings_them_up_to_date(register: Register) -> None:
    register.by(OWNER, "UPDATE alembic_version SET version_num = '0070'")
    said = register.type("user", "add", "anna", "--role", "nurse")
    assert (said.exit_code, "botwacht does not own the tables; run `clinic migrate`, and name" in said.output) == (
        1,
        True,
    )


def test_the_owner_of_another_database_changes_nothing(register: Register, both_accounts: PrivateServer) -> None:
    elsewhere = both_accounts.url(PROGRAM, OWNER)
    for step in (migrate, grants.need_to_replace):
        with pytest.raises(Unusable, match="another database"):
            step(register.url(PROGRAM), elsewhere)
    grants.need_to_replace(register.url(PROGRAM), register.url(OWNER))
    grants.need_to_replace("sqlite:///clinic.db", "")


def test_an_account_that_is_the_owner_or_may_act_as_one_is_named_and_left_alone(register: Register) -> None:
    engine = register.engine(OWNER)
    migrate(register.url(OWNER), register.url(OWNER))
    with engine.connect() as connection:
        assert grants.standing(connection) == Standing(OWNER, True, [])
        assert grants.wrong(connection, OWNER)  # all that an owner may do more; nobody takes it away
    engine.dispose()
    register.by(ALL, f"GRANT {OWNER} TO {PROGRAM}")
    try:
        engine = register.engine(PROGRAM)
        with engine.connect() as connection:
            assert grants.standing(connection) == Standing(PROGRAM, True, [])
        engine.dispose()
    finally:
        register.by(ALL, f"REVOKE {OWNER} FROM {PROGRAM}")


@pytest.mark.parametrize(
    ("standing", "owner_url", "fine", "words"),
    [
        (None, "", None, None),
        (Standing("botwacht", True, []), "", None, "botwacht owns the register: whoever takes over"),
        (Standing("botwacht", True, []), "postgresql://o@/b", False, "botwacht owns the register: whoever takes over"),
        (Standing("botwacht", False, []), "", True, "botwacht owns nothing and holds exactly its rights"),
        (Standing("botwacht", False, ["may a", "may b"]), "", False, "botwacht may a, may b; `clinic migrate` with"),
        (Standing("botwacht", False, [*"abcdef"]), "", False, "botwacht a, b, c, d, e, …; `clinic migrate` with"),
    ],
)
def test_what_the_doctor_says_of_the_account(
    standing: Standing | None, owner_url: str, fine: bool | None, words: str | None
) -> None:
    said = [(one.fine, one.words) for one in checkup.account(standing, owner_url)]
    if words is None:
        assert said == []
    else:
        [(found, told)] = said
        assert (found, told[: len(words)]) == (fine, words)


def test_no_file_but_the_table_of_rights_gives_any() -> None:
    found = {path.name for path in (ROOT / "clinic").rglob("*.py") if re.search(r"\bGRANT \w+.* TO ", path.read_text())}
    assert found == {"grants.py"}
