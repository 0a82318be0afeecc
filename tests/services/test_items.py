"""Items and alerts follow the facts, in the same transaction; what is stored is what the rules say."""

from datetime import date

from sqlalchemy import event, select

from clinic.security.audit import Action
from clinic.services import in_force, items
from clinic.store.due import DueItem, RedAlert
from clinic.store.treatments import CourseStop
from tests.factories import make_control, make_course, make_patient


def codes(session, patient):
    return set(session.scalars(select(DueItem.code).where(DueItem.patient_id == patient.id)))


def test_a_course_brings_its_items(work, session):
    nurse = work("nurse")
    patient = make_patient(nurse)
    make_course(nurse, patient)
    items.refresh(nurse, patient)
    assert codes(session, patient) == {
        "control.yearly" if patient.registered_on > date(2025, 7, 8) else "control.early",
        "review.end_of_course",
        "dxa.before_review",
        "spine_image.before_review",
    }
    assert patient.facts_version == 1
    assert not patient.nothing_planned


def test_a_control_moves_the_next_one_and_asks_for_a_letter(work, session):
    nurse = work("nurse")
    patient = make_patient(nurse)
    make_course(nurse, patient)
    make_control(nurse, patient, date(2026, 11, 20))
    items.refresh(nurse, patient)
    found = {i.code: i.due_on for i in session.scalars(select(DueItem).where(DueItem.patient_id == patient.id))}
    assert found["control.yearly"] == date(2027, 11, 20)
    assert found["letter.after_control"] == date(2026, 11, 27)


def test_without_a_course_nothing_is_planned(work):
    nurse = work("nurse")
    patient = make_patient(nurse)
    items.refresh(nurse, patient)
    assert patient.nothing_planned


def test_a_stop_recorded_ahead_is_known_on_its_day(work, session):
    doctor = work("doctor")
    patient = make_patient(doctor)
    course = make_course(doctor, patient)
    session.flush()
    from clinic.services.facts import stamp

    stop = CourseStop(course_id=course.id, stopped_on=date(2026, 12, 1), reason="side_effects")
    stamp(doctor, stop, patient.id)
    items.refresh(doctor, patient)
    doctor.note(Action.COURSE_STOPPED, patient.id)
    doctor.commit()
    assert patient.refresh_on == date(2026, 12, 1)
    assert "review.end_of_course" in codes(session, patient)
    assert items.refresh_due_today(session, date(2026, 11, 30)) == 0
    for before_the_first_sign_in in (date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 3)):
        assert items.differences(session, [patient], before_the_first_sign_in) == []
    assert items.refresh_due_today(session, date(2026, 12, 1)) == 1
    assert codes(session, patient) == {"review.untreated"}
    assert patient.refresh_on is None
    assert items.differences(session, [patient], date(2026, 12, 1)) == []


def test_a_red_alert_is_stored_with_the_days_on_which_it_holds(work, session):
    nurse = work("nurse")
    patient = make_patient(nurse)
    make_course(nurse, patient)
    make_control(nurse, patient, date(2025, 6, 10), height_mm=1642)
    make_control(nurse, patient, date(2026, 6, 10), height_mm=1620)
    items.refresh(nurse, patient)
    found = session.scalars(select(RedAlert).where(RedAlert.patient_id == patient.id)).one()
    assert (found.code, found.level, found.since) == ("height_loss_measured", "red", date(2026, 6, 10))
    assert (found.holds_from, found.holds_until) == (date(2026, 6, 10), None)
    assert found.why["params"]["loss_mm"] == 22


def test_a_row_that_somebody_moved_is_found(work, session):
    nurse = work("nurse")
    patient = make_patient(nurse)
    make_course(nurse, patient)
    items.refresh(nurse, patient)
    assert items.differences(session, [patient], nurse.today) == []
    row = session.scalars(select(DueItem).where(DueItem.code == "review.end_of_course")).one()
    row.due_on = date(2031, 3, 10)
    session.flush()
    assert items.differences(session, [patient], nurse.today) == [patient.id]


def test_a_row_that_somebody_moved_is_found_also_before_the_day_is_begun(work, session):
    nurse = work("nurse")
    patient = make_patient(nurse)
    make_course(nurse, patient)
    make_control(nurse, patient, date(2026, 12, 1))
    items.refresh(nurse, patient)
    row = session.scalars(select(DueItem).where(DueItem.code == "review.end_of_course")).one()
    row.due_on = date(2031, 3, 10)
    session.flush()
    assert items.differences(session, [patient], date(2026, 12, 1)) == [patient.id]


def test_the_number_of_statements_does_not_grow_with_the_facts(work, session):
    nurse = work("nurse")

    def statements(controls):
        patient = make_patient(nurse)
        make_course(nurse, patient)
        for number in range(controls):
            make_control(nurse, patient, date.fromordinal(date(2025, 6, 1).toordinal() + number))
        session.flush()
        in_force.rules(session)  # asked once in a transaction
        seen = []
        listener = lambda *words: seen.append(words[2])  # noqa: E731 - counted, not read
        event.listen(session.bind, "before_cursor_execute", listener)
        items.rebuild(session, [patient], nurse.today)
        event.remove(session.bind, "before_cursor_execute", listener)
        return len(seen)

    assert statements(1) == statements(200)
