"""A version comes into force: offered with its what-if, approved for a day, carried through the register."""

from __future__ import annotations

import os
import secrets
import signal
from dataclasses import replace
from datetime import date, timedelta
from multiprocessing import get_context

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import func, select

from clinic.domain.errors import RuleBroken
from clinic.domain.protocol import DEFAULT
from clinic.security.audit import Action
from clinic.services import activation_run, activations, in_force, items, protocols, restores, trial_run, trials
from clinic.services.activations import Approve, Offer
from clinic.services.protocols import ChangeDraft, NewVersion
from clinic.services.trials import StartTrial
from clinic.services.work import NotAllowed
from clinic.store.activations import Activation
from clinic.store.audit import AuditEntry
from clinic.store.due import DueItem, RedAlert
from clinic.store.patients import Patient
from clinic.store.protocols import ProtocolVersion, TrialChange
from clinic.store.restores import Restore
from tests.conftest import MONDAY, MONDAY_MORNING
from tests.factories import make_control, make_course, make_patient
from tests.services.test_trials import NUMBERS, REGISTER

BUILT_IN = 0


def clock():
    return MONDAY_MORNING


def url_of(database):
    return database.url.render_as_string(hide_password=False)


def followed(unit, start, *controls):
    patient = make_patient(unit, registered_on=date(2019, 1, 1))
    make_course(unit, patient, started_on=start)
    for on, height in controls:
        make_control(unit, patient, on, height_mm=height)
    save(unit, patient)
    return patient


def save(unit, patient):
    items.refresh(unit, patient)
    unit.note(Action.CONTROL_SAVED, patient.id)
    unit.commit()


def tried(work, database, protocol_id, token="trial"):
    trial_id = trials.start(work("manager"), StartTrial(protocol_id, token))
    work("manager").session.rollback()
    trial_run.run(url_of(database), trial_id, clock, processes=1)
    return trial_id


def drafted(work, **numbers):
    version = NewVersion("proef", replace(DEFAULT, name="2027.1", **numbers), "version")
    return protocols.make(work("manager"), version)


def offered(work, database, protocol_id, token="offer"):
    tried(work, database, protocol_id, f"trial-{token}")
    return activations.offer(work("manager"), Offer(protocol_id, token))


def approved(work, database, protocol_id, token="offer", on=MONDAY):
    activation_id = offered(work, database, protocol_id, token)
    activations.approve(work("doctor"), Approve(activation_id, on))
    return activation_id


def run(work, database, activation_id, days=0):
    work("nurse").session.rollback()
    now = lambda: MONDAY_MORNING + timedelta(days=days, minutes=3)  # noqa: E731 - after a run that died is silent
    assert activation_run.run(url_of(database), now, processes=1).id == activation_id


def rows(session):
    """Every item and alert by what it says, and under which version it was made."""
    session.expire_all()
    session.rollback()
    return {
        (table.__name__, one.patient_id, items.said(plain(one))): one.protocol
        for table in (DueItem, RedAlert)
        for one in session.scalars(select(table))
    }


def plain(row):
    return {column.key: getattr(row, column.key) for column in row.__table__.columns}


def wrong(session):
    session.rollback()
    session.expire_all()
    return items.differences(session, session.scalars(select(Patient)).all(), MONDAY)


def test_a_version_in_force_is_followed_by_the_register_and_only_what_changes_is_written(work, database):
    nurse = work("nurse")
    followed(nurse, date(2025, 1, 1), (date(2025, 11, 1), 1600))
    untouched = followed(nurse, date(2026, 11, 1))
    before = rows(nurse.session)
    activation_id = approved(work, database, drafted(work, yearly_months=15))
    run(work, database, activation_id)
    after = rows(nurse.session)
    assert wrong(nurse.session) == []
    assert in_force.rules(nurse.session).name == "2027.1"
    assert {after[key] for key in after.keys() & before.keys()} == {"default-2026.1"}
    assert {after[key] for key in after.keys() - before.keys()} == {"2027.1"}
    assert untouched.id in {key[1] for key in after.keys() & before.keys()}
    row = nurse.session.get_one(Activation, activation_id)
    assert (row.state, row.done, row.total, row.changed, row.former_id) == ("done", 1, 1, 1, BUILT_IN)


def test_the_former_version_comes_back_in_the_same_way(work, database):
    nurse = work("nurse")
    followed(nurse, date(2025, 1, 1), (date(2025, 11, 1), 1600))
    before = rows(nurse.session)
    version = drafted(work, yearly_months=15)
    run(work, database, approved(work, database, version))
    assert rows(nurse.session).keys() != before.keys()
    run(work, database, approved(work, database, BUILT_IN, "back"))
    assert rows(nurse.session).keys() == before.keys()
    assert wrong(nurse.session) == []
    states = dict(nurse.session.execute(select(ProtocolVersion.id, ProtocolVersion.state)).all())
    assert states == {BUILT_IN: "active", version: "retired"}
    now = protocols.in_force(nurse.session)
    assert (now.protocol.name, now.since, now.approved_by) == ("default-2026.1", MONDAY, "Test doctor")


