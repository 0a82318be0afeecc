"""A letter is drafted with the fact it tells of, may tell of several, and falls with it."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from clinic.domain.vocabulary import LetterAbout
from clinic.services import letters
from clinic.store.letters import Letter, LetterSubject
from tests.factories import make_control, make_course, make_patient

TODAY = date(2026, 11, 23)


def seen(work, patient, on=TODAY, **given):
    """A control with its letter."""
    control = make_control(work, patient, on, **given)
    work.session.flush()
    return letters.draft_for(work, patient, LetterAbout.CONTROL, on, control.id)


def test_a_control_drafts_a_letter_that_is_due_on_the_fifth_working_day(work):
    nurse = work("nurse")
    patient = make_patient(nurse)
    make_course(nurse, patient)
    letter = nurse.session.get(Letter, seen(nurse, patient))
    assert (letter.state, letter.due_on) == ("draft", date(2026, 11, 30))


def test_one_letter_tells_of_a_control_and_its_decision_and_is_due_with_the_first(work):
    nurse = work("nurse")
    patient = make_patient(nurse)
    first = seen(nurse, patient, date(2026, 11, 20))
    second = seen(nurse, patient)
    assert first == second
    told = nurse.session.scalars(select(LetterSubject.about_on).order_by(LetterSubject.about_on)).all()
    assert told == [date(2026, 11, 20), TODAY]
    assert nurse.session.get(Letter, first).due_on == date(2026, 11, 27)


def test_an_interim_contact_and_what_was_before_registration_ask_for_no_letter(work):
    nurse = work("nurse")
    patient = make_patient(nurse, registered_on=date(2026, 11, 1))
    assert seen(nurse, patient, kind="interim") is None
    assert seen(nurse, patient, date(2026, 10, 30)) is None


def test_a_letter_about_a_control_that_was_voided_is_withdrawn(work):
    nurse = work("nurse")
    patient = make_patient(nurse)
    letter = nurse.session.get(Letter, seen(nurse, patient))
    letters.withdraw_for(nurse, patient, LetterAbout.CONTROL, TODAY)
    assert letter.state == "withdrawn"
