"""A register with one of everything, so that a law can open every page."""

from __future__ import annotations

import hashlib
import re
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Connection, Table, func, insert, select

from clinic.store.tables import Base

DAY, DAY_BEFORE = date(2026, 11, 23), date(2026, 11, 22)
TIME = datetime(2026, 11, 23, 9, 0)  # noqa: DTZ001 - the store keeps UTC without a zone
MINUTE = timedelta(minutes=1)
VALUES: dict[type, Any] = {int: 1, str: "x", date: DAY, datetime: TIME, bool: False, bytes: b"x"}
NAME, NUMBER = "Zonderling-van-de-Proef", "7700419035"

EARLY, DUE = date(2025, 1, 10), date(2026, 1, 10)
WHY = {"code": "control.yearly.first", "params": {"start": EARLY.isoformat()}}
LOW_BMI = {"code": "alert.low_bmi", "params": {"bmi": "17.9", "limit": "18.5"}}

# where the first value of each closed list and the plain value of each type make no row that stands or can be shown
STANDING: dict[str, dict[str, Any]] = {
    "patients": {
        "status": "active",
        "name_order": "own",
        "own_name": NAME,
        "number": NUMBER,
        "birth_date": date(1953, 3, 14),
    },
    "courses": {"started_on": EARLY},
    "scans": {"made_on": DAY},
    "spine_images": {"on_date": DAY},
    "reviews": {"outcome": "restart"},
    "proposals": {"course_id": 1},
    "protocols": {"toml": 'name = "x"', "made_by": 1},
    "protocol_trials": {"toml": 'name = "x"'},
    "figure_runs": {"finished_at": TIME},
    "due_items": {"code": "control.yearly", "subject": date(1970, 1, 1), "due_on": DUE, "opens_on": DUE, "why": WHY},
    "alerts": {"code": "low_bmi", "why": LOW_BMI},
    "alert_notes": {"alert": "low_bmi"},
    "waivers": {"code": "control.yearly"},
    "overrides": {"code": "control.yearly"},
    "merges": {"losing_id": 2},
    "patient_letters": {"pdf_sha256": hashlib.sha256(b"x").hexdigest()},
    "rights_requests": {"received_on": DAY_BEFORE},
    "tombstones": {"destroyed_by": 2},
    "restrictions": {"lifted_at": TIME, "lifted_by": 1},
    "emergency_openings": {"words": "een dringende vraag", "ends_at": datetime(2026, 11, 23, 13, 0)},  # noqa: DTZ001
    "restores": {"confirmed_at": TIME},
    "audit_entries": {"action": "patient.opened", "patient_id": 1, "actor_id": 1},
}


def rules() -> list[tuple[Table, str, CheckConstraint]]:
    """Every table, the short name of each of its rules, and the rule."""
    found = []
    for table in Base.metadata.sorted_tables:
        for rule in sorted(table.constraints, key=lambda constraint: str(constraint.name)):
            if isinstance(rule, CheckConstraint):
                found.append((table, str(rule.name).removeprefix(f"ck_{table.name}_"), rule))
    return found


SECOND: dict[str, dict[str, Any]] = {
    "patients": {"id": 2, "number": "2", "own_name": "Andere", "sort_key": "andere"},
    "users": {"id": 2, "username": "y"},
}
"""What tells a second row from the first, where one is needed."""


def plain(table: Table) -> dict[str, Any]:
    """A row with every column that must be filled, first of each closed list; every number, so every key, is 1."""
    row: dict[str, Any] = {}
    for column in table.columns:
        if not column.nullable and column.default is None:
            row[column.name] = {} if isinstance(column.type, JSON) else VALUES.get(column.type.python_type, 1)
    for other, short, rule in rules():
        if other is table and short.endswith("_known"):
            column = table.columns[short.removesuffix("_known")]
            if not column.nullable and column.default is None:
                first = re.search(r"IN \('(\w+)'", str(rule.sqltext))
                assert first, f"{table.name}.{short} is no closed list"
                row[column.name] = first[1]
    return row | STANDING.get(table.name, {})


def fill(connection: Connection, leave_out: frozenset[str] = frozenset()) -> None:
    """One row in every table, a second account, and a second patient who was once merged into the first."""
    for table in Base.metadata.sorted_tables:
        if table.name not in leave_out:
            connection.execute(insert(table).values(**plain(table)))
        if table.name in SECOND:
            connection.execute(insert(table).values(**plain(table) | SECOND[table.name]))
    if connection.dialect.name == "postgresql":
        count_on(connection)


def count_on(connection: Connection) -> None:
    """The next number of each table comes after those that were given here; SQLite sees to that itself."""
    for table in Base.metadata.sorted_tables:
        if (key := table.autoincrement_column) is not None:
            sequence = func.pg_get_serial_sequence(table.name, key.name)
            connection.execute(select(func.setval(sequence, func.coalesce(func.max(key), 1))))
