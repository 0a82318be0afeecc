"""What is typed in a contact, a statement or the words of a letter: kept while it is typed, until it is sent."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import PatientStatus, Symptom
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import draft_alarms
from clinic.services.facts import lock_patient
from clinic.services.work import Work
from clinic.store.controls import Control
from clinic.store.form_drafts import FormDraft
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.rights import Statement, statements_of

Typed = dict[str, list[str]]
"""Each field of the form with its values, as a browser sends them."""

CONTACT, STATEMENT = "contact", "statement"
NEEDS = {CONTACT: May.RECORD_CONTACT, STATEMENT: May.RECORD_STATEMENT, "letter": May.WRITE_LETTER}
BESIDE = "symptoms_beside"
"""Of the draft of a contact: the alarm symptoms that stand in another window of it alone."""
NEW = 0


class Form(NamedTuple):
    """Which form of a patient: of something new, or of the statement or letter of this number."""

    patient_id: int
    form: str
    number: int = NEW


def of(work: Work, form: Form) -> FormDraft | None:
    """What the person who asks typed in this form."""
    query = select(FormDraft).filter_by(**form._asdict(), by=work.actor.id)
    return work.session.scalar(query)


def keep(work: Work, form: Form, typed: Typed) -> None:
    """Keep what stands in the form now; words that stand in the record already are kept there.

    An alarm symptom that is ticked in a contact reaches the doctor on duty as one in a control that is typed does.
    Raises RuleBroken when the form was sent, or what it is about went on: whoever types must not think it is kept.
    """
    work.needs(NEEDS[form.form])
    patient = lock_patient(work, form.patient_id)
    if form.form == STATEMENT and stands(work, form, typed):
        return
    if WENT_ON[form.form](work, form, typed):
        raise RuleBroken("draft", "form_went_on")
    draft = of(work, form)
    if draft is None:
        draft = FormDraft(**form._asdict(), by=work.actor.id, typed={})
        work.session.add(draft)
        work.note(Action.DRAFT_SAVED, form.patient_id, subject_of(form))
    beside = mark(work, patient, draft, typed) if form.form == CONTACT else set()
    draft.saved_at, draft.typed = work.now, typed | ({BESIDE: sorted(map(str, beside))} if beside else {})
    work.keep_draft()


def mark(work: Work, patient: Patient, draft: FormDraft, typed: Typed) -> set[Symptom]:
    """Since when an alarm symptom stands in a contact; of who is not followed here no doctor is warned.

    Another window of the contact, of which the form is another, takes nothing out of this one: what stands in that
    alone is the answer, and stays with the draft.
    """
    told, beside = ticked(typed), ticked(draft.typed, BESIDE)
    if one(draft.typed, "form_token") == one(typed, "form_token"):
        draft_alarms.take_out(work, patient.id, draft.alarm_at, ticked(draft.typed) - told - beside)
    else:
        beside |= ticked(draft.typed)
    warns = bool(told | beside) and patient.status == PatientStatus.ACTIVE
    draft.alarm_at = (draft.alarm_at or work.now) if warns else None
    return beside - told


def ticked(typed: Typed, where: str = "symptoms") -> set[Symptom]:
    """The alarm symptoms that stand in what was typed in a contact."""
    return {symptom for symptom in Symptom if symptom in typed.get(where, ())}


def subject_of(form: Form) -> str | None:
    """What the log says it was about."""
    return f"{form.form}:{form.number}" if form.number else None


def drop(work: Work, form: Form) -> None:
    """It was sent; the caller commits."""
    kept = FormDraft.patient_id == form.patient_id, FormDraft.form == form.form, FormDraft.number == form.number
    work.session.execute(delete(FormDraft).where(*kept, FormDraft.by == work.actor.id))


def finish(work: Work, patient_id: int, token: str, told: set[Symptom]) -> datetime | None:
    """The draft of a contact that is saved with these symptoms goes; says since when one of them stood in it.

    What stands in another window of it, of which the form is another, is taken out by nobody. The caller commits.
    """
    form = Form(patient_id, CONTACT)
    draft = of(work, form)
    if draft is None:
        return None
    mine, beside, since = ticked(draft.typed), ticked(draft.typed, BESIDE), draft.alarm_at
    if one(draft.typed, "form_token") != token:
        mine, beside = set(), mine | beside
    drop(work, form)
    draft_alarms.take_out(work, patient_id, since, mine - told, beside - told)
    return since if told & (mine | beside) else None


def take_over(work: Work, patient_id: int, draft_id: int) -> None:
    """Go on with the contact that a colleague typed, who may be gone: it is hers who asks from here, in a form anew.

    LookupError when it is no contact of this patient; RuleBroken when the one who asks typed one herself.
    """
    work.needs(May.RECORD_CONTACT)
    lock_patient(work, patient_id)
    draft = work.session.get(FormDraft, draft_id)
    if draft is None or (draft.patient_id, draft.form) != (patient_id, CONTACT):
        raise LookupError(draft_id)
    if draft.by == work.actor.id:
        return
    if of(work, Form(patient_id, CONTACT)) is not None:
        raise RuleBroken("draft", "draft_of_your_own")
    work.note(Action.DRAFT_TAKEN, patient_id, CONTACT, {"from": draft.by})
    draft.by, draft.typed = work.actor.id, draft.typed | {"form_token": [secrets.token_urlsafe(16)]}
    work.commit()


def discard(work: Work, form: Form) -> None:
    """Throw it away; nothing of it ever counted.

    Raises RuleBroken when an alarm symptom in it reached the doctor on duty: it does not go unsaid. Of who died or left
    none does. One that stands in another window alone cannot be taken out on this page: it waits for the doctor's note.
    """
    work.needs(NEEDS[form.form])
    draft = of(work, form)
    if draft is not None and draft.alarm_at is not None and draft_alarms.followed(work, form.patient_id):
        if ticked(draft.typed) and draft_alarms.reached(work, draft.alarm_at):
            raise RuleBroken("draft", "contact_draft_alarms")
        draft_alarms.take_out(work, form.patient_id, draft.alarm_at, set(), ticked(draft.typed, BESIDE))
    drop(work, form)
    work.note(Action.DRAFT_SAVED, form.patient_id, subject_of(form), {"discarded": True})
    work.commit()


def one(typed: Typed, name: str) -> str:
    """The value of a field that has one."""
    return (typed.get(name) or [""])[0]


def contact_sent(work: Work, _form: Form, typed: Typed) -> bool:
    """This very form was saved."""
    return work.session.scalar(select(Control.id).where(Control.form_token == one(typed, "form_token"))) is not None


def stands(work: Work, form: Form, typed: Typed) -> bool:
    """These very words of hers stand in the record."""
    return one(typed, "text").strip() in {row.text for row in statements_of(work.session, form.patient_id)}


def statement_replaced(work: Work, form: Form, _typed: Typed) -> bool:
    """The version that these words were to replace no longer stands."""
    standing: list[Statement] = list(statements_of(work.session, form.patient_id))
    return form.number != NEW and form.number not in {row.id for row in standing}


def letter_went_on(work: Work, form: Form, typed: Typed) -> bool:
    """The letter went on since this page of it was opened."""
    return str(work.session.scalar(select(Letter.version).where(Letter.id == form.number))) != one(typed, "version")


WENT_ON: Mapping[str, Callable[[Work, Form, Typed], bool]] = {
    CONTACT: contact_sent, STATEMENT: statement_replaced, "letter": letter_went_on,
}  # fmt: skip
