"""A PostgreSQL database put back as its template was, so that the next test finds a new one.

To make a database is to make some four hundred files, which costs more than most tests on it; a test fills few tables.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, LiteralString

from psycopg import Connection, Error, connect

EMPTY: LiteralString = """
DO $$ DECLARE filled text; BEGIN
    SET LOCAL session_replication_role = replica;  -- nothing is checked and no trigger refuses
    FOR filled IN SELECT oid::regclass FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
    LOOP EXECUTE 'DELETE FROM ' || filled; END LOOP;
    PERFORM setval(format('%I.%I', schemaname, sequencename), start_value, false)
        FROM pg_sequences WHERE last_value IS NOT NULL;
END $$
"""
SHAPE: LiteralString = """
SELECT array_agg(newest ORDER BY whose) FROM (
    SELECT 1 AS whose, max(xmin::text::bigint) || ' of ' || count(*) AS newest FROM pg_class
    UNION ALL SELECT 2, max(xmin::text::bigint) || ' of ' || count(*) FROM pg_attribute WHERE attrelid >= 16384
    UNION ALL SELECT 3, max(xmin::text::bigint) || ' of ' || count(*) FROM pg_constraint
    UNION ALL SELECT 4, max(xmin::text::bigint) || ' of ' || count(*) FROM pg_trigger
    UNION ALL SELECT 5, max(xmin::text::bigint) || ' of ' || count(*) FROM pg_proc
    UNION ALL SELECT 6, max(xmin::text::bigint) || ' of ' || count(*) FROM pg_namespace
    UNION ALL SELECT 7, string_agg(datacl::text, ' ') FROM pg_database WHERE datname = current_database()
    UNION ALL SELECT 8, string_agg(setconfig::text, ' ') FROM pg_db_role_setting
) AS parts
"""
SOMEBODY: LiteralString = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""
FILLED: LiteralString = """
SELECT oid::regclass::text FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
"""


@dataclass
class Kept:
    """A database, its shape and the rows of its template; nobody is connected to it while a test has it."""

    host: str
    name: str
    shape: list[str] = field(default_factory=list)
    rows: dict[str, bytes] = field(default_factory=dict)

    def entered(self) -> Connection[Any]:
        """A connection of our own."""
        return connect(host=self.host, user="clinic", dbname=self.name, autocommit=True)

    def look(self) -> None:
        """Remember how it is: it was just copied from the template."""
        with self.entered() as own:
            self.shape = shape(own)
            for (table,) in own.execute(FILLED).fetchall():
                with own.cursor().copy(f"COPY {table} TO STDOUT") as out:
                    self.rows[table] = b"".join(out)

    def put_back(self) -> bool:
        """Whether it is as the template again: not when its tables or rights changed, or somebody is still in it."""
        try:
            with self.entered() as own:
                if shape(own) != self.shape or somebody_stays(own):
                    return False
                own.execute(EMPTY)
                for table, rows in self.rows.items():
                    with own.cursor().copy(f"COPY {table} FROM STDIN") as back:
                        back.write(rows)
        except Error:  # the test let nobody in, or took a table away
            return False
        return True


def somebody_stays(own: Connection[Any]) -> bool:
    """Whether another connection is still there; one that was closed takes a moment to go."""
    for _moment in range(40):
        if own.execute(SOMEBODY).fetchone() == (0,):
            return False
        time.sleep(0.002)
    return True


def shape(own: Connection[Any]) -> list[str]:
    """What changes when a table, a rule or a right of a database does."""
    found: list[str] = own.execute(SHAPE).fetchone()[0]
    return found
