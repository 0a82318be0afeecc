"""Databases for the tests: a private PostgreSQL server, and a migrated template of each kind to copy from."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection, connect
from sqlalchemy import Dialect, Engine, create_engine, event
from sqlalchemy.pool import Pool

from clinic.store import base
from clinic.store.on_disk import stay_with
from clinic.store.schema import migrate
from tests.put_back import Kept

KINDS = ("sqlite", "postgresql")
MEMORY = Path("/dev/shm")
STATEMENTS = 3_000  # compiled ones that are kept; the whole suite has some more
ICU_SINCE = 15  # PostgreSQL by which a cluster can sort by ICU
ROOM = 1 << 30  # bytes free, so that a run never fills it
SETTINGS = {
    "listen_addresses": "''",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "60",
}


class NoServer(Exception):
    """PostgreSQL cannot be started here; the message says why."""


def server_programs() -> Path:
    """The folder with initdb and postgres, newest version first; Debian keeps them off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise NoServer("PostgreSQL is not installed; `make test` installs it where it may.")
    return Path(on_path).resolve().parent


def unprivileged() -> pwd.struct_passwd | None:
    """The account to run the server as when we are root, which PostgreSQL refuses."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


@dataclass
class PrivateServer:
    """A PostgreSQL of this test run alone, reachable by a socket in its own folder."""

    folder: Path
    programs: Path
    account: pwd.struct_passwd | None

    def run(self, program: str, *words: str) -> None:
        """Run one of the server's programs as the unprivileged account; its complaint becomes the error."""
        command = [str(self.programs / program), *words]
        user, group, others = (self.account.pw_uid, self.account.pw_gid, []) if self.account else (None, None, None)
        # output goes to a file: a started server keeps its parent's pipes open
        with tempfile.TemporaryFile() as said:
            done = subprocess.run(
                command, cwd="/", stdin=subprocess.DEVNULL, stdout=said, stderr=said, check=False,
                user=user, group=group, extra_groups=others,
            )  # fmt: skip
            said.seek(0)
            if done.returncode:
                raise NoServer(f"{program} failed: {said.read().decode(errors='replace').strip()[-500:]}")

    def start(self) -> None:
        """Make the cluster and start it."""
        if self.account is not None:
            os.chown(self.folder, self.account.pw_uid, self.account.pw_gid)
        data = str(self.folder / "data")
        self.run("initdb", "-D", data, "-U", "clinic", "-A", "trust", "-E", "UTF8", *self.sorts(), "--no-sync")
        options = " ".join(f"-c {name}={value}" for name, value in SETTINGS.items())
        self.run(
            "pg_ctl", "-D", data, "-w", "-t", "60", "-l", str(self.folder / "log"),
            "-o", f"{options} -c unix_socket_directories={self.folder}", "start",
        )  # fmt: skip

    def sorts(self) -> tuple[str, ...]:
        """Text sorts as on a hospital's server, for the order of bytes would hide a range that holds in it alone.

        Without regard to spaces and full stops, as servers do in Dutch; by ICU, which needs no locale of this machine.
        A server before 15 cannot make a cluster of that.
        """
        told = subprocess.check_output([self.programs / "initdb", "--version"], text=True)
        icu = int(re.findall(r"\d+", told)[0]) >= ICU_SINCE
        return ("--locale=C", "--locale-provider=icu", "--icu-locale=nl-u-ka-shifted") if icu else ("--locale=C",)

    def stop(self) -> None:
        """Stop without waiting for anybody: nothing in it is kept."""
        self.orders.close()
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")

    def url(self, database: str, account: str = "clinic") -> str:
        """Where a database of this server is; `clinic` is the account above all."""
        return f"postgresql+psycopg://{account}@/{database}?host={self.folder}"

    @cached_property
    def orders(self) -> Connection[Any]:
        """A connection to the maintenance database, kept: to open one for each database costs more than the copy."""
        return connect(host=str(self.folder), user="clinic", dbname="postgres", autocommit=True)

    def order(self, sentence: str) -> None:
        """Run a sentence outside a transaction on the maintenance database."""
        self.orders.execute(sentence.encode())

    def copy_of_template(self, name: str, template: str = "template_clinic", owner: str = "clinic") -> None:
        """A database like the template, copied as files: it is small, and block by block through the log costs more."""
        how = " STRATEGY FILE_COPY" if self.orders.info.server_version >= 150000 else ""
        self.order(f"CREATE DATABASE {name} OWNER {owner} TEMPLATE {template}{how}")


