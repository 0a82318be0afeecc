"""A draft that waits comes back by itself: when what it waited for came, or on its day."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import LetterAbout
from clinic.security.audit import Action
from clinic.services import letter_queue, letter_waits, letters
from clinic.services.facts import stamp
from clinic.services.letter_waits import Wait
from clinic.services.work import Stale
from clinic.store.audit import AuditEntry
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.restores import Restore
from clinic.store.reviews import Review
from clinic.store.scans import Scan
from clinic.store.treatments import CourseStop
from tests.factories import make_control, make_course
from tests.letter_makers import TODAY, drafted, seen, seen_anew, sent, sign

LATER = TODAY + timedelta(days=14)


def waiting(work, what="dxa", until=LATER, why=""):
    """A letter that waits."""
    nurse = work("nurse")
    letter = drafted(nurse)
    letter_waits.wait(nurse, letter.id, letter.version, Wait(what, until, why))
    return letter


def test_a_letter_waits_with_why_and_stays_due_on_its_day(work):
    letter = waiting(work, "other", why="Bloeduitslag komt vrijdag.")
    assert (letter.state, letter.waits_for, letter.waits_until) == ("waits", "other", LATER)
    assert (letter.remark, letter.due_on) == ("Bloeduitslag komt vrijdag.", date(2026, 11, 30))
    with pytest.raises(RuleBroken, match="letter_state"):
        sign(work("doctor"), letter)


@pytest.mark.parametrize(
    ("what", "until", "why", "field"),
    [
        ("nonsense", LATER, "", "what"),
        ("dxa", TODAY, "", "until"),
        ("dxa", TODAY + timedelta(days=43), "", "until"),
        ("other", LATER, " ", "why"),
    ],
)
def test_what_it_waits_for_until_when_and_why_are_asked(work, what, until, why, field):
    with pytest.raises(RuleBroken) as broken:
        waiting(work, what, until, why)
    assert broken.value.field == field


def scan_came(work, letter):
    """The result of a DXA is in, and asks for a letter."""
    nurse = work("nurse")
    scan = Scan(patient_id=letter.patient_id, made_on=TODAY, received_on=TODAY, recorded_at=nurse.now, recorded_by=1)
    nurse.session.add(scan)
    nurse.session.flush()
    patient = nurse.session.get(Patient, letter.patient_id)
    return letters.draft_for(nurse, patient, LetterAbout.DXA, TODAY, scan.id)


def test_what_it_waited_for_makes_it_a_draft_that_tells_of_both(work):
    letter = waiting(work)
    assert scan_came(work, letter) == letter.id
    assert (letter.state, letter.waits_for) == ("draft", None)


def test_something_else_that_comes_leaves_it_waiting(work):
    letter = waiting(work, "decision")
    nurse = work("nurse")
    patient = nurse.session.get(Patient, letter.patient_id)
    other = make_control(nurse, patient, TODAY - timedelta(days=3))
    nurse.session.flush()
    letters.draft_for(nurse, patient, LetterAbout.CONTROL, other.on_date, other.id)
    assert scan_came(work, letter) == letter.id
    assert letter.state == "waits"


def test_on_its_day_the_program_makes_it_a_draft_once(work, tmp_path):
    letter = waiting(work)
    session = work().session
    engine = session.get_bind()
    session.commit()  # SQLite has one writer
    noon = datetime(2026, 12, 6, 12)  # noqa: DTZ001 - as the store keeps it
    assert letter_waits.wake(engine, noon) == 0
    letter_queue.run(engine, tmp_path, lambda: noon + timedelta(days=1))
    session.expire_all()
    assert (session.get(Letter, letter.id).state, letter.waits_until) == ("draft", None)
    session.commit()
    assert letter_waits.wake(engine, noon + timedelta(days=2)) == 0
    states = [line.details for line in session.query(AuditEntry).filter_by(action=Action.LETTER_EDITED)]
    assert states == [{"state": "waits"}, {"state": "draft"}]


def test_it_comes_back_also_when_who_drafted_it_writes_no_letters_herself(work):
    """A received DXA drafts a letter on the secretary's name; nobody's role may keep the post of all from leaving."""
    letter = waiting(work)
    letter.drafted_by = work("secretary").actor.id
    session = work().session
    session.commit()
    assert letter_waits.wake(session.get_bind(), datetime.combine(LATER, datetime.min.time())) == 1
    session.expire_all()
    assert session.get(Letter, letter.id).state == "draft"


def test_nothing_comes_back_in_a_restored_register_that_nobody_looked_at(work, tmp_path):
    letter = waiting(work)
    session, noon = work().session, datetime.combine(LATER, datetime.min.time())
    session.add(Restore(restored_at=noon, taken_at=noon, letters_settled=[], letters_unknown=[]))
    session.commit()
    assert letter_queue.run(session.get_bind(), tmp_path, lambda: noon) == []
    session.expire_all()
    assert session.get(Letter, letter.id).state == "waits"


def test_a_person_takes_it_up_again_and_an_old_page_does_not(work):
    letter = waiting(work)
    with pytest.raises(Stale):
        letter_waits.resume(work("nurse"), letter.id, letter.version - 1)
    letter_waits.resume(work("nurse"), letter.id, letter.version)
    assert letter.state == "draft"


THIGH = {"thigh_or_groin_pain": {"present": True}}


@pytest.mark.parametrize(
    ("symptoms", "state"),
    [(THIGH, "draft"), ({"thigh_or_groin_pain": {"present": False}}, "waits"), ({}, "waits")],
)
def test_a_control_with_an_alarm_symptom_does_not_wait_for_anything_else(work, symptoms, state):
    letter, nurse = waiting(work, "decision"), work("nurse")
    patient, on = nurse.session.get(Patient, letter.patient_id), TODAY - timedelta(days=1)
    control = make_control(nurse, patient, on, symptoms=symptoms)
    nurse.session.flush()
    letters.draft_for(nurse, patient, LetterAbout.CONTROL, on, control.id)
    assert (letter.state, letter.waits_for) == (state, "decision" if state == "waits" else None)


def test_the_end_of_the_controls_does_not_wait(work):
    letter, nurse = waiting(work, "other", why="Bloeduitslag komt vrijdag."), work("nurse")
    patient = nurse.session.get(Patient, letter.patient_id)
    patient.status, patient.status_on = "declined", TODAY
    letters.tell_of_end(nurse, patient, None)
    assert (letter.state, letter.waits_until) == ("draft", None)


def review(doctor, patient):
    """A decision that was signed."""
    row = Review(on_date=TODAY, outcome="postpone", until_on=LATER, reason="wacht op DXA", prescriber="huisarts",
                 signed_function="internist", seen={}, form_token="signed")  # fmt: skip
    return LetterAbout.REVIEW, TODAY, stamp(doctor, row, patient.id)


def stop(doctor, patient):
    """The end of a treatment."""
    course = make_course(doctor, patient)
    doctor.session.flush()
    row = CourseStop(course_id=course.id, stopped_on=TODAY, reason="side_effects")
    return LetterAbout.STOP, TODAY, stamp(doctor, row, patient.id)


@pytest.mark.parametrize("came", [review, stop])
def test_what_a_doctor_decided_does_not_wait_for_anything_else(work, came):
    letter, doctor = waiting(work), work("doctor")
    patient = doctor.session.get_one(Patient, letter.patient_id)
    about, on, fact = came(doctor, patient)
    doctor.session.flush()
    assert letters.draft_for(doctor, patient, about, on, fact.id) == letter.id
    assert (letter.state, letter.waits_for) == ("draft", None)


def test_what_corrects_a_letter_that_left_does_not_wait(work, tmp_path):
    nurse = work("nurse")
    first = drafted(nurse)
    assert sent(work("secretary"), sign(work("doctor"), first), tmp_path).sent
    patient = nurse.session.get_one(Patient, first.patient_id)
    letter = nurse.session.get_one(Letter, seen(nurse, patient, TODAY - timedelta(days=1)))
    nurse.commit()
    letter_waits.wait(nurse, letter.id, letter.version, Wait("dxa", LATER, ""))
    assert seen_anew(nurse, patient, weight_g=61000) == letter.id
    assert (letter.state, [told["reference"] for told in letter.facts["replaces"]]) == ("draft", [first.reference])
