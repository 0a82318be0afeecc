"""A letter that tells of her treatment as it was does not leave: a start corrected, a stop, an interruption."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from clinic.domain.vocabulary import Drug, StopReason
from clinic.services import course_letters, letter_begin, letter_sending, pauses, treatments
from clinic.services.facts import void
from clinic.services.letter_facts import subjects
from clinic.services.pauses import PauseCourse
from clinic.services.treatments import StartCourse, StopCourse
from clinic.store.corrections import BreachTask
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.treatments import Course, CourseStop, Pause
from tests.factories import make_course
from tests.letter_makers import TODAY, last_control, seen, sent, sign, with_gp
from tests.services.test_overtaken import in_queue, left, printed, round_of
from tests.services.test_print_runs import made

STARTED = TODAY - timedelta(days=3)
SAID = {"dose": "70 mg", "schedule": "1× per week", "planned_years": Decimal(5)}


@pytest.fixture
def doctor(work):
    return work("doctor")


@pytest.fixture
def begun(doctor):
    """The letter about a start of three days ago."""
    patient = with_gp(doctor)
    patient.prescriber = "huisarts"
    make_course(doctor, patient, started_on=STARTED, **SAID)
    doctor.session.flush()
    return doctor.session.get_one(Letter, letter_begin.begin(doctor, patient.id, "start"))


def course_of(work, letter):
    return work.session.scalars(
        select(Course).where(Course.patient_id == letter.patient_id, Course.stands.is_(True))
    ).one()


def corrected(work, letter, **given):
    """The course of a letter said otherwise."""
    course = course_of(work, letter)
    command = StartCourse(letter.patient_id, Drug(course.drug), course.started_on, **SAID, start_source="huisarts")
    return treatments.correct_course(work, course.id, replace(command, **given), "verkeerd overgenomen")


def voided(work, letter):
    treatments.void_event(work, Course, letter.patient_id, course_of(work, letter).id, "verkeerde patiënt")


def drafts(work):
    """The letters that are being written."""
    return work.session.scalars(select(Letter).where(Letter.state == "draft")).all()


def told(work):
    """Which facts they tell."""
    return [[(row.about_on, row.fact_id) for row in subjects(work, draft.id)] for draft in drafts(work)]


OTHERWISE = [
    {"drug": Drug.RISEDRONIC_ACID}, {"dose": "35 mg"}, {"schedule": "1× per dag"}, {"planned_years": Decimal(10)},
    {"started_on": STARTED - timedelta(days=9)},
]  # fmt: skip


@pytest.mark.parametrize("change", [*OTHERWISE, {}])
def test_an_open_letter_about_a_start_tells_of_the_course_that_stands(doctor, session, begun, change):
    now = corrected(doctor, begun, **change)
    assert told(doctor) == [[(change.get("started_on", STARTED), now)]]
    assert sign(doctor, drafts(doctor)[0]).state == "authorised"


@pytest.mark.parametrize("change", [*OTHERWISE, {}])
def test_an_authorised_letter_about_a_start_is_written_anew_when_it_would_say_something_else(
    doctor, session, begun, change
):
    sign(doctor, begun)
    now = corrected(doctor, begun, **change)
    assert begun.state == ("withdrawn" if change else "authorised")
    assert told(doctor) == ([[(change.get("started_on", STARTED), now)]] if change else [])


@pytest.mark.parametrize("change", [{"dose": "35 mg"}, {"started_on": STARTED - timedelta(days=9)}, {}])
def test_a_start_that_was_corrected_after_its_letter_left_is_corrected_by_a_letter(
    work, doctor, session, begun, tmp_path, change
):
    assert sent(work("secretary"), sign(doctor, begun), tmp_path).sent
    corrected(doctor, begun, **change)
    named = [draft.facts["replaces"][0]["reference"] for draft in drafts(doctor)]
    assert named == ([begun.reference] if change else [])


@pytest.mark.parametrize("state", ["draft", "authorised", "sent"])
def test_of_a_voided_course_no_letter_leaves_and_of_one_that_left_the_privacy_officer_hears(
    work, doctor, session, begun, tmp_path, state
):
    if state != "draft":
        sign(doctor, begun)
    if state == "sent":
        assert sent(work("secretary"), begun, tmp_path).sent
    voided(doctor, begun)
    assert begun.state == ("sent" if state == "sent" else "withdrawn")
    tasks = session.execute(select(BreachTask.letter_id, BreachTask.reason)).all()
    assert tasks == ([(begun.id, "verkeerde patiënt")] if state == "sent" else [])


def test_a_correction_that_changes_nothing_leaves_its_letter_alone(doctor, session, begun):
    sign(doctor, begun)
    course = course_of(doctor, begun)
    same = StartCourse(begun.patient_id, Drug(course.drug), course.started_on, **SAID)
    assert treatments.correct_course(doctor, course.id, same, "niets") == course.id
    assert (begun.state, drafts(doctor)) == ("authorised", [])


def test_nobody_asked_for_a_letter_about_a_start_so_its_correction_begins_none(doctor, session):
    patient = with_gp(doctor)
    make_course(doctor, patient, started_on=STARTED, **SAID)
    doctor.session.flush()
    letter = Letter(patient_id=patient.id)
    corrected(doctor, letter, dose="35 mg")
    voided(doctor, letter)
    assert session.scalars(select(Letter)).all() == []


@pytest.mark.parametrize(("change", "leaves"), [({"dose": "35 mg"}, False), ({}, True)])
def test_a_start_in_the_queue_leaves_only_as_the_record_says_it(work, doctor, session, begun, outbox, change, leaves):
    doctor.commit()
    letter = in_queue(work, session, begun.patient_id, begun)
    corrected(doctor, begun, **change)
    letter.next_try_at = None
    assert round_of(session, outbox) == ["" if leaves else "letter_overtaken"]
    assert (letter.state, bool(left(outbox))) == ("sent" if leaves else "withdrawn", leaves)


@pytest.mark.parametrize("act", ["corrected", "said anew", "voided"])
def test_a_start_that_was_printed_with_what_no_longer_stood_is_corrected_after_it(
    work, doctor, session, begun, outbox, act
):
    sign(doctor, begun)
    run = made(work)
    if act == "voided":
        voided(doctor, begun)
    else:
        corrected(doctor, begun, **({"dose": "35 mg"} if act == "corrected" else {}))
    printed(work, run, outbox)
    tasks = session.scalars(select(BreachTask.letter_id)).all()
    assert (begun.state, len(drafts(doctor))) == ("sent", int(act == "corrected"))
    assert tasks == ([begun.id] if act == "voided" else [])


@pytest.fixture
def about_control(doctor):
    """An authorised letter about today's control, which says what she uses."""
    patient = with_gp(doctor)
    patient.prescriber = "huisarts"
    make_course(doctor, patient, started_on=date(2025, 3, 10), **SAID)
    letter = doctor.session.get_one(Letter, seen(doctor, patient))
    doctor.commit()
    return sign(doctor, letter)


