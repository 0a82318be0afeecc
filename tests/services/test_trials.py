"""A version tried on the register: what it says would change is what changes, and trying changes nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from clinic.domain.protocol import DEFAULT
from clinic.security.audit import Action
from clinic.services import items, protocols, trial_run, trials
from clinic.services.protocols import NewVersion
from clinic.services.trials import Span, StartTrial
from clinic.services.work import NotAllowed
from clinic.store.due import DueItem, RedAlert
from clinic.store.protocols import ProtocolTrial
from tests.conftest import MONDAY_MORNING
from tests.factories import make_control, make_course, make_patient

WHOLE = Span(1, 10_000)


def tried(unit, **numbers):
    """What the version with these numbers would change: effect, kind, date that is, date that would be."""
    _, found = trials.compare(unit.session, WHOLE, replace(DEFAULT, name="2027.1", **numbers), unit.today)
    return [(one["effect"], one["code"], one["before_on"], one["after_on"]) for one in found]


def followed(unit, start, *controls, **given):
    """A patient treated since a day, with controls."""
    patient = make_patient(unit, **given)
    make_course(unit, patient, started_on=start)
    for on in controls:
        make_control(unit, patient, on)
    items.refresh(unit, patient)
    unit.note(Action.CONTROL_SAVED, patient.id)
    unit.commit()
    return patient


def started(unit, **numbers):
    """A trial that was put down for a version with these numbers."""
    version = NewVersion("probeersel", replace(DEFAULT, name="2027.1", **numbers), "version")
    return trials.start(unit, StartTrial(protocols.make(unit, version), "trial"))


@pytest.mark.parametrize(
    ("months", "effect", "on"),
    [
        (12, None, None),
        (18, "not_yet", date(2027, 5, 1)),
        (13, "moved", date(2026, 12, 1)),
        (9, "late", date(2026, 8, 1)),
    ],
)
def test_a_yearly_control_that_would_be_due_another_day(work, months, effect, on):
    followed(work("nurse"), date(2025, 1, 1), date(2025, 11, 1))
    found = [one for one in tried(work("manager"), yearly_months=months) if one[1] == "control.yearly"]
    assert found == ([(effect, "control.yearly", date(2026, 11, 1), on)] if effect else [])


def test_an_item_that_would_come_and_one_that_would_go(work):
    followed(work("nurse"), date(2026, 10, 1))
    came = tried(work("manager"), mid_course_months=24)
    assert ("new", "dxa.mid_course", None, date(2028, 10, 1)) in came
    opened = [one for one in tried(work("manager"), early_months=2) if one[1] == "control.early"]
    assert opened == [("open", "control.early", date(2027, 1, 1), date(2026, 12, 1))]


def test_an_item_that_would_be_owed_no_longer(work):
    followed(work("nurse"), date(2026, 6, 1), date(2026, 7, 1))
    found = [one[:3] for one in tried(work("manager"), early_from_days=20) if one[1] == "control.early"]
    assert found == [("gone", "control.early", date(2026, 9, 1))]


def test_the_same_date_for_another_reason_is_told(work):
    followed(work("nurse"), date(2025, 1, 1), date(2026, 11, 20))
    assert {one[0] for one in tried(work("manager"), letter_days=5)} == set()
    found = [one for one in tried(work("manager"), letter_days=6) if one[1] == "letter.after_control"]
    assert found[0][0] == "moved"


def test_an_alert_that_would_come_and_one_that_would_go(work):
    nurse = work("nurse")
    patient = followed(nurse, date(2025, 1, 1))
    make_control(nurse, patient, date(2025, 4, 1), height_mm=1650)
    make_control(nurse, patient, date(2026, 4, 1), height_mm=1632)
    items.refresh(nurse, patient)
    nurse.note(Action.CONTROL_SAVED, patient.id)
    nurse.commit()
    day = date(2026, 4, 1)
    found = [one for one in tried(work("manager"), height_red_mm=18) if one[1] == "height_loss_measured"]
    assert sorted(found) == [
        ("alert_gone", "height_loss_measured", day, None),
        ("alert_new", "height_loss_measured", None, day),
    ]
    reasons = [one for one in tried(work("manager"), height_amber_mm=12) if one[1] == "height_loss_measured"]
    assert {one[0] for one in reasons} <= {"reason"}


def test_a_trial_is_counted_by_kind_and_month_with_the_names_behind_it(work, database):
    patient = followed(work("nurse"), date(2025, 1, 1), date(2025, 11, 1))
    followed(work("nurse"), date(2025, 1, 1), date(2025, 12, 1))
    trial_id = started(work("manager"), yearly_months=15)
    url = database.url.render_as_string(hide_password=False)
    trial_run.run(url, trial_id, lambda: MONDAY_MORNING, processes=1)
    doctor = work("doctor")
    doctor.session.expire_all()
    trial = doctor.session.get_one(ProtocolTrial, trial_id)
    assert (trial.total, trial.done, trial.failed, trial.finished_at) == (2, 2, None, doctor.now)
    found = {(one.code, one.effect): one for one in trials.summary(doctor.session, trial_id)}
    yearly = [one for key, one in found.items() if key[0] == "control.yearly"]
    assert sum(one.patients for one in yearly) == 2
    effect = next(one.effect for one in yearly)
    months = trials.months(doctor.session, trial_id, effect, "control.yearly")
    assert months[0] == (date(2027, 2, 1), 1)
    named = trials.affected(doctor, trial_id, effect, "control.yearly", date(2027, 2, 1), 0, 10)
    assert [one.id for _, one in named] == [patient.id]
    assert trials.latest(doctor.session, trial.protocol_id) == trial


def test_a_version_that_changes_nothing_is_tried_and_finds_nothing(work, database):
    followed(work("nurse"), date(2025, 1, 1), date(2025, 11, 1))
    trial_id = started(work("manager"))
    trial_run.run(database.url.render_as_string(hide_password=False), trial_id, lambda: MONDAY_MORNING, processes=1)
    manager = work("manager")
    assert manager.session.get_one(ProtocolTrial, trial_id).done == 1
    assert trials.summary(manager.session, trial_id) == []


def test_a_trial_that_breaks_down_says_so(work, database, monkeypatch):
    followed(work("nurse"), date(2025, 1, 1))
    trial_id = started(work("manager"))
    monkeypatch.setattr(trials, "keep", lambda *_: 1 / 0)
    url = database.url.render_as_string(hide_password=False)
    with pytest.raises(ZeroDivisionError):
        trial_run.run(url, trial_id, lambda: MONDAY_MORNING, processes=1)
    session = work("manager").session
    session.expire_all()
    assert session.get_one(ProtocolTrial, trial_id).failed == "ZeroDivisionError"


def test_a_part_is_compared_at_a_desk_of_its_own_behind_those_who_serve(work, database, monkeypatch):
    behind = []
    monkeypatch.setattr(trial_run.os, "nice", behind.append)
    followed(work("nurse"), date(2025, 1, 1), date(2025, 11, 1))
    trial_run.lay_out(
        database.url.render_as_string(hide_password=False), replace(DEFAULT, yearly_months=13), date(2026, 11, 23)
    )
    states, found = trial_run.compared(WHOLE)
    trial_run.DESKS.pop().engine.dispose()
    assert len(states) == 1
    assert behind == [10]
    assert "control.yearly" in {one["code"] for one in found}


def test_a_process_leaves_with_its_run(monkeypatch):
    monkeypatch.setattr(trial_run, "sleep", lambda _: None)
    parents, left = iter([7, 7, 1]), []
    trial_run.leave_with(7, lambda: next(parents), left.append)
    assert left == [1]


def test_a_button_pressed_twice_starts_one_trial(work):
    assert started(work("manager")) == trials.start(work("manager"), StartTrial(1, "trial"))


def test_a_run_that_fell_silent_has_died(work):
    now = work("manager").now
    trial = SimpleNamespace(finished_at=None, seen_at=now)
    assert trials.is_running(trial, now)
    assert not trials.is_running(trial, now + timedelta(minutes=3))
    assert not trials.is_running(SimpleNamespace(finished_at=now, seen_at=now), now)


def test_who_may_see_no_list_sees_no_names(work):
    with pytest.raises(NotAllowed):
        trials.affected(work("manager"), 1, "late", "control.yearly", date(2026, 11, 1), 0, 10)
    with pytest.raises(NotAllowed):
        trials.start(work("nurse"), StartTrial(1, "x"))


def rows(session):
    """Every item and alert with its dates, by patient and key."""
    due = session.scalars(select(DueItem)).all()
    found = {(one.patient_id, one.code, one.subject, one.number): one.due_on for one in due}
    alerts = session.scalars(select(RedAlert)).all()
    return found | {(one.patient_id, one.code, one.level, one.holds_from): one.since for one in alerts}


DAYS = st.dates(date(2020, 1, 1), date(2026, 11, 20))
NUMBERS = st.fixed_dictionaries(
    {},
    optional={
        "early_months": st.integers(1, 6),
        "yearly_months": st.integers(10, 18),
        "mid_course_months": st.sampled_from([None, 24, 36]),
        "before_review_days": st.integers(0, 90),
        "letter_days": st.integers(1, 15),
        "height_amber_mm": st.integers(5, 19),
    },
)
REGISTER = st.lists(
    st.tuples(DAYS, st.lists(st.tuples(DAYS, st.sampled_from([1600, 1615, 1640])), max_size=4)), min_size=1, max_size=4
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(register=REGISTER, numbers=NUMBERS)
def test_the_difference_foretold_is_the_difference_that_comes(work, register, numbers):
    unit, protocol = work("nurse"), replace(DEFAULT, name="2027.1", **numbers)
    patients = []
    for start, controls in register:
        patient = make_patient(unit, registered_on=date(2019, 1, 1))
        make_course(unit, patient, started_on=start)
        for on, height in controls:
            make_control(unit, patient, on, height_mm=height)
        patients.append(patient)
    unit.session.flush()
    items.rebuild(unit.session, patients, unit.today)
    before = rows(unit.session)
    _, found = trials.compare(unit.session, Span(patients[0].id, patients[-1].id), protocol, unit.today)
    assert rows(unit.session) == before
    unit.session.info["rules"] = protocol  # as if it were in force
    items.rebuild(unit.session, patients, unit.today)
    after = rows(unit.session)
    unit.session.rollback()
    came = {
        (key[0], key[1], before.get(key), after.get(key)) for key in before | after if before.get(key) != after.get(key)
    }
    foretold = {
        (one["patient_id"], one["code"], one["before_on"], one["after_on"])
        for one in found
        if one["before_on"] != one["after_on"]
    }
    assert foretold == came
