"""What a nurse enters in a doctor's name counts at once and waits for that doctor, who confirms it or sends it back."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import Drug, StartPrecision, StopReason
from clinic.services import proposals, treatments
from clinic.services.treatments import StartCourse, StopCourse
from clinic.services.work import NotAllowed
from clinic.store.audit import AuditEntry
from clinic.store.due import DueItem
from clinic.store.proposals import Proposal
from clinic.store.settings import ClinicSettings
from clinic.store.treatments import Course, CourseStop
from clinic.store.users import User
from tests.factories import make_course, make_patient

TODAY = date(2026, 11, 23)
pytestmark = pytest.mark.both


@pytest.fixture
def doctor(work):
    return work("doctor")


@pytest.fixture
def nurse(work, doctor):
    return work("nurse")


@pytest.fixture
def patient(doctor):
    return make_patient(doctor)


def begins(doctor, patient, **given):
    course = StartCourse(patient.id, Drug.ALENDRONIC_ACID, TODAY, planned_years=Decimal(5), doctor_id=doctor.actor.id)
    return replace(course, **given)


def ends(doctor, course, reason=StopReason.SIDE_EFFECTS):
    return StopCourse(course.patient_id, course.id, TODAY, reason, doctor_id=doctor.actor.id)


def of(work, patient):
    return [(found.course, found.stop) for found in proposals.of_patient(work, patient.id)]


def only(work):
    return work.session.scalars(select(Proposal)).one()


def broken(act):
    with pytest.raises(RuleBroken) as told:
        act()
    return told.value.code


def test_a_nurses_course_counts_at_once_and_waits_for_its_doctor(nurse, doctor, session, patient):
    course = treatments.start(nurse, begins(doctor, patient))
    assert session.scalars(select(DueItem)).first() is not None
    [found] = proposals.to_do(doctor)
    assert (found.course.id, found.stop, found.nurse) == (course, None, nurse.actor.name)
    assert proposals.to_do(nurse) == []
    proposals.confirm(doctor, patient.id, found.proposal.id)
    assert (proposals.to_do(doctor), of(doctor, patient)) == ([], [])
    assert session.scalars(select(AuditEntry.action).order_by(AuditEntry.id.desc())).first() == "proposal.confirmed"


def test_a_doctors_own_course_and_stop_wait_for_nobody(doctor, session, patient):
    course = session.get(Course, treatments.start(doctor, begins(doctor, patient)))
    treatments.stop(doctor, ends(doctor, course, reason=StopReason.PATIENT_WISH))
    assert session.scalars(select(Proposal)).all() == []


@pytest.mark.parametrize("whose", ["named", "regular", "responsible"])
def test_that_she_stopped_herself_is_settled_by_a_doctor(nurse, doctor, session, patient, whose):
    course = session.get(Course, treatments.start(doctor, begins(doctor, patient, started_on=date(2026, 3, 10))))
    herself = replace(ends(doctor, course, reason=StopReason.PATIENT_WISH), precision=StartPrecision.MONTH)
    herself = replace(herself, stopped_on=date(2026, 9, 1), doctor_id=doctor.actor.id if whose == "named" else None)
    patient.regular_doctor_id = doctor.actor.id if whose == "regular" else None
    session.add(ClinicSettings(id=1, responsible_doctor_id=doctor.actor.id if whose == "responsible" else None))
    session.flush()
    treatments.stop(nurse, herself)
    stop = session.scalars(select(CourseStop)).one()
    assert (stop.stopped_on, stop.stop_precision, stop.on_behalf_of) == (date(2026, 9, 1), "month", None)
    [waits] = proposals.to_do(doctor)
    proposals.confirm(doctor, patient.id, waits.proposal.id)
    assert only(doctor).state == "confirmed"


def test_somebody_settles_it(nurse, doctor, session, patient):
    course = session.get(Course, treatments.start(doctor, begins(doctor, patient)))
    herself = replace(ends(doctor, course, reason=StopReason.PATIENT_WISH), doctor_id=None)
    assert broken(lambda: treatments.stop(nurse, herself)) == "doctor_settles"


def test_a_course_saved_twice_waits_once(nurse, doctor, session, patient):
    treatments.start(nurse, begins(doctor, patient))
    treatments.start(nurse, begins(doctor, patient))
    assert only(nurse).state == "waiting"


def test_a_switch_is_confirmed_in_one_act(nurse, doctor, session, patient):
    course = make_course(doctor, patient)
    session.flush()
    treatments.switch(nurse, ends(doctor, course), begins(doctor, patient, drug=Drug.RISEDRONIC_ACID))
    [(started, ended)] = of(nurse, patient)
    assert (started.drug, ended.course_id) == ("risedronic_acid", course.id)
    proposals.confirm(doctor, patient.id, only(doctor).id)
    proposals.confirm(doctor, patient.id, only(doctor).id)
    assert of(nurse, patient) == []


def test_sent_back_it_stands_with_the_nurses_until_it_is_corrected(nurse, doctor, session, patient):
    course = treatments.start(nurse, begins(doctor, patient))
    proposals.send_back(doctor, patient.id, only(doctor).id, " was 5 jaar afgesproken? ")
    [found] = proposals.to_do(nurse)
    assert (found.proposal.remark, proposals.to_do(doctor)) == ("was 5 jaar afgesproken?", [])
    corrected = begins(doctor, patient, planned_years=Decimal(10))
    new = treatments.correct_course(nurse, course, corrected, "was tien jaar")
    assert proposals.to_do(nurse) == []
    assert [found.course.id for found in proposals.to_do(doctor)] == [new]


def test_voided_it_waits_for_nobody(nurse, doctor, session, patient):
    course = treatments.start(nurse, begins(doctor, patient))
    old = only(doctor).id
    treatments.void_event(nurse, Course, patient.id, course, "verkeerde patiënt")
    assert proposals.to_do(doctor) == []
    assert broken(lambda: proposals.confirm(doctor, patient.id, old)) == "proposal_gone"


def test_what_a_nurse_entered_of_a_stop_waits_too(nurse, doctor, session, patient):
    course = make_course(doctor, patient)
    session.flush()
    stop = treatments.stop(nurse, ends(doctor, course))
    assert of(nurse, patient) == [(None, session.get(CourseStop, stop))]
    assert proposals.to_do(doctor)[0].drug == "alendronic_acid"


def test_what_waits_for_a_doctor_who_left_stands_with_every_doctor(nurse, doctor, work, session, patient):
    treatments.start(nurse, begins(doctor, patient))
    session.execute(update(User).where(User.id == doctor.actor.id).values(active=False))
    row = only(doctor)
    other = User(username="ander", name="Dr. Ander", function="internist", role="doctor", created_at=row.proposed_at)
    session.add(other)
    session.flush()
    doctor.actor = replace(doctor.actor, id=other.id)
    assert len(proposals.to_do(doctor)) == 1


def test_sending_back_needs_words_and_a_proposal_that_is_open(nurse, doctor, patient):
    treatments.start(nurse, begins(doctor, patient))
    number = only(doctor).id
    assert broken(lambda: proposals.send_back(doctor, patient.id, number, "  ")) == "remark_missing"
    proposals.confirm(doctor, patient.id, number)
    assert broken(lambda: proposals.send_back(doctor, patient.id, number, "toch niet")) == "proposal_confirmed"


def test_only_a_doctor_answers_and_only_about_this_patient(nurse, doctor, patient):
    treatments.start(nurse, begins(doctor, patient))
    number = only(doctor).id
    with pytest.raises(NotAllowed):
        proposals.confirm(nurse, patient.id, number)
    other = make_patient(doctor)
    with pytest.raises(LookupError):
        proposals.confirm(doctor, other.id, number)


def test_sent_back_twice_with_the_same_words_is_once(nurse, doctor, session, patient):
    treatments.start(nurse, begins(doctor, patient))
    for _press in range(2):
        proposals.send_back(doctor, patient.id, only(doctor).id, "Welke dosis?")
    returned = select(AuditEntry).where(AuditEntry.action == "proposal.returned")
    assert len(session.scalars(returned).all()) == 1


def takes_back(work, fact):
    """It should not be in the record."""
    work.session.flush()
    return lambda: treatments.void_event(work, type(fact), fact.patient_id, fact.id, "verkeerde patiënt")


def test_a_nurse_takes_back_no_course_or_stop_of_a_doctor(nurse, doctor, session, patient):
    course = session.get(Course, treatments.start(doctor, begins(doctor, patient)))
    stop = session.get(CourseStop, treatments.stop(doctor, ends(doctor, course)))
    for fact in (course, stop):
        assert broken(takes_back(nurse, fact)) == "doctor_voids"
        assert not proposals.may_void(nurse, fact)
    takes_back(doctor, stop)()
    corrected = begins(doctor, patient, planned_years=Decimal(10))
    mine = treatments.correct_course(nurse, course.id, corrected, "was tien jaar")
    assert broken(takes_back(nurse, session.get(Course, mine))) == "doctor_voids"


def test_a_nurse_takes_back_what_she_entered_until_a_doctor_confirms_it(nurse, doctor, work, session, patient):
    course = session.get(Course, treatments.start(nurse, begins(doctor, patient)))
    stop = session.get(CourseStop, treatments.stop(doctor, ends(doctor, course)))
    assert not proposals.may_void(nurse, course)  # its end, which goes with it, is a doctor's
    takes_back(doctor, stop)()
    assert proposals.may_void(nurse, course)
    proposals.confirm(doctor, patient.id, only(doctor).id)
    assert broken(takes_back(nurse, course)) == "doctor_voids"


def test_what_a_doctor_sent_back_is_taken_back_by_any_nurse(nurse, doctor, session, patient):
    course = session.get(Course, treatments.start(nurse, begins(doctor, patient)))
    colleague = replace(nurse, actor=replace(nurse.actor, id=doctor.actor.id))
    assert not proposals.may_void(colleague, course)
    proposals.send_back(doctor, patient.id, only(doctor).id, "was dit wel deze patiënt?")
    takes_back(colleague, course)()
    assert not course.stands


def test_that_she_stopped_herself_is_for_any_nurse_to_take_back(nurse, doctor, session, patient):
    course = session.get(Course, treatments.start(doctor, begins(doctor, patient)))
    stop = session.get(CourseStop, treatments.stop(doctor, ends(doctor, course, StopReason.PATIENT_WISH)))
    takes_back(nurse, stop)()
    assert not stop.stands
