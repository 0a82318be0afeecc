"""The log answers who looked, by patient, person, action and period; asking is written down too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action
from clinic.security.permissions import Role
from clinic.services import controls, log
from clinic.services.log import Asked
from clinic.services.work import NotAllowed, Work, keep_looks
from clinic.store.audit import AuditEntry
from tests.conftest import MONDAY, MONDAY_MORNING, account
from tests.factories import make_control, make_patient

Start = Callable[..., Work]
EARLIER = MONDAY_MORNING - timedelta(days=1)


def happened(work: Work, action: Action, at: datetime = EARLIER, **given: Any) -> int:
    """A line of the log."""
    entry = AuditEntry(at=at, action=action, actor_id=work.actor.id, role=work.actor.role, outcome="done", **given)
    work.session.add(entry)
    work.session.commit()
    return entry.id


def ids(page: log.Page) -> list[int]:
    return [line.entry.id for line in page.lines]


def test_newest_first_by_time_and_not_by_number(work: Start) -> None:
    officer = work("privacy_officer")
    late = happened(officer, Action.SIGNED_IN, EARLIER)
    early = happened(officer, Action.SIGNED_IN, EARLIER - timedelta(hours=1))
    assert ids(log.show(officer, Asked())) == [late, early]


def test_a_line_tells_who_and_of_which_patient(work: Start) -> None:
    nurse = work("nurse")
    patient = make_patient(nurse)
    happened(nurse, Action.PATIENT_OPENED, patient_id=patient.id)
    line = log.show(work("privacy_officer"), Asked()).lines[0]
    assert (line.username, line.name, line.number) == ("nurse", "Test nurse", patient.number)


def test_by_patient_also_on_lists_when_asked(work: Start) -> None:
    officer = work("privacy_officer")
    patient, other = make_patient(officer), make_patient(officer)
    opened = happened(officer, Action.PATIENT_OPENED, patient_id=patient.id)
    happened(officer, Action.PATIENT_OPENED, patient_id=other.id)
    listed = [
        happened(officer, action, shown=shown)
        for action, shown in (
            (Action.PATIENT_LISTED, [patient.id]),
            (Action.LIST_PRINTED, [patient.id, 77]),
            (Action.LIST_EXPORTED, [77, patient.id]),
            (Action.PAPER_WRITTEN, [77, patient.id, 78]),
            (Action.LOG_READ, [patient.id]),
        )
    ]
    happened(officer, Action.PATIENT_LISTED, shown=[patient.id * 10 + 1, 1000 + patient.id])
    assert ids(log.show(officer, Asked(patient.id))) == [opened]
    assert ids(log.show(officer, Asked(patient.id, shown=True))) == [*reversed(listed), opened]


def test_by_person_and_by_action(work: Start) -> None:
    officer, nurse = work("privacy_officer"), work("nurse")
    by_nurse = happened(nurse, Action.BSN_SHOWN)
    by_officer = happened(officer, Action.LOG_READ)
    assert ids(log.show(officer, Asked(user_id=nurse.actor.id))) == [by_nurse]
    assert ids(log.show(officer, Asked(actions=("log.read",)))) == [by_officer]


@pytest.mark.parametrize(("at", "counts"), [
    (datetime.fromisoformat("2026-11-19T22:59:59"), False),  # still 19 November in Amsterdam
    (datetime.fromisoformat("2026-11-19T23:00:00"), True),
    (datetime.fromisoformat("2026-11-20T22:59:59"), True),
    (datetime.fromisoformat("2026-11-20T23:00:00"), False),
    (datetime.fromisoformat("2026-07-19T22:00:00"), False),
])  # fmt: skip
def test_a_day_is_the_clinics_day(work: Start, at: datetime, counts: bool) -> None:
    officer = work("privacy_officer")
    happened(officer, Action.SIGNED_IN, at)
    day = date(2026, 11, 20)
    assert bool(log.show(officer, Asked(first=day, last=day)).lines) is counts


def test_a_summer_day_begins_two_hours_before_utc() -> None:
    assert log.midnight(date(2026, 7, 20)) == datetime.fromisoformat("2026-07-19T22:00:00")


def test_pages_follow_each_other_without_gap_or_double(work: Start) -> None:
    officer = work("privacy_officer")
    all_ids = [happened(officer, Action.SIGNED_IN) for _ in range(log.PAGE * 2 + 1)]
    seen, after = [], None
    while True:
        page = log.show(officer, Asked(), after)
        seen += ids(page)
        after = page.after
        if after is None:
            break
    assert seen == all_ids[::-1]


def test_asking_is_written_down_with_the_question(work: Start) -> None:
    officer = work("privacy_officer")
    patient = make_patient(officer)
    log.show(officer, Asked(patient.id, actions=("patient.opened",), first=date(2026, 11, 1)))
    entry = officer.entries[-1]
    assert (entry.action, entry.patient_id) == (Action.LOG_READ, patient.id)
    assert entry.details == {"actions": ["patient.opened"], "first": "2026-11-01"}
    log.export(officer, Asked(patient.id))
    assert officer.entries[-1].action == Action.LIST_EXPORTED
    assert officer.entries[-1].details == {"lines": 0}


def test_who_looked_is_for_those_who_care_for_her_and_is_written_down(work: Start) -> None:
    nurse = work("nurse")
    patient = make_patient(nurse)
    opened = happened(nurse, Action.PATIENT_OPENED, patient_id=patient.id)
    assert ids(log.looks(nurse, patient.id, False, None)) == [opened]
    assert (nurse.entries[-1].action, nurse.entries[-1].patient_id) == (Action.LOG_READ, patient.id)


def test_a_number_that_nobody_has(work: Start) -> None:
    officer = work("privacy_officer")
    patient = make_patient(officer)
    assert log.patient_numbered(officer, patient.number) == patient.id
    with pytest.raises(RuleBroken, match="log_number_unknown"):
        log.patient_numbered(officer, "0")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.PRIVACY_OFFICER])
def test_only_the_privacy_officer_reads_the_log(work: Start, role: Role) -> None:
    somebody = work(role)
    for act in (
        lambda: log.show(somebody, Asked()),
        lambda: log.export(somebody, Asked()),
        lambda: log.people(somebody),
    ):
        with pytest.raises(NotAllowed):
            act()


@pytest.mark.parametrize("role", ["secretary", "manager"])
def test_who_looked_is_not_for_everybody(work: Start, role: str) -> None:
    with pytest.raises(NotAllowed):
        log.looks(work(role), 1, False, None)


def test_somebody_who_left_still_has_a_name_in_the_log(work: Start) -> None:
    nurse, officer = work("nurse"), work("privacy_officer")
    happened(nurse, Action.SIGNED_IN)
    account(nurse.session, Role.NURSE).active = False
    nurse.session.commit()
    assert log.show(officer, Asked()).lines[0].name == "Test nurse"


def test_a_line_that_tells_nothing_more_holds_nothing_rather_than_the_word_null(work: Start, database: Engine) -> None:
    nurse = work(Role.NURSE)
    nurse.note(Action.PATIENT_CHANGED, 1)
    nurse.commit()
    keep_looks(database, [AuditEntry(at=nurse.now, action=Action.PATIENT_OPENED, patient_id=1)])
    empty = select(func.count()).where(AuditEntry.details.is_(None), AuditEntry.shown.is_(None))
    assert nurse.session.scalar(empty) == 2


def test_why_a_fact_counts_no_longer_stands_with_the_fact_and_goes_with_it(work: Start) -> None:
    nurse, words = work("nurse"), "zij is de buurvrouw van een collega"
    patient = make_patient(nurse)
    control = make_control(nurse, patient, MONDAY)
    nurse.session.commit()
    controls.void_control(nurse, patient.id, control.id, words)
    assert control.void_reason == words
    written = nurse.session.scalars(select(AuditEntry).where(AuditEntry.patient_id == patient.id)).all()
    assert [line.action for line in written].count(Action.FACT_VOIDED) == 1
    assert not [line for line in written if words in str(line.details)]
