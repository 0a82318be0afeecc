"""The feed of one's own calendar: who may read it, and when it ends."""

from __future__ import annotations

from datetime import date, time

import pytest
from sqlalchemy import select

from clinic.security.audit import Action
from clinic.security.permissions import Role
from clinic.services import accounts, appointments, calendar_feed
from clinic.services.appointment_checks import Slot
from clinic.services.appointments import Book
from clinic.services.work import NotAllowed
from clinic.store.audit import AuditEntry
from clinic.store.users import User
from tests.conftest import account
from tests.factories import make_patient

TOKEN = "a" * 64


@pytest.fixture
def nurse(work):
    """A nurse with a feed."""
    found = work(Role.NURSE)
    calendar_feed.make(found, TOKEN)
    return found


def whose(work, token=TOKEN):
    return calendar_feed.owner(work.session.get_bind(), token, "198.51.100.7")[0]


def test_the_address_leads_to_its_owner_and_only_its_hash_is_kept(nurse):
    assert whose(nurse).id == nurse.actor.id
    assert calendar_feed.made_at(nurse) == nurse.now
    with pytest.raises(LookupError):
        whose(nurse, "b" * 64)


def test_another_address_ends_the_one_before_and_the_same_form_twice_is_one(nurse):
    calendar_feed.make(nurse, TOKEN)
    assert whose(nurse).id == nurse.actor.id
    calendar_feed.make(nurse, "b" * 64)
    assert whose(nurse, "b" * 64).id == nurse.actor.id
    with pytest.raises(LookupError):
        whose(nurse)


def test_a_revoked_feed_answers_no_more_and_both_are_written_down(nurse):
    calendar_feed.revoke(nurse)
    calendar_feed.revoke(nurse)
    with pytest.raises(LookupError):
        whose(nurse)
    told = nurse.session.scalars(select(AuditEntry).where(AuditEntry.action == Action.ACCOUNT_CHANGED)).all()
    assert [entry.details["changes"]["calendar_feed"] for entry in told] == [[None, "made"], ["made", "revoked"]]


@pytest.mark.parametrize("shuts", [accounts.deactivate, lambda work, user_id: accounts.new_code(work, user_id, "x")])
def test_the_feed_ends_with_the_account_and_stays_ended(nurse, work, shuts):
    account(nurse.session, Role.MANAGER)
    nurse.session.commit()
    shuts(work(Role.MANAGER), nurse.actor.id)
    with pytest.raises(LookupError):
        whose(nurse)
    accounts.reactivate(work(Role.MANAGER), nurse.actor.id, "another")
    with pytest.raises(LookupError):
        whose(nurse)


def test_a_closed_account_has_no_feed_whatever_closed_it(nurse):
    nurse.session.get(User, nurse.actor.id).active = False
    nurse.session.commit()
    with pytest.raises(LookupError):
        whose(nurse)


def test_who_has_no_appointments_gets_no_feed(work):
    with pytest.raises(NotAllowed):
        calendar_feed.make(work(Role.PRIVACY_OFFICER), TOKEN)


def test_the_feed_holds_ones_own_week_that_was_and_the_quarter_to_come(nurse, work):
    secretary, doctor = work(Role.SECRETARY), work(Role.DOCTOR)
    patient = make_patient(nurse)
    nurse.session.commit()
    days = [date(2026, 11, 24), date(2027, 2, 19), date(2027, 2, 22)]  # tomorrow, 88 and 91 days on
    for number, on in enumerate(days):
        slot = Slot("control", on, time(9, 30 + number), "B1.14", nurse.actor.id)
        appointments.book(secretary, Book(patient.id, slot, f"form {number}"))
    of_another = Slot("review", days[0], time(11), "B1.14", doctor.actor.id)
    appointments.book(secretary, Book(patient.id, of_another, "form of another"))
    assert [row.on_date for row in calendar_feed.read(nurse)] == days[:2]
    assert [entry.action for entry in nurse.entries] == [Action.CALENDAR_READ]
