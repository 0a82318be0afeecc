"""The emergency log: looks that the database could not keep go to a file, and are merged and checked afterwards."""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.exc import OperationalError, StatementError

from clinic.security.audit import Action
from clinic.security.chain import canonical
from clinic.services.operators import by_command, by_program
from clinic.services.work import LINES, as_rows
from clinic.store.audit import AuditEntry
from clinic.store.durable import fresh_line
from clinic.store.users import User

NAME = "emergency-log.ndjson"
ACCOUNTS = ("actor_id", "on_behalf_of")


@dataclass(frozen=True, slots=True)
class Merged:
    """How many lines there were, how many of them not as they had been written, how many the log refused."""

    lines: int
    broken: int
    refused: int = 0


@dataclass(frozen=True, slots=True)
class EmergencyLog:
    """A file beside the database, each line signed together with the one before it."""

    folder: Path
    key: bytes

    @property
    def path(self) -> Path:
        """Where it is; merged ones lie beside it under another name."""
        return self.folder / NAME

    @contextmanager
    def opened(self) -> Iterator[IO[str]]:
        """The file, to one process at a time; a file that was merged while we waited is left for the new one."""
        self.folder.mkdir(parents=True, exist_ok=True)
        while True:
            with self.path.open("a+", encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                if self.path.exists() and os.fstat(file.fileno()).st_ino == self.path.stat().st_ino:
                    yield file
                    return

    def add(self, rows: list[dict[str, Any]]) -> None:
        """Keep lines; they are on the disk when this returns, and OSError says when that cannot be."""
        with self.opened() as file:
            file.seek(0)
            before = last_mark(file.read())
            file.write(fresh_line(file.fileno()))
            for row in rows:
                before = self.mark(before, row)
                file.write(json.dumps({"line": canonical(row).decode(), "mark": before}) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def mark(self, before: str, row: dict[str, Any]) -> str:
        """What a line must give after the one before it."""
        return hmac.digest(self.key, before.encode() + canonical(row), "sha256").hex()

    def read(self, text: str) -> tuple[list[dict[str, Any]], int]:
        """The lines, each told to come from here, and how many were not as written or could not be read at all."""
        rows, broken, before = [], 0, ""
        for written in text.splitlines():
            try:
                told = json.loads(written)
                row, mark = json.loads(told["line"]), told["mark"]
                whole = hmac.compare_digest(mark, self.mark(before, row))
                row["at"] = datetime.fromisoformat(row["at"])
                details = {**row.get("details", {})}
            except (ValueError, KeyError, TypeError):
                broken += 1
                continue
            before = mark
            broken += not whole
            row["details"] = {**details, "emergency": "whole" if whole else "changed"}
            rows.append({name: held for name, held in row.items() if name in LINES.columns and name != "id"})
        return rows, broken

    def merge(self, engine: Engine, now: datetime, typed: bool = False) -> Merged:
        """Bring the lines into the log, once; the file stays beside, under a name with the day.

        `typed` when somebody asks for it by a command; else the program does it by itself.
        """
        if not self.path.exists():
            return Merged(0, 0)
        with self.opened() as file:
            file.seek(0)
            text = file.read()
            rows, broken = self.read(text)
            refused: list[dict[str, Any]] = []
            if text:
                subject = f"emergency_log:{hashlib.sha256(text.encode()).hexdigest()[:16]}"
                made = by_command if typed else by_program
                refused = store(engine, rows, broken, made(now, Action.LOG_MERGED, subject=subject))
                self.set_aside(refused, now)
                self.path.rename(self.path.with_suffix(f".{now:%Y%m%d-%H%M%S-%f}.merged"))
        return Merged(len(rows), broken, len(refused))

    def set_aside(self, rows: list[dict[str, Any]], now: datetime) -> None:
        """Lines that the log does not take stand in a file of their own, for a person to look at."""
        if rows:
            text = "".join(f"{canonical(row).decode()}\n" for row in rows)
            self.path.with_suffix(f".{now:%Y%m%d-%H%M%S-%f}.refused").write_text(text, encoding="utf-8")


def last_mark(text: str) -> str:
    """The mark of the last line; a line that was torn off gives none, and the next begins anew."""
    try:
        return str(json.loads(text.splitlines()[-1])["mark"])
    except (IndexError, ValueError, KeyError, TypeError):
        return ""


def store(engine: Engine, rows: list[dict[str, Any]], broken: int, line: AuditEntry) -> list[dict[str, Any]]:
    """The lines and that they came in, in one transaction; a file that came in before is not taken again.

    What comes back is what the log refused: one such line keeps no other out.
    """
    with engine.connect() as bare:
        connection = bare.execution_options(writes=True)
        if connection.scalar(select(LINES.c.id).where(LINES.c.subject == line.subject).limit(1)) is None:
            accounts = connection.scalars(select(User.id)).all()
            refused = [row for row in rows if not taken(connection, of_account(row, accounts))]
            told = {"lines": len(rows), "broken": broken} | ({"refused": len(refused)} if refused else {})
            line.details = (line.details or {}) | told
            connection.execute(insert(LINES), as_rows([line]))
            connection.commit()
            return refused
    return []


def taken(connection: Connection, row: dict[str, Any]) -> bool:
    """Whether the log takes a line; a database that is away is no refusal."""
    try:
        with connection.begin_nested():
            connection.execute(insert(LINES), row)
    except OperationalError:
        raise
    except StatementError:
        return False
    return True


def of_account(row: dict[str, Any], accounts: Sequence[int]) -> dict[str, Any]:
    """A line about an account that is not here, which a restore took away: its number is kept among the details."""
    absent = {name: row[name] for name in ACCOUNTS if row.get(name) is not None and row[name] not in accounts}
    return {**row, **dict.fromkeys(absent), "details": {**row["details"], **absent}} if absent else row
