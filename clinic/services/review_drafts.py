"""A review that was begun: what its doctor types is kept, also while she requests or looks up what is missing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Integer, bindparam, delete, select, update

from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services.facts import lock_patient
from clinic.services.said import newest, own
from clinic.services.work import Work
from clinic.store.review_drafts import ReviewDraft
from clinic.store.reviews import Review

HERS = (
    ReviewDraft.patient_id == bindparam("patient_id"),
    ReviewDraft.by == bindparam("by"),
    ReviewDraft.review_id.is_not_distinct_from(bindparam("review_id", type_=Integer)),
)
# asked by every page of a review, so put together once
MINE = select(ReviewDraft).where(*HERS)
SIGNED = delete(ReviewDraft).where(*HERS)


def of(work: Work, patient_id: int, review_id: int | None) -> ReviewDraft | None:
    """The draft of the doctor who asks, about a new decision or about the correction of this one."""
    return work.session.scalar(MINE, whose(work, patient_id, review_id))


def whose(work: Work, patient_id: int, review_id: int | None) -> dict[str, int | None]:
    """What tells one draft from another."""
    return {"patient_id": patient_id, "by": work.actor.id, "review_id": review_id}


def keep(work: Work, patient_id: int, review_id: int | None, typed: dict[str, Any], form_token: str = "") -> None:
    """Keep what stands in the form now; the last that was typed counts.

    A page that keeps it by itself says which form it is: signed meanwhile, it is kept no more; and such a draft is one
    line in the log, not one for every pause in typing. A decision that a colleague corrected meanwhile is corrected in
    its newest version; of one that counts no more nothing is kept, for nobody could open it again. Raises RuleBroken
    when it is not kept.
    """
    work.needs(May.SIGN_REVIEW)
    lock_patient(work, patient_id)  # before anything is read: a decision that is signed meanwhile ends this form
    if form_token and work.session.scalar(select(Review.id).where(Review.form_token == form_token)) is not None:
        raise RuleBroken("draft", "form_went_on")
    if review_id is not None:
        review = newest(work, own(work, Review, patient_id, review_id))
        if not review.stands:
            raise RuleBroken("draft", "form_went_on")
        review_id = review.id
    draft = of(work, patient_id, review_id)
    if draft is None or not form_token:
        work.note(Action.DRAFT_SAVED, patient_id)
    if draft is None:
        draft = ReviewDraft(**whose(work, patient_id, review_id))
        work.session.add(draft)
    draft.saved_at, draft.typed = work.now, typed
    work.keep_draft()


def drop(work: Work, patient_id: int, review_id: int | None) -> None:
    """The draft was signed; the caller commits."""
    work.session.execute(SIGNED, whose(work, patient_id, review_id))


def follow(work: Work, old_id: int, new_id: int) -> None:
    """A decision was corrected: what colleagues have in hand of it is about the version that stands; caller commits."""
    work.session.execute(update(ReviewDraft).where(ReviewDraft.review_id == old_id).values(review_id=new_id))


def corrects(work: Work, patient_id: int, review_id: int) -> None:
    """What she typed as a new decision is the correction of this one, unless she has that in hand already."""
    work.needs(May.SIGN_REVIEW)
    draft = of(work, patient_id, None)
    if draft is not None and of(work, patient_id, review_id) is None:
        draft.review_id = review_id
        work.keep_draft()


def drop_all(work: Work, review_id: int) -> None:
    """A decision counts no more: nobody corrects it; the caller commits."""
    work.session.execute(delete(ReviewDraft).where(ReviewDraft.review_id == review_id))


def discard(work: Work, patient_id: int, review_id: int | None) -> None:
    """Throw the draft away; nothing of it ever counted."""
    work.needs(May.SIGN_REVIEW)
    drop(work, patient_id, review_id)
    work.note(Action.DRAFT_SAVED, patient_id, details={"discarded": True})
    work.commit()