def stop(work, letter, **given):
    ended = StopCourse(letter.patient_id, course_of(work, letter).id, TODAY, StopReason.PLANNED_BREAK)
    return treatments.stop(work, replace(ended, **given))


def switch(work, letter):
    begin = StartCourse(letter.patient_id, Drug.RISEDRONIC_ACID, TODAY, **SAID)
    treatments.switch(work, StopCourse(letter.patient_id, course_of(work, letter).id, TODAY, StopReason.SWITCH), begin)


def pause(work, letter, **given):
    found = PauseCourse(letter.patient_id, course_of(work, letter).id, TODAY - timedelta(days=9), why="tandarts")
    pauses.pause(work, replace(found, **given))


def ended_pause(work, letter):
    pause(work, letter, until_on=TODAY - timedelta(days=2))


def void_start(work, letter):
    treatments.void_event(work, Course, letter.patient_id, course_of(work, letter).id, "verkeerde patiënt")


@pytest.mark.parametrize(
    ("act", "tells"),
    [
        (stop, ["control", "stop"]), (switch, ["control", "start", "stop"]), (pause, ["control"]),
        (void_start, ["control"]), (ended_pause, []),
    ],
)  # fmt: skip
def test_a_letter_that_says_go_on_prescribing_does_not_leave_after_a_stop_a_switch_or_an_interruption(
    work, doctor, session, about_control, outbox, act, tells
):
    act(doctor, about_control)
    anew = drafts(doctor)
    assert about_control.state == ("withdrawn" if tells else "authorised")
    assert [[row.about for row in subjects(doctor, draft.id)] for draft in anew] == ([tells] if tells else [])
    for draft in anew:
        assert not course_letters.outdated(doctor, sign(doctor, draft))


