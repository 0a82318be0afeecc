"""What a nurse typed in a control and has not finished: kept on the server, one per patient and nurse."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import delete, select

from clinic.domain.vocabulary import Symptom
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services.work import Work
from clinic.store.controls import Control, ControlDraft


def of(work: Work, patient_id: int) -> ControlDraft | None:
    """The draft of the person who asks, of this patient."""
    query = select(ControlDraft).where(ControlDraft.patient_id == patient_id, ControlDraft.by == work.actor.id)
    return work.session.scalars(query.order_by(ControlDraft.id.desc()).limit(1)).first()


def keep(work: Work, patient_id: int, form_token: str, typed: dict[str, Any]) -> None:
    """Keep what stands in the form now; the last that was typed counts."""
    work.needs(May.RECORD_CONTROL)
    if work.session.scalar(select(Control.id).where(Control.form_token == form_token)) is not None:
        return  # the form was finished while its last draft was on the way
    draft = of(work, patient_id)
    if draft is None:
        draft = ControlDraft(
            patient_id=patient_id,
            by=work.actor.id,
            started_at=work.now,
            saved_at=work.now,
            typed={},
            form_token=form_token or secrets.token_urlsafe(16),
        )
        work.session.add(draft)
        work.note(Action.DRAFT_SAVED, patient_id)
    draft.saved_at = work.now
    draft.typed = typed
    draft.alarm_at = (draft.alarm_at or work.now) if alarming(typed) else None
    work.session.flush()
    if not work.entries:  # one line in the log for a draft, not one for every pause in typing
        work.session.commit()
        return
    work.commit()


def alarming(typed: dict[str, Any]) -> bool:
    """Whether an alarm symptom stands in what was typed."""
    return any(typed.get(f"symptom_{symptom}") == "yes" for symptom in Symptom)


def drop(work: Work, patient_id: int) -> None:
    """The draft is finished or thrown away; the caller commits."""
    mine = (ControlDraft.patient_id == patient_id, ControlDraft.by == work.actor.id)
    work.session.execute(delete(ControlDraft).where(*mine), execution_options={"synchronize_session": False})


def discard(work: Work, patient_id: int) -> None:
    """Throw the draft away; nothing of it ever counted."""
    work.needs(May.RECORD_CONTROL)
    drop(work, patient_id)
    work.note(Action.DRAFT_SAVED, patient_id, details={"discarded": True})
    work.commit()
