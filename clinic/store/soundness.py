"""What each kind of database can say of itself: whether it is whole, and what time it thinks it is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, text

from clinic.store.base import Base


def broken(connection: Connection) -> str | None:
    """What is wrong with its pages and references; None when it is whole."""
    if connection.dialect.name == "sqlite":
        said = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
        orphan = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        return None if said == "ok" and orphan is None else str(said if orphan is None else orphan)
    for table in Base.metadata.sorted_tables:
        connection.execute(text(f"SELECT count(r::text) FROM {table.name} r"))  # noqa: S608 - our own tables' names
    return None


def its_clock(connection: Connection) -> datetime | None:
    """The time of the database's own machine, UTC; SQLite has none of its own."""
    if connection.dialect.name == "sqlite":
        return None
    said: datetime | None = connection.scalar(text("SELECT clock_timestamp() AT TIME ZONE 'UTC'"))
    return said
