"""Every route: its address, who may come, what it writes down, whose patient it shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import typst
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import Engine, select
from werkzeug.routing import UnicodeConverter
from werkzeug.routing.converters import PathConverter

from clinic.security.guard import PUBLIC, SIGNED_IN
from clinic.security.permissions import GRANTS, Role
from clinic.store.tables import Base
from tests.database import Copies
from tests.laws import register
from tests.laws.doors import DOORS, Door, furnished, knock, lines_of_log, looks, somebody
from tests.web_fixtures import session_token

KEBAB = re.compile(r"(/[a-z0-9]+(-[a-z0-9]+)*|/<[^>]+>(\.[a-z]+)?)*/?(\.[a-z]+)?")
MISSING = 999_999
UNWATCHED = {"audit_entries", "sessions"}  # looks are written, and that somebody is still there

PAGES = [door for door in DOORS if door.method == "GET"]
RECORDS = [door for door in DOORS if "patient_id" in door.rule.arguments]
CHILDREN = [door for door in RECORDS if any(name.endswith("_id") for name in door.rule.arguments - {"patient_id"})]


@pytest.fixture(scope="module")
def house(copies: Copies) -> Iterator[Flask]:
    """The app over a register with one of everything."""
    with furnished(copies) as app:
        yield app


def contents(engine: Engine) -> dict[str, list[Any]]:
    """Everything that is stored, less what a look may write."""
    with engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table))]
            for table in Base.metadata.sorted_tables
            if table.name not in UNWATCHED
        }


def test_there_are_doors() -> None:
    assert len(DOORS) > 5
    if any(door.endpoint.startswith("patients.") for door in DOORS):
        assert RECORDS


@pytest.mark.parametrize("door", DOORS, ids=str)
def test_every_door_declares_who_may_come(door: Door) -> None:
    assert door.needs in (PUBLIC, SIGNED_IN) or door.needs in GRANTS


@pytest.mark.parametrize("door", DOORS, ids=str)
def test_an_address_is_lowercase_kebab_with_typed_parameters(door: Door) -> None:
    assert KEBAB.fullmatch(door.rule.rule)
    loose = [
        name
        for name, converter in door.rule._converters.items()
        if type(converter) in (UnicodeConverter, PathConverter)
    ]
    assert loose == []


def names_her(content: bytes) -> bool:
    """Whether a page or a file says who she is, by name or by number, however it is packed."""
    if content.startswith(b"PK"):
        with ZipFile(BytesIO(content)) as packed:
            return any(names_her(packed.read(name)) for name in packed.namelist())
    if content.startswith(b"%PDF"):
        content = " ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages).encode()
    return register.NAME.encode() in content or register.NUMBER.encode() in content


def test_a_file_is_unpacked_to_see_whom_it_names() -> None:
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as file:
        file.writestr("a.txt", "nobody")
        file.writestr("record.pdf", typst.compile(f"about {register.NUMBER}".encode()))
    assert names_her(packed.getvalue())
    assert not names_her(typst.compile(b"about nobody"))


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("door", DOORS, ids=str)
def test_the_table_of_grants_opens_and_closes_every_door(house: Flask, door: Door, role: Role) -> None:
    status = knock(house, door, role).status_code
    if door.admits(role):
        assert status < 500
        assert status not in (401, 403)
    else:
        assert status == 403


@pytest.mark.parametrize("door", [door for door in DOORS if door.needs != PUBLIC], ids=str)
def test_nobody_comes_in_unknown(house: Flask, door: Door) -> None:
    assert knock(house, door, None).status_code == 401


@pytest.mark.parametrize("door", PAGES, ids=str)
def test_a_page_writes_nothing_but_its_look(house: Flask, door: Door) -> None:
    engine: Engine = house.extensions["engine"]
    session_token(engine, somebody(door))
    before = contents(engine)
    knock(house, door, somebody(door))
    assert contents(engine) == before


@pytest.mark.parametrize("door", PAGES, ids=str)
def test_a_page_that_shows_a_patient_is_written_down(house: Flask, door: Door) -> None:
    engine: Engine = house.extensions["engine"]
    before = lines_of_log(engine)
    page = knock(house, door, somebody(door))
    if page.status_code == 200 and ("patient_id" in door.rule.arguments or names_her(page.data)):
        written = looks(engine, before)
        assert any(entry.patient_id == 1 or 1 in (entry.shown or []) for entry in written)


@pytest.mark.parametrize("door", RECORDS, ids=str)
def test_a_patient_who_is_not_there_is_not_found(house: Flask, door: Door) -> None:
    assert knock(house, door, somebody(door), patient_id=MISSING).status_code == 404


@pytest.mark.parametrize("door", CHILDREN, ids=str)
def test_a_fact_of_another_patient_is_not_found(house: Flask, door: Door) -> None:
    assert knock(house, door, somebody(door), patient_id=2).status_code == 404


@pytest.mark.parametrize("door", CHILDREN, ids=str)
def test_a_fact_of_her_own_is_found(house: Flask, door: Door) -> None:
    assert knock(house, door, somebody(door)).status_code != 404
