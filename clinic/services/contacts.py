"""A call between two controls: who called, what was said and agreed, kept as a control of the interim kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import AgreementWhat, ControlKind, PatientStatus, Symptom
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import agreements, form_drafts, items
from clinic.services.facts import lock_patient, stamp
from clinic.services.work import Stale, Work
from clinic.store.controls import Agreement, Control
from clinic.store.patients import Patient

LONGEST_AHEAD = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class SaveContact:
    """What was said on the phone."""

    patient_id: int
    form_token: str
    caller: str = ""
    caller_phone: str = ""
    symptoms: tuple[Symptom, ...] = ()
    words: str = ""
    call_on: date | None = None
    call_why: str = ""
    called_back: bool = False


def save(work: Work, command: SaveContact) -> int:
    """Keep a contact and say its id; the same form twice is one contact. Its symptoms raise their alerts at once.

    Raises RuleBroken with the field to look at; Stale when the form was sent before and says something else now.
    """
    work.needs(May.RECORD_CONTACT)
    patient = lock_patient(work, command.patient_id)
    known = work.session.scalar(select(Control).where(Control.form_token == command.form_token))
    if known is not None:
        if known.patient_id != patient.id:
            raise LookupError(command.form_token)
        return saved_before(work, known, command)
    check(work, command, patient)
    contact = row(work, command)
    contact.alarm_at = form_drafts.finish(work, patient.id, command.form_token, set(command.symptoms))
    stamp(work, contact, patient.id)
    work.session.flush()
    if command.call_on is not None:
        agreed = Agreement(
            what=AgreementWhat.CALL.value,
            on_date=command.call_on,
            made_on=work.today,
            why=command.call_why or None,
            control_id=contact.id,
        )
        stamp(work, agreed, patient.id)
    agreements.done_that_day(work, patient, items.refresh(work, patient), contact, command.called_back)
    work.note(Action.CONTACT_SAVED, patient.id, f"control:{contact.id}")
    work.commit()
    return contact.id


def promised_today(work: Work, patient_id: int) -> bool:
    """Whether it was agreed today to call her back today: no contact of the day itself counts as that call (K6)."""
    promise = (Agreement.what == AgreementWhat.CALL.value, Agreement.on_date == work.today)
    mine = (Agreement.patient_id == patient_id, Agreement.stands.is_(True), Agreement.made_on == work.today)
    return work.session.scalar(select(Agreement.id).where(*mine, *promise).limit(1)) is not None


def saved_before(work: Work, known: Control, command: SaveContact) -> int:
    """The id of what this form became; Stale when that counts no more, or the form says something else by now."""
    kept, said = ((one.symptoms, one.note, one.caller, one.caller_phone) for one in (known, row(work, command)))
    agreed = select(Agreement.on_date, Agreement.why).where(Agreement.control_id == known.id)
    calls = [tuple(found) for found in work.session.execute(agreed)]  # also one that no longer stands
    asked = [] if command.call_on is None else [(command.call_on, command.call_why or None)]
    if not known.stands or kept != said or calls != asked:
        raise Stale(known.id)
    return known.id


def check(work: Work, command: SaveContact, patient: Patient) -> None:
    """Something was said, and who is called back is followed here and called on a day to come."""
    if not (command.words or command.symptoms):
        raise RuleBroken("words", "contact_says_nothing")
    if command.call_on is not None and not work.today <= command.call_on <= work.today + LONGEST_AHEAD:
        raise RuleBroken("call_on", "call_day_within_a_year")
    if command.call_on is not None and patient.status != PatientStatus.ACTIVE:
        raise RuleBroken("call_on", "call_not_followed")
    if command.call_why and command.call_on is None:
        raise RuleBroken("call_on", "call_day_missing")


def row(work: Work, command: SaveContact) -> Control:
    """The contact as it is stored; what was not asked stays unanswered."""
    return Control(
        on_date=work.today,
        kind=ControlKind.INTERIM.value,
        symptoms={str(symptom): {"present": True} for symptom in command.symptoms},
        note=command.words or None,
        caller=command.caller or None,
        caller_phone=command.caller_phone or None,
        form_token=command.form_token,
    )
