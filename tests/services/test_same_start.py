"""Two courses that began on one stored day, because only the year or month is known (protocol D3)."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from clinic.domain.vocabulary import MissingFact, ReviewOutcome, StopKind
from clinic.services import items, reviews
from clinic.services.facts import stamp
from clinic.services.reviews import Decision, SignReview
from clinic.store import records
from clinic.store.due import DueItem
from clinic.store.reviews import Review
from clinic.store.treatments import Course, CourseStop, row_of
from tests.factories import make_course, make_patient

YEAR = {"started_on": date(2022, 1, 1), "start_precision": "year"}


@pytest.fixture
def doctor(work):
    return work("doctor")


def stop(doctor, patient, course, on):
    doctor.session.flush()
    return stamp(doctor, CourseStop(course_id=course.id, stopped_on=on, reason="other"), patient.id)


@pytest.mark.parametrize("stopped", [0, 1])
def test_a_decision_is_about_the_one_that_runs(doctor, session, stopped):
    patient = make_patient(doctor)
    courses = [make_course(doctor, patient, **YEAR) for _twice in range(2)]
    stop(doctor, patient, courses[stopped], date(2022, 1, 1))
    items.refresh(doctor, patient)
    session.flush()
    decision = Decision(ReviewOutcome.STOP, effective_on=date(2026, 11, 23), stop_kind=StopKind.END)
    signed = reviews.sign(doctor, SignReview(
        patient.id, "one-form", patient.facts_version, "default-2026.1", decision, "Tien jaar.", date(2027, 11, 22),
        date(2029, 10, 1), "huisarts", frozenset(MissingFact),
    ))  # fmt: skip
    assert session.get(Review, signed).course_id == courses[1 - stopped].id


@pytest.mark.parametrize("drugs", [("alendronic_acid", "denosumab"), ("denosumab", "alendronic_acid")])
def test_the_injection_stays_on_the_list_whichever_row_comes_first(doctor, session, drugs):
    patient = make_patient(doctor)
    rows = {drug: make_course(doctor, patient, drug=drug, planned_years=3, **YEAR) for drug in drugs}
    stop(doctor, patient, rows["alendronic_acid"], date(2022, 1, 1))
    items.refresh(doctor, patient)
    assert "dose.denosumab" in session.scalars(select(DueItem.code)).all()


def test_a_row_is_found_by_drug_start_and_end():
    rows = [Course(id=n, drug=drug, started_on=date(2022, 1, 1)) for n, drug in
            enumerate(("denosumab", "alendronic_acid", "alendronic_acid", "alendronic_acid"))]  # fmt: skip
    for row in rows:
        row.start_precision, row.controls_by = "year", "clinic"
    ends = [CourseStop(course_id=1, stopped_on=date(2022, 1, 1)), CourseStop(course_id=2, stopped_on=date(2027, 1, 1))]
    known = records.course(rows[1], [], [], [])
    assert row_of(known, rows, ends) is rows[3]
    assert row_of(known, rows[:3], ends) is rows[2]  # its end is not known yet (D5)
    assert row_of(replace(known, stopped_on=date(2022, 1, 1)), rows, ends) is rows[1]
    assert row_of(known, rows[:1], ends) is None


def test_what_is_read_of_a_record_has_one_order_on_every_database():
    for asked in (records.OF_ONE, records.OF_MANY):
        for query in (*asked.read.values(), *asked.whole.values()):
            assert "ORDER BY" in str(query)
