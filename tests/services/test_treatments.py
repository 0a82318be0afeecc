"""Courses start, stop, switch, pause and go on; the list follows, and nobody decides in a doctor's place."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from clinic.domain.errors import RuleBroken
from clinic.domain.protocol import FOLLOW_ON
from clinic.domain.vocabulary import Drug, StartPrecision, StopReason
from clinic.services import doses, effects, pauses, treatments
from clinic.services.doses import GiveDose
from clinic.services.pauses import PauseCourse
from clinic.services.treatments import StartCourse, StopCourse
from clinic.services.work import NotAllowed
from clinic.store.audit import AuditEntry
from clinic.store.due import DueItem
from clinic.store.patients import Patient
from clinic.store.treatments import Course, CourseStop, Dose, Pause
from tests.factories import make_course, make_patient

TODAY = date(2026, 11, 23)


@pytest.fixture
def doctor(work):
    return work("doctor")


@pytest.fixture
def nurse(work, doctor):
    return work("nurse")


@pytest.fixture
def patient(doctor):
    return make_patient(doctor)


@pytest.fixture
def running(doctor, patient):
    course = make_course(doctor, patient)
    doctor.session.flush()
    return course


@pytest.fixture
def injected(doctor, patient):
    course = make_course(doctor, patient, drug="denosumab", planned_years=3)
    doctor.session.flush()
    return course


def due(session):
    return {row.code: row.due_on for row in session.execute(select(DueItem.code, DueItem.due_on))}


def broken(act):
    with pytest.raises(RuleBroken) as told:
        act()
    return told.value.field, told.value.code


def alendronic(patient, **given):
    return replace(
        StartCourse(patient.id, Drug.ALENDRONIC_ACID, TODAY, planned_years=Decimal(5), dose="70 mg"), **given
    )


def ends(course, **given):
    return replace(StopCourse(course.patient_id, course.id, TODAY, StopReason.SIDE_EFFECTS), **given)


def test_a_started_course_brings_its_controls_and_its_review(doctor, session, patient):
    course = session.get(Course, treatments.start(doctor, alendronic(patient)))
    assert (course.dose, course.recorded_by, course.on_behalf_of) == ("70 mg", doctor.actor.id, None)
    found = due(session)
    assert found["control.early"] == date(2027, 2, 23)
    assert found["review.end_of_course"] == date(2031, 11, 23)
    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.subject) == ("course.saved", f"course:{course.id}")


def test_a_course_saved_twice_is_one(doctor, session, patient):
    assert treatments.start(doctor, alendronic(patient)) == treatments.start(doctor, alendronic(patient))
    assert session.scalar(select(func.count()).select_from(Course)) == 1
    assert session.scalar(select(func.count()).select_from(AuditEntry)) == 1


def test_a_nurse_enters_a_course_in_the_name_of_a_doctor(nurse, doctor, session, patient):
    assert broken(lambda: treatments.start(nurse, alendronic(patient))) == ("doctor_id", "doctor_missing")
    assert broken(lambda: treatments.start(nurse, alendronic(patient, doctor_id=nurse.actor.id)))[0] == "doctor_id"
    course = session.get(Course, treatments.start(nurse, alendronic(patient, doctor_id=doctor.actor.id)))
    assert (course.recorded_by, course.on_behalf_of) == (nurse.actor.id, doctor.actor.id)
    line = session.scalars(select(AuditEntry)).one()
    assert (line.on_behalf_of, line.on_behalf_name) == (doctor.actor.id, doctor.actor.name)


def test_a_secretary_does_not_touch_a_treatment(work, running, patient):
    secretary = work("secretary")
    acts = (
        lambda: treatments.start(secretary, alendronic(patient)),
        lambda: treatments.stop(secretary, ends(running)),
        lambda: pauses.pause(secretary, PauseCourse(patient.id, running.id, TODAY, why="kaak")),
    )
    for act in acts:
        with pytest.raises(NotAllowed):
            act()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"planned_years": Decimal("2.5")}, ("planned_years_reason", "years_reason_missing")),
        ({"planned_years": Decimal("2.7")}, ("years_other", "years_not_possible")),
        ({"planned_years": Decimal(11), "planned_years_reason": "x"}, ("years_other", "years_not_possible")),
        ({"started_on": date(1950, 1, 1)}, ("started_on", "start_before_birth")),
        ({"started_on": date(2027, 11, 24)}, ("started_on", "date_far_ahead")),
    ],
)
def test_a_start_that_cannot_be_is_refused_at_its_field(doctor, patient, given, told):
    assert broken(lambda: treatments.start(doctor, alendronic(patient, **given))) == told


def test_two_and_a_half_years_need_a_reason(doctor, session, patient):
    given = alendronic(patient, planned_years=Decimal("2.5"), planned_years_reason="rest of five years")
    treatments.start(doctor, given)
    assert due(session)["review.end_of_course"] == date(2029, 5, 23)


def test_a_second_course_waits_for_the_end_of_the_first(doctor, session, running, patient):
    second = alendronic(patient, drug=Drug.ZOLEDRONIC_ACID, planned_years=Decimal(3))
    assert broken(lambda: treatments.start(doctor, second)) == ("started_on", "course_runs")
    treatments.stop(doctor, ends(running))
    assert treatments.start(doctor, second)
    earlier = alendronic(patient, started_on=date(2026, 1, 1))
    assert broken(lambda: treatments.start(doctor, earlier))[0] == "started_on"


def test_she_stopped_herself_is_nobodys_decision_and_anything_else_is(nurse, doctor, session, running):
    assert broken(lambda: treatments.stop(nurse, ends(running))) == ("doctor_id", "doctor_missing")
    treatments.stop(nurse, ends(running, reason=StopReason.PATIENT_WISH, doctor_id=doctor.actor.id))
    assert session.scalars(select(CourseStop)).one().on_behalf_of is None
    assert due(session)["review.untreated"] == date(2027, 1, 4)
    assert "control.early" not in due(session)


def test_a_stop_pressed_twice_is_one_and_a_second_one_is_refused(doctor, session, running):
    assert treatments.stop(doctor, ends(running)) == treatments.stop(doctor, ends(running))
    again = ends(running, stopped_on=date(2026, 11, 1))
    assert broken(lambda: treatments.stop(doctor, again)) == ("stopped_on", "already_stopped")


def test_a_stop_lies_after_the_start_and_after_what_happened(doctor, running, patient):
    assert broken(lambda: treatments.stop(doctor, ends(running, stopped_on=date(2025, 3, 9))))[1] == "stop_before_start"
    pauses.pause(doctor, PauseCourse(patient.id, running.id, date(2026, 10, 1), why="operation"))
    assert broken(lambda: treatments.stop(doctor, ends(running, stopped_on=date(2026, 9, 1))))[1] == "events_after"
    other = ends(running, reason=StopReason.OTHER)
    assert broken(lambda: treatments.stop(doctor, other)) == ("explanation", "explanation_missing")


def test_denosumab_has_no_treatment_break_to_be_stopped_for(doctor, injected, patient):
    end = StopCourse(patient.id, injected.id, TODAY, StopReason.PLANNED_BREAK)
    with pytest.raises(RuleBroken) as broken:
        treatments.stop(doctor, end)
    assert (broken.value.field, broken.value.code) == ("stop_reason", "no_treatment_break")


ENDS = [StopReason.SIDE_EFFECTS, StopReason.CONTRAINDICATION, StopReason.OTHER]


@pytest.mark.parametrize("drug", sorted(FOLLOW_ON))
@pytest.mark.parametrize("reason", ENDS)
def test_a_drug_after_which_another_must_follow_is_switched_and_not_stopped(doctor, patient, drug, reason):
    course = make_course(doctor, patient, drug=drug, planned_years=1)
    doctor.session.flush()
    end = ends(course, reason=reason, explanation="x")
    assert broken(lambda: treatments.stop(doctor, end)) == ("stop_reason", "follow_on_missing")
    begin = alendronic(patient, drug=Drug.ZOLEDRONIC_ACID, planned_years=Decimal(3))
    assert treatments.switch(doctor, end, begin)


def test_what_ended_outside_the_clinic_is_recorded_as_it_was(doctor, injected, patient):
    before = patient.registered_on - timedelta(1)
    first = treatments.stop(doctor, ends(injected, reason=StopReason.PATIENT_WISH))
    again = ends(injected, reason=StopReason.SIDE_EFFECTS)
    assert treatments.correct_stop(doctor, first, again, "Andere reden.")
    for about in ({"registered_on": TODAY}, {"status": "moved", "status_on": TODAY}):
        other = make_patient(doctor, **about)
        course = make_course(doctor, other, drug="denosumab", planned_years=3, started_on=before)
        doctor.session.flush()
        assert treatments.stop(doctor, ends(course, stopped_on=max(before, date(2026, 11, 22))))


def test_a_stopped_denosumab_keeps_its_injection_on_the_list(doctor, session, injected, patient):
    doses.give(doctor, GiveDose(patient.id, injected.id, date(2026, 8, 31)))
    treatments.stop(doctor, ends(injected, reason=StopReason.PATIENT_WISH))
    found = due(session)
    assert found["dose.denosumab"] == date(2027, 2, 28)
    assert found["review.untreated"] == date(2027, 1, 4)


def test_a_switch_is_one_act(doctor, session, running, patient):
    begin = alendronic(patient, drug=Drug.ZOLEDRONIC_ACID, planned_years=Decimal(3))
    late = replace(begin, started_on=date(2026, 11, 22))
    assert broken(lambda: treatments.switch(doctor, ends(running), late)) == ("started_on", "start_before_stop")
    session.rollback()


def test_a_switch_ends_the_one_and_starts_the_other(doctor, session, running, patient):
    begin = alendronic(patient, drug=Drug.ZOLEDRONIC_ACID, planned_years=Decimal(3))
    new = treatments.switch(doctor, ends(running), begin)
    stop = session.scalars(select(CourseStop)).one()
    assert (stop.course_id, stop.reason) == (running.id, "switch")
    assert "dose.zoledronic_acid" in due(session)
    noted = [entry.action for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    assert noted == ["letter.drafted", "letter.drafted", "course.switched"]
    assert treatments.switch(doctor, ends(running), begin) == new


def test_a_switch_that_fails_half_way_leaves_the_first_course_running(doctor, session, running, patient):
    session.commit()
    begin = alendronic(patient, drug=Drug.ZOLEDRONIC_ACID, planned_years=Decimal("0.3"))
    assert broken(lambda: treatments.switch(doctor, ends(running), begin))[1] == "years_not_possible"
    session.rollback()
    assert session.scalars(select(CourseStop)).all() == []


def test_a_corrected_start_moves_everything_and_keeps_pauses(doctor, session, running, patient):
    pauses.pause(doctor, PauseCourse(patient.id, running.id, date(2025, 6, 1), date(2025, 8, 30), why="operation"))
    right = alendronic(patient, started_on=date(2025, 2, 10))
    assert broken(lambda: treatments.correct_course(doctor, running.id, right, " ")) == ("reason", "reason_missing")
    new = treatments.correct_course(doctor, running.id, right, "letter of the GP")
    assert due(session)["review.end_of_course"] == date(2030, 5, 11)
    assert treatments.correct_course(doctor, running.id, right, "letter of the GP") == new
    assert not session.get(Course, running.id).stands
    other = replace(right, started_on=date(2025, 2, 11))
    assert broken(lambda: treatments.correct_course(doctor, running.id, other, "again"))[1] == "fact_changed_meanwhile"


def test_a_start_is_not_corrected_past_what_happened(doctor, running, patient):
    pauses.pause(doctor, PauseCourse(patient.id, running.id, date(2025, 6, 1), why="operation"))
    late = alendronic(patient, started_on=date(2025, 7, 1))
    assert broken(lambda: treatments.correct_course(doctor, running.id, late, "x")) == ("started_on", "events_before")


def test_a_start_is_not_corrected_past_the_stop(doctor, running, patient):
    treatments.stop(doctor, ends(running, stopped_on=date(2026, 6, 1)))
    late = alendronic(patient, started_on=date(2026, 6, 2))
    act = broken(lambda: treatments.correct_course(doctor, running.id, late, "x"))
    assert act == ("started_on", "start_after_stop")


def test_a_stop_is_corrected_and_voided(doctor, session, running):
    first = treatments.stop(doctor, ends(running))
    right = ends(running, stopped_on=date(2026, 11, 2))
    second = treatments.correct_stop(doctor, first, right, "typing error")
    treatments.void_event(doctor, CourseStop, running.patient_id, second, "wrong patient")
    assert "control.early" in due(session)
    assert treatments.stop(doctor, ends(running))


def test_a_stop_before_a_later_course_stays(doctor, session, running, patient):
    treatments.switch(doctor, ends(running), alendronic(patient, drug=Drug.RISEDRONIC_ACID))
    stop = session.scalars(select(CourseStop)).one()
    act = lambda: treatments.void_event(doctor, CourseStop, patient.id, stop.id, "error")  # noqa: E731 - one act
    assert broken(act) == ("void_reason", "course_runs")


def test_a_voided_course_takes_its_pauses_along(doctor, session, running, patient):
    pauses.pause(doctor, PauseCourse(patient.id, running.id, date(2025, 6, 1), why="operation"))
    treatments.void_event(doctor, Course, patient.id, running.id, "wrong patient")
    treatments.void_event(doctor, Course, patient.id, running.id, "wrong patient")
    assert session.scalars(select(Pause)).one().void_reason == "wrong patient"
    assert due(session) == {}
    assert session.get(Patient, patient.id).nothing_planned


def test_a_pause_asks_to_be_looked_at_and_its_end_moves_the_course(nurse, session, running, patient):
    begun = PauseCourse(patient.id, running.id, date(2026, 9, 1), check_on=date(2026, 12, 1), why="dentist")
    pause = pauses.pause(nurse, begun)
    assert due(session)["pause.check"] == date(2026, 12, 1)
    ended = pauses.correct_pause(nurse, pause, replace(begun, until_on=date(2026, 11, 20)), "")
    assert due(session)["review.end_of_course"] == date(2030, 5, 29)
    assert session.get(Pause, ended).supersedes_id == pause


def test_three_weeks_are_missed_doses_and_move_nothing(nurse, session, running, patient):
    pauses.pause(nurse, PauseCourse(patient.id, running.id, date(2026, 9, 1), date(2026, 9, 22), why="forgot"))
    assert due(session)["review.end_of_course"] == date(2030, 3, 10)


def test_only_a_doctor_lets_the_days_of_a_pause_count(nurse, doctor, session, running, patient):
    days = PauseCourse(patient.id, running.id, date(2026, 1, 1), date(2026, 6, 1), why="fall", counts=True)
    pause = pauses.pause(nurse, days)
    assert not session.get(Pause, pause).counts
    pauses.correct_pause(doctor, pause, days, "took it all the same")
    assert due(session)["review.end_of_course"] == date(2030, 3, 10)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"from_on": date(2025, 3, 9)}, ("from_on", "pause_before_start")),
        ({"until_on": date(2026, 8, 31)}, ("until_on", "before_pause")),
        ({"check_on": date(2026, 8, 31)}, ("check_on", "before_pause")),
        ({"why": ""}, ("why", "pause_reason_missing")),
    ],
)
def test_a_pause_that_cannot_be_is_refused_at_its_field(nurse, running, patient, given, told):
    pause = replace(PauseCourse(patient.id, running.id, date(2026, 9, 1), why="dentist"), **given)
    assert broken(lambda: pauses.pause(nurse, pause)) == told


def test_pauses_do_not_overlap_and_end_with_the_course(nurse, doctor, running, patient):
    pauses.pause(nurse, PauseCourse(patient.id, running.id, date(2026, 9, 1), why="dentist"))
    second = PauseCourse(patient.id, running.id, date(2026, 10, 1), why="dentist")
    assert broken(lambda: pauses.pause(nurse, second)) == ("from_on", "pauses_overlap")
    treatments.stop(doctor, ends(running, reason=StopReason.PATIENT_WISH))
    late = replace(second, from_on=date(2026, 11, 24))
    assert broken(lambda: pauses.pause(nurse, late)) == ("from_on", "pause_after_stop")


def test_denosumab_has_no_pauses(nurse, injected, patient):
    pause = PauseCourse(patient.id, injected.id, TODAY, why="dentist")
    assert broken(lambda: pauses.pause(nurse, pause)) == ("from_on", "no_pauses")


def test_a_secretary_records_a_dose_and_the_next_is_counted_from_it(work, session, injected, patient):
    dose = GiveDose(patient.id, injected.id, date(2026, 8, 31), "huisarts", "praktijkassistent")
    secretary = work("secretary")
    assert doses.give(secretary, dose) == doses.give(secretary, dose)
    assert due(session)["dose.denosumab"] == date(2027, 2, 28)
    moved = replace(dose, on=date(2026, 9, 2))
    first = session.scalars(select(Dose)).one()
    doses.correct_dose(secretary, first.id, moved, "read wrongly")
    assert due(session)["dose.denosumab"] == date(2027, 3, 2)
    last = session.scalars(select(Dose).where(Dose.stands)).one()
    treatments.void_event(secretary, Dose, patient.id, last.id, "wrong patient")
    assert due(session)["dose.denosumab"] == date(2025, 3, 10)


@pytest.mark.parametrize(
    ("on", "code"),
    [(date(2026, 11, 24), "dose_in_future"), (date(2025, 3, 9), "dose_before_start")],
)
def test_a_dose_was_given_while_the_course_ran(doctor, injected, patient, on, code):
    assert broken(lambda: doses.give(doctor, GiveDose(patient.id, injected.id, on))) == ("on", code)


def test_a_tablet_is_no_dose_and_one_day_has_one_dose(doctor, running, patient):
    assert broken(lambda: doses.give(doctor, GiveDose(patient.id, running.id, TODAY))) == ("on", "no_doses")
    treatments.stop(doctor, ends(running, stopped_on=date(2026, 11, 1)))
    begin = alendronic(patient, drug=Drug.ZOLEDRONIC_ACID, started_on=date(2026, 11, 2), planned_years=Decimal(3))
    zoledronic = treatments.start(doctor, begin)
    doses.give(doctor, GiveDose(patient.id, zoledronic, TODAY, "poli"))
    again = GiveDose(patient.id, zoledronic, TODAY, "thuis")
    assert broken(lambda: doses.give(doctor, again)) == ("on", "dose_recorded_already")


def test_an_injection_after_the_stop_is_kept_and_an_infusion_is_not(doctor, injected, patient):
    treatments.stop(doctor, ends(injected, stopped_on=date(2026, 11, 1), reason=StopReason.PATIENT_WISH))
    assert doses.give(doctor, GiveDose(patient.id, injected.id, TODAY))
    other = make_patient(doctor)
    infused = make_course(doctor, other, drug="zoledronic_acid", planned_years=3)
    doctor.session.flush()
    treatments.stop(doctor, ends(infused, stopped_on=date(2026, 11, 1)))
    late = GiveDose(other.id, infused.id, TODAY)
    assert broken(lambda: doses.give(doctor, late)) == ("on", "dose_after_stop")


def test_a_fact_of_another_patient_is_not_found(doctor, running):
    other = make_patient(doctor)
    with pytest.raises(LookupError):
        treatments.stop(doctor, replace(ends(running), patient_id=other.id))
    with pytest.raises(LookupError):
        treatments.void_event(doctor, Course, other.id, running.id, "x")


def test_what_a_stop_would_do_is_shown_and_nothing_is_kept(doctor, session, running, patient):
    session.commit()
    stop = ends(running, reason=StopReason.PLANNED_BREAK)
    found = effects.tried(doctor, patient.id, lambda: treatments.write_stop(doctor, stop))
    assert "control.early" in {item.code for item in found.go}
    assert {"reassess.break", "control.break_yearly"} <= {item.code for item in found.appear}
    assert session.scalars(select(CourseStop)).all() == []


@pytest.mark.parametrize(
    ("typed", "precision", "kept"),
    [
        (date(2026, 6, 1), StartPrecision.MONTH, date(2026, 6, 1)),
        (date(2025, 3, 1), StartPrecision.MONTH, date(2025, 3, 10)),
        (date(2025, 1, 1), StartPrecision.YEAR, date(2025, 3, 10)),
    ],
)
def test_an_end_known_by_the_month_is_never_before_the_start_in_it(doctor, session, patient, typed, precision, kept):
    course = session.get(Course, treatments.start(doctor, alendronic(patient, started_on=date(2025, 3, 10))))
    treatments.stop(doctor, replace(ends(course), stopped_on=typed, precision=precision))
    assert session.scalars(select(CourseStop)).one().stopped_on == kept
