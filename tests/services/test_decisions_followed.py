"""What the GP hears of an end when the decision that told it falls, or comes back, or what followed is another."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from clinic.domain.decision import Decision
from clinic.domain.vocabulary import Drug, LetterAbout, MissingFact, ReviewOutcome, StopKind, StopReason
from clinic.services import (
    course_letters,
    decision_changes,
    items,
    letter_begin,
    letter_ends,
    letters,
    reviews,
    treatments,
)
from clinic.services.facts import stamp, void
from clinic.services.reviews import SignReview
from clinic.services.treatments import StartCourse, StopCourse
from clinic.store import records
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.reviews import Review
from clinic.store.treatments import Course
from tests.factories import make_control
from tests.letter_makers import TODAY, seen, sent, sign
from tests.services.test_stop_told import BEFORE, WEEK, about, course, decided, doctor, stop, switch, words
from tests.services.test_treatment_in_letters import SAID, drafts

__all__ = ["course", "doctor"]

END = Decision(ReviewOutcome.STOP, effective_on=TODAY, stop_kind=StopKind.END)
OTHER = Decision(ReviewOutcome.SWITCH, effective_on=TODAY + WEEK, next_drug=Drug.RISEDRONIC_ACID, next_years=Decimal(5))


def of_her(work, course):
    return work.session.get_one(Patient, course.patient_id)


def signed(work, course, decision, token="signed"):
    """The doctor signs it today."""
    patient = of_her(work, course)
    return reviews.sign(work, SignReview(
        patient.id, token, patient.facts_version, "default-2026.1", decision, "vijf jaar", TODAY + 50 * WEEK,
        TODAY + 50 * WEEK, "huisarts", frozenset(MissingFact),
    ))  # fmt: skip


def told(work):
    """What the letters tell that are being written."""
    return [[row for row, _on in about(work, draft)] for draft in drafts(work)]


def follows(work, course):
    """What she went over to."""
    return treatments.courses_of(work, course.patient_id)[-1]


def corrected(work, course, **given):
    """What she used last, said otherwise."""
    begun = follows(work, course)
    command = StartCourse(course.patient_id, Drug(begun.drug), begun.started_on, **SAID)
    treatments.correct_course(work, begun.id, replace(command, **given), "verkeerd overgenomen")


@pytest.fixture
def switched(work, doctor, course, outbox):
    """The GP has the decision to go over to risedronic acid, and she did."""
    review = decided(doctor, course, outcome="switch", drug="risedronic_acid")
    letter_id = letters.draft_for(doctor, of_her(doctor, course), LetterAbout.REVIEW, TODAY, review.id)
    assert sent(work("secretary"), sign(doctor, doctor.session.get_one(Letter, letter_id)), outbox.parent).sent
    switch(doctor, course)
    assert drafts(doctor) == []
    return review


def test_a_switch_to_another_drug_than_was_decided_is_told_with_that_drug(doctor, course, switched):
    corrected(doctor, course, drug=Drug.IBANDRONIC_ACID_ORAL)
    [letter] = drafts(doctor)
    assert about(doctor, letter) == [("start", TODAY), ("stop", TODAY)]
    assert "Op 23-11-2026 is alendroninezuur vervangen door ibandroninezuur" in words(letter)
    corrected(doctor, course, drug=Drug.RISEDRONIC_ACID)
    assert (letter.state, drafts(doctor)) == ("withdrawn", [])


def test_a_switch_of_which_what_follows_was_voided_is_told_as_an_end(doctor, course, switched):
    treatments.void_event(doctor, Course, course.patient_id, follows(doctor, course).id, "niet gestart")
    [letter] = drafts(doctor)
    assert about(doctor, letter) == [("stop", TODAY)]
    assert "Alendroninezuur is gestopt op 23-11-2026" in words(letter)


def test_an_end_told_because_what_follows_was_voided_is_left_to_the_decision_when_that_starts_again(
    doctor, course, switched
):
    treatments.void_event(doctor, Course, course.patient_id, follows(doctor, course).id, "niet gestart")
    [letter] = drafts(doctor)
    treatments.start(doctor, StartCourse(course.patient_id, Drug.RISEDRONIC_ACID, TODAY, **SAID))
    assert (about(doctor, letter), drafts(doctor)) == ([], [])


@pytest.mark.parametrize("change", [{"started_on": TODAY + WEEK}, {"dose": "35 mg"}])
def test_what_the_decision_says_still_is_not_told_beside_it(doctor, course, switched, change):
    corrected(doctor, course, **change)
    assert drafts(doctor) == []


def test_an_end_that_is_voided_with_its_course_is_not_told(doctor, course, switched):
    treatments.void_event(doctor, Course, course.patient_id, course.id, "verkeerde patiënt")
    assert drafts(doctor) == []


def test_a_start_that_was_told_is_not_told_again_when_the_decision_to_switch_falls(
    work, doctor, course, switched, outbox
):
    start = doctor.session.get_one(Letter, letter_begin.begin(doctor, course.patient_id, "start"))
    assert sent(work("secretary"), sign(doctor, start), outbox.parent).sent
    reviews.void_review(doctor, course.patient_id, switched.id, "verkeerd formulier")
    [letter] = drafts(doctor)
    assert (about(doctor, letter), letter.facts["replaces"]) == ([("stop", TODAY)], [])


@pytest.mark.parametrize("state", ["draft", "authorised", "sent"])
def test_an_end_told_after_an_undo_is_left_to_the_decision_that_is_signed_again(work, doctor, course, outbox, state):
    review_id = signed(doctor, course, END)
    stop(doctor, course)
    reviews.undo_review(doctor, course.patient_id, review_id)
    assert told(doctor) == [["stop"]]
    letter = drafts(doctor)[0]
    if state != "draft":
        sign(doctor, letter)
    if state == "sent":
        assert sent(work("secretary"), letter, outbox.parent).sent
    signed(doctor, course, END, "again")
    assert told(doctor) == [["review"]]
    assert letter.state == {"draft": "draft", "authorised": "withdrawn", "sent": "sent"}[state]


@pytest.mark.parametrize("state", ["draft", "authorised"])
def test_what_begins_is_left_to_it_too_when_it_was_told_beside_the_end(doctor, course, state):
    review_id = signed(doctor, course, OTHER)
    switch(doctor, course, TODAY + WEEK)
    assert told(doctor) == [["review"]]
    reviews.undo_review(doctor, course.patient_id, review_id)
    assert told(doctor) == [["start", "stop"]]
    if state == "authorised":
        sign(doctor, drafts(doctor)[0])
    signed(doctor, course, OTHER, "again")
    assert told(doctor) == [["review"]]


def moved(work, course, stop_id, on, reason=StopReason.SWITCH):
    """The end of her course lies on another day."""
    command = StopCourse(course.patient_id, course.id, on, reason, "maagklachten")
    return treatments.correct_stop(work, stop_id, command, "verkeerd overgenomen")


def end_of(work, course):
    """The end of her course that stands."""
    return treatments.stop_of(work, course).id


@pytest.mark.parametrize("state", ["draft", "authorised", "sent"])
def test_an_end_that_is_corrected_to_what_was_decided_is_left_to_the_decision(work, doctor, course, outbox, state):
    signed(doctor, course, END)
    [review] = drafts(doctor)
    assert sent(work("secretary"), sign(doctor, review), outbox.parent).sent
    stop_id = stop(doctor, course, stopped_on=TODAY - WEEK)
    [letter] = drafts(doctor)
    if state != "draft":
        sign(doctor, letter)
    if state == "sent":
        assert sent(work("secretary"), letter, outbox.parent).sent
    moved(doctor, course, stop_id, TODAY, StopReason.SIDE_EFFECTS)
    assert told(doctor) == ([["stop"]] if state == "sent" else [])


def test_a_switch_that_is_corrected_to_another_day_than_was_decided_is_told_with_what_began(doctor, course, switched):
    moved(doctor, course, end_of(doctor, course), TODAY - WEEK)
    assert told(doctor) == [["stop", "start"]]
    moved(doctor, course, end_of(doctor, course), TODAY)
    assert told(doctor) == []


def test_a_letter_about_the_start_alone_is_somebodys_own_and_stays(doctor, course):
    review_id = signed(doctor, course, replace(OTHER, effective_on=TODAY), "before")
    sign(doctor, drafts(doctor)[0])
    switch(doctor, course)
    start = doctor.session.get_one(Letter, letter_begin.begin(doctor, course.patient_id, "start"))
    sign(doctor, start)
    reviews.undo_review(doctor, course.patient_id, review_id)
    assert told(doctor) == [["stop"]]
    decided(doctor, course, "switch", drug="risedronic_acid")
    course_letters.follow_decisions(doctor, of_her(doctor, course), [])
    assert (told(doctor), start.state) == ([], "authorised")


def test_a_correction_of_an_end_that_the_gp_was_told_stays_beside_the_decision(work, doctor, course, outbox):
    stop_id = stop(doctor, course)
    assert sent(work("secretary"), sign(doctor, drafts(doctor)[0]), outbox.parent).sent
    command = StopCourse(course.patient_id, course.id, TODAY, StopReason.SIDE_EFFECTS, "buikpijn")
    treatments.correct_stop(doctor, stop_id, command, "verkeerd overgenomen")
    signed(doctor, course, END)
    assert told(doctor) == [["review", "stop"]]


LONG_AGO = date(2021, 3, 10)


@pytest.mark.parametrize("again", [False, True])
def test_the_true_reason_of_an_end_of_years_ago_is_told_when_its_decision_is_voided(doctor, course, again):
    course.started_on = date(2020, 3, 10)
    doctor.session.commit()
    given = {"on_date": LONG_AGO, "outcome": "stop", "effective_on": LONG_AGO, "reason": "vijf jaar", "seen": {},
             "prescriber": "huisarts", "signed_function": "internist", "course_id": course.id}  # fmt: skip
    review = stamp(doctor, Review(**given, form_token="then"), course.patient_id)
    stop(doctor, course, stopped_on=LONG_AGO)
    if again:
        treatments.start(doctor, StartCourse(course.patient_id, Drug.ALENDRONIC_ACID, TODAY - WEEK, **SAID))
    assert drafts(doctor) == []
    reviews.void_review(doctor, course.patient_id, review.id, "van een ander")
    [letter] = drafts(doctor)
    assert (about(doctor, letter), letter.due_on) == ([("stop", LONG_AGO)], date(2021, 3, 17))
    assert "Alendroninezuur is gestopt op 10-03-2021 (bijwerkingen: maagklachten)." in words(letter)
    assert ("niet meer herhalen: gestopt" in words(letter)) is not again
    assert ("blijven voorschrijven" in words(letter)) is again
    assert sign(doctor, letter).state == "authorised"


def put_right(work, course):
    """Her start said otherwise, after the decision."""
    command = StartCourse(course.patient_id, Drug.ALENDRONIC_ACID, BEFORE, **SAID | {"dose": "35 mg"})
    return treatments.correct_course(work, course.id, command, "verkeerde dosis")


def asks_to_stop(work):
    [draft] = drafts(work)
    asked = words(sign(work, draft))
    return "Alendroninezuur staken per 23-11-2026 en niet meer herhalen." in asked and "niets gevraagd" not in asked


def test_a_decision_asks_to_leave_off_the_drug_however_often_its_start_is_corrected(doctor, course):
    first = signed(doctor, course, END)
    version = of_her(doctor, course).facts_version
    again = SignReview(course.patient_id, "again", version, "default-2026.1", END, "vijf jaar, klachten",
                       TODAY + 50 * WEEK, TODAY + 50 * WEEK, "huisarts", frozenset(MissingFact))  # fmt: skip
    second = reviews.correct_review(doctor, first, again, "vollediger")
    new = put_right(doctor, course)
    assert {doctor.session.get_one(Review, one).course_id for one in (first, second)} == {new}
    assert asks_to_stop(doctor)


@pytest.mark.parametrize("voided", [False, True])
def test_a_decision_on_a_course_that_stands_no_more_names_what_she_used_that_day(doctor, course, voided):
    review = doctor.session.get_one(Review, signed(doctor, course, END))
    if voided:
        treatments.void_event(doctor, Course, course.patient_id, course.id, "verkeerd overgenomen")
        treatments.start(doctor, StartCourse(course.patient_id, Drug.ALENDRONIC_ACID, BEFORE, **SAID))
    else:
        put_right(doctor, course)
        review.course_id = course.id  # as it was kept before a decision went with its course
    assert asks_to_stop(doctor)


def about_control(work, course):
    """The authorised letter about today's control."""
    return sign(work, work.session.get_one(Letter, seen(work, of_her(work, course))))


