"""Seals on the log: which lines a segment holds, and up to where every line has been kept or given up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Table, func, insert, select, text
from sqlalchemy.orm import Mapped, mapped_column

from clinic.store.audit import AuditEntry
from clinic.store.base import Base

LINES = cast(Table, AuditEntry.__table__)
AT_ONCE = 2_000
TRIES, PAUSE = 40, 0.05

# who was adding to the log; a lock is let go after its lines can be seen, and taken before they get a number
WRITERS = text("""
    SELECT virtualtransaction FROM pg_locks
    WHERE relation = 'audit_entries'::regclass AND mode = 'RowExclusiveLock' AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND pid <> pg_backend_pid()
""")


class AuditSeal(Base):
    """A segment of the log, sealed afterwards; added only, like the log itself."""

    __tablename__ = "audit_seals"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    after_id: Mapped[int] = mapped_column(unique=True)
    """The last line of the segment before; this one holds what comes after it, up to `last_id`."""
    last_id: Mapped[int]
    marks: Mapped[bytes]
    previous: Mapped[str]
    head: Mapped[str]
    key_name: Mapped[str]
    sealed_at: Mapped[datetime]


SEALS = cast(Table, AuditSeal.__table__)


def settled(connection: Connection, rest: Callable[[float], None] = time.sleep) -> int | None:
    """The last line before which nobody can add one any more; None when somebody is long at it.

    Numbers are given out before a line is kept, so on PostgreSQL a lower one may appear after a higher one. Whoever
    held one when the last line was read is waited for; nobody waits for us.
    """
    last: int = connection.scalar(select(func.max(LINES.c.id))) or 0
    if connection.dialect.name != "postgresql":
        return last  # one writer at a time
    early = set(connection.scalars(WRITERS))
    for _ in range(TRIES):
        if not early:
            return last
        rest(PAUSE)
        early &= set(connection.scalars(WRITERS))
    return None


def newest(connection: Connection) -> Any:
    """The last seal, or None."""
    return connection.execute(select(SEALS).order_by(SEALS.c.number.desc()).limit(1)).one_or_none()


def segment(connection: Connection, after: int, until: int, most: int) -> list[dict[str, Any]]:
    """So many lines in the order of their numbers."""
    query = select(LINES).where(LINES.c.id > after, LINES.c.id <= until).order_by(LINES.c.id).limit(most)
    return [dict(line) for line in connection.execute(query).mappings()]


def add(connection: Connection, seal: dict[str, Any]) -> None:
    """Keep a seal; IntegrityError when another process sealed the same lines first."""
    connection.execute(insert(SEALS), seal)


def every_line(connection: Connection) -> Iterator[dict[str, Any]]:
    """The whole log by number, some at a time."""
    query = select(LINES).order_by(LINES.c.id).execution_options(yield_per=AT_ONCE)
    names = list(LINES.columns.keys())
    for line in connection.execute(query):
        yield dict(zip(names, line, strict=True))


def every_seal(connection: Connection, until: int) -> Iterator[Any]:
    """The seals by number up to and including one, each read when its turn comes, so that memory holds one segment."""
    last = -1
    while True:
        query = select(SEALS).where(SEALS.c.number > last, SEALS.c.number <= until).order_by(SEALS.c.number).limit(50)
        found = connection.execute(query).all()
        if not found:
            return
        yield from found
        last = found[-1].number
