"""The call list: who is late and not booked, who is phoning whom, and what came of each call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clinic.domain import calling
from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import CallOutcome, PatientStatus
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import worklists
from clinic.services.appointment_checks import doses_owed
from clinic.services.facts import lock_patient
from clinic.services.work import Stale, Work, local_day
from clinic.services.worklists import Ask
from clinic.store import calls
from clinic.store.calls import Call, Calling
from clinic.store.lists import Place
from clinic.store.patients import Patient

ROWS = 25
MOST_AT_ONCE = 500  # patients about whom one question is asked
CALL_LIST = Ask("to-call")
REACHED = ("contact", "seen")


@dataclass(frozen=True, slots=True)
class Row:
    """A patient to call: her items, her numbers, who is calling her, and the contacts there were, latest first."""

    line: worklists.Line
    standing: Any
    contacts: Sequence[Any]
    attempts: int
    claimed: bool

    @property
    def closed(self) -> bool:
        """Her record is restricted and not for whoever looks: that there was a contact is told, not what was said."""
        return bool(self.standing.closed)

    @property
    def proposes_letter(self) -> bool:
        """Whether enough was tried to write to her."""
        return self.attempts >= calling.LETTER_AFTER


@dataclass(frozen=True, slots=True)
class SaveCall:
    """What came of a call; `call_back_on` only when she asked to be called again."""

    patient_id: int
    outcome: CallOutcome
    form_token: str
    call_back_on: date | None = None
    note: str = ""


def shown(work: Work, after: Place | None) -> tuple[list[Row], Place | None]:
    """One page of the list in working order."""
    page = worklists.show(work, CALL_LIST, after, ROWS)
    return rows_of(work, page.lines), page.after


def whole(work: Work) -> list[Row]:
    """The list to its end."""
    lines = worklists.whole(work, CALL_LIST)
    return [row for start in range(0, len(lines), MOST_AT_ONCE) for row in rows_of(work, lines[start:][:MOST_AT_ONCE])]


def rows_of(work: Work, lines: Sequence[worklists.Line]) -> list[Row]:
    """Patients with their numbers, who is calling them, and the contacts there were."""
    ids = [line.person.id for line in lines]
    standing = calls.standing(work.session, ids, work.actor.id) if ids else {}
    found = calls.history(work.session, ids) if ids else ()
    contacts = {patient_id: list(rows) for patient_id, rows in groupby(found, key=lambda row: row.patient_id)}
    return [row_of(work, line, standing[line.person.id], contacts.get(line.person.id, [])) for line in lines]


def row_of(work: Work, line: worklists.Line, standing: Any, contacts: list[Any]) -> Row:
    """A patient with what was tried."""
    latest = sorted(contacts, key=happened, reverse=True)
    tried = [outcome for row in latest for outcome in outcomes(row)]
    told = [row for row in contacts if row.what != "seen"]
    return Row(line, standing, told, calling.attempts(tried), claimed(work, standing))


def happened(row: Any) -> tuple[date, datetime]:
    """When it was, not when somebody typed it; the attempts after a missed appointment lasted until they were kept."""
    return row.on_date if row.what in REACHED else local_day(row.at), row.at


def outcomes(row: Any) -> list[CallOutcome]:
    """A contact as outcomes: at a control or visit she was reached; after a missed appointment attempts are counted."""
    if row.what == "call":
        return [CallOutcome(row.outcome)]
    return [CallOutcome.BOOKED] if row.what in REACHED else [CallOutcome.NO_ANSWER] * row.attempts


def claimed(work: Work, standing: Any) -> bool:
    """Whether somebody else is phoning her now."""
    if standing.claimed_at is None or standing.claimed_by == work.actor.id:
        return False
    return bool(standing.claimed_at > work.now - calling.CLAIM_HOLDS)


def claim(work: Work, patient_id: int) -> None:
    """Say that one is phoning her; it frees itself. RuleBroken when a colleague is."""
    work.needs(May.PLAN_APPOINTMENT)
    followed(work, lock_patient(work, patient_id))
    if claimed(work, calls.standing(work.session, [patient_id], work.actor.id)[patient_id]):
        raise RuleBroken("outcome", "call_claimed")
    state = state_of(work, patient_id)
    state.claimed_by, state.claimed_at = work.actor.id, work.now
    work.note(Action.CALL_CLAIMED, patient_id)
    work.commit()


def followed(work: Work, patient: Patient) -> None:
    """A page may be older than a death; who left is called for the denosumab that was not handed over."""
    if patient.status != PatientStatus.ACTIVE and not doses_owed(work, patient):
        raise RuleBroken("outcome", "call_not_followed")


def state_of(work: Work, patient_id: int) -> Calling:
    """How she stands on the list; begun when she was never called."""
    state = work.session.get(Calling, patient_id)
    if state is None:
        state = Calling(patient_id=patient_id)
        work.session.add(state)
    return state


def save(work: Work, command: SaveCall) -> int:
    """Keep what came of a call and free one's own claim; the same form twice is one call.

    Raises Stale when the form was sent before and says something else now.
    """
    work.needs(May.PLAN_APPOINTMENT)
    patient = lock_patient(work, command.patient_id)
    known = work.session.scalar(select(Call).where(Call.form_token == command.form_token))
    if known is not None:
        if known.patient_id != patient.id:
            raise LookupError(command.form_token)
        if (known.outcome, known.call_back_on, known.note) != says(command):
            raise Stale(known.id)
        return known.id
    check(work, patient, command)
    outcome, call_back_on, note = says(command)
    call = Call(
        patient_id=patient.id,
        at=work.now,
        by=work.actor.id,
        outcome=outcome,
        call_back_on=call_back_on,
        note=note,
        form_token=command.form_token,
    )
    work.session.add(call)
    state = state_of(work, patient.id)
    if state.claimed_by == work.actor.id:
        state.claimed_by = state.claimed_at = None
    state.call_back_on, state.called_on, state.hidden_until = command.call_back_on, None, None
    if command.call_back_on is not None:
        state.called_on = work.today
        state.hidden_until = calling.hides_until(work.today, command.call_back_on)
    work.session.flush()
    work.note(Action.CALL_SAVED, patient.id, f"call:{call.id}", {"outcome": command.outcome.value})
    work.commit()
    return call.id


def says(command: SaveCall) -> tuple[str, date | None, str | None]:
    """What a form says came of the call, as it is stored."""
    return command.outcome.value, command.call_back_on, command.note.strip() or None


def check(work: Work, patient: Patient, command: SaveCall) -> None:
    """Who left with nothing owed is not called; calling again has a day, within a quarter, and nothing else has."""
    followed(work, patient)
    if command.outcome != CallOutcome.CALL_BACK:
        if command.call_back_on is not None:
            raise RuleBroken("call_back_on", "call_back_alone")
        return
    if command.call_back_on is None:
        raise RuleBroken("call_back_on", "call_back_when")
    if not work.today < command.call_back_on <= work.today + calling.LONGEST_AHEAD:
        raise RuleBroken("call_back_on", "call_back_range", days=calling.LONGEST_AHEAD.days)


def release(session: Session, user_id: int) -> None:
    """Who signs out phones nobody any more; the caller commits."""
    mine = update(Calling).where(Calling.claimed_by == user_id)
    session.execute(mine.values(claimed_by=None, claimed_at=None))
