"""After a void it is said which GP still has the letter that told of it, and her number."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from clinic.services import letter_queue, still_has, treatments
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.treatments import CourseStop
from tests.letter_makers import TODAY, sent, sign
from tests.services.test_stop_told import course, doctor, stop
from tests.services.test_treatment_in_letters import drafts

__all__ = ["course", "doctor"]


@pytest.fixture
def letter(work, doctor, course, tmp_path):
    """The letter about a stop, which left."""
    stop(doctor, course)
    [letter] = drafts(doctor)
    assert sent(work("secretary"), sign(doctor, letter), tmp_path).sent
    return letter


def voided(work, letter):
    """The stop was another patient's; who still has its letter."""
    found = work.session.scalars(select(CourseStop)).one()
    treatments.void_event(work, CourseStop, letter.patient_id, found.id, "verkeerde patiënt")
    return still_has.found_now(work, letter.patient_id)


@pytest.mark.parametrize("phone", ["0515 123456", None])
def test_who_has_the_letter_of_a_voided_stop_is_named_with_the_number_of_the_practice(doctor, letter, phone):
    doctor.session.get_one(Patient, letter.patient_id).gp.practice.phone = phone
    doctor.session.commit()
    assert voided(doctor, letter) == [(letter.reference, TODAY, "S. Hoekstra", "De Terp", phone)]
    assert still_has.found_now(doctor, letter.patient_id + 1) == []


def test_what_was_found_on_another_day_is_not_said_again(work, doctor, letter):
    voided(doctor, letter)
    assert still_has.found_now(work("doctor", date(2026, 12, 1)), letter.patient_id) == []


def test_a_letter_that_came_back_nobody_has(work, doctor, letter):
    assert voided(doctor, letter)
    letter_queue.came_back(work("secretary"), letter.id, letter.version, "Verhuisd.")
    assert still_has.holder(doctor, letter.id) is None


def test_of_a_letter_to_herself_no_gp_has_anything(doctor, letter):
    voided(doctor, letter)
    doctor.session.get_one(Letter, letter.id).kind = "patient.result"
    assert still_has.found_now(doctor, letter.patient_id) == []
