"""Which account may do what on PostgreSQL: the owner changes the schema, the program holds exactly the rights below.

Whoever takes over a program that owns its tables can drop the triggers of the log and change a line. The program's own
account owns nothing, so it cannot; docs/operate.md tells how both accounts are made. With one account for everything,
and on SQLite, there is nothing to give.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from clinic.store.dumps import Unusable, connected, kind

LOG = frozenset({"audit_entries", "audit_seals"})
VERSION = "alembic_version"
COUNTER = "S"
HOW_TO_OWN = "name the owner's address in CLINIC_OWNER_DATABASE_URL, as docs/operate.md tells"
TWO_DATABASES = "CLINIC_OWNER_DATABASE_URL is the address of another database than DATABASE_URL."


def rights_on(relkind: str, name: str) -> frozenset[str]:
    """What the program's account may do with a table, or with the counter that numbers its rows."""
    if relkind == COUNTER:
        return frozenset({"USAGE", "SELECT"})  # pg_dump reads where a counter stands
    if name in LOG:
        return frozenset({"SELECT", "INSERT"})
    if name == VERSION:
        return frozenset({"SELECT"})
    return frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})


RELATIONS = text("""
    SELECT relkind::text, relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S') ORDER BY relname
""")

# by whichever way it came: given to the account, to everybody, or to a role that it is a member of
HELD = text("""
    SELECT relkind::text, relname, act,
           CASE relkind WHEN 'S' THEN has_sequence_privilege(:account, pg_class.oid, act)
                        ELSE has_table_privilege(:account, pg_class.oid, act) END AS whole,
           CASE WHEN relkind <> 'S' AND act IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
                THEN has_any_column_privilege(:account, pg_class.oid, act) ELSE false END AS columns
    FROM pg_class, unnest(CASE relkind WHEN 'S' THEN ARRAY['USAGE', 'SELECT', 'UPDATE'] ELSE ARRAY[
        'SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'] END) AS act
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S') ORDER BY relname, act
""")

AROUND = text("""
    SELECT has_schema_privilege(:account, 'public', 'USAGE') AS enters,
           has_schema_privilege(:account, 'public', 'CREATE') AS makes_tables,
           has_database_privilege(:account, current_database(), 'CREATE') AS makes_schemas
""")

OWNS = text("""
    SELECT EXISTS (
        SELECT FROM (
            SELECT relowner FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S')
            UNION SELECT nspowner FROM pg_namespace WHERE nspname = 'public'
            UNION SELECT datdba FROM pg_database WHERE datname = current_database()
        ) AS owners (owner) WHERE pg_has_role(:account, owner, 'MEMBER'))
""")

MAY_CHANGE = text("""
    SELECT has_schema_privilege(current_schema(), 'CREATE') AND NOT EXISTS (
        SELECT FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'S')
                               AND NOT pg_has_role(relowner, 'USAGE'))
""")

PLACE = text("SELECT current_user::text, current_database()::text, pg_postmaster_start_time()")


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account stands to the register: whether it is, or may act as, the owner; which of its rights are wrong."""

    account: str
    owner: bool
    wrong: list[str]


def standing(connection: Connection) -> Standing | None:
    """How the account of this connection stands; None on SQLite, where whoever has the file has everything."""
    if connection.dialect.name == "sqlite":
        return None
    account = whose(connection)
    owner = owns(connection, account)
    return Standing(account, owner, [] if owner else wrong(connection, account))


def whose(connection: Connection) -> str:
    """The account of a connection."""
    name: str = connection.execute(PLACE).one()[0]
    return name


def owns(connection: Connection, account: str) -> bool:
    """Whether something of the register is this account's, or it may act as an account of which it is."""
    return bool(connection.scalar(OWNS, {"account": account}))


def wrong(connection: Connection, account: str) -> list[str]:
    """What the account may not do and has to, and what it may do and must not; a clause each."""
    return [*around(connection, account), *on_tables(connection, account)]


def around(connection: Connection, account: str) -> Iterator[str]:
    """The same of the schema and the database themselves."""
    found = connection.execute(AROUND, {"account": account}).one()
    if not found.enters:
        yield "may not enter the schema public"
    if found.makes_tables:
        yield "may CREATE in the schema public"
    if found.makes_schemas:
        yield "may CREATE in the database"


def on_tables(connection: Connection, account: str) -> Iterator[str]:
    """The same of each table and counter."""
    for relkind, name, act, whole, columns in connection.execute(HELD, {"account": account}):
        wanted = act in rights_on(relkind, name)
        if wanted and not whole:
            yield f"may not {act} on {name}"
        if not wanted and (whole or columns):
            yield f"may {act} on {name}"


def set_right(connection: Connection, account: str) -> None:
    """As the owner, let the account hold exactly its rights; one that owns the register itself is left alone."""
    if not owns(connection, account) and wrong(connection, account):
        for sentence in sentences(connection, account):
            connection.exec_driver_sql(sentence)


def sentences(connection: Connection, account: str) -> Iterator[str]:
    """Everything is taken away first, so that nothing stays which an earlier hand gave."""
    quoted: Any = connection.dialect.identifier_preparer.quote_identifier
    who, database = quoted(account), quoted(connection.scalar(text("SELECT current_database()::text")))
    yield f"REVOKE CREATE ON DATABASE {database} FROM {who}"
    yield f"REVOKE ALL ON SCHEMA public FROM {who}"
    yield "REVOKE CREATE ON SCHEMA public FROM PUBLIC"  # PostgreSQL before 15 gave it to everybody
    yield f"GRANT USAGE ON SCHEMA public TO {who}"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {who}, PUBLIC"
    yield f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {who}, PUBLIC"
    for relkind, name in connection.execute(RELATIONS).all():
        what = "SEQUENCE" if relkind == COUNTER else "TABLE"
        yield f"GRANT {', '.join(sorted(rights_on(relkind, name)))} ON {what} public.{quoted(name)} TO {who}"


def program_of(url: str, owner: Connection) -> str:
    """The account that the program comes in with, which has to be at the database of the owner's connection."""
    with connected(url) as connection:
        account, *place = connection.execute(PLACE).one()
    if place != list(owner.execute(PLACE).one()[1:]):
        raise Unusable(TWO_DATABASES)
    return str(account)


def need_to_change(connection: Connection) -> None:
    """Refuse to change a schema that is not this account's to change."""
    if not connection.scalar(MAY_CHANGE):
        raise Unusable(f"The schema has to be brought up to date, and {whose(connection)} does not own the tables; "
                       f"run `clinic migrate`, and {HOW_TO_OWN}.")  # fmt: skip


def need_to_replace(url: str, owner: str) -> None:
    """Refuse a restore by an account that cannot put another register in the place of this one."""
    if kind(url) != "postgresql":
        return
    with connected(owner or url) as connection:
        if not owns(connection, whose(connection)):
            raise Unusable(f"{whose(connection)} does not own the register and cannot restore it; {HOW_TO_OWN}.")
        if owner:
            program_of(url, connection)
