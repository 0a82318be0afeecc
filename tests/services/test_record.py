"""The record page reads a bounded number of times, however many facts there are, and writes that it was opened."""

from datetime import date, timedelta

from sqlalchemy import event, select

from clinic.services import record
from clinic.store.audit import AuditEntry
from tests.factories import make_control, make_course, make_patient


def reads(work, patient):
    work.session.expire_all()
    work.session.info.pop("rules", None)  # the version in force is asked for once in a transaction, so by each page
    seen = []

    def listener(*words):
        seen.append(words[2])

    event.listen(work.session.bind, "before_cursor_execute", listener)
    assert record.open_record(work, patient.id) is not None
    event.remove(work.session.bind, "before_cursor_execute", listener)
    return len(seen)


def with_controls(work, count):
    patient = make_patient(work)
    make_course(work, patient)
    for number in range(count):
        make_control(work, patient, date(2025, 3, 11) + timedelta(number), height_mm=1600, weight_g=60000)
    work.session.flush()
    return patient


def test_one_control_or_two_hundred_take_the_same_queries_and_no_more_than_25(work):
    nurse = work("nurse")
    one, many = with_controls(nurse, 1), with_controls(nurse, 200)
    assert reads(nurse, one) == reads(nurse, many) <= 25


def test_opening_a_record_is_written_down(work, session):
    nurse = work("nurse")
    patient = with_controls(nurse, 1)
    record.open_record(nurse, patient.id)
    nurse.commit()
    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.patient_id, entry.actor_id) == ("patient.opened", patient.id, nurse.actor.id)


def test_a_missing_patient_is_none_and_nothing_is_written(work):
    nurse = work("nurse")
    assert record.open_record(nurse, 999) is None
    assert nurse.entries == []