def test_each_number_says_since_when_it_holds_and_who_approved_it(work, database):
    session = work("nurse").session
    assert set(protocols.holding(session).values()) == {(None, None)}
    run(work, database, approved(work, database, drafted(work, yearly_months=15)))
    found = protocols.holding(session)
    assert found["yearly_months"] == (MONDAY, "Test doctor")
    assert {key for key, holds in found.items() if holds.since} == {"yearly_months"}


def test_who_changed_since_the_what_if_is_reckoned_anew(work, database):
    nurse = work("nurse")
    patient = followed(nurse, date(2026, 11, 1))
    activation_id = approved(work, database, drafted(work, yearly_months=15))
    make_control(nurse, patient, date(2026, 11, 20), height_mm=1600)
    save(nurse, patient)
    followed(nurse, date(2025, 1, 1), (date(2025, 11, 1), 1600))
    run(work, database, activation_id)
    assert wrong(nurse.session) == []


def test_a_save_after_the_batch_was_reckoned_is_left_as_it_is(work, database):
    nurse = work("nurse")
    patient = followed(nurse, date(2025, 1, 1), (date(2025, 11, 1), 1600))
    activation_id = approved(work, database, drafted(work, yearly_months=15))
    session = nurse.session
    activations.begin(session, activations.found(session, activation_id), clock())
    activations.begin(session, activations.found(session, activation_id), clock())  # begun once
    part = list(activation_run.reckon(session, [patient.id], in_force.rules(session), MONDAY))
    save(nurse, patient)
    saved = rows(session)
    activation_run.keep(session, activation_id, part, clock())
    assert rows(session) == saved
    with pytest.raises(activation_run.Overtaken):
        activation_run.keep(session, activation_id, part, clock())
    session.rollback()


def test_what_became_known_meanwhile_is_waited_for_no_longer(work, database):
    nurse, friday = work("nurse"), MONDAY + timedelta(days=4)
    patient = followed(nurse, date(2025, 1, 1), (date(2025, 11, 1), 1600), (MONDAY + timedelta(days=3), 1600))
    assert patient.refresh_on == MONDAY + timedelta(days=3)
    run(work, database, approved(work, database, drafted(work, yearly_months=15), on=friday), days=4)
    nurse.session.rollback()
    nurse.session.expire_all()
    assert patient.refresh_on is None
    assert items.differences(nurse.session, [patient], friday) == []


def killed_after(url, batches):
    """A run whose machine fails between two batches."""
    kept, keep = [], activation_run.keep

    def once_more(*words):
        if len(kept) == batches:
            os.kill(os.getpid(), signal.SIGKILL)
        keep(*words)
        kept.append(words)

    activation_run.keep, activation_run.BATCH = once_more, 1
    activation_run.run(url, clock, processes=1)


def test_a_run_that_is_killed_between_batches_goes_on_to_the_same_end(work, database):
    nurse = work("nurse")
    for month in (9, 10, 11):
        followed(nurse, date(2025, 1, 1), (date(2025, month, 1), 1600))
    activation_id = approved(work, database, drafted(work, yearly_months=15))
    nurse.session.rollback()
    crashing = get_context("spawn").Process(target=killed_after, args=(url_of(database), 1))
    crashing.start()
    crashing.join()
    assert crashing.exitcode == -signal.SIGKILL
    nurse.session.rollback()
    row = activations.found(nurse.session, activation_id)
    assert (row.state, row.done, len(wrong(nurse.session))) == ("running", 1, 2)
    later = MONDAY_MORNING + timedelta(minutes=3)
    assert activations.waiting(nurse.session, clock(), MONDAY) is None
    assert activations.waiting(nurse.session, later, MONDAY).id == activation_id
    run(work, database, activation_id)
    assert wrong(nurse.session) == []
    row = activations.found(nurse.session, activation_id)
    assert (row.state, row.done, row.total, row.changed) == ("done", 3, 3, 3)


def test_in_a_restored_register_no_version_comes_in_force_until_somebody_has_looked(work, session, database, tmp_path):
    activation_id = approved(work, database, drafted(work, yearly_months=15))
    session.add(Restore(restored_at=MONDAY_MORNING, taken_at=MONDAY_MORNING, letters_settled=[], letters_unknown=[]))
    session.commit()
    assert activation_run.run(url_of(database), clock) is None
    assert in_force.rules(session).name == DEFAULT.name
    restores.confirm(session, MONDAY_MORNING, tmp_path)
    session.commit()
    run(work, database, activation_id)


def refused(code, act, *words):
    with pytest.raises(RuleBroken, match=code):
        act(*words)


