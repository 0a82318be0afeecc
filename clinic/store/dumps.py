"""A whole register to a file and back: SQLite by its online backup, PostgreSQL by pg_dump and psql."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, func, inspect, make_url, select, text
from sqlalchemy.exc import DatabaseError

from clinic.store.base import Base, make_engine
from clinic.store.durable import kept
from clinic.store.users import User

COMPLETE = b"PostgreSQL database dump complete"
TAIL = 400  # bytes at the end of a dump in which its last sentence stands
ROLLED_BACK = (1, 3)  # psql: an error in a word or a file; 2 is a connection lost, when nobody knows
# what libpq reads from the environment, by its name in an address (postgresql.org/docs/current/libpq-envars.html)
ASKED = {
    name: f"PG{name.replace('_', '').upper()}"
    for name in (
        "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "sslcrldir", "sslsni", "ssl_min_protocol_version",
        "ssl_max_protocol_version", "sslnegotiation", "sslcertmode", "channel_binding", "gssencmode", "krbsrvname",
        "gsslib", "require_auth", "requirepeer", "target_session_attrs", "hostaddr", "passfile",
        "service", "options", "port", "user", "client_encoding",
    )
} | {"application_name": "PGAPPNAME", "connect_timeout": "PGCONNECT_TIMEOUT"}  # fmt: skip
EMPTY = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"


class Unusable(Exception):
    """A dump cannot be made, read or trusted; the message is one sentence for the operator."""


class Failed(Unusable):
    """One of PostgreSQL's programs ended badly, with this status."""

    def __init__(self, words: str, status: int) -> None:
        super().__init__(words)
        self.status = status


class Untouched(Unusable):
    """The register could not be replaced, and stands as it stood."""


def kind(url: str) -> str:
    """sqlite or postgresql."""
    return make_url(url).get_backend_name()


def dump(url: str, path: Path) -> dict[str, int]:
    """Write the register of this moment to `path` while the clinic works on; the rows of each table in it."""
    return dump_sqlite(url, path) if kind(url) == "sqlite" else dump_postgresql(url, path)


def dump_sqlite(url: str, path: Path) -> dict[str, int]:
    """SQLite copies a live file page by page; what changes meanwhile it copies again."""
    with closing(sqlite3.connect(database_file(url))) as live, closing(sqlite3.connect(path)) as copy:
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
    refuse_broken(path)
    return rows_of(f"sqlite:///{path}")


def dump_postgresql(url: str, path: Path) -> dict[str, int]:
    """pg_dump reads one snapshot; the rows are counted in the same one."""
    with connected(url) as connection:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))
        snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
        run(url, "pg_dump", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={path}")
        return rows(connection)


def other_programs(connection: Connection) -> str:
    """Which of PostgreSQL's programs here are of another version than the server; none on SQLite.

    An older pg_dump refuses a newer server. A newer one writes what an older server may not take back: that of 17 sets
    `transaction_timeout`, which 16 does not know (postgresql.org/docs/current/app-pgdump.html, Notes).
    """
    if connection.dialect.name != "postgresql":
        return ""
    [server, *_] = connection.dialect.server_version_info or (0,)
    here = {program: version_here(program) for program in ("pg_dump", "psql")}
    return ", ".join(f"{program} is of version {version or 'none'} and the server of {server}"
                     for program, version in here.items() if version != server)  # fmt: skip


def version_here(program: str) -> int | None:
    """The main version of one of PostgreSQL's programs on the path; None without it."""
    if (found := shutil.which(program)) is None:
        return None
    said = subprocess.run([found, "--version"], capture_output=True, check=False)  # noqa: S603 - our own words, no shell
    number = re.search(rb"\(PostgreSQL\) (\d+)", said.stdout)
    return int(number[1]) if number else None


def check(database_kind: str, path: Path) -> None:
    """Refuse a dump that is damaged or was cut off."""
    if database_kind == "sqlite":
        refuse_broken(path)
        return
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL))
        if COMPLETE not in file.read():
            raise Unusable("The dump of PostgreSQL ends before its end.")


def refuse_broken(path: Path) -> None:
    """SQLite looks over every page and every reference."""
    try:
        with closing(sqlite3.connect(path)) as copy:
            said = [row[0] for row in copy.execute("PRAGMA integrity_check")]
            orphans = copy.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError as problem:
        raise Unusable(f"The copy is no whole database: {problem}.") from problem
    if said != ["ok"] or orphans:
        raise Unusable(f"The copy is no whole database: {orphans or said[0]}.")


def load(url: str, path: Path) -> None:
    """Put the dump in the place of a register on PostgreSQL, whole or not at all."""
    words = ("-X", "-q", "--single-transaction", "-v", "ON_ERROR_STOP=1", "-c", EMPTY, "-f", str(path))
    try:
        run(url, "psql", *words)
    except Failed as problem:
        raise (Untouched(str(problem)) if problem.status in ROLLED_BACK else problem) from problem


