"""Store at once what each save writes: for a row or two the ORM's comparing of all in hand is a tenth of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import Insert, Table, bindparam, insert, update
from sqlalchemy.orm import Session, object_mapper
from sqlalchemy.orm.attributes import instance_dict, instance_state, set_committed_value
from sqlalchemy.orm.exc import StaleDataError

from clinic.store.base import Base
from clinic.store.patients import Patient

PATIENTS = cast(Table, Patient.__table__)
GROWN = (
    update(PATIENTS)
    .where(PATIENTS.c.id == bindparam("whose"), PATIENTS.c.version == bindparam("seen"))
    .values(facts_version=PATIENTS.c.facts_version + 1, version=PATIENTS.c.version + 1)
)


def put(session: Session, row: Base) -> None:
    """Store a new row now; it is in hand with its key, as after a flush.

    What was left open is the preset of its column, or None. Listeners to an insert are told, as by the ORM.
    """
    connection, mapper, state = session.connection(), object_mapper(row), instance_state(row)
    mapper.dispatch.before_insert(mapper, connection, state)
    told = instance_dict(row)
    for name, preset in presets(type(row)).items():
        told.setdefault(name, preset)
    names = [*presets(type(row)), *(["id"] if told.get("id") is not None else [])]
    done = connection.execute(into(type(row)), {name: told[name] for name in names})
    cast(Any, row).id = cast(Any, done).inserted_primary_key[0]
    session.add(row)
    session._register_persistent({state})  # what a flush ends with; a rollback then lets go of it as of any new row
    session.info["flushed"] = True  # as `clinic.services.work.changed` says of a flush


def grow(session: Session, patients: Sequence[Patient]) -> None:
    """Each of these patients has a fact more, now; StaleDataError when somebody else changed one since she was read.

    In one order, as whoever locks several: two who write many never wait for each other.
    """
    session.flush()
    seen = sorted(({"whose": one.id, "seen": one.version} for one in patients), key=itemgetter("whose"))
    if session.connection().execute(GROWN, seen).rowcount != len(seen):
        raise StaleDataError
    for patient in patients:
        for name in ("facts_version", "version"):
            set_committed_value(patient, name, getattr(patient, name) + 1)
    session._register_altered(map(instance_state, patients))  # as of a flush; a rollback then reads them anew
    session.info["flushed"] = True


@cache
def into(table: type[Base]) -> Insert:
    """The statement, put together once."""
    return insert(cast(Table, table.__table__))


@cache
def presets(table: type[Base]) -> dict[str, Any]:
    """What each column of a table holds when nothing is said, but for its key, which the database gives."""
    columns = cast(Table, table.__table__).columns
    return {column.key: preset(column.default) for column in columns if not column.primary_key}


def preset(default: Any) -> Any:
    """The value that a column begins with."""
    return None if default is None else default.arg
