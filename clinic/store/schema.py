"""The schema's versions: bring a database up to this program's, or say that it is ahead of it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event

from clinic.store import grants
from clinic.store.base import make_engine

MIGRATIONS = Path(__file__).parents[2] / "migrations"


class NewerSchema(Exception):
    """The database was written by a newer program; the message names its version."""


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's settings, made in code; without a connection it can only read the migrations."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


@cache
def scripts() -> ScriptDirectory:
    """The migrations of this program, read once: whoever watches the clinic asks for its version all day."""
    return ScriptDirectory.from_config(alembic_config())


def known() -> set[str]:
    """Every version that this program knows."""
    return {script.revision for script in scripts().walk_revisions()}


def version(connection: Connection) -> str:
    """The version of a database; empty where nothing was made yet."""
    return ", ".join(sorted(MigrationContext.configure(connection).get_current_heads()))


def newest() -> str:
    """The version of this program."""
    return scripts().get_current_head() or ""


def refuse_newer(connection: Connection) -> None:
    """Raise NewerSchema when the database has a version that this program does not know."""
    unknown = set(MigrationContext.configure(connection).get_current_heads()) - known()
    if unknown:
        raise NewerSchema(", ".join(sorted(unknown)))


def migrate(url: str, owner: str = "") -> None:
    """Bring the database to this program's version; raise NewerSchema when it is ahead.

    With the owner's address it is done as the owner, and the account of `url` holds exactly its rights afterwards.
    """
    engine = make_engine(owner or url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", let_tables_be_rebuilt)
    try:
        with engine.begin() as connection:
            program = grants.program_of(url, connection) if owner else ""
            refuse_newer(connection)
            if version(connection) != newest():
                if connection.dialect.name == "postgresql":
                    grants.need_to_change(connection)
                command.upgrade(alembic_config(connection), "head")
            refuse_orphans(connection)
            if program:
                grants.set_right(connection, program)
    finally:
        engine.dispose()


def let_tables_be_rebuilt(connection: Any, _record: Any) -> None:
    """SQLite changes a table by dropping it and making it anew, which enforced foreign keys forbid."""
    connection.execute("PRAGMA foreign_keys=OFF")


def refuse_orphans(connection: Connection) -> None:
    """What was not enforced meanwhile must hold at the end, or nothing is kept."""
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise RuntimeError("a migration left rows without the rows they belong to")
