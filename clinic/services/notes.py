"""A doctor's signed words on one thing: a note that clears an alert, a waiver that lets one item lapse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import select

from clinic.domain import alerts, due
from clinic.domain.errors import RuleBroken
from clinic.domain.facts import Facts
from clinic.domain.items import DueItem, signing_day
from clinic.domain.vocabulary import AgreementWhat, AlarmOutcome, AlertCode, Drug, Symptom
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import agreements, items
from clinic.services.facts import lock_patient, void
from clinic.services.said import content, finish, own, place, said_before
from clinic.services.work import Stale, Work
from clinic.store import alarms, records
from clinic.store.controls import Agreement
from clinic.store.patients import Patient
from clinic.store.reviews import AlertNote, Waiver

Signed = AlertNote | Waiver
S = TypeVar("S", AlertNote, Waiver)
NOTABLE = tuple(code for code in AlertCode if code not in alerts.NOTE_DOES_NOT_CLEAR)
ALARMS = tuple(AlertCode(symptom) for symptom in Symptom)
WORDS: dict[type[Signed], str] = {AlertNote: "text", Waiver: "reason"}
SUBJECTS: dict[type[Signed], str] = {AlertNote: "alert_note", Waiver: "waiver"}


@dataclass(frozen=True, slots=True)
class NoteAlert:
    """What a doctor has to say on an alert that holds."""

    patient_id: int
    alert: AlertCode
    text: str
    outcome: AlarmOutcome | None = None
    back_on: date | None = None


@dataclass(frozen=True, slots=True)
class WaiveItem:
    """Which item may lapse, and why; an item is known by its code and due date (S11)."""

    patient_id: int
    code: str
    due_on: date
    reason: str


def note_alert(work: Work, command: NoteAlert) -> int:
    """Keep a note and say its id; the same words twice on a day are one note, unless more was told between them."""
    work.needs(May.SIGN_REVIEW)
    patient = lock_patient(work, command.patient_id)
    words = needed("text", command.text)
    new = AlertNote(
        alert=command.alert.value, on_date=work.today, text=words, outcome=command.outcome, back_on=command.back_on
    )
    known, left = said_before(work, new, patient.id), left_of(work, patient.id, command.alert)
    if known is not None and left is None:
        return known.id
    facts = facts_of(work, patient)
    holding = {alert.code for alert in alerts_of(work, facts)}
    if command.alert not in holding and left is None:
        raise RuleBroken("text", "alert_gone")
    if command.alert not in NOTABLE:
        raise RuleBroken("text", "alert_not_by_note")
    check_outcome(work, command, facts)
    place(work, new, patient.id, None, "")
    if command.back_on is not None:
        agreed = Agreement(what=AgreementWhat.CALL.value, on_date=command.back_on, made_on=work.today, why=words)
        agreements.agree(work, patient.id, agreed)
    finish(work, patient, Action.ALERT_NOTED, f"alert_note:{new.id}")
    return new.id


def outcomes(facts: Facts) -> tuple[AlarmOutcome, ...]:
    """What can be done with an alarm symptom; denosumab is not interrupted (C2)."""
    paused = facts.current is None or facts.current.drug != Drug.DENOSUMAB
    return tuple(one for one in AlarmOutcome if paused or one is not AlarmOutcome.INTERRUPT_TODAY)


def check_outcome(work: Work, command: NoteAlert, facts: Facts) -> None:
    """An alarm symptom ends with an outcome, and who is referred comes back on a day."""
    if (command.alert in ALARMS) != (command.outcome is not None):
        raise RuleBroken("outcome", "outcome_missing")
    if command.outcome is not None and command.outcome not in outcomes(facts):
        raise RuleBroken("outcome", "no_pauses")
    referred = command.outcome == AlarmOutcome.REFERRED
    if referred and (command.back_on is None or command.back_on <= work.today):
        raise RuleBroken("back_on", "back_on_missing")
    if not referred and command.back_on is not None:
        raise RuleBroken("back_on", "back_on_only_when_referred")


def waive(work: Work, command: WaiveItem) -> int:
    """Let one item that is due lapse and say the id of the waiver; said twice is one."""
    work.needs(May.WAIVE_ITEM)
    patient = lock_patient(work, command.patient_id)
    reason = needed("reason", command.reason)
    new = Waiver(code=command.code, due_on=command.due_on, on_date=work.today, reason=reason)
    facts = facts_of(work, patient)
    found = due.from_facts(facts, work.protocol)
    new.due_on = computed(work, facts, found, command)
    known = said_before(work, new, patient.id)
    if known is not None:
        return known.id
    if (command.code, command.due_on) not in {(item.code, item.due_on) for item in found}:
        raise RuleBroken("item", "item_gone")
    place(work, new, patient.id, None, "")
    finish(work, patient, Action.ITEM_WAIVED, f"waiver:{new.id}")
    return new.id


def computed(work: Work, facts: Facts, found: Sequence[DueItem], command: WaiveItem) -> date:
    """The day the rules compute for an item that is shown on this day: they know a waiver by it.

    What has lapsed already is looked for as well, so that a waiver sent twice is one.
    """
    unwaived = due.from_facts(Facts(replace(facts.record, waivers=()), facts.on), work.protocol)
    shown = (item for item in (*found, *unwaived) if (item.code, item.due_on) == (command.code, command.due_on))
    return next(map(signing_day, shown), command.due_on)


def correct_words(work: Work, table: type[S], patient_id: int, fact_id: int, words: str, why: str) -> int:
    """Other words for the same note or waiver, signed anew; its day and what it is about stay."""
    work.needs(May.SIGN_REVIEW if table is AlertNote else May.WAIVE_ITEM)
    patient = lock_patient(work, patient_id)
    old = own(work, table, patient_id, fact_id)
    if not old.stands:
        raise Stale(fact_id)
    if words.strip() == words_of(old):
        return old.id
    if not why.strip():
        raise RuleBroken("change_reason", "reason_missing")
    said = content(old) | {WORDS[table]: needed("words", words)}
    new = place(work, table(**said), patient_id, old, why)
    finish(work, patient, Action.FACT_CORRECTED, f"{SUBJECTS[table]}:{new.id}")
    return new.id


def void_words(work: Work, table: type[S], patient_id: int, fact_id: int, reason: str) -> None:
    """Let a note or waiver count nowhere: the alert or the item comes back, a call that was agreed by it does not."""
    work.needs(May.SIGN_REVIEW if table is AlertNote else May.WAIVE_ITEM)
    patient = lock_patient(work, patient_id)
    fact = own(work, table, patient_id, fact_id)
    if fact.voided_at is not None:
        return
    void(work, fact, reason)
    if isinstance(fact, AlertNote) and fact.back_on is not None:
        take_back_call(work, fact, reason)
    items.refresh(work, patient)
    work.note(Action.FACT_VOIDED, patient_id, f"{SUBJECTS[table]}:{fact_id}")
    work.commit()


def take_back_call(work: Work, note: AlertNote, reason: str) -> None:
    """The call that was agreed by a note falls with it, unless another note of that day asks for the same one."""
    other = (AlertNote.on_date == note.on_date, AlertNote.back_on == note.back_on)
    query = select(AlertNote.id).where(AlertNote.patient_id == note.patient_id, AlertNote.stands.is_(True), *other)
    if work.session.scalar(query.limit(1)) is not None:
        return
    by_itself = (Agreement.control_id.is_(None), Agreement.review_id.is_(None), Agreement.stands.is_(True))
    said = (Agreement.on_date == note.back_on, Agreement.made_on == note.on_date)
    call = select(Agreement).where(Agreement.patient_id == note.patient_id, Agreement.what == AgreementWhat.CALL)
    for agreement in work.session.scalars(call.where(*by_itself, *said)).all():
        agreements.take_back(work, agreement, reason)


def words_of(fact: Signed) -> str:
    """What the doctor wrote."""
    return str(getattr(fact, WORDS[type(fact)]))


def needed(field: str, text: str) -> str:
    """Signed words are never empty."""
    if not text.strip():
        raise RuleBroken(field, "words_missing")
    return text.strip()


def alerts_of(work: Work, facts: Facts) -> tuple[alerts.Alert, ...]:
    """The alerts that hold today by the rules in force."""
    return tuple(alerts.from_facts(facts, due.from_facts(facts, work.protocol), work.protocol))


def left_of(work: Work, patient_id: int, code: AlertCode) -> Any | None:
    """The control with this alarm symptom that no rule tells of and no doctor signed for; None when none waits."""
    return alarms.last_left(work.session, patient_id, code.value) if code in ALARMS else None


def facts_of(work: Work, patient: Patient) -> Facts:
    """What is known of her today."""
    return Facts(records.load(work.session, patient.id), work.today)