def test_what_was_not_tried_as_it_is_is_not_offered(work, database):
    manager, version = work("manager"), drafted(work, yearly_months=15)
    refused("activation_needs_trial", activations.offer, manager, Offer(version, "a"))
    tried(work, database, version)
    manager.session.expire_all()
    row = protocols.found(manager.session, version)
    protocols.change(manager, ChangeDraft(version, row.version, row.reason, {"yearly_months": 14}))
    refused("activation_needs_trial", activations.offer, manager, Offer(version, "a"))
    refused("activation_no_draft", activations.offer, manager, Offer(BUILT_IN, "a"))


def test_one_version_is_under_way_and_stays_as_it_was_offered(work, database):
    manager, version = work("manager"), drafted(work, yearly_months=15)
    first = offered(work, database, version)
    assert activations.offer(manager, Offer(version, "offer")) == first
    refused("activation_open", activations.offer, manager, Offer(version, "again"))
    row = protocols.found(manager.session, version)
    change = ChangeDraft(version, row.version, row.reason, {"yearly_months": 14})
    refused("protocol_offered", protocols.change, manager, change)
    activations.take_back(manager, first)
    activations.take_back(manager, first)
    protocols.change(manager, change)
    refused("activation_not_offered", activations.approve, work("doctor"), Approve(first, MONDAY))


def test_a_doctor_approves_for_a_day_and_nothing_happens_before_it(work, database):
    doctor, offer = work("doctor"), offered(work, database, drafted(work, yearly_months=15))
    for day in (MONDAY - timedelta(days=1), MONDAY + timedelta(days=400)):
        refused("day_between", activations.approve, doctor, Approve(offer, day))
    friday = MONDAY + timedelta(days=4)
    activations.approve(doctor, Approve(offer, friday))
    activations.approve(doctor, Approve(offer, friday))
    refused("activation_not_offered", activations.approve, doctor, Approve(offer, MONDAY))
    assert activations.waiting(doctor.session, clock(), MONDAY) is None
    assert activations.waiting(doctor.session, clock(), friday).id == offer
    doctor.session.rollback()
    assert activation_run.run(url_of(database), clock) is None
    run(work, database, offer, days=4)
    refused("activation_not_offered", activations.take_back, doctor, offer)
    said = select(func.count()).where(AuditEntry.action == Action.PROTOCOL_APPROVED)
    assert doctor.session.scalar(said) == 1
    with pytest.raises(LookupError):
        activations.approve(doctor, Approve(99, MONDAY))


def test_who_may_offer_and_who_may_approve(work):
    with pytest.raises(NotAllowed):
        activations.offer(work("doctor"), Offer(BUILT_IN, "x"))
    with pytest.raises(NotAllowed):
        activations.approve(work("manager"), Approve(1, MONDAY))
    with pytest.raises(NotAllowed):
        activations.take_back(work("nurse"), 1)


def said(rows):
    """Each item and alert with its date, by patient and key."""
    return {
        (table, row["patient_id"], *(trials.item_key(row) if table == "due_items" else trials.alert_key(row))):
        row.get("due_on", row.get("since"))
        for table, row in rows
    }  # fmt: skip


def dated(session):
    """What is stored now."""
    session.rollback()
    session.expire_all()
    return said([(t.__tablename__, plain(one)) for t in (DueItem, RedAlert) for one in session.scalars(select(t))])


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(register=REGISTER, numbers=NUMBERS)
def test_the_difference_foretold_is_the_difference_after_activation(work, database, register, numbers):
    nurse, token = work("nurse"), secrets.token_hex(8)
    for start, controls in register:
        followed(nurse, start, *controls)
    version = NewVersion("proef", replace(DEFAULT, name=f"v{token}", **numbers), token)
    activation_id = approved(work, database, protocols.make(work("manager"), version), token)
    before, trial_id = dated(nurse.session), activations.found(nurse.session, activation_id).trial_id
    query = select(TrialChange).where(TrialChange.trial_id == trial_id)
    foretold = {(one.patient_id, one.code, one.before_on, one.after_on) for one in nurse.session.scalars(query)}
    run(work, database, activation_id)
    after = dated(nurse.session)
    assert wrong(nurse.session) == []
    came = {(key[1], key[2], before.get(key), after.get(key)) for key in before | after}
    assert {one for one in foretold if one[2] != one[3]} == {one for one in came if one[2] != one[3]}


def test_a_batch_is_reckoned_at_a_desk_of_its_own(work, database, monkeypatch):
    monkeypatch.setattr(trial_run.os, "nice", lambda _steps: 0)
    patient = followed(work("nurse"), date(2025, 1, 1), (date(2025, 11, 1), 1600))
    trial_run.lay_out(url_of(database), replace(DEFAULT, name="2027.1", yearly_months=13), MONDAY)
    (found,) = activation_run.reckoned([patient.id])
    trial_run.DESKS.pop().engine.dispose()
    assert found.changes
    assert {row["protocol"] for rows in found.come for row in rows} == {"2027.1"}
