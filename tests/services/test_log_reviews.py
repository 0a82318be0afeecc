"""The monthly review: samples and signals of a month, each judged, then signed; and one employee's visits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import LogSignal, LogVerdict
from clinic.security.audit import Action, Purpose
from clinic.services import log_reviews
from clinic.services.looks import Why
from clinic.services.work import NotAllowed, Stale, Work
from clinic.store.appointments import Appointment
from clinic.store.audit import AuditEntry
from clinic.store.log_reviews import LogFinding, LogReview, findings
from clinic.store.users import User
from tests.conftest import MONDAY, MONDAY_MORNING
from tests.factories import make_patient

Start = Callable[..., Work]
OPENED = Action.PATIENT_OPENED
MONTH = date(2026, 10, 1)
THEN = datetime(2026, 10, 12, 9, 0)  # noqa: DTZ001 - UTC


def line(work: Work, action: Action = OPENED, at: datetime = THEN, **given: Any) -> None:
    """A line of the log by this person."""
    who = {"actor_id": work.actor.id, "role": work.actor.role, "outcome": "done"}
    work.session.add(AuditEntry(at=at, action=action, **who | given))
    work.session.flush()


def reviewed(work: Start) -> tuple[LogReview, Sequence[LogFinding]]:
    review = log_reviews.begin(work("privacy_officer"), MONTH)
    return review, findings(work("privacy_officer").session, review.id)


def signals(rows: Sequence[LogFinding]) -> list[tuple[str, int | None]]:
    return sorted((row.signal, row.patient_id) for row in rows)


def test_a_look_with_a_reason_is_a_sample_and_one_without_is_a_signal(work: Start) -> None:
    nurse, doctor = work("nurse"), work("doctor")
    came, wrote, listed, unknown, urgent = (make_patient(nurse) for _ in range(5))
    nurse.session.add(
        Appointment(patient_id=came.id, kind="control", on_date=THEN.date(), form_token="t", booked_at=THEN,
                    booked_by=nurse.actor.id)
    )  # fmt: skip
    line(nurse, Action.PATIENT_LISTED, subject="list:due", shown=[listed.id])
    line(nurse, Action.PATIENT_LISTED, shown=[unknown.id])  # an answer to a search is no reason
    line(nurse, Action.PATIENT_LISTED, subject="list:recent", shown=[unknown.id])  # nor whom she opened before
    line(doctor, Action.PATIENT_LISTED, subject="list:due", shown=[unknown.id])  # nor a colleague's list
    for patient in (came, wrote, listed, unknown):
        line(nurse, patient_id=patient.id)
    line(nurse, Action.CONTROL_SAVED, patient_id=wrote.id)
    line(nurse, Action.PATIENT_LISTED, subject="list:due", shown=[unknown.id])  # nor one that came afterwards
    line(nurse, patient_id=urgent.id, purpose=Purpose.EMERGENCY)
    line(nurse, Action.LOG_READ, patient_id=unknown.id + 100)  # nobody opened that one
    line(nurse, patient_id=unknown.id, at=THEN + timedelta(31))  # of November
    review, rows = reviewed(work)
    samples = [(LogSignal.SAMPLE, key) for key in (came.id, wrote.id, listed.id, urgent.id, unknown.id + 100)]
    assert signals(rows) == sorted([(LogSignal.NO_REASON, unknown.id), *samples])
    assert review.visits == 6
    kinds = {one.patient_id: one.why for one in log_reviews.look_over(nurse, MONTH, date(2026, 10, 31)).visits}
    assert kinds == {came.id: Why.APPOINTMENT, wrote.id: Why.RECORDED, listed.id: Why.ON_A_LIST, unknown.id: None,
                     urgent.id: Why.EMERGENCY, unknown.id + 100: None}  # fmt: skip


def test_what_a_file_did_to_many_is_nobodys_visit(work: Start) -> None:
    manager = work("manager")
    line(manager, Action.IMPORTED, patient_id=1)
    line(manager, Action.IMPORT_UNDONE, patient_id=1)
    assert reviewed(work)[0].visits == 0


@pytest.mark.parametrize(("account", "patient", "same"), [
    ("S. de Vries", {"own_name": "Vries", "own_prefix": "de"}, True),
    ("Sanne Jansen-Bakker", {"own_name": "Bakker"}, True),
    ("Sanne Jansen", {"own_name": "Smit", "partner_name": "Jansen", "name_order": "partner_own"}, True),
    ("A. El", {"own_name": "El"}, False),
    ("Sanne Jansen", {"own_name": "Jansens"}, False),
])  # fmt: skip
def test_who_looks_at_her_own_surname_is_a_signal(
    work: Start, account: str, patient: dict[str, str], same: bool
) -> None:
    nurse = work("nurse")
    nurse.session.get_one(User, nurse.actor.id).name = account
    found = make_patient(nurse, **patient)
    line(nurse, Action.CONTROL_SAVED, patient_id=found.id)
    _review, rows = reviewed(work)
    assert signals(rows) == [(LogSignal.OWN_NAME if same else LogSignal.SAMPLE, found.id)]


def test_many_records_within_any_hour_are_one_signal(work: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_reviews, "MANY", 2)
    nurse, doctor = work("nurse"), work("doctor")
    for place in range(3):
        line(nurse, patient_id=place + 1, at=THEN + timedelta(minutes=29 * place))  # 9:00 to 9:58
        line(doctor, patient_id=place + 1, at=THEN + timedelta(minutes=30 * place))  # 9:00 to 10:00
    for place in range(3):
        line(nurse, patient_id=place + 1, at=THEN + timedelta(1, minutes=50 + 5 * place))  # over the full hour
        line(nurse, patient_id=1, at=THEN + timedelta(2, minutes=place))  # one record, opened again
    _review, rows = reviewed(work)
    many = [row for row in rows if row.signal == LogSignal.MANY]
    assert [(row.actor_id, row.on_date.day, row.patient_id, row.count) for row in many] == [
        (nurse.actor.id, 12, None, 3), (nurse.actor.id, 13, None, 3),
    ]  # fmt: skip


def test_many_patients_in_the_files_and_on_the_prints_of_a_day_are_a_signal(
    work: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_reviews, "MANY_OUT", 5)
    nurse, secretary = work("nurse"), work("secretary")
    line(nurse, Action.LIST_EXPORTED, subject="list:due", details={"patients": 4})
    line(nurse, Action.LIST_PRINTED, subject="list:day", shown=[7, 8])
    line(secretary, Action.LIST_PRINTED, subject="print_run:1", shown=[1, 2, 3, 4, 5])
    line(secretary, Action.LIST_PRINTED, subject="print_run:1", details={"done": 5})
    line(secretary, Action.LIST_EXPORTED, subject="list:due", details={"patients": 5}, at=THEN + timedelta(1))
    review, rows = reviewed(work)
    assert [(row.signal, row.actor_id, row.patient_id, row.count) for row in rows] == [
        (LogSignal.MANY_OUT, nurse.actor.id, None, 6)
    ]
    assert review.visits == 0


def test_samples_are_some_and_an_empty_month_has_none(work: Start) -> None:
    assert reviewed(work)[1] == []
    nurse = work("nurse")
    for key in range(30):
        line(nurse, Action.CONTROL_SAVED, patient_id=key + 1, at=THEN - timedelta(31))
    review = log_reviews.begin(work("privacy_officer"), date(2026, 9, 15))
    assert (review.month, review.visits) == (date(2026, 9, 1), 30)
    assert len(findings(nurse.session, review.id)) == log_reviews.SAMPLES


def test_of_many_signals_some_are_drawn_over_the_month_and_nobody_is_passed_over(
    work: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_reviews, "MOST", 5)
    monkeypatch.setattr(log_reviews, "RANDOM", Random(1))
    nurse, doctor = work("nurse"), work("doctor")
    for key in range(12):
        line(nurse, patient_id=key + 1, at=THEN + timedelta(key))
    line(doctor, patient_id=99, at=THEN + timedelta(15))
    review, rows = reviewed(work)
    laid = [row for row in rows if row.signal == LogSignal.NO_REASON]
    assert (len(laid), review.signalled) == (5, {"own_name": 0, "no_reason": 13})
    assert doctor.actor.id in {row.actor_id for row in laid}
    assert {row.patient_id for row in laid} - {1, 2, 3, 4, 5, 99}  # not the month's first ones alone
    monkeypatch.setattr(log_reviews, "MOST", 1)
    assert {one.actor_id for one in log_reviews.drawn(log_reviews.look_over(nurse, MONTH, MONDAY).visits)} == {
        nurse.actor.id, doctor.actor.id,
    }  # fmt: skip


def test_a_month_is_laid_out_once_when_it_has_ended(work: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    officer = work("privacy_officer")
    review, _rows = reviewed(work)
    assert log_reviews.begin(officer, MONTH) is review
    with pytest.raises(RuleBroken, match="review_month_open"):
        log_reviews.begin(officer, MONDAY)
    with pytest.raises(NotAllowed):
        log_reviews.begin(work("doctor"), MONTH)
    monkeypatch.setattr(officer.session, "scalar", lambda _query: None)
    with pytest.raises(Stale):
        log_reviews.begin(officer, MONTH)


def test_a_month_is_signed_when_everything_was_looked_at(work: Start) -> None:
    officer, nurse = work("privacy_officer"), work("nurse")
    for key in (1, 2):
        line(nurse, patient_id=key)
    assert log_reviews.overdue(officer) == MONTH
    review, rows = reviewed(work)
    fine = {rows[0].id: (LogVerdict.FINE, "")}
    with pytest.raises(RuleBroken, match="review_not_whole"):
        log_reviews.keep(officer, review.id, fine, "all well", review.version, signing=True)
    officer.session.rollback()
    log_reviews.keep(officer, review.id, fine, "so far", review.version, signing=False)
    assert (rows[0].verdict, rows[1].verdict, review.signed_at) == ("fine", None, None)
    assert review.conclusion == "so far"
    asked = {rows[1].id: (LogVerdict.ASKED, " ")}
    with pytest.raises(RuleBroken, match="review_remark"):
        log_reviews.keep(officer, review.id, asked, "all well", review.version, signing=True)
    officer.session.rollback()
    told = {rows[1].id: (LogVerdict.ASKED, "her manager asks")}
    with pytest.raises(RuleBroken, match="review_conclusion"):
        log_reviews.keep(officer, review.id, told, " ", review.version, signing=True)
    officer.session.rollback()
    seen = review.version
    log_reviews.keep(officer, review.id, told, "one question", seen, signing=True)
    assert (review.conclusion, review.signed_by) == ("one question", officer.actor.id)
    assert log_reviews.overdue(officer) is None
    with pytest.raises(Stale):
        log_reviews.keep(officer, review.id, told, "again", review.version, signing=True)
    with pytest.raises(LookupError):
        log_reviews.keep(officer, 99, told, "x", 1, signing=True)
    lines = officer.session.scalars(select(AuditEntry.action).where(AuditEntry.action == Action.LOG_REVIEWED)).all()
    assert len(lines) == 3


def test_one_employees_visits_are_hers_alone_and_asking_is_written_down(work: Start) -> None:
    nurse, officer = work("nurse"), work("privacy_officer")
    for at in (THEN, THEN, THEN + timedelta(1)):
        line(nurse, patient_id=7, at=at)
    line(work("doctor"), patient_id=8)
    visits = log_reviews.of_person(officer, nurse.actor.id, MONTH, MONDAY)
    assert [(one.day.day, one.patient_id, one.lines, one.why) for one in visits] == [(13, 7, 1, None), (12, 7, 2, None)]
    assert officer.entries[-1].subject == f"user:{nurse.actor.id}"
    assert MONDAY_MORNING > THEN
