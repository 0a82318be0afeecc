"""A signed decision is undone while it is fresh, and goes back to its doctor when what it rested on was corrected."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.domain.protocol import DEFAULT
from clinic.domain.review import SUSPECT
from clinic.domain.vocabulary import CriterionCode, Drug, Sex
from clinic.services import decision_changes, items, patients, reviews
from clinic.services.facts import correct, stamp, void
from clinic.services.patients import Change, PatientDetails
from clinic.services.work import NotAllowed, Stale
from clinic.store.controls import Control
from clinic.store.decision_changes import DecisionChange
from clinic.store.due import DueItem
from clinic.store.letters import Letter
from clinic.store.reviews import Review
from clinic.store.scans import Lab, Scan, ScanValue
from clinic.store.treatments import Course, CourseStop
from tests.factories import make_control, make_course
from tests.letter_makers import sent, sign, with_gp
from tests.services.test_in_force import put_in_force
from tests.services.test_reviews import command, decided, doctor, patient  # noqa: F401  fixtures

DAY, NEXT = date(2026, 11, 23), date(2026, 11, 24)


def scan(t_score):
    row = Scan(made_on=date(2026, 10, 12), received_on=date(2026, 10, 13))
    row.sites.append(ScanValue(site="total_hip", t_score=Decimal(t_score)))
    return row


@pytest.fixture
def measured(doctor, patient, command):  # noqa: F811
    """The hip stood at −2,6 when the doctor decided."""
    row = stamp(doctor, scan("-2.6"), patient.id)
    items.refresh(doctor, patient)
    reviews.sign(doctor, replace(command, version=patient.facts_version))
    return row


def becomes(work, her, old, t_score):
    """A nurse corrects the value."""
    new = correct(work, old, scan(t_score), "verkeerd overgenomen")
    items.refresh(work, her)
    work.session.flush()
    return new


def test_a_correction_that_changes_an_answer_brings_the_decision_back(work, doctor, patient, measured):  # noqa: F811
    becomes(work("nurse"), patient, measured, "-2.3")
    [row] = decision_changes.waiting(doctor)
    assert row.DecisionChange.what == {CriterionCode.HIP_T: [True, False, "-2.6", "-2.3"]}
    assert decision_changes.count(doctor) == 1


def test_a_value_that_changes_brings_it_back_though_the_answer_stays(work, doctor, patient, measured):  # noqa: F811
    becomes(work("nurse"), patient, measured, "-2.8")
    [row] = decision_changes.waiting(doctor)
    assert row.DecisionChange.what == {CriterionCode.HIP_T: [True, True, "-2.6", "-2.8"]}


def test_a_correction_that_changes_nothing_it_rested_on_does_not(work, doctor, patient, measured):  # noqa: F811
    becomes(work("nurse"), patient, measured, "-2.6")
    assert decision_changes.waiting(doctor) == []


def test_a_start_that_was_another_day_moves_the_planned_end_under_a_decision(
    work, session, doctor, patient, measured  # noqa: F811
):  # fmt: skip
    nurse, old = work("nurse"), session.scalars(select(Course)).one()
    began = {"drug": old.drug, "started_on": date(2021, 1, 18), "planned_years": old.planned_years}
    correct(nurse, old, Course(**began), "jaar verkeerd")
    items.refresh(nurse, patient)
    [row] = decision_changes.waiting(doctor)
    assert row.DecisionChange.what == {
        "planned_end": [None, None, "2027-01-18", "2026-01-18"],
        "exposure_days": [None, None, "1770", "2135"],
        "ten_years_on": [None, None, "2032-01-18", "2031-01-18"],
    }


def test_a_decision_of_before_values_were_kept_is_compared_by_its_answers(
    work, session, doctor, patient, measured  # noqa: F811
):  # fmt: skip
    row = session.scalars(select(Review)).one()
    row.seen = {name: found for name, found in row.seen.items() if name != "values"}
    session.flush()
    once = becomes(work("nurse"), patient, measured, "-2.8")
    assert decision_changes.waiting(doctor) == []
    becomes(work("nurse"), patient, once, "-2.3")
    [found] = decision_changes.waiting(doctor)
    assert found.DecisionChange.what == {CriterionCode.HIP_T: [True, False, None, "-2.3"]}


def test_a_no_on_complaints_that_was_signed_when_nobody_had_asked_is_no_change(
    work, session, doctor, patient, measured  # noqa: F811
):  # fmt: skip
    """It was answered so for whoever had been seen, also when she was referred; now that is unknown, or a yes."""
    code, nurse = CriterionCode.AFP_OR_ONJ, work("nurse")
    row = session.scalars(select(Review)).one()
    signed = row.seen
    row.seen = {name: found for name, found in signed.items() if name != decision_changes.ASKED}
    row.seen["criteria"] = signed["criteria"] | {code: False}
    session.flush()
    old = becomes(nurse, patient, measured, "-2.6")
    assert decision_changes.waiting(doctor) == []
    row.seen = signed
    make_control(nurse, patient, date(2026, 11, 20), symptoms={one: {"present": False} for one in SUSPECT})
    becomes(nurse, patient, old, "-2.6")
    [found] = decision_changes.waiting(doctor)
    assert found.DecisionChange.what == {code: [None, False, None, None]}


def test_that_another_version_is_in_force_since_is_no_fact_that_changed(
    work, session, doctor, patient, command  # noqa: F811
):  # fmt: skip
    session.scalars(select(Course)).one().planned_years = None
    row = stamp(doctor, scan("-2.6"), patient.id)
    items.refresh(doctor, patient)
    reviews.sign(doctor, replace(command, version=patient.facts_version))
    shorter = {**DEFAULT.durations, Drug.ALENDRONIC_ACID: (Decimal(3), Decimal(5))}
    put_in_force(session, replace(DEFAULT, name="2027.1", durations=shorter))
    nurse = work("nurse")
    again = becomes(nurse, patient, row, "-2.6")
    assert decision_changes.waiting(doctor) == []
    becomes(nurse, patient, again, "-2.3")
    [found] = decision_changes.waiting(doctor)
    assert found.DecisionChange.what == {CriterionCode.HIP_T: [True, False, "-2.6", "-2.3"]}


def test_a_decision_of_a_version_that_is_not_here_is_compared_by_the_one_in_force(
    work, session, doctor, patient, measured  # noqa: F811
):  # fmt: skip
    row = session.scalars(select(Review)).one()
    row.seen = row.seen | {"protocol": "elders-2020"}
    session.flush()
    becomes(work("nurse"), patient, measured, "-2.3")
    assert decision_changes.count(doctor) == 1


def test_put_right_again_it_no_longer_waits_and_another_change_replaces_the_first(
    work, doctor, patient, measured  # noqa: F811
):  # fmt: skip
    nurse = work("nurse")
    once = becomes(nurse, patient, measured, "-2.3")
    again = becomes(nurse, patient, once, "-2.1")
    assert decision_changes.count(doctor) == 1
    becomes(nurse, patient, again, "-2.6")
    assert decision_changes.count(doctor) == 0


def test_what_was_voided_is_unknown_now(work, doctor, patient, measured):  # noqa: F811
    nurse = work("nurse")
    void(nurse, measured, "andere patiënt")
    items.refresh(nurse, patient)
    [row] = decision_changes.waiting(doctor)
    assert row.DecisionChange.what[CriterionCode.HIP_T] == [True, None, "-2.6", None]


def shown(session):
    """What a page that shows the difference of now sends along."""
    return decision_changes.digest(session.scalar(select(DecisionChange.what)))


def test_the_doctor_lets_it_stand_with_a_reason_once(work, session, doctor, patient, measured):  # noqa: F811
    becomes(work("nurse"), patient, measured, "-2.3")
    change = session.scalar(select(DecisionChange.id))
    seen = shown(session)
    with pytest.raises(RuleBroken):
        decision_changes.stands(doctor, patient.id, change, " ", seen)
    with pytest.raises(LookupError):
        decision_changes.stands(doctor, patient.id, 999, "toch", seen)
    with pytest.raises(NotAllowed):
        decision_changes.stands(work("nurse"), patient.id, change, "toch", seen)
    for reason in ("wervelfractuur weegt zwaarder", "nog eens"):
        decision_changes.stands(doctor, patient.id, change, reason, seen)
    assert decision_changes.waiting(doctor) == []
    assert session.scalar(select(DecisionChange.reason)) == "wervelfractuur weegt zwaarder"


def test_a_difference_that_she_did_not_see_is_not_let_stand_and_keeps_being_asked(
    work, session, doctor, patient, measured  # noqa: F811
):  # fmt: skip
    nurse = work("nurse")
    once = becomes(nurse, patient, measured, "-2.3")
    change, seen = session.scalar(select(DecisionChange.id)), shown(session)
    becomes(nurse, patient, once, "-1.1")
    with pytest.raises(Stale):
        decision_changes.stands(doctor, patient.id, change, "weegt niet", seen)
    assert decision_changes.count(doctor) == 1
    decision_changes.stands(doctor, patient.id, change, "weegt niet", shown(session))
    assert decision_changes.count(doctor) == 0


def test_a_new_decision_answers_it(work, session, doctor, patient, measured, command):  # noqa: F811
    becomes(work("nurse"), patient, measured, "-2.3")
    anew = replace(decided(command, "continue", until=date(2030, 1, 18)), form_token="two")
    reviews.sign(work("doctor", NEXT), replace(anew, version=patient.facts_version))
    assert decision_changes.waiting(doctor) == []
    assert session.scalar(select(DecisionChange.settled_by)) == doctor.actor.id


def test_a_decision_that_came_with_an_old_list_rests_on_nothing_known(work, doctor, patient):  # noqa: F811
    row = stamp(doctor, scan("-2.6"), patient.id)
    told = Review(on_date=DAY, outcome="continue", until_on=date(2030, 1, 1), reason="lijst", signed_function="import",
                  form_token="x")  # fmt: skip
    stamp(doctor, told, patient.id)
    items.refresh(doctor, patient)
    becomes(work("nurse"), patient, row, "-2.3")
    assert decision_changes.waiting(doctor) == []


def bone(density, device="A"):
    row = Scan(made_on=date(2026, 10, 12), received_on=date(2026, 10, 13), device=device)
    row.sites.append(ScanValue(site="total_hip", t_score=Decimal("-2.6"), bmd_mg_cm2=density))
    return row


def earlier(work, her):
    """Six years ago a course, and the scan of then."""
    course = make_course(work, her, started_on=date(2019, 1, 18))
    work.session.flush()
    stamp(work, CourseStop(course_id=course.id, stopped_on=date(2020, 1, 18), reason="planned_break"), her.id)
    row = Scan(made_on=date(2020, 10, 12), received_on=date(2020, 10, 13), device="A")
    row.sites.append(ScanValue(site="total_hip", t_score=Decimal("-2.6"), bmd_mg_cm2=700))
    stamp(work, row, her.id)


def longer(work, her):
    old = work.session.scalars(select(Course).where(Course.started_on == date(2019, 1, 18))).one()
    new = Course(drug=old.drug, started_on=date(2014, 1, 18), planned_years=old.planned_years)
    correct(work, old, new, "jaar verkeerd")
    work.session.flush()
    work.session.scalars(select(CourseStop)).one().course_id = new.id


def other_density(work, her):
    old = work.session.scalars(select(Scan).where(Scan.made_on == date(2026, 10, 12))).one()
    correct(work, old, bone(690), "verkeerd overgenomen")


def other_device(work, her):
    old = work.session.scalars(select(Scan).where(Scan.made_on == date(2026, 10, 12))).one()
    correct(work, old, bone(695, "B"), "verkeerd overgenomen")


def other_body(work, her):
    old = work.session.scalars(select(Control).where(Control.on_date == date(2026, 11, 20))).one()
    new = {"on_date": old.on_date, "kind": old.kind, "height_mm": 1585, "weight_g": 60_000, "form_token": "again"}
    correct(work, old, Control(**new), "verkeerd overgenomen")


def other_creatinine(work, her):
    correct(work, work.session.scalars(select(Lab)).one(), lab(90), "verkeerd overgenomen")


def another(work, her, **told):
    """What is written of herself is corrected."""
    details = PatientDetails(**patients.values_of(her) | {"sex": Sex(her.sex)} | told)
    patients.change(work, Change(her.id, details, patients.fingerprint(work, her)))


def other_sex(work, her):
    another(work, her, sex=Sex.MALE)


def other_birth(work, her):
    another(work, her, birth_date=date(1950, 3, 14))


def lab(creatinine):
    return Lab(on_date=date(2026, 11, 2), creatinine_umol_l=creatinine)


@pytest.mark.parametrize(
    ("becomes_other", "told"),
    [
        (longer, {"exposure_days", "ten_years_on"}),
        (other_density, {"bmd.total_hip", "bmd_change.total_hip"}),
        (other_device, {"bmd_change.total_hip", CriterionCode.BMD_LOSS_ADHERENT}),
        (other_body, {"height_loss_mm", "weight_g", "clearance"}),
        (other_creatinine, {"clearance"}),
        (other_sex, {"clearance"}),
        (other_birth, {"clearance", CriterionCode.AGE_75}),
    ],
)
def test_a_value_that_crosses_no_limit_was_seen_too(
    work, doctor, patient, command, becomes_other, told  # noqa: F811
):  # fmt: skip
    nurse = work("nurse")
    earlier(nurse, patient)
    for row in (bone(695), lab(80)):
        stamp(nurse, row, patient.id)
    make_control(nurse, patient, date(2025, 11, 20), height_mm=1590)
    make_control(nurse, patient, date(2026, 11, 20), height_mm=1587, weight_g=58_000)
    items.refresh(nurse, patient)
    reviews.sign(doctor, replace(command, version=patient.facts_version))
    becomes_other(nurse, patient)
    items.refresh(nurse, patient)
    [row] = decision_changes.waiting(doctor)
    assert set(row.DecisionChange.what) == told


def test_what_the_doctor_let_stand_is_not_asked_again_until_it_is_another_difference(
    work, session, doctor, patient, measured  # noqa: F811
):  # fmt: skip
    nurse = work("nurse")
    once = becomes(nurse, patient, measured, "-2.3")
    decision_changes.stands(doctor, patient.id, session.scalar(select(DecisionChange.id)), "weegt niet", shown(session))
    again = becomes(nurse, patient, once, "-2.3")
    assert decision_changes.waiting(doctor) == []
    other = becomes(nurse, patient, again, "-2.1")
    assert decision_changes.count(doctor) == 1
    becomes(nurse, patient, other, "-2.3")
    assert decision_changes.waiting(doctor) == []


def test_an_earlier_decision_that_is_corrected_answers_nothing_about_the_last(
    work, session, doctor, patient, measured, command  # noqa: F811
):  # fmt: skip
    first = session.scalars(select(Review.id)).one()
    doctor.today += timedelta(days=1)
    anew = replace(decided(command, "continue", until=date(2030, 1, 18)), form_token="two")
    last = reviews.sign(doctor, replace(anew, version=patient.facts_version))
    once = becomes(work("nurse"), patient, measured, "-2.3")
    asked = replace(command, form_token="three", version=patient.facts_version, reason="Anders.")
    reviews.correct_review(doctor, first, asked, "typefout")
    assert [row.DecisionChange.review_id for row in decision_changes.waiting(doctor)] == [last]
    becomes(work("nurse"), patient, once, "-2.2")  # the one of the last day is the last, whichever was written last
    assert [row.DecisionChange.review_id for row in decision_changes.waiting(doctor)] == [last]
    asked = replace(anew, form_token="four", version=patient.facts_version, reason="Anders.")
    reviews.correct_review(doctor, last, asked, "typefout")
    assert decision_changes.waiting(doctor) == []


def test_what_an_undone_decision_answered_is_asked_again(
    work, session, doctor, patient, measured, command  # noqa: F811
):  # fmt: skip
    nurse = work("nurse")
    once = becomes(nurse, patient, measured, "-2.3")
    anew = replace(decided(command, "continue", until=date(2030, 1, 18)), form_token="two")
    doctor = work("doctor", NEXT)
    reviews.undo_review(doctor, patient.id, reviews.sign(doctor, replace(anew, version=patient.facts_version)))
    becomes(nurse, patient, once, "-2.3")
    assert decision_changes.count(doctor) == 1


def due(session):
    return {row.code: row.due_on for row in session.execute(select(DueItem.code, DueItem.due_on))}


def test_what_was_just_signed_is_undone_and_dates_and_letter_with_it(
    session, doctor, patient, command  # noqa: F811
):  # fmt: skip
    before = due(session)
    signed = reviews.sign(doctor, command)
    doctor.now += timedelta(minutes=30)
    assert reviews.may_undo(doctor, session.get(Review, signed))
    for _press in range(2):
        reviews.undo_review(doctor, patient.id, signed)
    assert due(session) == before
    assert session.get(Review, signed).void_reason == reviews.UNDONE
    assert session.scalar(select(Letter.state)) == "withdrawn"


def test_half_an_hour_later_or_by_another_doctor_it_is_not(work, session, doctor, patient, command):  # noqa: F811
    signed = reviews.sign(doctor, command)
    doctor.now += timedelta(minutes=30, seconds=1)
    with pytest.raises(RuleBroken, match="undo_too_late"):
        reviews.undo_review(doctor, patient.id, signed)
    with pytest.raises(NotAllowed):
        reviews.undo_review(work("nurse"), patient.id, signed)


def test_once_the_letter_left_it_is_not(work, session, doctor, command, tmp_path):  # noqa: F811
    reached = with_gp(doctor)
    items.refresh(doctor, reached)
    make_course(doctor, reached, started_on=date(2022, 1, 18))
    items.refresh(doctor, reached)
    signed = reviews.sign(doctor, replace(command, patient_id=reached.id, version=reached.facts_version))
    letter = session.scalars(select(Letter).where(Letter.patient_id == reached.id)).one()
    sent(work("secretary"), sign(doctor, letter), tmp_path)
    with pytest.raises(RuleBroken, match="undo_too_late"):
        reviews.undo_review(doctor, reached.id, signed)


def test_a_correction_is_corrected_once_more_and_not_undone(session, doctor, patient, command):  # noqa: F811
    signed = reviews.sign(doctor, command)
    version = patient.facts_version
    other = replace(command, form_token="other", version=version, reason="Anders.")
    corrected = reviews.correct_review(doctor, signed, other, "typefout")
    with pytest.raises(RuleBroken, match="undo_correction"):
        reviews.undo_review(doctor, patient.id, corrected)