@pytest.mark.parametrize(
    ("decision", "says"),
    [
        (Decision(ReviewOutcome.CONTINUE, until=date(2031, 3, 10)), "blijven voorschrijven tot 10-03-2031"),
        (replace(END, effective_on=TODAY + WEEK), "staken per 30-11-2026"),
    ],
)
def test_what_a_letter_says_of_the_end_does_not_leave_after_another_was_signed(doctor, course, decision, says):
    before = about_control(doctor, course)
    assert "blijven voorschrijven tot 10-03-2030" in words(before)
    review = signed(doctor, course, decision)
    after = drafts(doctor)[0]
    assert (before.state, told(doctor)) == ("withdrawn", [["control", "review"]])
    assert says in words(after)
    reviews.void_review(doctor, course.patient_id, review, "verkeerde patiënt")
    assert "blijven voorschrijven tot 10-03-2030" in words(after)


def test_an_authorised_letter_does_not_leave_with_the_end_of_a_decision_that_was_voided(doctor, course, outbox):
    review = signed(doctor, course, Decision(ReviewOutcome.CONTINUE, until=date(2031, 3, 10)))
    letter_ends.withdraw(doctor, drafts(doctor)[0])
    before = about_control(doctor, course)
    assert not course_letters.outdated(doctor, before)
    reviews.void_review(doctor, course.patient_id, review, "verkeerde patiënt")
    assert (before.state, told(doctor)) == ("withdrawn", [["control"]])


