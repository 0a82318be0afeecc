"""A DXA and a control are booked together: both or none, each for its own item, and once."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.domain.same_day import Window
from clinic.services import appointments, closures, same_day
from clinic.services.appointment_checks import ItemKey, Slot
from clinic.services.appointments import Book
from clinic.services.closures import CloseClinic
from clinic.services.work import NotAllowed, Stale
from clinic.store import agenda
from clinic.store.appointments import Appointment
from clinic.store.due import DueItem
from tests.factories import make_patient

TODAY, DAY = date(2026, 11, 23), date(2026, 12, 8)
CONTROL, DXA = ItemKey("control.yearly", date(1970, 1, 1)), ItemKey("dxa.before_review", date(1970, 1, 1))


@pytest.fixture
def patient(work):
    """Her control is open from 1 to 31 December, her DXA from 7 December to 15 January."""
    started = work("secretary")
    found = make_patient(started)
    windows = {CONTROL: (date(2026, 12, 1), date(2026, 12, 31)), DXA: (date(2026, 12, 7), date(2027, 1, 15))}
    for key, (opens, late) in windows.items():
        started.session.add(DueItem(
            patient_id=found.id, code=key.code, subject=key.subject, due_on=opens, opens_on=opens, late_after=late,
            backlog=False, why={"code": "x", "params": {}}, source="x", protocol="1",
        ))  # fmt: skip
    started.session.commit()
    return found


def books(patient, on=DAY, at=time(9, 20), also_at=time(9, 45), place="DXA-kamer", confirmed=()):
    control = Book(patient.id, Slot("control", on, at, "poli"), "one", CONTROL, confirmed)
    return control, Book(patient.id, Slot("dxa", on, also_at, place), "one+", DXA, confirmed)


def pair(work, patient, code=CONTROL.code, today=TODAY):
    started = work("secretary", today)
    items = agenda.due_items(started.session, patient.id)
    chosen = next(item for item in items if item.code == code)
    found = same_day.proposed(started, patient.id, chosen, items)
    return (found.item.code, found.days) if found else None


def kept(session):
    session.rollback()
    return [(row.kind, row.item_code) for row in session.scalars(select(Appointment).order_by(Appointment.id))]


def test_either_proposes_the_other_with_the_days_of_both_windows(work, patient):
    days = Window(date(2026, 12, 7), date(2026, 12, 31))
    assert pair(work, patient) == (DXA.code, days)
    assert pair(work, patient, DXA.code) == (CONTROL.code, days)


def test_a_late_control_is_not_proposed_past_the_day_after_which_it_is_very_late(work, patient, session):
    control = session.scalar(select(DueItem).where(DueItem.code == CONTROL.code))
    control.opens_on, control.late_after = date(2026, 10, 1), date(2026, 11, 20)
    control.very_late_after = date(2026, 12, 11)
    session.commit()
    assert pair(work, patient) == (DXA.code, Window(date(2026, 12, 7), date(2026, 12, 11)))
    control.very_late_after = date(2026, 12, 4)
    session.commit()
    assert pair(work, patient) is None


def test_what_is_booked_already_or_shares_no_day_is_not_proposed(work, patient, session):
    dxa = session.scalar(select(DueItem).where(DueItem.code == DXA.code))
    dxa.opens_on = date(2027, 1, 1)
    session.commit()
    assert pair(work, patient) is None
    dxa.opens_on = date(2026, 12, 7)
    session.commit()
    same_day.book_both(work("secretary"), *books(patient))
    assert pair(work, patient) is None


def test_days_when_the_clinic_is_closed_are_not_proposed(work, patient):
    closures.close(work("manager"), CloseClinic(date(2026, 12, 7), date(2026, 12, 31), "verbouwing"))
    assert pair(work, patient) is None


def test_a_control_that_is_late_goes_along_with_the_dxa(work, patient):
    today = date(2027, 1, 4)
    assert pair(work, patient, today=today) == (DXA.code, Window(today, date(2027, 1, 15)))


def test_both_are_booked_for_their_own_item_and_twice_is_once(work, patient, session):
    first = same_day.book_both(work("secretary"), *books(patient))
    assert same_day.book_both(work("secretary"), *books(patient)) == first
    assert kept(session) == [("control", CONTROL.code), ("dxa", DXA.code)]


def test_both_sent_again_with_something_else_are_not_said_to_be_booked(work, patient, session):
    first = same_day.book_both(work("secretary"), *books(patient))
    for other in (books(patient, on=date(2026, 12, 9)), books(patient, also_at=time(10, 0))):
        with pytest.raises(Stale) as stale:
            same_day.book_both(work("secretary"), *other)
        assert stale.value.args == (first,)
    with pytest.raises(Stale):  # the second is ticked off, and stands
        appointments.book(work("secretary"), books(patient)[0])
    assert len(kept(session)) == 2


def test_a_second_that_is_ticked_after_the_first_was_booked_is_not_said_to_be_booked(work, patient, session):
    appointments.book(work("secretary"), books(patient)[0])
    with pytest.raises(Stale):
        same_day.book_both(work("secretary"), *books(patient))
    assert len(kept(session)) == 1


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"place": " "}, "also_place", "appointment_nowhere"),
        ({"on": TODAY - timedelta(1)}, "on", "appointment_in_past"),
    ],
)
def test_when_one_cannot_be_kept_neither_is(work, patient, session, change, field, code):
    with pytest.raises(RuleBroken) as broken:
        same_day.book_both(work("secretary"), *books(patient, **change))
    assert (broken.value.field, broken.value.code) == (field, code)
    assert kept(session) == []


def test_what_is_unusual_about_either_is_asked_at_its_field_and_kept_when_answered(work, patient, session):
    saturday = date(2026, 12, 5)  # the control is open, the DXA not yet
    with pytest.raises(RuleBroken) as broken:
        same_day.book_both(work("secretary"), *books(patient, on=saturday))
    questions = broken.value.params["questions"]
    assert [(question.field, question.code) for question in questions] == [("on", "on_weekend"), ("on", "before_opens")]
    answers = tuple(question.token for question in questions)
    same_day.book_both(work("secretary"), *books(patient, on=saturday, confirmed=answers))
    assert len(kept(session)) == 2


def test_a_place_that_is_taken_is_asked_about_at_the_second(work, patient):
    other = make_patient(work("secretary"))
    appointments.book(work("secretary"), Book(other.id, Slot("dxa", DAY, time(9, 45), "DXA-kamer"), "before"))
    with pytest.raises(RuleBroken) as broken:
        same_day.book_both(work("secretary"), *books(patient))
    assert [(asked.field, asked.code) for asked in broken.value.params["questions"]] == [("also_place", "place_taken")]


def test_nobody_is_at_two_places_at_once(work, patient, session):
    with pytest.raises(RuleBroken) as broken:
        same_day.book_both(work("secretary"), *books(patient, also_at=time(9, 34)))
    assert (broken.value.field, broken.value.code) == ("also_at", "same_day_overlap")
    same_day.book_both(work("secretary"), *books(patient, also_at=time(9, 35)))
    assert len(kept(session)) == 2


def test_a_manager_books_nothing(work, patient):
    with pytest.raises(NotAllowed):
        same_day.book_both(work("manager"), *books(patient))
