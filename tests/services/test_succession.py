"""A GP stops: her patients move to the successor in one act, but for the exceptions."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.security.permissions import Role
from clinic.services import succession
from clinic.services.letter_facts import facts_of
from clinic.services.work import NotAllowed
from clinic.store.audit import AuditEntry
from clinic.store.letters import Letter
from clinic.store.patients import Patient, PatientChange
from clinic.store.practices import Gp
from tests.factories import make_patient
from tests.letter_makers import seen, with_gp

TODAY = date(2026, 11, 23)


@pytest.fixture
def secretary(work):
    return work(Role.SECRETARY)


@pytest.fixture
def stopped(secretary):
    """A GP who stopped, with a successor at her practice and two patients."""
    gp = secretary.session.get(Gp, with_gp(secretary).gp_id)
    successor = Gp(practice_id=gp.practice_id, family_name="Dijkstra", kind="gp")
    secretary.session.add(successor)
    secretary.session.flush()
    make_patient(secretary, gp_id=gp.id)
    gp.stopped_on, gp.successor_id = date(2026, 11, 1), successor.id
    secretary.session.flush()
    return gp


def ids(work, gp):
    return [row.id for row in succession.to_move(work, gp)]


def test_everybody_moves_but_the_exceptions_and_each_history_says_why(secretary, stopped):
    going, stays = ids(secretary, stopped)
    assert succession.move(secretary, stopped, {going, stays}, {stays}) == 1
    assert succession.move(secretary, stopped, {going, stays}, {stays}) == 1  # pressed twice: as many have it
    assert ids(secretary, stopped) == [stays]
    secretary.session.expire_all()
    assert secretary.session.get(Patient, going).gp.family_name == "Dijkstra"
    change = secretary.session.scalars(select(PatientChange)).one()
    assert (change.patient_id, "Hoekstra" in change.reason) == (going, True)
    logged = select(AuditEntry.patient_id).where(AuditEntry.action == "patient.changed")
    assert secretary.session.scalars(logged).all() == [going]
    assert succession.move(secretary, stopped, {stays}, {stays}) == 0


def test_a_letter_that_nobody_authorised_gets_the_new_recipient(secretary, stopped, work):
    patient = secretary.session.get(Patient, ids(secretary, stopped)[0])
    letter = secretary.session.get(Letter, seen(secretary, patient))
    succession.move(secretary, stopped, set(ids(secretary, stopped)), set())
    secretary.session.expire_all()
    assert "Dijkstra" in facts_of(secretary, letter)["recipient"]["lines"][1]


def test_who_came_meanwhile_is_looked_at_first(secretary, stopped):
    shown = set(ids(secretary, stopped))
    make_patient(secretary, gp_id=stopped.id)
    with pytest.raises(RuleBroken) as broken:
        succession.move(secretary, stopped, shown, set())
    assert broken.value.code == "succession_changed"


def test_a_successor_who_stopped_too_gets_nobody(secretary, stopped):
    secretary.session.get(Gp, stopped.successor_id).stopped_on = TODAY
    with pytest.raises(RuleBroken) as broken:
        succession.move(secretary, stopped, set(ids(secretary, stopped)), set())
    assert broken.value.code == "successor_stopped"


def test_a_thousand_patients_move_in_one_act(secretary, stopped):
    for _number in range(998):
        make_patient(secretary, gp_id=stopped.id)
    shown = set(ids(secretary, stopped))
    assert succession.move(secretary, stopped, shown, set()) == 1000
    assert ids(secretary, stopped) == []


def test_without_a_successor_or_at_another_practice_there_is_nothing_to_move(secretary, stopped):
    for practice_id, gp_id in (
        (stopped.practice_id, 99),
        (99, stopped.id),
        (stopped.practice_id, stopped.successor_id),
    ):
        with pytest.raises(LookupError):
            succession.of(secretary, practice_id, gp_id)
    assert succession.of(secretary, stopped.practice_id, stopped.id) is stopped


def test_the_manager_moves_nobody(work, stopped):
    with pytest.raises(NotAllowed):
        succession.to_move(work(Role.MANAGER), stopped)