def test_an_authorised_letter_does_not_leave_with_a_planned_end_that_was_corrected(doctor, course):
    before = about_control(doctor, course)
    corrected(doctor, course, drug=Drug.ALENDRONIC_ACID, planned_years=Decimal(10))
    assert (before.state, told(doctor)) == ("withdrawn", [["control"]])


SWITCHED = Decision(ReviewOutcome.SWITCH, effective_on=TODAY, next_drug=Drug.RISEDRONIC_ACID, next_years=Decimal(5))


def done(work, course, decision):
    """What was decided is done the same day."""
    if decision is END:
        stop(work, course, reason=StopReason.OTHER)
    else:
        switch(work, course)


def correct_review(doctor, course, first, decision):
    """The same decision, with more of a reason."""
    anew = SignReview(course.patient_id, "anew", of_her(doctor, course).facts_version, "default-2026.1", decision,
                      "vijf jaar en klachten", TODAY + 50 * WEEK, TODAY + 50 * WEEK, "huisarts",
                      frozenset(MissingFact))  # fmt: skip
    return doctor.session.get_one(Review, reviews.correct_review(doctor, first, anew, "vollediger"))


@pytest.mark.parametrize("decision", [END, SWITCHED])
def test_a_decision_that_was_carried_out_the_same_day_can_still_be_corrected(doctor, course, decision):
    first = signed(doctor, course, decision)
    done(doctor, course, decision)
    assert correct_review(doctor, course, first, decision).course_id == course.id


