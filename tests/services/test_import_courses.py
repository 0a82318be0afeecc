"""What a list says of a course that is here: nothing against the record, and the GP hears of it as by hand."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import Drug, LetterAbout, StartPrecision, StopReason
from clinic.interop.imports import CourseRow, Parsed
from clinic.services import import_undo, imports, letter_begin, treatments
from clinic.services.facts import stamp
from clinic.services.import_undo import UndoImport
from clinic.services.imports import Import
from clinic.services.letter_facts import subjects
from clinic.services.treatments import StartCourse, StopCourse
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.reviews import Review
from clinic.store.settings import ImportReceipt
from clinic.store.treatments import Course, CourseStop, Dose, Pause
from clinic.wording.complaints import say
from tests.factories import make_course
from tests.letter_makers import TODAY, seen, sign, with_gp

BEFORE = date(2025, 3, 10)
LATER = date(2026, 3, 10)
ROW = CourseRow(2, "x-1", Drug.ALENDRONIC_ACID, BEFORE, StartPrecision.DAY)
ENDED = replace(ROW, stopped_on=TODAY, stop_reason=StopReason.SIDE_EFFECTS)
SWITCHED = replace(ENDED, stop_reason=StopReason.SWITCH)
BEGUN = CourseRow(3, "x-1", Drug.RISEDRONIC_ACID, TODAY, StartPrecision.DAY, Decimal(5))


@pytest.fixture
def doctor(work):
    return work("doctor")


@pytest.fixture
def patient(doctor):
    """She came with an import, and her GP prescribes."""
    found = with_gp(doctor)
    found.import_key, found.prescriber = "x-1", "huisarts"
    doctor.session.commit()
    return found


@pytest.fixture
def course(doctor, patient):
    """Tablets since last year."""
    found = make_course(doctor, patient, started_on=BEFORE)
    doctor.session.commit()
    return found


@pytest.fixture
def bring(work):
    """The manager brings a file of these rows in."""
    return lambda *rows: imports.commit(work("manager"), Import(Parsed("courses", rows, ()), "list.csv", "0" * 64))


@pytest.fixture
def take_back(work):
    """The manager takes an import back."""
    return lambda outcome: import_undo.undo(work("manager"), UndoImport(outcome.receipt_id, "verkeerde lijst"))


def standing(session, table):
    session.expire_all()
    return session.scalars(select(table).where(table.stands.is_(True)).order_by(table.id)).all()


def drafts(work):
    return work.session.scalars(select(Letter).where(Letter.state == "draft")).all()


def told(work):
    """What each letter that is being written tells of."""
    return [[row.about for row in subjects(work, draft.id)] for draft in drafts(work)]


@pytest.mark.parametrize(
    ("drug", "event", "stops"),
    [
        (Drug.ZOLEDRONIC_ACID, Dose(on_date=LATER), False),
        (Drug.ALENDRONIC_ACID, Pause(from_on=LATER, until_on=TODAY, counts=False), False),
        (Drug.DENOSUMAB, Dose(on_date=LATER), True),  # given past a stop (S6)
        (Drug.ZOLEDRONIC_ACID, Dose(on_date=BEFORE), True),
    ],
)
def test_an_end_before_what_the_record_has_is_complained_of_and_left(
    doctor, patient, bring, session, drug, event, stops
):
    course = make_course(doctor, patient, drug=drug, started_on=BEFORE)
    doctor.session.flush()
    stamp(doctor, type(event)(course_id=course.id, **told_by(event)), patient.id)
    doctor.session.commit()
    outcome = bring(replace(ENDED, drug=drug, stopped_on=BEFORE + timedelta(days=30)))
    found = [(c.column, c.level, c.code, c.params["typed"]) for c in outcome.complaints]
    assert found == ([] if stops else [("stopped_on", "check", "stop_before_event", "09-04-2025")])
    assert len(standing(session, CourseStop)) == stops


def told_by(event):
    return {name: value for name, value in vars(event).items() if not name.startswith("_")}


def test_a_pause_after_the_end_that_the_record_has_is_complained_of_and_left(doctor, course, bring, session):
    stamp(doctor, CourseStop(course_id=course.id, stopped_on=LATER, reason="other"), course.patient_id)
    doctor.session.commit()
    [found] = bring(replace(ROW, pause_from=LATER + timedelta(days=1))).complaints
    assert (found.column, found.level, found.code) == ("pause_from", "check", "pause_after_end")
    assert say(found.code, found.params, "nl").startswith("11-03-2026, maar de behandeling was toen")
    assert standing(session, Pause) == []
    assert bring(replace(ROW, pause_from=LATER)).complaints == ()


def test_the_gp_hears_of_an_end_that_a_list_brings_and_no_authorised_letter_says_otherwise(doctor, course, bring):
    patient = doctor.session.get(Patient, course.patient_id)
    letter = sign(doctor, doctor.session.get(Letter, seen(doctor, patient)))
    doctor.session.commit()
    bring(ROW)
    assert (letter.state, drafts(doctor)) == ("authorised", [])
    bring(ENDED)
    assert letter.state == "withdrawn"
    assert told(doctor) == [["control", "stop"]]
    assert "Alendroninezuur is gestopt op 23-11-2026 (bijwerkingen)." in " ".join(drafts(doctor)[0].text.split())


def test_a_switch_of_a_list_is_told_with_what_begins(doctor, course, bring):
    bring(SWITCHED, BEGUN)
    assert told(doctor) == [["start", "stop"]]


def test_a_course_that_comes_with_its_end_is_of_the_past(doctor, patient, bring, session):
    bring(ENDED)
    assert (len(standing(session, CourseStop)), drafts(doctor)) == (1, [])


def decided(doctor, patient):
    """A review to switch to what the list begins, signed before it came."""
    given = {"on_date": TODAY, "outcome": "switch", "effective_on": TODAY, "next_drug": "risedronic_acid",
             "reason": "maagklachten", "prescriber": "huisarts", "signed_function": "internist"}  # fmt: skip
    review = stamp(doctor, Review(**given, seen={}, form_token="signed"), patient.id)
    review.recorded_at -= timedelta(hours=1)
    doctor.session.commit()


def test_an_end_that_a_decision_tells_once_the_list_brings_what_begins_is_left_to_it(
    doctor, patient, course, bring, take_back
):
    decided(doctor, patient)
    treatments.stop(doctor, StopCourse(patient.id, course.id, TODAY, StopReason.SWITCH, "maagklachten"))
    assert told(doctor) == [["stop"]]
    outcome = bring(BEGUN)
    assert told(doctor) == []
    take_back(outcome)
    assert told(doctor) == [["stop"]]


def test_an_end_of_an_import_stays_when_another_course_began_since(
    doctor, patient, course, bring, take_back, session, work
):
    outcome = bring(ENDED)
    treatments.start(doctor, StartCourse(patient.id, Drug.RISEDRONIC_ACID, TODAY))
    with pytest.raises(RuleBroken, match="import_built_on"):
        take_back(outcome)
    receipt = session.get(ImportReceipt, outcome.receipt_id)
    assert import_undo.hanging_on(work("manager"), receipt, 9) == [(patient.number, "built_courses")]
    assert len(standing(session, CourseStop)) == 1


def test_an_end_of_an_import_goes_with_the_course_that_it_brought_and_beside_one_of_before(
    doctor, patient, course, bring, take_back, session
):
    old = make_course(doctor, patient, drug="denosumab", started_on=date(2022, 1, 5))
    doctor.session.flush()
    stamp(doctor, CourseStop(course_id=old.id, stopped_on=BEFORE, reason="switch"), patient.id)
    doctor.session.commit()
    take_back(bring(SWITCHED, replace(BEGUN, stopped_on=TODAY, stop_reason=StopReason.OTHER)))
    assert [found.id for found in standing(session, Course)] == [course.id, old.id]
    assert [found.course_id for found in standing(session, CourseStop)] == [old.id]


def test_taking_an_import_back_takes_its_own_draft_back_and_what_was_authorised_since(
    doctor, patient, course, bring, take_back
):
    outcome = bring(SWITCHED, BEGUN)
    assert told(doctor) == [["start", "stop"]]
    take_back(outcome)
    assert drafts(doctor) == []
    outcome = bring(replace(ROW, pause_from=LATER))
    letter = sign(doctor, doctor.session.get(Letter, seen(doctor, patient)))
    doctor.session.commit()
    take_back(outcome)
    assert (letter.state, told(doctor)) == ("withdrawn", [["control"]])


@pytest.mark.parametrize("about", [LetterAbout.START, LetterAbout.STOP])
@pytest.mark.parametrize("how", ["authorised", "worded"])
def test_a_letter_about_a_start_or_stop_of_an_import_is_built_on_it(
    doctor, patient, bring, take_back, session, work, about, how
):
    if about is LetterAbout.STOP:
        make_course(doctor, patient, started_on=BEFORE)
        doctor.session.commit()
    outcome = bring(ENDED if about is LetterAbout.STOP else ROW)
    if about is LetterAbout.START:
        [course] = standing(session, Course)
        course.dose, course.schedule, course.planned_years = "70 mg", "1× per week", 5
        letter_begin.begin(doctor, patient.id, "start")
    [letter] = drafts(doctor)
    if how == "authorised":
        sign(doctor, letter)
    else:
        letter.edited_by = doctor.actor.id
    doctor.session.commit()
    with pytest.raises(RuleBroken, match="import_built_on"):
        take_back(outcome)
    receipt = session.get(ImportReceipt, outcome.receipt_id)
    assert import_undo.hanging_on(work("manager"), receipt, 9) == [(patient.number, "built_letters")]
