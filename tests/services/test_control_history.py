"""Each question of a control has its own latest answer, of its own day."""

from datetime import date, timedelta

import pytest
from sqlalchemy import event

from clinic.domain.vocabulary import Drug
from clinic.services import control_history
from clinic.services.control_history import LAB, Earlier, Latest
from clinic.services.facts import correct, stamp, void
from clinic.store.scans import Lab
from clinic.store.treatments import Dose
from tests.factories import make_control, make_course, make_patient

TODAY = date(2026, 11, 23)
NEW, OLD = date(2026, 5, 4), date(2025, 11, 24)
THIGH = {"present": True, "side": "left", "weeks": 3}


@pytest.fixture
def nurse(work):
    return work("nurse")


@pytest.fixture
def patient(nurse):
    return make_patient(nurse)


@pytest.mark.parametrize(
    ("older", "newer", "name", "latest"),
    [
        ({"falls": 2}, {}, "falls", Latest(2, OLD)),
        ({"falls": 2}, {"falls": 0}, "falls", Latest(0, NEW)),  # none is an answer too
        ({"doubts": True}, {"doubts": False}, "doubts", Latest(False, NEW)),
        ({"new_fracture": False}, {}, "new_fracture", Latest(False, OLD)),
        ({"dental": "kies getrokken"}, {"dental": ""}, "dental", Latest("kies getrokken", OLD)),
        ({"side_effects": {"nausea": "mild"}}, {}, "side_effects", Latest({"nausea": "mild"}, OLD)),
        ({"side_effects": {"nausea": "mild"}}, {"side_effects": {"none": "reported"}}, "side_effects",
         Latest({"none": "reported"}, NEW)),
        ({"symptoms": {"thigh_or_groin_pain": THIGH}}, {"symptoms": {"jaw_or_mouth": {"present": False}}},
         "symptom_thigh_or_groin_pain", Latest(THIGH, OLD)),
        ({"symptoms": {"jaw_or_mouth": {"present": True}}}, {"symptoms": {"jaw_or_mouth": {"present": None}}},
         "symptom_jaw_or_mouth", Latest({"present": True}, OLD)),
        ({}, {}, "falls", None),
    ],
)  # fmt: skip
def test_a_question_keeps_its_latest_answer(nurse, patient, older, newer, name, latest):
    make_control(nurse, patient, OLD, **older)
    make_control(nurse, patient, NEW, **newer)
    assert control_history.answered(nurse, patient.id, TODAY).latest.get(name) == latest


def test_what_was_voided_corrected_or_is_not_before_the_day_does_not_count(nurse, patient):
    make_control(nurse, patient, OLD, falls=1, height_mm=1590)
    wrong = make_control(nurse, patient, NEW, falls=7, height_mm=1480)
    typo = make_control(nurse, patient, NEW, missed_doses=60)
    make_control(nurse, patient, TODAY, falls=9, height_mm=1490)
    make_control(nurse, make_patient(nurse), NEW, falls=5, height_mm=1700)
    nurse.session.flush()
    void(nurse, wrong, "andere patiënt")
    correct(nurse, typo, control_history.Control(on_date=NEW, form_token="anew", missed_doses=6), "typefout")
    earlier = control_history.answered(nurse, patient.id, TODAY)
    assert earlier == Earlier(NEW, {"missed_doses": Latest(6, NEW), "falls": Latest(1, OLD)})
    assert control_history.measured(nurse, patient.id, TODAY) == {"height": Latest(1590, OLD)}


@pytest.mark.parametrize("controls", [0, 2])
def test_the_last_25_oh_d_comes_in_the_same_question_also_of_the_day_itself(nurse, patient, controls):
    for number in range(controls):
        make_control(nurse, patient, OLD - timedelta(30 * number), falls=number)
    assert LAB not in control_history.answered(nurse, patient.id, TODAY).latest
    labs = [(OLD, 41), (TODAY, 68), (TODAY, 70), (TODAY, None), (TODAY + timedelta(1), 90)]
    rows = [stamp(nurse, Lab(on_date=on, vitamin_d_nmol_l=value, pth_pmol_l=4), patient.id) for on, value in labs]
    stamp(nurse, Lab(on_date=TODAY, vitamin_d_nmol_l=99), make_patient(nurse).id)
    nurse.session.flush()
    asked = []
    event.listen(nurse.session.get_bind(), "before_cursor_execute", lambda *call: asked.append(call[2]))
    assert control_history.answered(nurse, patient.id, TODAY).latest[LAB] == Latest(70, TODAY)
    assert len(asked) == 1
    void(nurse, rows[2], "andere patiënt")
    assert control_history.answered(nurse, patient.id, TODAY).latest[LAB] == Latest(68, TODAY)
    assert control_history.answered(nurse, patient.id, NEW).latest[LAB] == Latest(41, OLD)


def test_the_last_control_is_one_she_came_or_was_phoned_for(nurse, patient):
    assert control_history.answered(nurse, patient.id, TODAY).on is None
    make_control(nurse, patient, OLD, kind="phone")
    make_control(nurse, patient, NEW, kind="interim", note="gebeld over duizeligheid")
    earlier = control_history.answered(nurse, patient.id, TODAY)
    assert (earlier.on, earlier.latest["note"].on) == (OLD, NEW)


def test_answers_about_intake_are_taken_over_of_one_day(nurse, patient):
    assert control_history.answered(nurse, patient.id, TODAY).intake() == {}
    make_control(nurse, patient, OLD, intake_fasting=True, intake_water=True)
    make_control(nurse, patient, NEW, intake_fasting=False, intake_wait=True)
    earlier = control_history.answered(nurse, patient.id, TODAY)
    assert (earlier.intake_on, earlier.intake()) == (NEW, {"fasting": False, "wait": True})
    assert earlier.latest["intake_water"] == Latest(True, OLD)


def test_of_a_drug_that_is_given_each_question_about_the_last_time_is_of_its_own_day(nurse, patient):
    course = make_course(nurse, patient, drug="zoledronic_acid")
    before = make_course(nurse, patient, drug="denosumab", started_on=date(2020, 1, 6))
    nurse.session.flush()
    for on, of, told in (
        (OLD, course, {"place": "dagbehandeling", "reaction": "griepachtig, twee dagen"}),
        (NEW, course, {"place": "elders", "reaction": ""}),
        (NEW, before, {"given_by": "huisarts"}),  # another drug, told here by mistake or not
        (TODAY, course, {"place": "thuis"}),
    ):
        stamp(nurse, Dose(course_id=of.id, on_date=on, **told), patient.id)
    latest = control_history.answered(nurse, patient.id, TODAY, Drug.ZOLEDRONIC_ACID).latest
    assert latest == {"dose_place": Latest("elders", NEW), "dose_reaction": Latest("griepachtig, twee dagen", OLD)}
    for drug in (None, Drug.ALENDRONIC_ACID):
        assert control_history.answered(nurse, patient.id, TODAY, drug).latest == {}


def test_height_and_weight_are_each_of_their_own_day_in_one_question_however_many_controls(nurse, patient):
    for number in range(30):
        make_control(nurse, patient, OLD - timedelta(30 * number), height_mm=1600 + number)
    make_control(nurse, patient, NEW, weight_g=61000)
    nurse.session.flush()
    asked = []
    event.listen(nurse.session.get_bind(), "before_cursor_execute", lambda *call: asked.append(call[2]))
    found = control_history.measured(nurse, patient.id, TODAY)
    control_history.answered(nurse, patient.id, TODAY)
    assert found == {"height": Latest(1600, OLD), "weight": Latest(61000, NEW)}
    assert len(asked) == 2
