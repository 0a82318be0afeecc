"""A stop that is recorded says the same as the one that a doctor signed: a treatment break, or the end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clinic.domain.decision import Decision
from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import ReviewOutcome, StopKind, StopReason
from clinic.services import letter_proof, reviews, treatments
from clinic.services.stop_decisions import signed_end
from clinic.services.treatments import StopCourse
from clinic.store.reviews import Review
from clinic.store.treatments import CourseStop
from tests.letter_makers import TODAY
from tests.services.test_decisions_followed import END, correct_review, end_of, signed, told
from tests.services.test_stop_told import WEEK, course, decided, doctor, stop, switch

__all__ = ["course", "doctor"]

BREAK = replace(END, stop_kind=StopKind.BREAK)
PAUSES, OTHER = {"reason": StopReason.PLANNED_BREAK}, {"reason": StopReason.OTHER, "explanation": "vijf jaar"}
CONTINUE = Decision(ReviewOutcome.CONTINUE, until=TODAY + 300 * WEEK)


@pytest.mark.parametrize(
    ("decision", "recorded", "code"), [(BREAK, OTHER, "break_was_decided"), (END, PAUSES, "end_was_decided")]
)
def test_a_stop_that_contradicts_what_was_signed_is_refused_with_the_decision(doctor, course, decision, recorded, code):
    signed(doctor, course, decision)
    with pytest.raises(RuleBroken) as broken:
        stop(doctor, course, **recorded)
    assert (broken.value.field, broken.value.code) == ("stop_reason", code)
    assert broken.value.params == {"day": "23-11-2026"}


@pytest.mark.parametrize(("decision", "recorded"), [(BREAK, PAUSES), (END, OTHER), (END, {})])
def test_a_stop_as_it_was_signed_is_told_with_the_decision(doctor, course, decision, recorded):
    signed(doctor, course, decision)
    stop(doctor, course, **recorded)
    assert told(doctor) == [["review"]]


@pytest.mark.parametrize("reason", [StopReason.SIDE_EFFECTS, StopReason.CONTRAINDICATION, StopReason.PATIENT_WISH])
def test_what_happened_goes_before_a_break_that_was_signed_and_the_gp_hears_of_it(doctor, course, reason):
    signed(doctor, course, BREAK)
    stop(doctor, course, reason=reason)
    assert told(doctor) == [["review", "stop"]]
    assert [one.about for one in letter_proof.of_patient(doctor, course.patient_id)].count("stop") == 1


def test_a_switch_goes_on_whatever_stop_was_signed(doctor, course):
    signed(doctor, course, BREAK)
    assert switch(doctor, course)


def test_a_stop_that_was_right_is_not_corrected_into_one_that_contradicts_the_decision(doctor, course):
    signed(doctor, course, BREAK)
    stop(doctor, course, **PAUSES)
    other = StopCourse(course.patient_id, course.id, TODAY, **OTHER)
    with pytest.raises(RuleBroken, match="break_was_decided"):
        treatments.correct_stop(doctor, end_of(doctor, course), other, "verkeerd gekozen")
    later = StopCourse(course.patient_id, course.id, TODAY + WEEK, **PAUSES)
    assert treatments.correct_stop(doctor, end_of(doctor, course), later, "een week later")


def test_once_the_decision_was_corrected_the_other_stop_is_recorded(doctor, course):
    first = signed(doctor, course, BREAK)
    correct_review(doctor, course, first, END)
    assert stop(doctor, course, **OTHER)


@pytest.mark.parametrize("then", ["undone", "gone on", "not said"])
def test_a_decision_that_holds_no_more_or_says_no_kind_refuses_nothing(doctor, course, then):
    if then == "not said":
        decided(doctor, course)
    else:
        review_id = signed(doctor, course, BREAK)
        if then == "undone":
            reviews.undo_review(doctor, course.patient_id, review_id)
        else:
            correct_review(doctor, course, review_id, CONTINUE)
    assert stop(doctor, course, **OTHER)


def test_a_stop_that_was_kept_before_it_was_compared_is_owed_to_the_gp(doctor, course):
    signed(doctor, course, END)
    stop(doctor, course, **OTHER)
    kept = doctor.session.get_one(CourseStop, end_of(doctor, course))
    assert "stop" not in [one.about for one in letter_proof.of_patient(doctor, course.patient_id)]
    kept.reason, kept.explanation = StopReason.PLANNED_BREAK.value, None
    doctor.session.commit()
    assert "stop" in [one.about for one in letter_proof.of_patient(doctor, course.patient_id)]


@pytest.mark.parametrize(("weeks", "found"), [(-1, True), (1, False)])
def test_a_decision_of_an_old_list_is_about_the_course_of_its_day(doctor, course, weeks, found):
    review = decided(doctor, course, outcome="switch", drug="risedronic_acid")
    review.course_id, review.on_date = None, TODAY + weeks * WEEK
    stop(doctor, course)
    assert (signed_end(doctor, course) is not None) is found
    assert doctor.session.get_one(Review, review.id).stands
