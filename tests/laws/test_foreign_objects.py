"""What belongs to another patient is not changed through this one's address, whatever its key is posted as."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Column, select

from clinic.store.tables import Base
from clinic.web import background
from tests.database import Copies
from tests.laws import register
from tests.laws.doors import Door, furnished, knock, somebody
from tests.laws.test_foreign_fields import every_column
from tests.laws.test_routes import RECORDS

HERS = [
    table for table in Base.metadata.sorted_tables if "patient_id" in table.columns and table.name != "audit_entries"
]
KEYS = {
    "appointment": "1", "corrects": "1", "supersedes": "1", "draft": "1", "control": "1", "letter": "1", "scan": "1",
    "course": "1", "fact": "1", "item": "control.yearly~1970-01-01~1", "also_item": "control.yearly~1970-01-01~1",
    "patient": "1", "patient_id": "1", "other": "1", "take": "1", "goes": "controls-1",
}  # fmt: skip
"""Every way in which a form or an address names a fact; each is here that of the first patient."""

SIDE_BY_SIDE = {"merges.show", "merges.find", "merges.save"}
"""Two records laid side by side are the job itself; both are written down as opened."""

OF_THE_SECOND = [
    door for door in RECORDS if door.rule.arguments == {"patient_id"} and door.endpoint not in SIDE_BY_SIDE
]
"""Addresses that name no fact; one that names a fact of another patient is not found (`test_routes`)."""


@pytest.fixture(scope="module")
def house(copies: Copies) -> Iterator[Flask]:
    """The app over a register with one of everything, all of the first patient."""
    with furnished(copies) as app, pytest.MonkeyPatch.context() as patch:
        patch.setattr(background, "start", lambda *_words: None)
        yield app


def of_the_first(app: Flask) -> dict[str, list[Any]]:
    """Everything that is about the first patient."""
    with app.extensions["engine"].connect() as connection:
        found = {}
        for table in HERS:
            owner: Column[int] = table.columns["patient_id"]
            found[table.name] = connection.execute(select(table).where(owner == 1)).all()
        return found


@pytest.mark.parametrize("door", OF_THE_SECOND, ids=str)
def test_another_patients_keys_open_and_change_nothing(house: Flask, door: Door) -> None:
    before = of_the_first(house)
    given = every_column() | KEYS if door.method == "POST" else {}
    for body in ({"data": given, "query_string": KEYS}, {"json": given, "query_string": KEYS}):
        answer = knock(house, door, somebody(door), body, patient_id=2)
        assert answer.status_code < 500
        assert register.NAME.encode() not in answer.data
    assert of_the_first(house) == before
