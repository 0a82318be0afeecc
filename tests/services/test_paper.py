"""What goes on paper: who comes and why, and what the coming week holds when the system is down."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from clinic.security.audit import Action
from clinic.security.permissions import Role
from clinic.services import appointments, items, paper
from clinic.services.appointment_checks import ItemKey, Slot
from clinic.services.appointments import Book, Of
from clinic.services.work import NotAllowed
from clinic.store.appointments import Appointment
from clinic.store.audit import AuditEntry
from clinic.store.due import DueItem
from tests.factories import make_course, make_patient

TODAY, TOMORROW = date(2026, 11, 23), date(2026, 11, 24)
EPOCH = date(1970, 1, 1)


@pytest.fixture
def secretary(work):
    return work(Role.SECRETARY)


@pytest.fixture
def patient(secretary):
    """She started fourteen months ago and was never seen."""
    found = make_patient(secretary, phone="0612345678")
    make_course(secretary, found, started_on=date(2025, 9, 20))
    items.refresh(secretary, found)
    secretary.session.commit()
    return found


def book(work, patient, on, kind="control", at=None, item=None):
    """A booking, also before its window opens."""
    slot = Slot(kind, on, at or time(9, 30), "B1.14", None)
    number = appointments.book(work, Book(patient.id, slot, f"{on} {kind} {at}", item, (f"before_opens={on}",)))
    return work.session.get(Appointment, number)


def test_each_visit_says_what_is_due_and_first_what_it_was_booked_for(secretary, patient):
    due = secretary.session.query(DueItem).where(DueItem.patient_id == patient.id).order_by(DueItem.due_on).all()
    last = [item for item in due if not item.code.startswith("letter.")][-1]
    book(secretary, patient, TOMORROW, item=ItemKey(last.code, last.subject))
    (visit,) = paper.day(secretary, TOMORROW)
    assert (visit.due[0].code, visit.due[0].subject) == (last.code, last.subject)
    assert {item.code for item in visit.due[1:]} == {item.code for item in due if item.opens_on <= TOMORROW} - {
        last.code
    }


def test_who_moved_or_cancelled_is_not_on_the_list_and_who_looks_is_written_down(secretary, patient):
    gone = book(secretary, patient, TOMORROW)
    book(secretary, patient, TOMORROW, at=time(11))
    appointments.cancel(secretary, Of(patient.id, gone.id, gone.version), "griep")
    assert [visit.found.Appointment.at_time for visit in paper.day(secretary, TOMORROW)] == [time(11)]
    entry = secretary.entries[-1]
    assert (entry.action, entry.subject, entry.shown) == (Action.LIST_PRINTED, "list:day", [patient.id])
    assert entry.details == {"day": "2026-11-24"}


def test_a_day_without_visits_is_an_empty_list(secretary):
    assert paper.day(secretary, TOMORROW) == []


def test_the_week_holds_today_and_seven_days_and_every_dose_until_then(secretary, patient):
    injected = make_patient(secretary, own_name="Prikstra", phone_other="0513200100")
    make_course(secretary, injected, drug="denosumab", started_on=TODAY - timedelta(3))
    items.refresh(secretary, injected)
    secretary.session.commit()
    for step in (0, 7, 8):
        book(secretary, patient, TODAY + timedelta(step))
    week = paper.ahead(secretary.session, TODAY)
    assert list(week.days) == [TODAY + timedelta(step) for step in range(8)]
    assert [on for on, visits in week.days.items() if visits] == [TODAY, TODAY + timedelta(7)]
    assert [dose.item.phone_other for dose in week.doses] == ["0513200100"]
    assert week.patient_ids() == [patient.id, injected.id]


def test_when_the_list_was_last_written_stands_in_the_log(secretary):
    assert paper.last_written(secretary.session) is None
    for hours in (30, 6):
        at = secretary.now - timedelta(hours=hours)
        secretary.session.add(AuditEntry(at=at, action=Action.PAPER_WRITTEN))
    secretary.session.commit()
    assert paper.last_written(secretary.session) == secretary.now - timedelta(hours=6)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.PRIVACY_OFFICER])
def test_who_sees_no_lists_prints_none(work, role):
    with pytest.raises(NotAllowed):
        paper.day(work(role), TOMORROW)
