"""A restricted record is closed at every door to who does not treat the patient; an emergency opens it alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Connection, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from clinic.security.guard import SIGNED_IN
from clinic.security.permissions import CARE, GRANTS, May, Role
from clinic.services.worklists import DUE_LISTS
from clinic.store import dossier
from clinic.store.letters import STATES
from clinic.store.patients import Patient
from clinic.store.restrictions import EmergencyOpening, Restriction
from clinic.store.rights import RightsRequest
from tests.conftest import account
from tests.database import Copies
from tests.laws import register
from tests.laws.doors import DOORS, Door, furnished, knock
from tests.laws.register import TIME
from tests.web_fixtures import session_token

HERS = {"patient_id", "letter_id", "request_id"}
ABOUT_HER = [
    door
    for door in DOORS
    if (door.rule.arguments & HERS or door.endpoint == "print_runs.print_file")
    and door.needs in GRANTS
    and GRANTS[door.needs] & GRANTS[May.READ_PATIENT]
    and door.endpoint != "restricted.enter"
]
LISTS = [
    door
    for door in DOORS
    if door.method == "GET"
    and door not in ABOUT_HER
    and (door.needs == SIGNED_IN or GRANTS.get(door.needs, set()) & CARE)
]
WORDS = {"note", "text", "added_text", "remark", "reason", "explanation", "because", "answer", "ground", "words",
         "extended_because", "lifestyle_changes", "reaction", "rejected_because", "split_reason"}  # fmt: skip
"""What people write about her in their own words; the rest of a fact is a code, a day or a number."""
SAID = "Geheim-van-de-Proef"


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
    connection.execute(update(Patient).where(Patient.id == 2).values(merged_into_id=1))
    connection.execute(update(EmergencyOpening).values(opened_at=TIME - register.MINUTE, ends_at=TIME))
    written = [(table, rule) for table, rule in dossier.hers([1])]
    written.append((RightsRequest.__table__, RightsRequest.patient_id == 1))
    for table, rule in written:
        for name in WORDS & set(table.c.keys()):
            try:
                with connection.begin_nested():
                    connection.execute(update(table).where(rule).values({name: SAID}))
            except IntegrityError:
                continue  # a code, or of a state in which it stays empty


def test_most_doors_lead_to_a_record() -> None:
    assert len(ABOUT_HER) > 80
    assert {"requests.show", "rights.show", "rights.copy", "to_patient.ask", "print_runs.print_file"} <= {
        door.endpoint for door in ABOUT_HER
    }


@pytest.mark.parametrize("door", ABOUT_HER, ids=str)
def test_every_door_to_a_restricted_record_is_closed(closed: Flask, door: Door) -> None:
    answer = knock(closed, door, carer(door))
    assert answer.status_code == 403
    assert register.NAME not in answer.text


@pytest.mark.parametrize("door", [door for door in ABOUT_HER if "patient_id" in door.rule.arguments], ids=str)
def test_by_a_number_that_was_merged_into_hers_nobody_comes_in_either(closed: Flask, door: Door) -> None:
    assert knock(closed, door, carer(door), patient_id=2).status_code == 403


@pytest.mark.parametrize("role", sorted(CARE))
@pytest.mark.parametrize("door", LISTS, ids=str)
def test_a_list_says_who_and_what_is_due_and_none_of_the_words(closed: Flask, door: Door, role: Role) -> None:
    if not door.admits(role):
        return
    lists = [{"list": name} for name in DUE_LISTS] if door.endpoint.startswith("worklists.") else []
    states = [{"state": name} for name in STATES] if door.endpoint.startswith("letters.") else []
    client = closed.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"] = session_token(closed.extensions["engine"], role)
    for asked in [{}, *lists, *states]:
        answer = client.get(door.address(closed), query_string=asked)
        assert SAID not in answer.get_data(as_text=False).decode("utf-8", "replace")


def test_a_letter_that_was_ticked_is_asked_for_like_a_letter_that_was_opened(closed: Flask) -> None:
    for role, method, address in (
        (Role.SECRETARY, "POST", "/letters/runs"),
        (Role.DOCTOR, "POST", "/letters/series"),
    ):
        client = closed.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = session_token(closed.extensions["engine"], role)
        answer = client.open(address, method=method, query_string={"letter": 1})
        assert answer.status_code == 403
        assert client.open(address, method=method, query_string={"letter": 99}).status_code != 403


def test_an_emergency_opens_this_record_for_this_person_alone(closed: Flask) -> None:
    [record] = [door for door in ABOUT_HER if door.endpoint == "patients.record"]
    engine = closed.extensions["engine"]
    with Session(engine) as session:
        nurse = account(session, Role.NURSE).id
        session.execute(update(EmergencyOpening).values(user_id=nurse, ends_at=TIME + 300 * register.MINUTE))
        session.commit()
    assert [knock(closed, record, role).status_code for role in (Role.NURSE, Role.DOCTOR)] == [200, 403]
