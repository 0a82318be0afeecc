"""A control is corrected by a new version, voided with a reason, and kept as a draft until it is finished."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import AgreementWhat, ControlKind, FractureSite, Symptom
from clinic.services import control_drafts, controls
from clinic.services.controls import Agreed, Broken, SaveControl
from clinic.services.doses import GiveDose
from clinic.services.work import NotAllowed, Stale
from clinic.store.controls import Agreement, Control, ControlDraft
from clinic.store.due import DueItem
from clinic.store.letters import Letter
from clinic.store.scans import Fracture
from clinic.store.treatments import Course, Dose
from tests.factories import make_course, make_patient

ANSWERED = dict.fromkeys((Symptom.THIGH_OR_GROIN_PAIN, Symptom.JAW_OR_MOUTH, Symptom.SWALLOWING_OR_RETROSTERNAL), False)


@pytest.fixture
def nurse(work):
    return work("nurse")


@pytest.fixture
def patient(nurse):
    patient = make_patient(nurse)
    make_course(nurse, patient)
    nurse.session.commit()
    return patient


@pytest.fixture
def command(patient):
    return SaveControl(
        patient.id, date(2026, 11, 23), ControlKind.CLINIC, "first", heights_mm=(1587,), weight_g=58300,
        symptoms=ANSWERED,
    )  # fmt: skip


def due_on(nurse, code):
    return nurse.session.scalar(select(DueItem.due_on).where(DueItem.code == code))


def letters(nurse):
    return [letter.state for letter in nurse.session.scalars(select(Letter).order_by(Letter.id))]


def test_a_correction_is_a_new_version_and_moves_what_follows(nurse, command):
    first = controls.save(nurse, command)
    fixed = replace(command, on=date(2026, 11, 20), form_token="second", corrects=first, reason="typed the wrong day")
    second = controls.save(nurse, fixed)
    newest, oldest = controls.versions(nurse, command.patient_id, first)
    assert (newest.id, oldest.id, newest.change_reason) == (second, first, "typed the wrong day")
    assert (newest.stands, oldest.stands) == (True, False)
    assert due_on(nurse, "control.yearly") == date(2027, 11, 20)
    assert due_on(nurse, "letter.after_control") == date(2026, 11, 27)


def test_a_correction_says_why(nurse, command):
    first = controls.save(nurse, command)
    with pytest.raises(RuleBroken) as told:
        controls.save(nurse, replace(command, form_token="second", corrects=first, reason=" "))
    assert (told.value.field, told.value.code) == ("reason", "reason_missing")


def test_of_two_corrections_the_second_is_told(nurse, command):
    first = controls.save(nurse, command)
    controls.save(nurse, replace(command, form_token="second", corrects=first, reason="a"))
    with pytest.raises(Stale):
        controls.save(nurse, replace(command, form_token="third", corrects=first, reason="b"))


def test_a_voided_control_counts_nowhere_and_its_letter_is_withdrawn(nurse, command):
    agreed = (Agreed(AgreementWhat.CONTROL, date(2027, 5, 3), "weight"),)
    first = controls.save(nurse, replace(command, agreed=agreed))
    assert due_on(nurse, "agreed.control") == date(2027, 5, 3)
    controls.void_control(nurse, command.patient_id, first, "wrong patient")
    assert due_on(nurse, "agreed.control") is None
    assert due_on(nurse, "letter.after_control") is None
    assert letters(nurse) == ["withdrawn"]
    assert nurse.session.get(Control, first).void_reason == "wrong patient"


def test_a_control_of_another_patient_is_not_found(nurse, command):
    first = controls.save(nurse, command)
    other = make_patient(nurse)
    with pytest.raises(LookupError):
        controls.void_control(nurse, other.id, first, "wrong patient")
    with pytest.raises(LookupError):
        controls.versions(nurse, other.id, first)


def test_a_day_outside_the_window_of_the_protocol_is_agreed_with_a_reason(nurse, command):
    soon = Agreed(AgreementWhat.CONTROL, date(2027, 2, 1), "")
    with pytest.raises(RuleBroken) as told:
        controls.save(nurse, replace(command, agreed=(soon,)))
    assert (told.value.field, told.value.code) == ("next_control_why", "reason_outside_window")
    nurse.session.rollback()
    controls.save(nurse, replace(command, agreed=(replace(soon, why="lost 3 kg"),)))
    assert due_on(nurse, "agreed.control") == date(2027, 2, 1)


def test_what_is_agreed_lies_ahead(nurse, command):
    with pytest.raises(RuleBroken) as told:
        controls.save(nurse, replace(command, agreed=(Agreed(AgreementWhat.CALL, command.on, ""),)))
    assert (told.value.field, told.value.code) == ("next_call", "agreed_in_past")


def test_a_correction_takes_the_agreements_of_the_version_before_down(nurse, command):
    agreed = (Agreed(AgreementWhat.CALL, date(2027, 1, 4), "asks for it"),)
    first = controls.save(nurse, replace(command, agreed=agreed))
    controls.save(nurse, replace(command, form_token="second", corrects=first, reason="no call"))
    assert due_on(nurse, "agreed.call") is None
    assert nurse.session.scalar(select(func.count()).select_from(Agreement)) == 1


def test_a_new_fracture_is_a_fact_of_its_own(nurse, command):
    broken = Broken(date(2026, 10, 1), FractureSite.WRIST, True)
    controls.save(nurse, replace(command, fractures=(broken,)))
    assert nurse.session.scalars(select(Fracture.site)).all() == ["wrist"]


def test_a_dose_told_at_the_control_is_kept_and_a_wrong_one_is_told_at_its_field(nurse, patient, command):
    course = nurse.session.scalars(select(Course).where(Course.patient_id == patient.id)).one()
    wrong = GiveDose(patient.id, course.id, date(2026, 11, 2), "day ward", "R. Mulder", "shivering")
    with pytest.raises(RuleBroken) as told:
        controls.save(nurse, replace(command, dose=wrong))
    assert (told.value.field, told.value.code) == ("dose_on", "no_doses")
    nurse.session.rollback()
    course.drug = "zoledronic_acid"
    nurse.session.commit()
    controls.save(nurse, replace(command, dose=wrong))
    assert nurse.session.scalars(select(Dose.reaction)).all() == ["shivering"]


def test_a_draft_is_kept_once_a_nurse_and_gone_when_the_control_is_finished(nurse, command, work):
    control_drafts.keep(nurse, command.patient_id, "draft", {"note": ["half"]})
    control_drafts.keep(nurse, command.patient_id, "draft", {"note": ["half a sentence"]})
    found = control_drafts.of(nurse, command.patient_id)
    assert found is not None
    assert found.typed == {"note": ["half a sentence"]}
    assert control_drafts.of(work("doctor"), command.patient_id) is None
    controls.save(nurse, command)
    assert nurse.session.scalar(select(func.count()).select_from(ControlDraft)) == 0


def test_a_correction_leaves_the_draft_of_another_control(nurse, command):
    first = controls.save(nurse, command)
    typed = {"note": ["half"], "symptom_thigh_or_groin_pain": ["yes"]}
    control_drafts.keep(nurse, command.patient_id, "draft", typed)
    nurse.now += timedelta(minutes=15)  # the doctor on duty sees it by now
    controls.save(nurse, replace(command, form_token="second", corrects=first, reason="typefout", weight_g=58400))
    found = control_drafts.of(nurse, command.patient_id)
    assert (found.typed, found.alarm_at is None) == (typed, False)
    assert nurse.session.scalar(select(func.count()).select_from(Control)) == 2


def test_a_draft_that_arrives_after_its_control_is_not_kept(nurse, command):
    controls.save(nurse, command)
    with pytest.raises(RuleBroken, match="form_went_on"):
        control_drafts.keep(nurse, command.patient_id, command.form_token, {"note": ["late"]})
    assert control_drafts.of(nurse, command.patient_id) is None


def test_a_draft_can_be_thrown_away(nurse, patient):
    control_drafts.keep(nurse, patient.id, "", {"note": ["x"]})
    control_drafts.discard(nurse, patient.id)
    assert control_drafts.of(nurse, patient.id) is None


def test_a_secretary_keeps_no_draft(work, patient):
    with pytest.raises(NotAllowed):
        control_drafts.keep(work("secretary"), patient.id, "", {})


def test_a_form_of_another_patient_is_refused(nurse, command):
    controls.save(nurse, command)
    with pytest.raises(LookupError):
        controls.save(nurse, replace(command, patient_id=make_patient(nurse).id))


def test_who_goes_on_in_a_colleagues_form_has_a_draft_of_her_own(work, session):
    nurse = work("nurse")
    patient = make_patient(nurse)
    control_drafts.keep(nurse, patient.id, "form", {"note": ["van de een"]})
    control_drafts.keep(work("doctor"), patient.id, "form", {"note": ["van de ander"]})
    drafts = session.scalars(select(ControlDraft).order_by(ControlDraft.id)).all()
    assert [draft.typed["note"] for draft in drafts] == [["van de een"], ["van de ander"]]
    assert [draft.form_token == "form" for draft in drafts] == [True, False]
