"""The doctor's queue beyond the patients that are put in order: nobody who waits is without a next and a skip."""

from __future__ import annotations

from datetime import date

import pytest

from clinic.services import items, review_queue
from clinic.services.review_queue import Turn
from tests.factories import make_course, make_patient


@pytest.fixture
def doctor(work):
    return work("doctor")


@pytest.fixture
def five(doctor, monkeypatch):
    """Five women whose five years end this winter, of whom two are put in order."""
    monkeypatch.setattr(review_queue, "LONGEST", 2)
    found = [make_patient(doctor) for _number in range(5)]
    for day, patient in enumerate(found, 1):
        make_course(doctor, patient, started_on=date(2021, 11, day))
        items.refresh(doctor, patient)
    return [patient.id for patient in found]


def test_who_stands_behind_those_in_order_has_a_next_and_a_previous_too(doctor, five):
    first, second, third, fourth, last = five
    assert review_queue.order(doctor) == [first, second]
    assert [review_queue.turn(doctor, each) for each in five] == [
        Turn(1, 5, None, second),
        Turn(2, 5, first, third),
        Turn(None, 5, second, fourth),
        Turn(None, 5, second, last),
        Turn(None, 5, second, None),
    ]
    assert review_queue.turn(doctor, make_patient(doctor).id) is None


def test_passing_somebody_over_brings_up_the_next_and_puts_her_last(doctor, five):
    first, second, third, fourth, last = five
    assert review_queue.skip(doctor, first, "DXA volgt") == second
    assert review_queue.order(doctor) == [second, third, first]
    assert review_queue.turn(doctor, third) == Turn(2, 5, second, fourth)
    assert review_queue.turn(doctor, first) == Turn(3, 5, third, None)
    assert review_queue.skip(doctor, last, "DXA volgt") == first
    assert review_queue.order(doctor) == [second, third, first, last]
    assert review_queue.skip(doctor, fourth, "DXA volgt") == first
    assert review_queue.turn(doctor, third) == Turn(2, 5, second, first)
    waiting, ordered = review_queue.show(doctor, 0)
    assert [one.line.person.id for one in waiting] == [second, third, first, fourth, last]
    assert (ordered, review_queue.count(doctor, ordered)) == (5, 5)
    for each in (second, third):
        review_queue.skip(doctor, each, "DXA volgt")
    assert review_queue.order(doctor) == five
    assert review_queue.turn(doctor, second) == Turn(2, 5, first, third)