def test_what_waits_in_the_queue_is_held_back_in_the_next_round(work, doctor, session, outbox):
    patient = with_gp(doctor)
    patient.prescriber = "huisarts"
    make_course(doctor, patient, started_on=date(2025, 3, 10), **SAID)
    seen(doctor, patient)
    doctor.commit()
    letter = in_queue(work, session, patient.id)
    stop(doctor, letter)
    assert letter.state == "queued"  # the outbox alone knows whether it left
    assert round_of(session, outbox) == ["letter_overtaken"]
    assert (letter.state, left(outbox)) == ("withdrawn", [])


def test_a_stop_that_was_a_mistake_or_of_another_day_takes_the_next_letter_back_too(doctor, session, about_control):
    stop_id = stop(doctor, about_control)
    second = sign(doctor, drafts(doctor)[0])
    other = StopCourse(
        second.patient_id, course_of(doctor, second).id, TODAY - timedelta(days=1), StopReason.PLANNED_BREAK
    )
    now = treatments.correct_stop(doctor, stop_id, other, "gisteren")
    third = sign(doctor, drafts(doctor)[0])
    treatments.void_event(doctor, CourseStop, third.patient_id, now, "niet gestopt")
    fourth = drafts(doctor)[0]
    assert [letter.state for letter in (second, third, fourth)] == ["withdrawn", "withdrawn", "draft"]


def test_an_interruption_that_ends_takes_back_the_letter_that_tells_of_it(doctor, session, about_control):
    pause(doctor, about_control)
    second = sign(doctor, drafts(doctor)[0])
    old = session.scalars(select(Pause)).one()
    over = PauseCourse(second.patient_id, old.course_id, old.from_on, TODAY, why="tandarts")
    pauses.correct_pause(doctor, old.id, over, "")
    assert second.state == "withdrawn"


@pytest.mark.parametrize(("outcome", "stays"), [("stop", True), ("switch", True), ("continue", False)])
def test_a_decision_to_stop_says_itself_that_the_treatment_ends(doctor, about_control, outcome, stays):
    about_control.facts = about_control.facts | {"reviews": [{"outcome": outcome}]}
    doctor.session.flush()
    stop(doctor, about_control)
    assert about_control.state == ("authorised" if stays else "withdrawn")


def test_of_who_left_or_was_not_followed_when_it_was_written_the_treatment_is_not_held_against_a_letter(
    doctor, about_control
):
    outdated = course_letters.outdated
    stop(doctor, about_control)
    assert outdated(doctor, about_control)
    was = about_control.facts
    about_control.facts = was | {"patient": was["patient"] | {"status": "moved"}}
    assert not outdated(doctor, about_control)
    about_control.facts = {"on": "2026-11-23"}  # as those from before the words were kept
    assert not outdated(doctor, about_control)
    about_control.facts = was
    patient = doctor.session.get_one(Patient, about_control.patient_id)
    patient.status, patient.status_on = "moved", TODAY
    assert not outdated(doctor, about_control)


