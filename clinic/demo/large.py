"""A large demo clinic: the stories first, then many patients in bulk, their items by the same rules."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from itertools import islice

from sqlalchemy import Connection, Engine, func, insert, select, text

from clinic.demo import bulk, loader
from clinic.demo.people import person, test_bsns
from clinic.demo.stage import Cast
from clinic.domain import due
from clinic.domain.protocol import DEFAULT
from clinic.domain.record import Record
from clinic.security.permissions import Role
from clinic.services import items
from clinic.services.work import Actor, local_day
from clinic.store.practices import Gp
from clinic.store.tables import Base
from clinic.store.users import User
from clinic.web.units import now

BATCH = 2000
COUNTED = ("patients", "courses", "controls", "scans", "letters")
ORDER = ("patients", "patient_names", "courses", "controls", "scans", "scan_values", "letters", "letter_subjects",
         "due_items", "alerts")  # fmt: skip


def silent(_line: str) -> None:
    """Nobody watches."""


@dataclass(slots=True)
class Numbers:
    """The next id of each table that is counted here."""

    last: dict[str, int] = field(default_factory=dict)

    @classmethod
    def after(cls, connection: Connection) -> Numbers:
        """Go on after what is there."""
        tables = Base.metadata.tables
        return cls({name: connection.scalar(select(func.max(tables[name].c.id))) or 0 for name in COUNTED})

    def next_id(self, table: str) -> int:
        """One more."""
        self.last[table] += 1
        return self.last[table]


def load(engine: Engine, patients: int, report: Callable[[str], object] = silent, stories: int = 300) -> None:
    """Fill an empty register with the demo clinic and as many patients in bulk as are asked for."""
    loader.load(engine, min(stories, patients), counted=False)  # the night counts them all
    today, rng = local_day(now()), random.Random(loader.SEED + 1)  # noqa: S311 - made-up people
    with engine.execution_options(writes=True).connect() as connection:
        maker = bulk.Maker(today, cast(connection), gps(connection), Numbers.after(connection).next_id)
        connection.rollback()
        bsns = islice(test_bsns(), stories, None)
        made = min(stories, patients)
        while made < patients:
            with connection.begin():
                upto = min(made + BATCH, patients)
                batch(connection, maker, rng, range(made, upto), bsns)
            made = upto
            report(f"{made} of {patients} patients")
        with connection.begin():
            settle(connection)


def cast(connection: Connection) -> Cast:
    """The accounts that the stories made."""
    mine = select(User.id, User.name, User.function, User.role).order_by(User.id).limit(1)
    actors = [
        Actor(row.id, row.name, row.function, Role(row.role))
        for role in (Role.NURSE, Role.DOCTOR, Role.SECRETARY)
        for row in connection.execute(mine.where(User.role == role.value))
    ]
    return Cast(*actors)


def gps(connection: Connection) -> list[int]:
    """The GPs of the demo, less the one without an address."""
    return list(connection.scalars(select(Gp.id).order_by(Gp.id)))[:-1]


def batch(
    connection: Connection, maker: bulk.Maker, rng: random.Random, numbers: Iterable[int], bsns: Iterable[str]
) -> None:
    """Some patients with facts, letters, items and alerts, by one insert for each table."""
    left = iter(bsns)
    for number in numbers:
        who = bulk.plain_person(person(rng, number + 100, maker.today), number)
        patient_id, record = bulk.patient(maker, rng, who, f"{7000001 + number}", next(left, None))
        derive(maker, patient_id, record, maker.today)
    for table in ORDER:
        rows = maker.rows.pop(table, [])
        if rows:
            connection.execute(insert(Base.metadata.tables[table]), rows)


def derive(maker: bulk.Maker, patient_id: int, record: Record, today: date) -> None:
    """What follows from the facts, by the rules."""
    derived = items.derive(patient_id, record, today, DEFAULT)
    maker.rows.setdefault("due_items", []).extend(derived.items)
    maker.rows.setdefault("alerts", []).extend(derived.alerts)
    row = maker.rows["patients"][-1]
    row["refresh_on"] = due.next_change(record, today)
    row["nothing_planned"] = items.nothing_planned(record, derived.items)


def settle(connection: Connection) -> None:
    """Let the database count on after the ids that were given, and know what its indexes hold."""
    if connection.dialect.name == "postgresql":
        for name in COUNTED:
            connection.execute(text(f"SELECT setval('{name}_id_seq', (SELECT max(id) FROM {name}))"))  # noqa: S608 - our own names
    connection.execute(text("ANALYZE"))
