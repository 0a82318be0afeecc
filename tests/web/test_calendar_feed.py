"""The calendar of a member of staff on her own telephone."""

from __future__ import annotations

import re
from datetime import date, time

import pytest
from sqlalchemy import select, update

from clinic.security.permissions import Role
from clinic.store.appointments import Appointment
from clinic.store.audit import AuditEntry
from clinic.store.users import User
from tests.factories import make_patient

ADDRESS = re.compile(r"/calendar/[0-9a-f]{64}\.ics")


@pytest.fixture
def booked(work):
    """Mrs Agendasma comes to the nurse tomorrow at half past nine."""
    nurse = work(Role.NURSE)
    patient = make_patient(nurse, own_name="Agendasma", number="4711")
    row = Appointment(
        patient_id=patient.id, kind="control", on_date=date(2026, 11, 24), at_time=time(9, 30), minutes=15,
        place="B1.14", staff_id=nurse.actor.id, form_token="booked", booked_at=nurse.now, booked_by=nurse.actor.id,
    )  # fmt: skip
    nurse.session.add(row)
    nurse.session.commit()
    return row


def made(nurse, form_token="0" * 32):
    """The address that the page shows once."""
    page = nurse.post("/account/calendar", data={"form_token": form_token})
    assert page.status_code == 200
    return ADDRESS.search(page.text)[0]


def test_her_calendar_program_reads_the_hour_the_kind_and_the_place_and_no_patient(sign_in, client, booked, database):
    answer = client.get(made(sign_in("nurse")))
    assert answer.mimetype == "text/calendar"
    assert "SUMMARY:Controle op de poli" in answer.text
    assert "DTSTART:20261124T083000Z" in answer.text
    assert "LOCATION:B1.14" in answer.text
    assert "Agendasma" not in answer.text
    assert "4711" not in answer.text
    with database.connect() as connection:
        read = connection.execute(select(AuditEntry.__table__).where(AuditEntry.action == "calendar.read")).all()
    assert [(line.role, line.address) for line in read] == [("nurse", "127.0.0.1")]


def test_the_feed_speaks_the_language_of_its_owner_not_of_the_program(sign_in, client, booked, database):
    address = made(sign_in("nurse"))
    with database.begin() as connection:
        connection.execute(update(User.__table__).values(language="en"))
    assert "SUMMARY:Control at the clinic" in client.get(address).text


def test_what_was_cancelled_is_said_and_not_left_standing(sign_in, client, booked, database):
    address = made(sign_in("nurse"))
    gone = {"state": "cancelled", "reason": "ziek", "settled_at": booked.booked_at, "version": 2}
    with database.begin() as connection:
        connection.execute(update(Appointment.__table__).values(gone))
    text = client.get(address).text
    assert "STATUS:CANCELLED" in text
    assert "SEQUENCE:1" in text
    assert "ziek" not in text


def test_the_address_is_shown_once_and_can_be_revoked(sign_in, client):
    nurse = sign_in("nurse")
    address = made(nurse)
    assert made(nurse) == address  # a double click
    page = nurse.get("/account").text
    assert ADDRESS.search(page) is None
    assert "Er is een adres sinds 23-11-2026." in page
    assert nurse.post("/account/calendar/revoke").status_code == 303
    assert client.get(address).status_code == 404
    assert "Er is nu geen adres." in nurse.get("/account").text


def test_the_manager_closes_the_account_and_with_it_the_feed(sign_in, client, database):
    address = made(sign_in("nurse"))
    with database.connect() as connection:
        nurse_id = connection.scalar(select(User.id).where(User.username == "nurse"))
    sign_in("manager").post(f"/accounts/{nurse_id}/deactivate")
    assert client.get(address).status_code == 404


def test_a_guess_or_a_form_that_is_not_ours_gives_nothing(sign_in, client):
    assert client.get(f"/calendar/{'f' * 64}.ics").status_code == 404
    assert client.get("/calendar/x.ics").status_code == 404
    assert sign_in("nurse").post("/account/calendar", data={"form_token": "x"}).status_code == 400


@pytest.mark.parametrize("role", [Role.MANAGER, Role.PRIVACY_OFFICER])
def test_who_has_no_appointments_is_offered_no_calendar(sign_in, role):
    person = sign_in(role)
    assert "/account/calendar" not in person.get("/account").text
    assert person.post("/account/calendar", data={"form_token": "0" * 32}).status_code == 403
