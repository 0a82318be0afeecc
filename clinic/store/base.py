"""The base of all tables: naming, types, the envelope of a fact, and the engine."""

from __future__ import annotations

from datetime import date, datetime
from operator import itemgetter
from sqlite3 import SQLITE_BUSY, OperationalError
from time import monotonic
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Date,
    DateTime,
    Engine,
    ForeignKey,
    MetaData,
    String,
    Table,
    create_engine,
    event,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from clinic.store.on_disk import stay_with

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

CLOSED = "closed list"
PATIENCE_MS = 5_000  # so long somebody waits for the one lock of SQLite
PRIMARY_CODE = 0xFF  # of an error; the bits above it say which kind (sqlite.org/rescode.html, 3)
ASK_FOR_MS = 18  # asks after 1, 2, 5 and 10 ms, and begins anew

Json = dict[str, Any]
IN_BYTES = String().with_variant(String(collation="C"), "postgresql")
"""Text of which a range or a place in the order is asked: in the order of its bytes, as in SQLite and in Python.

PostgreSQL sorts by the locale of its server, in which nothing need lie between a word and what begins with it.
"""
NOTHING_IS_NULL = JSON(none_as_null=True)  # whichever way a row is written, None is NULL and not the JSON word null


class Base(DeclarativeBase):
    """All tables; times are UTC without a zone, dates are the clinic's (Europe/Amsterdam)."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {date: Date, datetime: DateTime, Json: NOTHING_IS_NULL, list[Any]: NOTHING_IS_NULL}


def one_of(column: str, values: type | tuple[str, ...], nullable: bool = False) -> CheckConstraint:
    """A named CHECK that a text column holds a member of a closed list; `closed_lists` reads the list back."""
    quoted = ", ".join(f"'{value}'" for value in values)  # type: ignore[union-attr]
    rule = f"{column} IN ({quoted})"
    told = {CLOSED: (column, values)}
    return CheckConstraint(f"{column} IS NULL OR {rule}" if nullable else rule, name=f"{column}_known", info=told)


def closed_lists(table: Table) -> dict[str, type | tuple[str, ...]]:
    """Which columns of a table hold a member of a closed list, and which list that is."""
    return dict(sorted((rule.info[CLOSED] for rule in table.constraints if CLOSED in rule.info), key=itemgetter(0)))


class Fact:
    """The envelope every clinical fact carries: who, when, on whose behalf, what it replaces, whether it counts.

    Rules see only rows that `stand`: not voided and not superseded. A correction is a new row whose
    `supersedes_id` names the old one; the old one stays readable.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    on_behalf_of: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    change_reason: Mapped[str | None]
    voided_at: Mapped[datetime | None]
    voided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    void_reason: Mapped[str | None]
    stands: Mapped[bool] = mapped_column(default=True)

    @declared_attr
    def patient_id(cls) -> Mapped[int]:
        return mapped_column(ForeignKey("patients.id"), index=True)

    @declared_attr
    def supersedes_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey(f"{cls.__tablename__}.id"), unique=True)  # type: ignore[attr-defined]


def envelope_rules() -> tuple[CheckConstraint, ...]:
    """What the database refuses in any envelope; every fact table lists these."""
    return (
        CheckConstraint(
            "(voided_at IS NULL) = (voided_by IS NULL) AND (voided_at IS NULL) = (void_reason IS NULL)",
            name="void_is_whole",
        ),
        CheckConstraint("voided_at IS NULL OR NOT stands", name="voided_counts_nowhere"),
        CheckConstraint("supersedes_id IS NULL OR change_reason IS NOT NULL", name="correction_has_reason"),
    )


def make_engine(url: str) -> Engine:
    """An engine for SQLite (WAL, full sync, foreign keys on) or PostgreSQL."""
    if url.startswith("postgresql://"):
        url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    # errors name no values: what stands in them would reach the technical log
    engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"), hide_parameters=True)
    if engine.dialect.name == "sqlite":
        stay_with(engine)
        event.listen(engine, "connect", sqlite_settings)
        event.listen(engine, "begin", sqlite_begin)
    return engine


def sqlite_settings(connection: Any, _record: Any) -> None:
    """Durable and strict: a committed control survives a power cut, and what is destroyed leaves no bytes behind."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",  # Debian's SQLite does so unasked, others do not
        f"busy_timeout={PATIENCE_MS}",
        "cache_size=-32000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def sqlite_begin(connection: Any) -> None:
    """Own the transaction; a unit that writes takes the lock at once and waits for it, rather than fail half way."""
    writes = connection.get_execution_options().get("writes", True)
    driver = connection.connection.driver_connection
    if not writes:
        driver.execute("BEGIN")
        return
    if in_turn(driver):
        return
    driver.execute("PRAGMA busy_timeout=0")
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # once more, at once: now it says what is the matter
    finally:
        driver.execute(f"PRAGMA busy_timeout={PATIENCE_MS}")


def in_turn(connection: Any) -> bool:
    """Take the lock as soon as it is free; False when that took too long, or waiting does not help.

    SQLite asks ever more seldom, at last ten times a second: whoever waits for work that writes in parts would miss
    each moment between two of them. Asking again from the start is asking at least every ten milliseconds.
    """
    until = monotonic() + PATIENCE_MS / 1000
    connection.execute(f"PRAGMA busy_timeout={ASK_FOR_MS}")
    try:
        ours: bool | None = False
        while ours is False and monotonic() < until:
            ours = began(connection)
        return bool(ours)
    finally:
        connection.execute(f"PRAGMA busy_timeout={PATIENCE_MS}")


def began(connection: Any) -> bool | None:
    """Whether the lock is ours now; not yet for any kind of busy, as while somebody else mends after a power cut.

    None when it is another fault, as a disk that is read only.

    Of SQLITE_BUSY_SNAPSHOT there is none here: nothing was read in a transaction that has not begun.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
    except OperationalError as refused:
        return False if refused.sqlite_errorcode & PRIMARY_CODE == SQLITE_BUSY else None
    return True
