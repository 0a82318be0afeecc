"""A start and a missed appointment are told to the GP when somebody begins the letter."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import LetterAbout
from clinic.services import course_letters, letter_begin, letters
from clinic.services.facts import void
from clinic.store.appointments import Appointment
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from tests.factories import make_course, make_patient
from tests.letter_makers import TODAY, drafted, sign, with_gp

MONDAY = date(2026, 11, 16)
JANUARY = date(2027, 1, 11)


def missed(work, patient):
    """She did not come last Monday."""
    visit = Appointment(
        patient_id=patient.id, kind="control", on_date=MONDAY, state="no_show", attempts=2, form_token=f"t{patient.id}",
        settled_at=work.now, booked_at=work.now, booked_by=work.actor.id,
    )  # fmt: skip
    work.session.add(visit)
    work.session.flush()
    return visit


def test_a_start_and_a_missed_visit_can_be_told_and_stand_in_one_letter(work):
    nurse = work("nurse")
    patient = with_gp(nurse)
    make_course(nurse, patient, started_on=TODAY, planned_years=Decimal(5), dose="70 mg", schedule="1× per week")
    missed(nurse, patient)
    assert [found.about for found in letter_begin.offered(nurse, patient)] == ["start", "no_show"]
    letter_id = letter_begin.begin(nurse, patient.id, "no_show")
    assert letter_begin.begin(nurse, patient.id, "start") == letter_id
    letter = nurse.session.get(Letter, letter_id)
    assert "Op 16 november 2026 is uw patiënte niet verschenen voor controle." in " ".join(letter.text.split())
    assert letter.due_on == date(2026, 11, 23)
    [line] = letter_begin.letters_of(nurse, patient.id)
    assert (line.row.id, sorted(line.about)) == (letter_id, ["no_show", "start"])


def test_nothing_is_offered_for_what_was_before_the_register_or_for_who_left(work):
    nurse = work("nurse")
    patient = make_patient(nurse, registered_on=TODAY)
    make_course(nurse, patient)
    missed(nurse, patient)
    assert letter_begin.offered(nurse, patient) == []
    assert letter_begin.letters_of(nurse, patient.id) == []
    with pytest.raises(RuleBroken, match="letter_nothing_stands"):
        letter_begin.begin(nurse, patient.id, "start")
    gone = make_patient(nurse, status="declined", status_on=TODAY)
    make_course(nurse, gone)
    assert letter_begin.offered(nurse, gone) == []


def test_who_came_after_all_did_not_miss_the_appointment(work):
    nurse = work("nurse")
    patient = with_gp(nurse)
    visit = missed(nurse, patient)
    letter = nurse.session.get(Letter, letter_begin.begin(nurse, patient.id, "no_show"))
    visit.state = "attended"
    nurse.session.flush()
    with pytest.raises(RuleBroken, match="letter_incomplete"):
        sign(work("doctor"), letter)
    assert letters.draft_for(nurse, patient, LetterAbout.NO_SHOW, MONDAY, visit.id) is None


def test_a_letter_that_lacks_what_it_must_carry_is_not_authorised_until_it_is_there(work):
    nurse = work("nurse")
    letter = drafted(nurse)
    patient = nurse.session.get(Patient, letter.patient_id)
    make_course(nurse, patient, planned_years=None)
    patient.prescriber = "huisarts"
    nurse.session.commit()
    with pytest.raises(RuleBroken, match="letter_incomplete"):
        sign(work("doctor"), letter)
    patient.prescriber = "internist"
    nurse.session.commit()
    assert sign(work("doctor"), letter).state == "authorised"


def test_a_course_that_was_voided_is_no_longer_told(work):
    nurse = work("nurse")
    patient = with_gp(nurse)
    course = make_course(nurse, patient, started_on=TODAY, planned_years=Decimal(5))
    letter_id = letter_begin.begin(nurse, patient.id, "start")
    void(nurse, course, "verkeerde patiënt")
    nurse.session.flush()
    letters.withdraw_for(nurse, patient, LetterAbout.START, TODAY, course.id)
    assert nurse.session.get(Letter, letter_id).state == "withdrawn"


@pytest.fixture
def ahead(work):
    """The letter about a start of January that the GP prescribes, and its course."""
    nurse = work("nurse")
    patient = with_gp(nurse)
    patient.prescriber = "huisarts"
    course = make_course(nurse, patient, started_on=JANUARY, planned_years=None, dose="70 mg", schedule="1× per week")
    return nurse.session.get(Letter, letter_begin.begin(nurse, patient.id, "start")), course


def test_a_start_that_lies_ahead_is_told_before_it_is_there_and_lacks_what_a_running_one_would(work, ahead):
    letter, course = ahead
    assert (letter.drafted_at.date(), letter.due_on) == (TODAY, date(2026, 11, 30))
    with pytest.raises(RuleBroken, match="letter_incomplete"):
        sign(work("doctor"), letter)
    course.planned_years = Decimal(5)
    work().session.commit()
    said = " ".join(sign(work("doctor"), letter).text.split())
    assert "zal op 11-01-2027 starten met alendroninezuur 70 mg, 1× per week voor 5 jaar." in said
    assert "1. Alendroninezuur vanaf 11-01-2027 voorschrijven voor 5 jaar" in said


def test_it_still_holds_on_the_day_itself(work, ahead):
    letter, course = ahead
    course.planned_years = Decimal(5)
    work().session.commit()
    sign(work("doctor"), letter)
    assert not course_letters.outdated(work("doctor", JANUARY), letter)
    course.started_on = JANUARY + timedelta(days=1)
    work().session.commit()
    assert course_letters.outdated(work("doctor", JANUARY + timedelta(days=1)), letter)