@contextmanager
def not_kept(prefix: str) -> Iterator[Path]:
    """A folder for databases that go with the run: in memory where there is some, for a disk makes each commit wait."""
    roomy = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
    with tempfile.TemporaryDirectory(prefix=prefix, dir=MEMORY if roomy else None, ignore_cleanup_errors=True) as name:
        yield Path(name)


@contextmanager
def private_server() -> Iterator[PrivateServer]:
    """A running server that is gone afterwards."""
    with not_kept("pg-") as folder:  # a short path: a socket's path may hold 107 bytes
        server = PrivateServer(folder, server_programs(), unprivileged())
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def statements_compiled_once() -> Iterator[None]:
    """Engines of a kind share what SQLAlchemy compiled, as the requests of one server do.

    Each test has a database of its own and so an engine: to compile its statements anew was half of what a service's
    test cost. A statement is found again by its dialect, so they share that one too, once it has met a server.
    """
    met: dict[str, tuple[Dialect, Any]] = {}

    def share(engine: Engine) -> None:
        name = engine.dialect.name
        if name in met:
            engine.dialect, engine._compiled_cache = met[name]
        else:
            event.listen(engine, "connect", lambda *_: met.setdefault(name, (engine.dialect, engine._compiled_cache)))

    def make(url: str, **given: Any) -> Engine:
        engine = create_engine(url, **given | {"query_cache_size": STATEMENTS})
        if engine.dialect.name != "sqlite":
            share(engine)
        return engine

    def stay(engine: Engine) -> None:  # listens to how this engine connects, which its own dialect tells
        stay_with(engine)
        share(engine)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(base, "create_engine", make)
        patch.setattr(base, "stay_with", stay)
        yield


@contextmanager
def closed_afterwards() -> Iterator[None]:
    """Close what is still open, before the collector sweeps it up in a later test, which would be blamed for it."""
    opened: list[Connection[Any]] = []

    def note(connection: Any, _record: Any) -> None:
        if isinstance(connection, Connection):
            opened.append(connection)

    event.listen(Pool, "connect", note)
    try:
        yield
    finally:
        event.remove(Pool, "connect", note)
        for connection in opened:
            connection.close()  # a second time does nothing


@dataclass
class Copies:
    """Fresh databases by copying a migrated template: real commits, and no test sees another's rows."""

    folder: Path
    server: PrivateServer | None = None
    numbers: Iterator[int] = field(default_factory=count)
    ready: set[str] = field(default_factory=set)
    spare: list[Kept] = field(default_factory=list)

    def template(self, kind: str) -> None:
        """Migrate the template once."""
        if kind in self.ready:
            return
        if kind == "postgresql":
            assert self.server is not None
            self.server.order("CREATE DATABASE template_clinic")
            migrate(self.server.url("template_clinic"))
        else:
            migrate(f"sqlite:///{self.folder / 'template.db'}")
        self.ready.add(kind)

    @contextmanager
    def fresh(self, kind: str) -> Iterator[str]:
        """The address of a new, migrated, empty database."""
        self.template(kind)
        with self.in_a_file() if kind == "sqlite" else self.on_the_server() as url:
            yield url

    @contextmanager
    def in_a_file(self) -> Iterator[str]:
        """A copy of the template's file."""
        name = f"clinic_{next(self.numbers)}"
        path = self.folder / f"{name}.db"
        shutil.copyfile(self.folder / "template.db", path)
        yield f"sqlite:///{path}"
        for left in self.folder.glob(f"{name}.db*"):
            left.unlink()

    @contextmanager
    def on_the_server(self) -> Iterator[str]:
        """A database that an earlier test left as it was, or else a copy of the template."""
        assert self.server is not None
        if not self.spare:
            name = f"clinic_{next(self.numbers)}"
            self.server.copy_of_template(name)
            self.spare.append(Kept(str(self.server.folder), name))
            self.spare[-1].look()
        kept = self.spare.pop()
        try:
            with closed_afterwards():
                yield self.server.url(kept.name)
        finally:
            if kept.put_back():
                self.spare.append(kept)
            else:
                self.server.order(f"DROP DATABASE {kept.name} WITH (FORCE)")
