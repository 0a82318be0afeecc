"""A form field that a role may not fill in changes nothing, wherever it is posted, in a form or as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from clinic.security.guard import PUBLIC
from clinic.security.permissions import Role
from clinic.store.tables import Base
from clinic.web import background
from tests.database import Copies
from tests.laws.doors import DOORS, Door, furnished, knock
from tests.web_fixtures import session_token

COURSES = ("courses", "course_stops", "pauses", "proposals")
DECISIONS = ("reviews", "waivers", "overrides", "alert_notes", "decision_changes")
MEASURED = ("controls", "scans", "scan_values", "fractures", "spine_images")
WHO_MAY = ("restrictions", "restriction_admitted", "mandates", "clinic_settings")

NOT_HERS: dict[Role, tuple[str, ...]] = {
    Role.SECRETARY: (*COURSES, *DECISIONS, *MEASURED, *WHO_MAY),
    Role.NURSE: (*DECISIONS, *WHO_MAY),
    Role.DOCTOR: WHO_MAY,
    Role.MANAGER: ("patients", *COURSES, *DECISIONS, *MEASURED, "letters", "restrictions"),
    Role.PRIVACY_OFFICER: ("patients", *COURSES, *DECISIONS, *MEASURED, "letters", "mandates", "protocols"),
}
"""Which tables a role never writes to, however it asks (the table of `docs/model.md` and of the design)."""

OWN = ("role", "may_authorise", "active", "demo", "factor_since")
"""What nobody changes of her own account."""
POSTS = [
    (role, door)
    for role in NOT_HERS
    for door in DOORS
    if door.method == "POST" and door.needs != PUBLIC and door.admits(role) and door.endpoint != "auth.sign_out"
]


def every_column() -> dict[str, str]:
    """Every column of every table as a form field, with a value that would show."""
    given = {column.name: "1" for table in Base.metadata.sorted_tables for column in table.columns}
    return given | {
        "role": "manager", "outcome": "stop", "state": "confirmed", "status": "active", "drug": "denosumab",
        "planned_years": "9", "started_on": "01-02-2020", "effective_on": "01-02-2020", "reason": "x" * 12,
        "until_on": "01-02-2031", "on_date": "01-02-2020", "on": "01-02-2020", "may_authorise": "1", "active": "1",
    }  # fmt: skip


def rows(app: Flask, names: tuple[str, ...]) -> dict[str, list[Any]]:
    """What these tables hold."""
    with app.extensions["engine"].connect() as connection:
        return {name: connection.execute(select(Base.metadata.tables[name])).all() for name in names}


def standing(app: Flask, role: Role) -> list[Any]:
    """What the account of a role may do."""
    users = Base.metadata.tables["users"]
    with app.extensions["engine"].connect() as connection:
        query = select(*(users.c[name] for name in OWN)).where(users.c.username == role.value)
        return list(connection.execute(query).all())


@pytest.fixture(scope="module")
def house(copies: Copies) -> Iterator[Flask]:
    """The app over a register with one of everything; what a post begins behind the page does not run."""
    with furnished(copies) as app, pytest.MonkeyPatch.context() as patch:
        patch.setattr(background, "start", lambda *_words: None)
        yield app


@pytest.mark.parametrize(("role", "door"), POSTS, ids=str)
def test_what_is_not_hers_to_write_stays_as_it_is(house: Flask, role: Role, door: Door) -> None:
    session_token(house.extensions["engine"], role)  # an account of this role is there
    before, own = rows(house, NOT_HERS[role]), standing(house, role)
    for body in ({"data": every_column()}, {"json": every_column()}):
        assert knock(house, door, role, body).status_code < 500
    assert rows(house, NOT_HERS[role]) == before
    assert standing(house, role) == own
