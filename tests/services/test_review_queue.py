"""The doctor's queue beyond the patients that are put in order: nobody who waits is without a next and a skip."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from clinic.domain.vocabulary import MissingFact
from clinic.services import items, review_queue, review_requests
from clinic.services.review_queue import Turn
from clinic.store.appointments import Appointment
from clinic.store.controls import Agreement
from clinic.store.scans import Scan
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


TODAY = date(2026, 11, 23)


def visit(doctor, patient, kind, on, **more):
    told = {"kind": kind, "on_date": on, "state": "booked", "form_token": f"{kind} {on}", "booked_at": doctor.now,
            "booked_by": doctor.actor.id}  # fmt: skip
    row = Appointment(patient_id=patient.id, **told | more)
    doctor.session.add(row)
    doctor.session.flush()
    return row


@pytest.fixture
def owed(doctor):
    """Five years in January: whatever a review needs is missing."""
    patient = make_patient(doctor)
    make_course(doctor, patient, started_on=date(2022, 1, 18))
    items.refresh(doctor, patient)
    return patient


def asked(doctor):
    """What was agreed and requested."""
    return (
        [row.what for row in doctor.session.scalars(select(Agreement))],
        len(doctor.session.scalars(select(Scan)).all()),
    )


def test_what_comes_of_an_appointment_that_is_booked_is_not_asked_for(doctor, owed):
    """She would be called and booked a second time, and the first booking is shown nowhere (K6)."""
    yearly = {"item_code": "control.yearly", "item_subject": items.NO_SUBJECT}
    visit(doctor, owed, "control", date(2026, 12, 8), **yearly)
    visit(doctor, owed, "control", date(2026, 12, 15), form_token="later")
    visit(doctor, owed, "dxa", TODAY)
    found = review_requests.booked(doctor, [owed.id])[owed.id]
    control = dict.fromkeys((MissingFact.HEIGHT, MissingFact.WEIGHT, MissingFact.ADHERENCE), date(2026, 12, 8))
    assert found.facts == control | {MissingFact.DXA: TODAY}
    assert found.items == {("control.yearly", items.NO_SUBJECT): (date(2026, 12, 8), None)}
    review_requests.ask_all(doctor, owed.id)
    assert asked(doctor) == ([], 0)


@pytest.mark.parametrize(
    "given",
    [
        {"on": date(2026, 11, 22)},  # past, and nobody said what became of it
        {"on": date(2026, 12, 8), "state": "cancelled", "reason": "ziek"},
        {"on": date(2027, 2, 24)},  # later than soon: the ordinary next one
        {"on": date(2026, 12, 8), "kind": "phone"},
        {"on": date(2026, 12, 8), "item_code": "dose.denosumab", "item_subject": items.NO_SUBJECT},
    ],
)
def test_an_appointment_that_brings_nothing_soon_answers_no_request(doctor, owed, given):
    settled = {"settled_at": doctor.now} if "state" in given else {}
    visit(doctor, owed, **{"kind": "control"} | given | settled)
    review_requests.ask_all(doctor, owed.id)
    assert asked(doctor) == (["control"], 1)
