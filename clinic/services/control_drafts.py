"""What a nurse typed in a control and has not finished: kept on the server, one per patient and nurse."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import Table, and_, bindparam, delete, select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import Symptom
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import draft_alarms
from clinic.services.facts import lock_patient
from clinic.services.work import Work
from clinic.store.controls import Control, ControlDraft
from clinic.store.users import User

Typed = dict[str, list[str]]
"""Each field of the form with its values, as a browser sends them."""


class Begun(NamedTuple):
    """What a finished control keeps of its draft."""

    by: int | None = None
    """Who measured, when a colleague began it."""
    alarm_at: datetime | None = None
    """Since when an alarm symptom stood in it."""


# asked by each form of a control and by each save, so put together once
DRAFTS, USERS = cast(Table, ControlDraft.__table__), cast(Table, User.__table__)
MINE = (DRAFTS.c.patient_id == bindparam("patient_id"), DRAFTS.c.by == bindparam("by"), DRAFTS.c.taken_at.is_(None))
LATEST = select(ControlDraft).where(*MINE).order_by(ControlDraft.id.desc()).limit(1)
# of the form that is saved: whether it was taken over, and whether there is anything to finish
BEGUN = (
    select(USERS.c.name, DRAFTS.c.taken_at)
    .outerjoin_from(DRAFTS, USERS, USERS.c.id == DRAFTS.c.taken_by)
    .where((DRAFTS.c.form_token == bindparam("token")) | and_(*MINE))
)
FINISHED = delete(DRAFTS).where(*MINE).returning(DRAFTS.c.measured_by, DRAFTS.c.alarm_at, DRAFTS.c.typed)
TAKEN = (
    select(USERS.c.name, DRAFTS.c.taken_at)
    .join_from(DRAFTS, USERS, USERS.c.id == DRAFTS.c.taken_by)
    .where(DRAFTS.c.form_token == bindparam("token"))
)


def of(work: Work, patient_id: int) -> ControlDraft | None:
    """The draft of the person who asks, of this patient."""
    return work.session.scalars(LATEST, {"patient_id": patient_id, "by": work.actor.id}).first()


def keep(work: Work, patient_id: int, form_token: str, typed: Typed) -> None:
    """Keep what stands in the form now; the last that was typed counts, and an alarm that is taken out is logged.

    Raises RuleBroken when the form was finished before, or a colleague took it over.
    """
    work.needs(May.RECORD_CONTROL)
    lock_patient(work, patient_id)  # before anything is read: a control that is saved meanwhile ends this form
    if work.session.scalar(select(Control.id).where(Control.form_token == form_token)) is not None:
        raise RuleBroken("draft", "form_went_on")
    refuse_taken(work, form_token)
    draft = of(work, patient_id)
    if draft is None:
        draft = begun(work, patient_id, own_token(work, form_token))
        work.note(Action.DRAFT_SAVED, patient_id)
    draft.saved_at = work.now
    take_out(work, patient_id, draft, ticked(typed))
    draft.typed = typed
    draft.alarm_at = (draft.alarm_at or work.now) if ticked(typed) else None
    work.keep_draft()


def begun(work: Work, patient_id: int, form_token: str) -> ControlDraft:
    """A draft in which nothing is typed yet."""
    draft = ControlDraft(
        patient_id=patient_id, by=work.actor.id, started_at=work.now, saved_at=work.now, typed={}, form_token=form_token
    )
    work.session.add(draft)
    return draft


def own_token(work: Work, form_token: str) -> str:
    """The form's; a new one when it is a colleague's draft: who signs in at her desk goes on in the same form."""
    hers = work.session.scalar(select(ControlDraft.id).where(ControlDraft.form_token == form_token))
    return form_token if form_token and hers is None else secrets.token_urlsafe(16)


def ticked(typed: Typed) -> set[Symptom]:
    """The alarm symptoms that stand in what was typed."""
    return {symptom for symptom in Symptom if "yes" in typed.get(f"symptom_{symptom}", ())}


def take_out(work: Work, patient_id: int, draft: Any, still: set[Symptom]) -> None:
    """What no longer stands in a draft."""
    draft_alarms.take_out(work, patient_id, draft.alarm_at, ticked(draft.typed) - still)


def take_over(work: Work, patient_id: int, draft_id: int) -> None:
    """Finish what a colleague began: what was typed goes along, and her form can no longer be saved.

    LookupError when it is no draft of this patient; RuleBroken when it is gone, or the one who asks has one herself.
    """
    work.needs(May.RECORD_CONTROL)
    lock_patient(work, patient_id)
    row = work.session.get(ControlDraft, draft_id)
    if row is None or row.patient_id != patient_id:
        raise LookupError(draft_id)
    if work.actor.id in (row.by, row.taken_by):
        return
    refuse_taken(work, row.form_token)
    if of(work, patient_id) is not None:
        raise RuleBroken("draft", "draft_of_your_own")
    new = begun(work, patient_id, secrets.token_urlsafe(16))
    new.typed, new.alarm_at = row.typed | {"form_token": [new.form_token]}, row.alarm_at
    new.measured_by = row.measured_by or row.by
    row.typed, row.alarm_at, row.taken_by, row.taken_at = {}, None, work.actor.id, work.now
    work.note(Action.DRAFT_TAKEN, patient_id, details={"from": row.by})
    work.commit()


def refuse_taken(work: Work, form_token: str) -> None:
    """A form that a colleague took over is saved no more; what stands in it stays on the page."""
    refuse(work.session.execute(TAKEN, {"token": form_token}).all())


def refuse(drafts: Sequence[Any]) -> None:
    """Raise when one of these was taken over."""
    for taken in drafts:
        if taken.taken_at is not None:
            raise RuleBroken("draft", "draft_taken", who=taken.name, at=taken.taken_at)


def finish(work: Work, patient_id: int, form_token: str, told: set[Symptom]) -> Begun:
    """The draft of a control that is saved with these symptoms goes; says what is kept of it. The caller commits."""
    hers = {"patient_id": patient_id, "by": work.actor.id}
    found = work.session.execute(BEGUN, {"token": form_token} | hers).all()
    refuse(found)
    draft = drop(work, patient_id) if found else None
    if draft is None:
        return Begun()
    take_out(work, patient_id, draft, told)
    return Begun(draft.measured_by, draft.alarm_at if told & ticked(draft.typed) else None)


def drop(work: Work, patient_id: int) -> Any | None:
    """The draft is finished or thrown away; says what stood in it. The caller commits."""
    hers = {"patient_id": patient_id, "by": work.actor.id}
    return work.session.execute(FINISHED, hers).first()


def discard(work: Work, patient_id: int) -> None:
    """Throw the draft away; nothing of it ever counted.

    Raises RuleBroken when an alarm symptom in it reached the doctor on duty: it does not go unsaid. Of who died or left
    none does.
    """
    work.needs(May.RECORD_CONTROL)
    draft = of(work, patient_id)
    if draft is not None and draft_alarms.waits(work, patient_id, draft.alarm_at):
        raise RuleBroken("draft", "draft_alarms")
    drop(work, patient_id)
    work.note(Action.DRAFT_SAVED, patient_id, details={"discarded": True})
    work.commit()
