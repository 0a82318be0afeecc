"""The GP hears of a stop or a switch that nobody decided at a review: once, as it stands, and it can be proved."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from clinic.domain.decision import Decision
from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import Drug, LetterAbout, MissingFact, ReviewOutcome, StopKind, StopReason
from clinic.services import course_letters, letter_begin, letter_proof, letters, mandates, reviews, treatments
from clinic.services.facts import stamp, void
from clinic.services.letter_facts import subjects
from clinic.services.reviews import SignReview
from clinic.services.treatments import StartCourse, StopCourse
from clinic.store.controls import Control
from clinic.store.corrections import BreachTask
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.reviews import Review
from clinic.store.treatments import Course, CourseStop
from tests.factories import make_control, make_course
from tests.letter_makers import TODAY, mandated, seen, sent, sign, with_gp
from tests.services.test_overtaken import in_queue, printed, round_of
from tests.services.test_print_runs import made
from tests.services.test_treatment_in_letters import SAID, drafts

BEFORE = date(2025, 3, 10)
WEEK = timedelta(days=7)


@pytest.fixture
def doctor(work):
    return work("doctor")


@pytest.fixture
def course(doctor):
    """Tablets since last year, which her GP prescribes."""
    patient = with_gp(doctor)
    patient.prescriber = "huisarts"
    made = make_course(doctor, patient, started_on=BEFORE, **SAID)
    doctor.session.commit()
    return made


def stop(work, course, **given):
    """She has complaints of her stomach."""
    ended = StopCourse(course.patient_id, course.id, TODAY, StopReason.SIDE_EFFECTS, "maagklachten")
    return treatments.stop(work, replace(ended, **given))


def switch(work, course, on=TODAY, drug=Drug.RISEDRONIC_ACID):
    begin = StartCourse(course.patient_id, drug, on, **SAID)
    return treatments.switch(work, StopCourse(course.patient_id, course.id, on, StopReason.SWITCH), begin)


def decided(work, course, outcome="stop", on=TODAY, drug=None):
    """A signed review of today."""
    given = {"on_date": TODAY, "outcome": outcome, "effective_on": on, "next_drug": drug, "reason": "vijf jaar",
             "prescriber": "huisarts", "signed_function": "internist", "seen": {}, "course_id": course.id}  # fmt: skip
    review = stamp(work, Review(**given, form_token="signed"), course.patient_id)
    work.session.commit()
    return review


def about(work, letter):
    return [(row.about, row.about_on) for row in subjects(work, letter.id)]


def told(work, course):
    """When the GP heard of each stop, as the proof says."""
    found = letter_proof.of_patient(work, course.patient_id)
    return [(one.fact_on, one.sent_on, one.gap) for one in found if one.about == LetterAbout.STOP]


def words(letter):
    return " ".join(letter.text.split())


def test_a_stop_drafts_its_letter_which_is_a_decision_and_a_doctors(work, doctor, course):
    stop(doctor, course)
    [letter] = drafts(doctor)
    assert (about(doctor, letter), letter.due_on) == ([("stop", TODAY)], date(2026, 11, 30))
    assert "Besluit behandelduur osteoporose: stoppen" in words(letter)
    assert "Alendroninezuur is gestopt op 23-11-2026 (bijwerkingen: maagklachten)." in words(letter)
    assert "Alendroninezuur niet meer herhalen: gestopt op 23-11-2026." in words(letter)
    assert mandates.why_not(mandated(work("nurse")), letter.facts) == "letter_needs_doctor"
    assert sign(doctor, letter).state == "authorised"


def test_the_same_form_again_is_one_stop_and_one_letter(doctor, course):
    assert stop(doctor, course) == stop(doctor, course)
    assert len(drafts(doctor)) == 1


def test_a_switch_is_told_with_what_begins(doctor, course):
    switch(doctor, course)
    [letter] = drafts(doctor)
    assert about(doctor, letter) == [("start", TODAY), ("stop", TODAY)]
    assert "Op 23-11-2026 is alendroninezuur vervangen door risedroninezuur." in words(letter)
    assert "Risedroninezuur 70 mg, 1× per week blijven voorschrijven tot 23-11-2031" in words(letter)


def test_a_switch_that_lies_ahead_is_asked_for_its_day_and_still_holds_when_it_comes(work, doctor, course, outbox):
    switch(doctor, course, TODAY + WEEK)
    [letter] = drafts(doctor)
    assert "Op 30-11-2026 wordt alendroninezuur vervangen door risedroninezuur." in words(letter)
    assert "Alendroninezuur staken per 30-11-2026 en niet meer herhalen." in words(letter)
    assert "Risedroninezuur vanaf 30-11-2026 voorschrijven voor 5 jaar;" in words(letter)
    assert "blijven voorschrijven" not in words(letter)
    letter = sign(doctor, letter)
    assert sent(work("secretary", today=TODAY + WEEK), letter, outbox.parent).sent


def test_what_is_told_between_a_stop_that_lies_ahead_and_its_day_asks_for_that_day_too(work, doctor, course, outbox):
    patient = doctor.session.get(Patient, course.patient_id)
    start = doctor.session.get_one(Letter, letter_begin.begin(doctor, patient.id, "start"))
    assert sign(doctor, start).state == "authorised"
    assert "Alendroninezuur 70 mg, 1× per week blijven voorschrijven tot 10-03-2030" in words(start)
    stop(doctor, course, stopped_on=TODAY + WEEK)
    assert start.state == "withdrawn"  # it asked to go on
    [letter] = drafts(doctor)
    assert sent(work("secretary"), sign(doctor, letter), outbox.parent).sent
    make_control(doctor, patient, TODAY, height_mm=1587, weight_g=58300)
    letters.draft_for(doctor, patient, LetterAbout.CONTROL, TODAY, doctor.session.scalar(select(Control.id)))
    [control] = drafts(doctor)
    assert "Alendroninezuur 70 mg, 1× per week staken per 30-11-2026 en niet meer herhalen." in words(control)
    assert "blijven voorschrijven" not in words(control)
    assert sign(doctor, control).state == "authorised"
    assert not course_letters.outdated(work("doctor", TODAY + WEEK), control)


def test_a_stop_that_lies_ahead_is_not_outdated_by_its_day(work, session, doctor, course, outbox):
    stop(doctor, course, stopped_on=TODAY + WEEK)
    letter = in_queue(work, session, course.patient_id)
    assert "Alendroninezuur wordt gestopt op 30-11-2026 (bijwerkingen: maagklachten)." in words(letter)
    treatments.start(work("doctor", today=TODAY + WEEK), StartCourse(course.patient_id, Drug.RISEDRONIC_ACID,
                     TODAY + WEEK, **SAID))  # fmt: skip
    letter.next_try_at = None
    assert round_of(session, outbox) == [""]


@pytest.mark.parametrize(
    ("review", "act", "tells"),
    [
        ({}, stop, False),
        ({"on": TODAY - WEEK}, stop, True),
        ({}, switch, True),
        ({"outcome": "switch", "drug": "risedronic_acid"}, switch, False),
        ({"outcome": "switch", "drug": "zoledronic_acid"}, switch, True),
        ({"outcome": "switch", "drug": "risedronic_acid"}, stop, True),
    ],
)
def test_what_a_signed_review_tells_of_the_same_day_and_drug_is_not_told_twice(doctor, course, review, act, tells):
    decided(doctor, course, **review)
    act(doctor, course)
    found = [row for draft in drafts(doctor) for row, _on in about(doctor, draft)]
    assert ("stop" in found) is tells
    assert bool(told(doctor, course)) is tells
    patient = doctor.session.get_one(Patient, course.patient_id)
    assert all(one.about != LetterAbout.STOP for one in letter_begin.offered(doctor, patient))  # told, or drafted


@pytest.mark.parametrize("act", ["voided", "corrected", "still tells"])
def test_an_end_whose_decision_tells_it_no_more_is_told_by_itself(doctor, course, act):
    patient = doctor.session.get_one(Patient, course.patient_id)
    end = Decision(ReviewOutcome.STOP, effective_on=TODAY, stop_kind=StopKind.END)
    signing = SignReview(patient.id, "signed", patient.facts_version, "default-2026.1", end, "vijf jaar",
                         TODAY + 50 * WEEK, TODAY + 50 * WEEK, "huisarts", frozenset(MissingFact))  # fmt: skip
    review_id = reviews.sign(doctor, signing)
    stop(doctor, course)
    assert [row for draft in drafts(doctor) for row, _on in about(doctor, draft)] == ["review"]
    later = replace(end, effective_on=TODAY + WEEK) if act == "corrected" else end
    if act == "voided":
        reviews.void_review(doctor, patient.id, review_id, "verkeerde patiënt")
    else:
        again = replace(signing, form_token="again", version=patient.facts_version, decision=later, reason="toch")
        reviews.correct_review(doctor, review_id, again, "verkeerde dag")
    found = {row for draft in drafts(doctor) for row, _on in about(doctor, draft)}
    assert found == {"voided": {"stop"}, "corrected": {"review", "stop"}, "still tells": {"review"}}[act]


def test_a_switch_whose_decision_was_voided_is_told_once_with_what_begins(doctor, course):
    review = decided(doctor, course, outcome="switch", drug="risedronic_acid")
    switch(doctor, course)
    assert drafts(doctor) == []
    reviews.void_review(doctor, course.patient_id, review.id, "verkeerd formulier")
    [letter] = drafts(doctor)
    assert about(doctor, letter) == [("start", TODAY), ("stop", TODAY)]


def test_an_end_that_was_told_before_its_decision_is_not_told_again_when_that_is_voided(work, doctor, course, outbox):
    stop(doctor, course)
    letter = drafts(doctor)[0]
    assert sent(work("secretary"), sign(doctor, letter), outbox.parent).sent
    review = decided(doctor, course)
    reviews.void_review(doctor, course.patient_id, review.id, "dubbel")
    assert drafts(doctor) == []


@pytest.mark.parametrize(
    ("typed", "said"),
    [("Maagklachten, ook na drie weken.", "Maagklachten, ook na drie weken"), ("misselijk enz.", "misselijk enz."),
     ("advies dr. A.B.", "advies dr. A.B."), ("", None)],
)  # fmt: skip
def test_an_explanation_has_no_full_stop_within_the_sentence(doctor, course, typed, said):
    stop(doctor, course, explanation=typed)
    [letter] = drafts(doctor)
    assert letter.facts["stops"][0]["explanation"] == said
    assert letter.facts["stopped"]["explanation"] == said
    assert f"is gestopt op 23-11-2026 (bijwerkingen{': ' + said if said else ''})." in words(letter)


def test_a_decision_and_another_end_in_one_letter_ask_for_the_end_that_was_recorded(doctor, course):
    review = decided(doctor, course, on=TODAY + WEEK)
    letter_begin.draft_for(
        doctor, doctor.session.get_one(Patient, course.patient_id), LetterAbout.REVIEW, TODAY, review.id
    )
    stop(doctor, course)
    [letter] = drafts(doctor)
    assert "Stoppen met alendroninezuur per 30-11-2026. Reden: Vijf jaar." in words(letter)
    assert "niet meer herhalen: gestopt op 23-11-2026." in words(letter)
    assert "staken per" not in words(letter)


def test_an_open_letter_about_a_control_tells_of_the_stop_too(doctor, course):
    letter_id = seen(doctor, doctor.session.get_one(Patient, course.patient_id))
    stop(doctor, course)
    [letter] = drafts(doctor)
    assert (letter.id, about(doctor, letter)) == (letter_id, [("control", TODAY), ("stop", TODAY)])


def test_of_what_ended_before_she_was_followed_or_after_she_left_no_letter_is_drafted(doctor, course):
    patient = doctor.session.get_one(Patient, course.patient_id)
    patient.registered_on = TODAY
    doctor.session.flush()
    first = stop(doctor, course, stopped_on=TODAY - WEEK)
    treatments.void_event(doctor, CourseStop, patient.id, first, "toch niet")
    patient.status, patient.status_on = "moved", TODAY - WEEK
    stop(doctor, course)
    assert (drafts(doctor), told(doctor, course)) == ([], [])


@pytest.mark.parametrize("change", [{"stopped_on": TODAY - WEEK}, {"explanation": "buikpijn"}, {}])
def test_an_end_that_was_corrected_is_told_as_it_stands(doctor, course, change):
    first = stop(doctor, course)
    letter = drafts(doctor)[0]
    old = doctor.session.get_one(CourseStop, first)
    command = StopCourse(course.patient_id, course.id, TODAY, StopReason.SIDE_EFFECTS, old.explanation or "")
    now = treatments.correct_stop(doctor, first, replace(command, **change), "verkeerd overgenomen")
    assert (now != first) is bool(change)
    [draft] = drafts(doctor)
    assert about(doctor, draft) == [("stop", change.get("stopped_on", TODAY))]
    assert letter.state == ("withdrawn" if "stopped_on" in change else "draft")


@pytest.mark.parametrize("act", ["corrected", "voided", "other drug"])
def test_an_end_that_was_told_and_fell_or_changed_is_corrected_or_looked_at(work, session, doctor, course, outbox, act):
    stop_id = stop(doctor, course)
    letter = drafts(doctor)[0]
    assert sent(work("secretary"), sign(doctor, letter), outbox.parent).sent
    if act == "corrected":
        other = StopCourse(course.patient_id, course.id, TODAY - WEEK, StopReason.SIDE_EFFECTS)
        treatments.correct_stop(doctor, stop_id, other, "vorige week")
    elif act == "voided":
        treatments.void_event(doctor, CourseStop, course.patient_id, stop_id, "niet gestopt")
    else:
        other = StartCourse(course.patient_id, Drug.RISEDRONIC_ACID, BEFORE, **SAID)
        treatments.correct_course(doctor, course.id, other, "verkeerd middel")
    named = [[one["reference"] for one in draft.facts["replaces"]] for draft in drafts(doctor)]
    tasks = session.execute(select(BreachTask.letter_id, BreachTask.reason)).all()
    assert named == ([] if act == "voided" else [[letter.reference]])
    assert tasks == ([(letter.id, "niet gestopt")] if act == "voided" else [])


def test_a_correction_of_an_end_that_no_letter_told_tells_it_when_it_says_something_else(doctor, course):
    row = stamp(doctor, CourseStop(course_id=course.id, stopped_on=TODAY, stop_precision="day",
                                   reason="patient_wish"), course.patient_id)  # fmt: skip
    doctor.session.commit()
    patient = doctor.session.get_one(Patient, course.patient_id)
    [_start, offered] = letter_begin.offered(doctor, patient)
    assert (offered.about, letter_begin.day_of(offered.fact)) == (LetterAbout.STOP, TODAY)
    command = StopCourse(course.patient_id, course.id, TODAY - WEEK, StopReason.PATIENT_WISH)
    treatments.correct_stop(doctor, row.id, command, "vorige week")
    assert [about(doctor, draft) for draft in drafts(doctor)] == [[("stop", TODAY - WEEK)]]


def test_another_drug_is_told_of_no_end_that_no_letter_told(doctor, course):
    decided(doctor, course)
    stop(doctor, course)
    other = StartCourse(course.patient_id, Drug.RISEDRONIC_ACID, BEFORE, **SAID)
    treatments.correct_course(doctor, course.id, other, "verkeerd middel")
    assert drafts(doctor) == []


def test_a_stop_that_no_letter_tells_can_be_told_by_hand_and_leads_to_its_letter_after(doctor, course):
    stop(doctor, course)
    letter = drafts(doctor)[0]
    letter.state = "withdrawn"
    doctor.session.commit()
    begun = letter_begin.begin(doctor, course.patient_id, "stop")
    assert begun == letter_begin.begin(doctor, course.patient_id, "stop") != letter.id


def test_voiding_the_course_voids_its_end_and_takes_the_letter_back(doctor, course):
    stop(doctor, course)
    letter = drafts(doctor)[0]
    treatments.void_event(doctor, Course, course.patient_id, course.id, "verkeerde patiënt")
    assert (letter.state, drafts(doctor)) == ("withdrawn", [])


@pytest.mark.parametrize("act", ["corrected", "said anew", "voided"])
def test_an_end_that_fell_while_its_letter_lay_on_the_printer_is_put_right_after_it(
    work, session, doctor, course, outbox, act
):
    stop_id = stop(doctor, course)
    letter = sign(doctor, drafts(doctor)[0])
    run = made(work)
    same = StopCourse(course.patient_id, course.id, TODAY, StopReason.SIDE_EFFECTS, "maagklachten")
    if act == "voided":
        treatments.void_event(doctor, CourseStop, course.patient_id, stop_id, "niet gestopt")
    else:
        change = {"stopped_on": TODAY - WEEK} if act == "corrected" else {}
        treatments.correct_stop(doctor, stop_id, replace(same, **change), "anders")
    printed(work, run, outbox)
    tasks = session.scalars(select(BreachTask.letter_id)).all()
    assert (letter.state, len(drafts(doctor))) == ("sent", int(act == "corrected"))
    assert tasks == ([letter.id] if act == "voided" else [])


@pytest.mark.parametrize("act", ["corrected", "voided"])
def test_in_the_queue_it_leaves_only_as_the_record_says_it(work, session, doctor, course, outbox, act):
    stop_id = stop(doctor, course)
    letter = in_queue(work, session, course.patient_id)
    if act == "voided":
        treatments.void_event(doctor, CourseStop, course.patient_id, stop_id, "niet gestopt")
    else:
        other = StopCourse(course.patient_id, course.id, TODAY - WEEK, StopReason.SIDE_EFFECTS)
        treatments.correct_stop(doctor, stop_id, other, "vorige week")
    letter.next_try_at = None
    assert round_of(session, outbox) == ["letter_overtaken"]
    assert letter.state == "withdrawn"
    assert [about(doctor, draft) for draft in drafts(doctor)] == ([] if act == "voided" else [[("stop", TODAY - WEEK)]])


def test_the_proof_names_a_stop_that_the_gp_was_not_told_in_time_and_counts_it_by_month(work, doctor, course, outbox):
    stop(doctor, course, stopped_on=TODAY - 2 * WEEK)
    secretary = work("secretary")
    assert told(secretary, course) == [(TODAY - 2 * WEEK, None, True)]
    assert letter_proof.shares(secretary)[LetterAbout.STOP][-1].counts == {"missing": 1}
    [row] = letter_proof.behind(secretary, LetterAbout.STOP, TODAY.replace(day=1), "missing", None)
    assert row.patient_id == course.patient_id
    secretary.commit()
    letter = sign(doctor, drafts(doctor)[0])
    assert sent(work("secretary"), letter, outbox.parent).sent
    assert told(doctor, course) == [(TODAY - 2 * WEEK, TODAY, False)]
    assert letter_proof.shares(work("secretary"))[LetterAbout.STOP][-1].counts == {"late": 1}


def test_a_letter_about_a_control_that_says_how_the_treatment_ended_has_told_it(work, doctor, course, outbox):
    stamp(doctor, CourseStop(course_id=course.id, stopped_on=TODAY - WEEK, stop_precision="day", reason="other",
                             explanation="verhuizing"), course.patient_id)  # fmt: skip
    letter = doctor.session.get_one(Letter, seen(doctor, doctor.session.get_one(Patient, course.patient_id)))
    doctor.session.commit()
    assert "alendroninezuur is gestopt op 16-11-2026" in words(letter)
    assert sent(work("secretary"), sign(doctor, letter), outbox.parent).sent
    assert told(doctor, course) == [(TODAY - WEEK, TODAY, False)]


def test_a_letter_whose_end_was_voided_is_not_authorised(doctor, course):
    stop_id = stop(doctor, course)
    [letter] = drafts(doctor)
    void(doctor, doctor.session.get_one(CourseStop, stop_id), "niet gestopt")
    doctor.session.flush()
    with pytest.raises(RuleBroken, match="letter_incomplete"):
        sign(doctor, letter)