@pytest.mark.parametrize("decision", [END, SWITCHED])
def test_a_decision_that_was_carried_out_the_same_day_did_not_change(doctor, course, decision):
    signed(doctor, course, decision)
    done(doctor, course, decision)
    control = make_control(doctor, of_her(doctor, course), TODAY - WEEK)
    doctor.session.flush()
    void(doctor, control, "andere patiënt")
    items.refresh(doctor, of_her(doctor, course))
    assert decision_changes.waiting(doctor) == []


def test_a_decision_about_what_began_that_day_is_about_that(doctor, course):
    new = switch(doctor, course)
    on = Decision(ReviewOutcome.CONTINUE, until=TODAY + 300 * WEEK)
    review = doctor.session.get_one(Review, signed(doctor, course, on))
    facts = reviews.known(doctor, records.load(doctor.session, course.patient_id), review)
    assert (review.course_id, facts.current.drug) == (new, Drug.RISEDRONIC_ACID)


def test_a_restart_that_was_carried_out_the_same_day_can_still_be_corrected(doctor, course):
    stop(doctor, course, stopped_on=TODAY - 20 * WEEK, reason=StopReason.PLANNED_BREAK)
    again = replace(SWITCHED, outcome=ReviewOutcome.RESTART)
    first = signed(doctor, course, again)
    treatments.start(doctor, StartCourse(course.patient_id, Drug.RISEDRONIC_ACID, TODAY, **SAID))
    assert correct_review(doctor, course, first, again).course_id is None
