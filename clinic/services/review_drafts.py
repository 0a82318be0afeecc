"""A review that was begun: what its doctor types is kept, also while she requests or looks up what is missing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, delete, select

from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services.facts import lock_patient
from clinic.services.work import Work
from clinic.store.review_drafts import ReviewDraft
from clinic.store.reviews import Review

# asked by every page of a review, so put together once
MINE = select(ReviewDraft).where(ReviewDraft.patient_id == bindparam("patient_id"), ReviewDraft.by == bindparam("by"))


def of(work: Work, patient_id: int, review_id: int | None) -> ReviewDraft | None:
    """The draft of the doctor who asks, about a new decision or about the correction of this one."""
    draft = mine(work, patient_id)
    return draft if draft is not None and draft.review_id == review_id else None


def mine(work: Work, patient_id: int) -> ReviewDraft | None:
    """The draft of the doctor who asks."""
    return work.session.scalar(MINE, {"patient_id": patient_id, "by": work.actor.id})


def keep(work: Work, patient_id: int, review_id: int | None, typed: dict[str, Any], form_token: str = "") -> None:
    """Keep what stands in the form now; the last that was typed counts.

    A page that keeps it by itself says which form it is: signed meanwhile, it is kept no more; and such a draft is one
    line in the log, not one for every pause in typing.
    """
    work.needs(May.SIGN_REVIEW)
    if form_token and work.session.scalar(select(Review.id).where(Review.form_token == form_token)) is not None:
        return
    lock_patient(work, patient_id)
    draft = mine(work, patient_id)
    if draft is None or not form_token:
        work.note(Action.DRAFT_SAVED, patient_id)
    if draft is None:
        draft = ReviewDraft(patient_id=patient_id, by=work.actor.id)
        work.session.add(draft)
    draft.review_id, draft.saved_at, draft.typed = review_id, work.now, typed
    work.keep_draft()


def drop(work: Work, patient_id: int) -> None:
    """The draft was signed; the caller commits."""
    work.session.execute(
        delete(ReviewDraft).where(ReviewDraft.patient_id == patient_id, ReviewDraft.by == work.actor.id)
    )


def discard(work: Work, patient_id: int) -> None:
    """Throw the draft away; nothing of it ever counted."""
    work.needs(May.SIGN_REVIEW)
    drop(work, patient_id)
    work.note(Action.DRAFT_SAVED, patient_id, details={"discarded": True})
    work.commit()