def place_beside(url: str) -> Path:
    """Where a restore makes the copy of an SQLite register ready."""
    live = database_file(url)
    return live.with_name(f"{live.name}.restoring")


def laid_beside(url: str, path: Path) -> Path:
    """A copy of the dump beside SQLite's live file: one rename works within a disk, and not from another one."""
    beside = place_beside(url)
    for left in (f"{beside}-wal", f"{beside}-shm"):  # of a restore that was stopped half way
        Path(left).unlink(missing_ok=True)
    shutil.copyfile(path, beside)
    beside.chmod(0o600)
    return beside


def set_aside(url: str, old: Path) -> Path | None:
    """Keep SQLite's register under another name, too; where, if there was one. It stays in its place."""
    live = database_file(url)
    for end in ("-wal", "-shm"):
        left = live.with_name(live.name + end)
        if left.exists():  # of a database that could not be opened; an open one was emptied when we looked
            left.replace(old.with_name(old.name + end))
    if not live.exists():
        return None
    old.unlink(missing_ok=True)
    try:
        os.link(live, old)
    except OSError:  # not every file system has two names for a file
        shutil.copy2(live, old)
    return old


def take_its_place(url: str, beside: Path) -> None:
    """Let the file beside be SQLite's register, by one rename."""
    with closing(sqlite3.connect(beside)) as alone:
        alone.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it
    kept(beside)
    beside.replace(database_file(url))
    kept(beside.parent)


def in_use(url: str) -> bool:
    """Whether somebody has the register open at this moment."""
    return sqlite_in_use(database_file(url)) if kind(url) == "sqlite" else postgresql_in_use(url)


def sqlite_in_use(file: Path) -> bool:
    """SQLite gives up its journal only when nobody else is there; a file it cannot read is in nobody's use."""
    if not file.exists():
        return False
    try:
        with closing(sqlite3.connect(file, timeout=0)) as alone:
            alone.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as problem:
        return "locked" in str(problem)
    except sqlite3.DatabaseError:
        return False
    return False


def postgresql_in_use(url: str) -> bool:
    """Whether the server knows of another connection to this database."""
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with connected(url) as connection:
        return bool(connection.scalar(text(others)))


def rows_of(url: str) -> dict[str, int]:
    """How many rows each table has."""
    with connected(url) as connection:
        return rows(connection)


def rows(connection: Connection) -> dict[str, int]:
    """The same on a connection; a table that an older register does not have is left out."""
    there = set(inspect(connection).get_table_names())
    tables = [table for table in Base.metadata.sorted_tables if table.name in there]
    return {table.name: connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def accounts(url: str) -> int:
    """How many accounts a register has; none where no register was ever made."""
    with connected(url) as connection:
        made = inspect(connection).has_table(User.__tablename__)
        return connection.scalar(select(func.count()).select_from(User)) or 0 if made else 0


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection of its own, closed afterwards with everything behind it; it only reads."""
    engine = make_engine(url)
    try:
        with engine.connect() as bare:
            yield bare.execution_options(writes=False)
    except DatabaseError as problem:
        raise Unusable(f"The database does not answer: {str(problem.orig).splitlines()[0]}.") from problem
    finally:
        engine.dispose()


def database_file(url: str) -> Path:
    """The file of an SQLite register."""
    return Path(make_url(url).database or "")


def run(url: str, program: str, *words: str) -> None:
    """One of PostgreSQL's own programs; the password goes by the environment, where no list of processes shows it."""
    try:
        done = subprocess.run(  # noqa: S603 - our own words, no shell
            [shutil.which(program) or program, *words],
            env=environment(make_url(url)), capture_output=True, check=False,
        )  # fmt: skip
    except OSError as problem:
        raise Unusable(f"{program} cannot be run: {problem.strerror}.") from problem
    if done.returncode:
        raise Failed(f"{program} failed: {done.stderr.decode(errors='replace').strip()[-300:]}", done.returncode)


def environment(url: URL) -> dict[str, str]:
    """How PostgreSQL's programs are told where the database is, and with what they make sure that it is that one."""
    if unknown := sorted(url.query.keys() - {"host", *ASKED}):
        raise Unusable(f"DATABASE_URL asks for {', '.join(unknown)}, which pg_dump and psql cannot be told.")
    host = url.host or url.query.get("host")
    asked = {ASKED[name]: str(value) for name, value in url.query.items() if name in ASKED}
    told = {
        "PATH": os.defpath,
        "HOME": str(Path.home()),
        "PGHOST": str(host) if host else None,
        "PGPORT": str(url.port) if url.port else None,
        "PGUSER": url.username,
        "PGPASSWORD": str(url.password) if url.password else None,
        "PGDATABASE": url.database,
    }
    return asked | {name: value for name, value in told.items() if value}