PRESCRIBED = [*((change, True) for change in OTHERWISE[:3]), ({"indication": "T-score −3,1"}, False)]


@pytest.mark.parametrize(("change", "again"), PRESCRIBED)
def test_a_letter_that_names_another_drug_dose_or_schedule_does_not_leave(doctor, about_control, change, again):
    corrected(doctor, about_control, **change)
    assert about_control.state == ("withdrawn" if again else "authorised")
    assert len(drafts(doctor)) == int(again)


@pytest.mark.parametrize(("change", "again"), PRESCRIBED)
def test_once_it_left_the_gp_hears_in_a_letter_that_is_owed_from_today(
    work, doctor, about_control, tmp_path, change, again
):
    assert sent(work("secretary"), about_control, tmp_path).sent
    later = work("doctor", TODAY + timedelta(days=30))
    corrected(later, about_control, **change)
    named = [(draft.facts["replaces"][0]["reference"], draft.due_on > later.today) for draft in drafts(doctor)]
    assert named == ([(about_control.reference, True)] if again else [])


def test_what_the_gp_had_last_is_not_followed_when_nothing_that_it_told_stands(work, doctor, about_control, tmp_path):
    assert sent(work("secretary"), about_control, tmp_path).sent
    void(
        doctor, last_control(doctor, doctor.session.get_one(Patient, about_control.patient_id), TODAY), "van een ander"
    )
    doctor.session.flush()
    corrected(doctor, about_control, dose="35 mg")
    assert drafts(doctor) == []


def test_one_that_had_left_the_queue_before_the_dose_was_corrected_is_followed_too(work, doctor, about_control):
    secretary = work("secretary")
    letter_sending.queue(secretary, letter_sending.parcel(secretary, about_control))
    corrected(doctor, about_control, dose="35 mg")
    assert drafts(doctor) == []  # the outbox alone knows
    letter_sending.settle(secretary, about_control)
    assert [draft.facts["replaces"][0]["reference"] for draft in drafts(doctor)] == [about_control.reference]


def test_a_letter_that_is_being_written_keeps_its_day_when_it_corrects_the_dose_too(
    work, doctor, about_control, tmp_path
):
    assert sent(work("secretary"), about_control, tmp_path).sent
    patient = doctor.session.get_one(Patient, about_control.patient_id)
    being_written = doctor.session.get_one(Letter, seen(doctor, patient, TODAY - timedelta(days=1)))
    day = being_written.due_on
    corrected(work("doctor", TODAY + timedelta(days=30)), about_control, dose="35 mg")
    assert [(draft, draft.due_on) for draft in drafts(doctor)] == [(being_written, day)]
    assert [row.about_on for row in subjects(doctor, being_written.id)] == [TODAY - timedelta(days=1), TODAY]


def test_a_letter_that_names_no_treatment_does_not_leave_once_one_began(doctor):
    patient = with_gp(doctor)
    letter = doctor.session.get_one(Letter, seen(doctor, patient))
    doctor.commit()
    assert "Er is geen behandeling vastgelegd." in " ".join(sign(doctor, letter).text.split())
    treatments.start(doctor, StartCourse(patient.id, Drug.ALENDRONIC_ACID, TODAY, **SAID))
    assert (letter.state, len(drafts(doctor))) == ("withdrawn", 1)


def test_a_dose_that_is_filled_in_later_is_no_correction_of_what_left(work, doctor, tmp_path):
    patient = with_gp(doctor)
    make_course(doctor, patient, started_on=date(2025, 3, 10), planned_years=Decimal(5), dose=None, schedule=None)
    letter = doctor.session.get_one(Letter, seen(doctor, patient))
    doctor.commit()
    assert sent(work("secretary"), sign(doctor, letter), tmp_path).sent
    corrected(doctor, letter)
    assert drafts(doctor) == []
