"""Requests of patients about their own data: each has a date, an answer and who gave it; and a patient's statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from clinic.domain.calendar import add_months
from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import RequestKind, RequestState
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import facts, form_drafts
from clinic.services.form_drafts import NEW, Form
from clinic.services.work import Stale, Work
from clinic.store import rights
from clinic.store.patients import Patient
from clinic.store.rights import RightsRequest, Statement

MONTHS, MORE_MONTHS = 1, 2  # AVG art. 12, third paragraph
SOON = 7


@dataclass(frozen=True, slots=True)
class RecordRequest:
    """What she asked, on which day."""

    patient_id: int
    kind: RequestKind
    received_on: date
    note: str
    form_token: str


@dataclass(frozen=True, slots=True)
class Settle:
    """The answer to a request; `seen` is the version that the page showed."""

    request_id: int
    state: RequestState
    answer: str
    seen: int


def record(work: Work, command: RecordRequest) -> RightsRequest:
    """Keep a request with the day before which she has an answer; the same form twice is one request.

    LookupError when the form became another patient's request; Stale when it was sent before and says something else
    now.
    """
    work.needs(May.RECORD_REQUEST)
    known = work.session.scalar(select(RightsRequest).where(RightsRequest.form_token == command.form_token))
    if known is not None:
        if known.patient_id != command.patient_id:
            raise LookupError(command.form_token)
        asked = (command.kind.value, command.received_on, command.note.strip() or None)
        if (known.kind, known.received_on, known.note) != asked:
            raise Stale(known.id)
        return known
    patient = facts.lock_patient(work, command.patient_id)
    if not patient.birth_date <= command.received_on <= work.today:
        raise RuleBroken("received_on", "request_day")
    if command.kind is RequestKind.OTHER and not command.note.strip():
        raise RuleBroken("note", "request_note")
    row = RightsRequest(
        patient_id=patient.id, number=patient.number, kind=command.kind.value, received_on=command.received_on,
        due_on=add_months(command.received_on, MONTHS), note=command.note.strip() or None, recorded_at=work.now,
        recorded_by=work.actor.id, form_token=command.form_token, state=RequestState.OPEN.value,
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    work.note(Action.REQUEST_RECORDED, patient.id, f"request:{row.id}", {"kind": row.kind})
    work.commit()
    return row


def held(work: Work, request_id: int, seen: int | None = None) -> RightsRequest:
    """A request, held until the commit. LookupError when there is none, Stale when it moved on since it was seen."""
    row = work.session.get(RightsRequest, request_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise LookupError(request_id)
    if seen is not None and (row.version != seen or row.state != RequestState.OPEN):
        raise Stale(request_id)
    return row


def settle(work: Work, command: Settle) -> None:
    """Keep the answer; said twice it is one. A destruction that was granted is carried out, not answered here."""
    work.needs(May.SETTLE_REQUEST)
    answer = command.answer.strip()
    row = held(work, command.request_id)
    if (row.state, row.answer) == (command.state, answer):
        return
    row = held(work, command.request_id, command.seen)
    if command.state is RequestState.OPEN:
        raise RuleBroken("state", "request_unchosen")
    if row.kind == RequestKind.DESTRUCTION and command.state is RequestState.GRANTED:
        raise RuleBroken("state", "request_destruction")
    if not answer:
        raise RuleBroken("answer", "request_answer")
    row.state, row.answer, row.settled_at, row.settled_by = command.state.value, answer, work.now, work.actor.id
    work.note(Action.REQUEST_SETTLED, row.patient_id, f"request:{row.id}", {"state": row.state})
    work.commit()


def extend(work: Work, request_id: int, because: str, seen: int) -> None:
    """Two months more, once, with a reason that she is told."""
    work.needs(May.SETTLE_REQUEST)
    row = held(work, request_id, seen)
    if row.extended_because is not None:
        raise RuleBroken("because", "request_extended")
    if not because.strip():
        raise RuleBroken("because", "request_because")
    row.extended_because, row.due_on = because.strip(), add_months(row.received_on, MONTHS + MORE_MONTHS)
    work.note(Action.REQUEST_EXTENDED, row.patient_id, f"request:{row.id}")
    work.commit()


def listed(work: Work, only_open: bool = False) -> list[Any]:
    """Every request, the open ones first by their date; whose they are is written down."""
    work.needs(May.READ_REQUESTS)
    found = list(rights.requests(work.session, only_open))
    if found:
        shown = sorted({row.RightsRequest.patient_id for row in found})
        work.note(Action.PATIENT_LISTED, subject="list:requests", shown=shown)
    return found


def one(work: Work, request_id: int) -> RightsRequest | None:
    """A request, and a line that it was read."""
    work.needs(May.READ_REQUESTS)
    row = work.session.get(RightsRequest, request_id)
    if row is not None:
        work.note(Action.PATIENT_LISTED, subject=f"request:{row.id}", shown=[row.patient_id])
    return row


@dataclass(frozen=True, slots=True)
class SaveStatement:
    """Her words; `corrects` names the version that they replace."""

    patient_id: int
    on_date: date
    text: str
    corrects: int | None = None
    reason: str = ""


def save_statement(work: Work, command: SaveStatement) -> int:
    """Add her words to the record, or put another version in their place; the same form sent twice is one."""
    work.needs(May.RECORD_STATEMENT)
    patient = facts.lock_patient(work, command.patient_id)
    text = command.text.strip()
    if not text:
        raise RuleBroken("text", "statement_empty")
    if not patient.birth_date <= command.on_date <= work.today:
        raise RuleBroken("on_date", "request_day")
    standing = rights.statements_of(work.session, patient.id)
    same = next((row for row in standing if (row.on_date, row.text) == (command.on_date, text)), None)
    if same is not None:
        return same.id
    row = Statement(on_date=command.on_date, text=text)
    if command.corrects is None:
        facts.stamp(work, row, patient.id)
    else:
        facts.correct(work, hers(standing, command.corrects), row, command.reason)
    work.session.flush()
    form_drafts.drop(work, Form(patient.id, "statement", command.corrects or NEW))
    work.note(Action.FACT_CORRECTED if command.corrects else Action.FACT_SAVED, patient.id, f"statement:{row.id}")
    work.commit()
    return row.id


def void_statement(work: Work, patient_id: int, statement_id: int, reason: str) -> None:
    """Her statement counts no longer: she takes it back, or it is of somebody else; it stays readable."""
    work.needs(May.RECORD_STATEMENT)
    patient = facts.lock_patient(work, patient_id)
    facts.void(work, hers(rights.statements_of(work.session, patient.id), statement_id), reason)
    work.note(Action.FACT_VOIDED, patient.id, f"statement:{statement_id}")
    work.commit()


def hers(standing: Sequence[Statement], statement_id: int) -> Statement:
    """The statement of hers that stands; RuleBroken when it was changed meanwhile."""
    found = next((row for row in standing if row.id == statement_id), None)
    if found is None:
        raise RuleBroken("reason", "fact_changed_meanwhile")
    return found


def of_patient(work: Work, patient_id: int) -> tuple[Patient, Sequence[RightsRequest], Sequence[Statement]]:
    """What one patient asked and what she has stated. LookupError when there is no such patient."""
    patient = work.session.get(Patient, patient_id)
    if patient is None:
        raise LookupError(patient_id)
    return patient, rights.requests_of(work.session, patient_id), rights.statements_of(work.session, patient_id)
