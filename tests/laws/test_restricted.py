"""A restricted record is closed at every door to who does not treat the patient; an emergency opens it alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Connection, update
from sqlalchemy.orm import Session

from clinic.security.permissions import GRANTS, May, Role
from clinic.store.restrictions import EmergencyOpening, Restriction
from tests.conftest import account
from tests.database import Copies
from tests.laws import register
from tests.laws.doors import DOORS, Door, furnished, knock
from tests.laws.register import TIME

ABOUT_HER = [
    door
    for door in DOORS
    if door.rule.arguments & {"patient_id", "letter_id"}
    and door.needs in GRANTS
    and GRANTS[door.needs] & GRANTS[May.READ_PATIENT]
    and door.endpoint != "restricted.enter"
]


def carer(door: Door) -> Role:
    """A role that opens records and that this door admits."""
    return next(role for role in Role if door.admits(role) and role in GRANTS[May.READ_PATIENT])


@pytest.fixture(scope="module")
def closed(copies: Copies) -> Iterator[Flask]:
    """The register with one of everything, whose first patient's record is restricted and who has nobody regular."""
    with furnished(copies, fill=restrict) as app:
        yield app


def restrict(connection: Connection) -> None:
    """One of everything; the first patient's record is restricted, and the emergency of before is over."""
    register.fill(connection)
    connection.execute(update(Restriction).values(lifted_at=None, lifted_by=None))
    connection.execute(update(EmergencyOpening).values(opened_at=TIME - register.MINUTE, ends_at=TIME))


def test_most_doors_lead_to_a_record() -> None:
    assert len(ABOUT_HER) > 80


@pytest.mark.parametrize("door", ABOUT_HER, ids=str)
def test_every_door_to_a_restricted_record_is_closed(closed: Flask, door: Door) -> None:
    answer = knock(closed, door, carer(door))
    assert answer.status_code == 403
    assert register.NAME not in answer.text


def test_an_emergency_opens_this_record_for_this_person_alone(closed: Flask) -> None:
    [record] = [door for door in ABOUT_HER if door.endpoint == "patients.record"]
    engine = closed.extensions["engine"]
    with Session(engine) as session:
        nurse = account(session, Role.NURSE).id
        session.execute(update(EmergencyOpening).values(user_id=nurse, ends_at=TIME + 300 * register.MINUTE))
        session.commit()
    assert [knock(closed, record, role).status_code for role in (Role.NURSE, Role.DOCTOR)] == [200, 403]
