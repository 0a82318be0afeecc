"""A fact recorded ahead counts from its day: the first sign-in of that day brings the items up to it."""

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.security import accounts
from clinic.services import items
from clinic.services.facts import stamp
from clinic.store.due import DueItem
from clinic.store.treatments import CourseStop
from clinic.store.users import User
from tests import apps
from tests.factories import make_course, make_patient

PASSWORD = "klaver en boterbloem"


def codes(app):
    with Session(app.extensions["engine"]) as session:
        return set(session.scalars(select(DueItem.code)))


def test_a_stop_recorded_ahead_counts_from_its_day(app, client, work, clock):
    doctor = work("doctor")
    patient = make_patient(doctor)
    course = make_course(doctor, patient)
    doctor.session.flush()
    stop = CourseStop(course_id=course.id, stopped_on=date(2026, 11, 25), reason="side_effects")
    stamp(doctor, stop, patient.id)
    items.refresh(doctor, patient)
    accounts.set_password(doctor.session.get_one(User, doctor.actor.id), PASSWORD)
    doctor.session.commit()

    def sign_in():
        return apps.both_steps(app, client, "doctor", PASSWORD).status_code

    assert sign_in() == 303
    assert "review.end_of_course" in codes(app)
    client.post("/sign-out")
    clock.shift(timedelta(days=2))
    assert sign_in() == 303
    assert codes(app) == {"review.untreated"}
