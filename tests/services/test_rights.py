"""Requests with their date and answer, and a patient's statement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import RequestKind, RequestState
from clinic.security.audit import Action
from clinic.security.permissions import Role
from clinic.services import rights
from clinic.services.rights import RecordRequest, SaveStatement, Settle
from clinic.services.work import NotAllowed, Stale, Work
from clinic.store.audit import AuditEntry
from clinic.store.rights import RightsRequest, statements_of
from tests.conftest import MONDAY
from tests.factories import make_patient

Start = Callable[..., Work]


@pytest.fixture
def asks(work: Start) -> RecordRequest:
    """She asks for a copy."""
    patient = make_patient(work("secretary"))
    return RecordRequest(patient.id, RequestKind.ACCESS, MONDAY, " on paper ", "token")


def test_an_answer_is_due_within_a_month_and_the_same_form_is_one_request(work: Start, asks: RecordRequest) -> None:
    secretary = work("secretary")
    row = rights.record(secretary, asks)
    assert rights.record(secretary, asks) is row
    assert (row.due_on, row.note, row.state) == (date(2026, 12, 23), "on paper", "open")
    line = secretary.session.scalars(select(AuditEntry)).one()
    assert (line.action, line.patient_id, line.details) == (
        Action.REQUEST_RECORDED,
        asks.patient_id,
        {"kind": "access"},
    )


@pytest.mark.parametrize(
    "other", [{"kind": RequestKind.CORRECTION}, {"received_on": MONDAY - timedelta(1)}, {"note": "by phone"}]
)
def test_a_form_sent_again_with_something_else_is_not_said_to_be_kept(
    work: Start, asks: RecordRequest, other: dict[str, object]
) -> None:
    secretary = work("secretary")
    rights.record(secretary, asks)
    with pytest.raises(Stale):
        rights.record(secretary, replace(asks, **other))  # type: ignore[arg-type]


@pytest.mark.parametrize(("change", "field"), [
    ({"received_on": MONDAY + timedelta(1)}, "received_on"),
    ({"received_on": date(1953, 3, 13)}, "received_on"),
    ({"kind": RequestKind.OTHER, "note": " "}, "note"),
])  # fmt: skip
def test_a_request_that_cannot_be_is_refused(
    work: Start, asks: RecordRequest, change: dict[str, object], field: str
) -> None:
    with pytest.raises(RuleBroken) as broken:
        rights.record(work("nurse"), replace(asks, **change))  # type: ignore[arg-type]
    assert broken.value.field == field


def test_the_answer_is_kept_once_and_says_what_she_was_told(work: Start, asks: RecordRequest) -> None:
    row = rights.record(work("nurse"), asks)
    officer = work("privacy_officer")
    granted = Settle(row.id, RequestState.GRANTED, "handed over", row.version)
    for field, value in (("state", RequestState.OPEN), ("answer", " ")):
        with pytest.raises(RuleBroken) as broken:
            rights.settle(officer, replace(granted, **{field: value}))  # type: ignore[arg-type]
        assert broken.value.field == field
    rights.settle(officer, granted)
    rights.settle(officer, granted)
    assert (row.state, row.answer, row.settled_by) == ("granted", "handed over", officer.actor.id)
    with pytest.raises(Stale):
        rights.settle(officer, replace(granted, answer="something else"))
    with pytest.raises(LookupError):
        rights.settle(officer, replace(granted, request_id=999))


def test_two_months_more_once_with_a_reason(work: Start, asks: RecordRequest) -> None:
    row = rights.record(work("nurse"), asks)
    doctor = work("doctor")
    with pytest.raises(RuleBroken, match="request_because"):
        rights.extend(doctor, row.id, " ", row.version)
    rights.extend(doctor, row.id, "three hospitals", row.version)
    assert row.due_on == date(2027, 2, 23)
    with pytest.raises(RuleBroken, match="request_extended"):
        rights.extend(doctor, row.id, "again", row.version)
    with pytest.raises(Stale):
        rights.extend(doctor, row.id, "again", row.version - 1)


def test_open_requests_come_first_by_their_date_and_reading_is_written_down(work: Start, asks: RecordRequest) -> None:
    nurse, officer = work("nurse"), work("privacy_officer")
    assert rights.listed(officer) == []
    late = rights.record(nurse, replace(asks, form_token="b"))
    early = rights.record(nurse, replace(asks, form_token="a", received_on=MONDAY - timedelta(3)))
    done = rights.record(nurse, replace(asks, form_token="c"))
    rights.settle(officer, Settle(done.id, RequestState.WITHDRAWN, "she changed her mind", done.version))
    found = [row.RightsRequest.id for row in rights.listed(officer)]
    assert found == [early.id, late.id, done.id]
    assert [row.RightsRequest.id for row in rights.listed(officer, only_open=True)] == [early.id, late.id]
    assert rights.one(officer, 999) is None
    assert rights.one(officer, done.id) is done
    assert [entry.shown for entry in officer.entries] == [[asks.patient_id]] * 3
    assert rights.of_patient(nurse, asks.patient_id)[1][0].id == done.id
    with pytest.raises(LookupError):
        rights.of_patient(nurse, 999)


def test_who_may(work: Start, asks: RecordRequest) -> None:
    row = rights.record(work("nurse"), asks)
    for role, act in (
        (Role.MANAGER, lambda who: rights.record(who, asks)),
        (Role.NURSE, lambda who: rights.settle(who, Settle(row.id, RequestState.GRANTED, "x", row.version))),
        (Role.MANAGER, rights.listed),
        (Role.SECRETARY, lambda who: rights.save_statement(who, SaveStatement(asks.patient_id, MONDAY, "x"))),
    ):
        with pytest.raises(NotAllowed):
            act(work(role))


def test_her_words_stand_in_the_record_are_corrected_by_a_new_version_and_taken_back(
    work: Start, asks: RecordRequest
) -> None:
    nurse = work("nurse")
    said = SaveStatement(asks.patient_id, MONDAY, " I never fell. ")
    first = rights.save_statement(nurse, said)
    assert rights.save_statement(nurse, said) == first
    with pytest.raises(RuleBroken, match="reason_missing"):
        rights.save_statement(nurse, replace(said, text="I fell once.", corrects=first))
    second = rights.save_statement(nurse, replace(said, text="I fell once.", corrects=first, reason="she corrects"))
    assert [row.text for row in statements_of(nurse.session, asks.patient_id)] == ["I fell once."]
    with pytest.raises(RuleBroken, match="fact_changed_meanwhile"):
        rights.void_statement(nurse, asks.patient_id, first, "too late")
    rights.void_statement(nurse, asks.patient_id, second, "she takes it back")
    assert statements_of(nurse.session, asks.patient_id) == []
    assert [row.text for row in statements_of(nurse.session, asks.patient_id, stands=False)] == [
        "I fell once.", "I never fell.",
    ]  # fmt: skip
    for wrong in (replace(said, text=" "), replace(said, on_date=MONDAY + timedelta(1))):
        with pytest.raises(RuleBroken):
            rights.save_statement(nurse, wrong)
    assert nurse.session.scalar(select(RightsRequest.id)) is None
