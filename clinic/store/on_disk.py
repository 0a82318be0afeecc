"""An SQLite file that is moved away while the clinic is open: nothing is written to it there, and no empty one made.

SQLite goes on writing to a file it holds, under whatever name, and makes an empty one where none is; both would look
like saving (https://www.sqlite.org/howtocorrupt.html, 2.5 "unlinking or renaming a database file while in use").
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError

Place = tuple[int, int]
PATIENT_MS = 500  # so long whoever reads is waited for, and whoever writes waits meanwhile


def place(path: str) -> Place | None:
    """Which file stands there; None when there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def stay_with(engine: Engine) -> None:
    """Let every unit of work of this engine use the file that stands at its address, or fail."""
    path = engine.url.database
    if not path or path == ":memory:":
        return
    opened: set[bool] = set()

    @event.listens_for(engine, "do_connect")
    def refuse_a_new_one(*_: Any) -> None:
        if opened and place(path) is None:
            raise sqlite3.OperationalError("unable to open database file")
        opened.add(True)

    @event.listens_for(engine, "connect")
    def remember(_connection: Any, record: Any) -> None:
        record.info["place"] = place(path)

    @event.listens_for(engine, "checkout")
    def look(_connection: Any, record: Any, _proxy: Any) -> None:
        if record.info["place"] != place(path):
            raise DisconnectionError


def empty_journal(engine: Engine) -> None:
    """Bring SQLite's journal into its file and empty it: what was deleted does not stay there as it was before.

    While somebody still reads as it was before it stays, and goes when the last one closes the file (a restart).
    """
    if engine.dialect.name != "sqlite":
        return
    with closing(engine.raw_connection()) as connection:
        cursor = connection.cursor()
        patience = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        for said in (f"busy_timeout={PATIENT_MS}", "wal_checkpoint(TRUNCATE)", f"busy_timeout={patience}"):
            cursor.execute(f"PRAGMA {said}").fetchall()
        cursor.close()
