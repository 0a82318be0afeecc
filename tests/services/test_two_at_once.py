"""Of two who act in the same moment the second waits, and reads what the first did before she goes on."""

from __future__ import annotations

from datetime import date, time

import pytest
from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action
from clinic.services import (
    appointments,
    control_drafts,
    controls,
    items,
    letter_ends,
    print_runs,
    same_day,
)
from clinic.services.appointment_checks import Slot
from clinic.services.appointments import Book
from clinic.services.facts import stamp
from clinic.services.letter_states import find
from clinic.store.appointments import Appointment
from clinic.store.controls import ControlDraft
from clinic.store.due import DueItem
from clinic.store.print_runs import PrintedLetter
from clinic.store.treatments import CourseStop
from tests.at_once import at_once
from tests.factories import make_course, make_patient
from tests.services import test_control_versions
from tests.services.test_print_runs import signed

TOMORROW = date(2026, 11, 24)
command = test_control_versions.command
nurse, patient = test_control_versions.nurse, test_control_versions.patient


def test_a_letter_that_is_withdrawn_while_a_run_is_begun_is_not_printed(work, session):
    kept, withdrawn, secretary = signed(work, name="A"), signed(work, name="B"), work("secretary")

    def withdraw(unit):
        letter_ends.take_out(unit, find(unit, withdrawn.id))
        unit.commit()

    at_once(secretary, withdraw, lambda unit: print_runs.begin(unit, "pressed"))
    assert session.scalars(select(PrintedLetter.letter_id)).all() == [kept.id]
    assert (kept.state, withdrawn.state) == ("authorised", "withdrawn")


def test_of_two_who_sign_in_first_one_brings_the_items_up_to_the_day(work, session):
    doctor = work("doctor")
    known = make_patient(doctor)
    course = make_course(doctor, known)
    session.flush()
    stamp(doctor, CourseStop(course_id=course.id, stopped_on=TOMORROW, reason="side_effects"), known.id)
    items.refresh(doctor, known)

    def sign_in(unit):
        done = items.refresh_due_today(unit.session, TOMORROW)
        unit.note(Action.ITEMS_REBUILT)
        unit.commit()
        return done

    assert at_once(doctor, sign_in, sign_in) == 0
    assert session.scalars(select(DueItem.code)).all() == ["review.untreated"]


def booking(patient, token, at=time(9, 20), on=TOMORROW, **given):
    return Book(patient.id, Slot("control", on, at, **{"place": "Route 42", **given}), token)


@pytest.mark.parametrize("also", [None, time(10, 20)], ids=["one", "two"])
def test_who_books_a_room_that_somebody_is_booking_is_asked(work, session, also):
    secretary = work("secretary")
    one, other = make_patient(secretary), make_patient(secretary)

    def second(unit):
        if also is None:
            return appointments.book(unit, booking(other, "two"))
        return same_day.book_both(unit, booking(other, "two"), booking(other, "two+", also))

    with pytest.raises(RuleBroken) as broken:
        at_once(secretary, lambda unit: appointments.book(unit, booking(one, "one")), second)
    assert [question.code for question in broken.value.params["questions"]] == ["place_taken"]
    assert session.scalars(select(Appointment.patient_id)).all() == [one.id]


def test_who_books_another_day_or_no_time_is_asked_nothing(work, session):
    secretary = work("secretary")
    for number, given in enumerate(({}, {"at": None}, {"on": date(2026, 11, 25)})):
        appointments.book(secretary, booking(make_patient(secretary), str(number), **given))
    assert len(session.scalars(select(Appointment.id)).all()) == 3


@pytest.mark.parametrize("begun", [True, False])
def test_what_is_typed_while_the_control_is_saved_is_no_draft(session, nurse, command, begun):
    if begun:
        control_drafts.keep(nurse, command.patient_id, command.form_token, {"note": ["half"]})
    late = (command.patient_id, command.form_token, {"note": ["late"]})
    with pytest.raises(RuleBroken, match="form_went_on"):
        at_once(nurse, lambda unit: controls.save(unit, command), lambda unit: control_drafts.keep(unit, *late))
    assert session.scalars(select(ControlDraft)).all() == []


def test_of_two_windows_of_a_nurse_that_keep_at_once_she_has_one_draft(session, nurse, patient):
    one, other = ({"note": [typed]} for typed in ("one", "other"))
    at_once(
        nurse,
        lambda unit: control_drafts.keep(unit, patient.id, "one", one),
        lambda unit: control_drafts.keep(unit, patient.id, "other", other),
    )
    assert session.scalars(select(ControlDraft.typed)).all() == [other]
