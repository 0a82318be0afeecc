"""Somebody is away: her deputy finds the work with her own, and nothing is found by nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import Drug
from clinic.security.permissions import Role
from clinic.services import absences, duties, items, letter_series, proposals, treatments, worklists
from clinic.services.absences import GoAway
from clinic.services.duties import PutOnDuty
from clinic.services.treatments import StartCourse
from clinic.services.work import Actor, NotAllowed, Work
from clinic.services.worklists import Ask
from clinic.store import alarms
from clinic.store.patients import Patient
from clinic.store.settings import ClinicSettings
from clinic.store.users import User
from tests.conftest import MONDAY_MORNING
from tests.factories import make_course, make_patient
from tests.services.test_letter_series import ALARM, offered

TODAY = date(2026, 11, 23)
WEEK = (TODAY, TODAY + timedelta(days=6))


@pytest.fixture
def staff(session):
    """Three doctors and two nurses, by name."""
    people = {"Visser": "doctor", "Bakker": "doctor", "Mulder": "doctor", "Faber": "nurse", "Prins": "nurse"}
    made = {
        name: User(username=name.lower(), name=name, function="x", role=role, may_authorise=False,
                   created_at=MONDAY_MORNING, density="comfortable", single_keys=True, active=True)
        for name, role in people.items()
    }  # fmt: skip
    session.add_all(made.values())
    session.commit()
    return made


@pytest.fixture
def as_(work, staff):
    """`as_("Visser")`: a unit of work of this person."""

    def start(name, today=TODAY) -> Work:
        user, begun = staff[name], work("nurse", today)
        begun.session.info.pop("queue", None)
        return replace(begun, actor=Actor(user.id, user.name, user.function, Role(user.role)), entries=[])

    return start


@pytest.fixture
def away(work, staff):
    """`away("Visser", "Bakker")`: the secretary enters it for this week."""

    def put(name, deputy=None, days=WEEK):
        deputy_id = staff[deputy].id if deputy else None
        absences.put(work("secretary"), GoAway(staff[name].id, deputy_id, *days))

    return put


def reviews_of(begun):
    return [line.person.own_name for line in worklists.whole(begun, Ask("my-reviews"))]


@pytest.fixture
def reviewed(work, staff):
    """A patient of each doctor, one of nobody, each with a review that is due."""
    nurse = work("nurse")
    for name in ("Visser", "Bakker", None):
        doctor_id = staff[name].id if name else None
        patient = make_patient(nurse, own_name=name or "Niemand", regular_doctor_id=doctor_id)
        make_course(nurse, patient, started_on=date(2021, 11, 20))
        items.refresh(nurse, patient)
    nurse.session.commit()


def test_a_doctor_has_her_own_reviews_and_nobodys(as_, reviewed):
    assert reviews_of(as_("Visser")) == ["Visser", "Niemand"]
    assert reviews_of(as_("Mulder")) == ["Niemand"]
    assert worklists.count(as_("Visser"), [Ask("my-reviews"), Ask("reviews")]) == [2, 3]


def test_the_deputy_finds_them_with_her_own_on_those_days_alone(as_, away, reviewed):
    away("Visser", "Mulder")
    assert reviews_of(as_("Mulder")) == ["Visser", "Niemand"]
    assert reviews_of(as_("Bakker")) == ["Bakker", "Niemand"]
    assert reviews_of(as_("Mulder", WEEK[1] + timedelta(days=1))) == ["Niemand"]
    assert [row.name for row in absences.queue(as_("Mulder")).for_] == ["Visser"]


def test_without_a_deputy_everybody_finds_them(as_, away, reviewed):
    away("Visser")
    assert reviews_of(as_("Mulder")) == ["Visser", "Niemand"]
    assert reviews_of(as_("Bakker")) == ["Visser", "Bakker", "Niemand"]


def test_when_the_deputy_falls_away_too_everybody_finds_them(as_, away, reviewed):
    away("Visser", "Bakker")
    away("Bakker", "Mulder")
    assert reviews_of(as_("Mulder")) == ["Visser", "Bakker", "Niemand"]


def test_when_the_account_of_the_deputy_is_closed_everybody_finds_them(as_, away, reviewed, staff, session):
    away("Visser", "Bakker")
    staff["Bakker"].active = False
    session.commit()
    assert reviews_of(as_("Mulder")) == ["Visser", "Bakker", "Niemand"]


@pytest.fixture
def to_phone(staff, session):
    """`to_phone()`: who is named for an alarm symptom; Visser is the responsible doctor and nobody is on duty."""
    session.add(ClinicSettings(id=1, responsible_doctor_id=staff["Visser"].id))
    session.commit()

    def named(day=TODAY):
        found = alarms.on_duty(session, day)
        return found and found.name

    return named


def test_of_an_alarm_the_deputy_is_phoned_while_the_responsible_doctor_is_away(away, to_phone):
    assert to_phone() == "Visser"
    away("Visser", "Bakker")
    assert (to_phone(), to_phone(WEEK[1] + timedelta(days=1))) == ("Bakker", "Visser")


def test_of_an_alarm_nobody_is_named_who_is_away(away, to_phone):
    away("Visser")
    assert to_phone() is None


def test_of_an_alarm_no_deputy_is_named_who_is_away_herself(away, to_phone):
    away("Visser", "Bakker")
    away("Bakker", "Mulder", (TODAY, TODAY))
    assert (to_phone(), to_phone(WEEK[1])) == (None, "Bakker")


def test_of_an_alarm_no_deputy_is_named_whose_account_is_closed(away, to_phone, staff, session):
    away("Visser", "Bakker")
    staff["Bakker"].active = False
    session.commit()
    assert to_phone() is None


def test_patients_of_a_doctor_who_left_are_everybodys(as_, reviewed, staff, session):
    staff["Visser"].active = False
    session.commit()
    assert reviews_of(as_("Mulder")) == ["Visser", "Niemand"]


def test_a_proposal_waits_for_the_deputy(as_, away, staff, work):
    nurse = as_("Faber")
    patient = make_patient(nurse)
    nurse.session.commit()
    doctor_id = staff["Visser"].id
    course = StartCourse(patient.id, Drug.ALENDRONIC_ACID, TODAY, planned_years=Decimal(5), doctor_id=doctor_id)
    treatments.start(nurse, course)
    assert [len(proposals.to_do(as_(name))) for name in ("Visser", "Bakker")] == [1, 0]
    away("Visser", "Bakker")
    assert [len(proposals.to_do(as_(name))) for name in ("Mulder", "Bakker")] == [0, 1]


@pytest.fixture
def of_faber(work, staff):
    """A patient of this nurse, of whom something is due."""
    nurse = work("nurse")
    patient = make_patient(nurse, regular_nurse_id=staff["Faber"].id)
    make_course(nurse, patient, started_on=date(2021, 11, 20))
    items.refresh(nurse, patient)
    nurse.session.commit()


def test_a_nurse_finds_the_patients_for_whom_she_stands_in(as_, away, of_faber):
    away("Faber", "Prins")
    assert worklists.count(as_("Prins"), [Ask("mine")]) == [1]
    assert worklists.count(as_("Faber"), [Ask("mine", nurse_id=9)]) == [1]


def test_every_nurse_finds_the_patients_of_a_colleague_who_is_away_without_a_deputy(as_, away, of_faber):
    assert worklists.count(as_("Prins"), [Ask("mine")]) == [0]
    away("Faber")
    assert worklists.count(as_("Prins"), [Ask("mine")]) == [1]
    assert worklists.count(as_("Prins", WEEK[1] + timedelta(days=1)), [Ask("mine")]) == [0]
    assert absences.queue(as_("Visser")).shared == ()  # a doctor's queue is another


def test_every_nurse_finds_them_when_the_deputy_is_away_too(as_, away, of_faber):
    away("Faber", "Prins")
    away("Prins")
    assert worklists.count(as_("Prins"), [Ask("mine")]) == [1]


def test_said_twice_it_is_kept_once_and_taken_back_it_is_over(work, away, staff):
    away("Visser", "Bakker")
    away("Visser", "Bakker")
    secretary = work("secretary")
    [row] = absences.coming(secretary)
    absences.withdraw(secretary, row.Absence.id)
    assert absences.coming(secretary) == []
    with pytest.raises(LookupError):
        absences.withdraw(secretary, row.Absence.id)


BEFORE = TODAY - timedelta(days=1)


@pytest.mark.parametrize(
    ("who", "deputy", "days", "code"),
    [
        ("Visser", None, (TODAY, BEFORE), "closure_ends_before"),
        ("Visser", None, (BEFORE, BEFORE), "closure_is_over"),
        ("Visser", None, (TODAY, TODAY + timedelta(days=366)), "closure_too_long"),
        ("Visser", "Faber", WEEK, "deputy_other"),
        ("Visser", "Visser", WEEK, "deputy_other"),
        ("Mulder", None, WEEK, "absence_overlaps"),
        ("Visser", "Mulder", WEEK, "deputy_away"),
        ("Bakker", None, WEEK, "absence_on_duty"),
    ],
)
def test_what_cannot_be_is_refused(work, away, staff, who, deputy, days, code):
    duties.put(work("manager"), PutOnDuty(staff["Bakker"].id, "", WEEK[1], WEEK[1]))
    away("Mulder", None, (WEEK[1], WEEK[1]))
    with pytest.raises(RuleBroken, match=code):
        away(who, deputy, days)


def test_who_has_no_queue_cannot_be_away_and_who_is_away_gets_no_duty(work, away, staff):
    with pytest.raises(RuleBroken, match="absence_nobody"):
        absences.put(work("manager"), GoAway(work("secretary").actor.id, None, *WEEK))
    away("Visser")
    with pytest.raises(RuleBroken, match="duty_away"):
        duties.put(work("manager"), PutOnDuty(staff["Visser"].id, "", *WEEK))
    duties.put(work("manager"), PutOnDuty(staff["Bakker"].id, "", *WEEK))  # it is not she who is away


def test_a_doctor_enters_and_takes_back_her_own_alone(as_, away, staff, work):
    absences.put(as_("Visser"), GoAway(staff["Visser"].id, None, *WEEK))
    with pytest.raises(RuleBroken, match="absence_not_yours"):
        absences.put(as_("Visser"), GoAway(staff["Bakker"].id, None, *WEEK))
    [row] = absences.coming(as_("Visser"))
    with pytest.raises(LookupError):
        absences.withdraw(as_("Bakker"), row.Absence.id)
    with pytest.raises(NotAllowed):
        absences.coming(work("privacy_officer"))
    assert absences.queue(work("secretary")).for_ == ()


def letters_of(begun):
    """Whose letters this doctor reads in the series, in order, and which are not hers to authorise first."""
    found = letter_series.series(begun).shown
    return [one.view.patient.own_name for one in found], [one.view.patient.own_name for one in found if one.theirs]


def test_letters_to_authorise_come_to_ones_own_doctor_or_her_deputy_first(work, session, staff, as_, away):
    for name, control in (("Visser", {}), ("Bakker", {"symptoms": ALARM}), ("Mulder", {}), (None, {})):
        patient = session.get(Patient, offered(work, **control).patient_id)
        patient.own_name, patient.regular_doctor_id = name or "Niemand", staff[name].id if name else None
    session.commit()
    assert letters_of(as_("Visser")) == (["Visser", "Niemand", "Bakker", "Mulder"], ["Bakker", "Mulder"])
    assert not letter_series.series(as_("Visser")).shown[-1].ordinary
    away("Bakker", "Visser")
    assert letters_of(as_("Visser")) == (["Bakker", "Visser", "Niemand", "Mulder"], ["Mulder"])
    assert letters_of(as_("Mulder")) == (["Mulder", "Niemand", "Bakker", "Visser"], ["Bakker", "Visser"])


def test_ones_own_letters_are_never_pushed_out_by_those_of_colleagues(work, session, staff, as_, monkeypatch):
    monkeypatch.setattr(letter_series, "COMPOSED", 2)
    for name in ("Bakker", "Bakker", "Bakker", "Visser"):
        patient = session.get(Patient, offered(work).patient_id)
        patient.own_name, patient.regular_doctor_id = name, staff[name].id
    session.commit()
    assert letters_of(as_("Visser"))[0] == ["Visser", "Bakker"]
    assert letters_of(as_("Bakker"))[0] == ["Bakker", "Bakker"]
