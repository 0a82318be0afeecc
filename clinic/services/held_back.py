"""A letter in the queue that must not leave any more: withdrawn, and what it told of and stands drafted again."""

from __future__ import annotations

from sqlalchemy import select

from clinic.domain.vocabulary import LetterAbout
from clinic.letters.cause import kept
from clinic.security.audit import Action
from clinic.services import copies, letters
from clinic.services.letter_ends import leave_corrections
from clinic.services.letter_facts import day_of, fact_of, subjects
from clinic.services.letter_states import move
from clinic.services.overtaken import told_no_more
from clinic.services.said import newest
from clinic.services.work import Work
from clinic.store.copies import LetterCopy
from clinic.store.letters import Letter, LetterSubject
from clinic.store.patients import Patient

WHY = kept("overtaken")


def hold_back(work: Work, letter: Letter) -> None:
    """Withdraw a letter that has not left, with its copies. Commits nothing."""
    waiting = select(LetterCopy).where(LetterCopy.letter_id == letter.id, LetterCopy.state == "queued")
    for copy in work.session.scalars(waiting).all():
        copies.hold(work, copy)
    leave_corrections(work, letter)
    move(work, letter, "withdrawn", Action.LETTER_EDITED, remark=WHY, failure=None, next_try_at=None)
    for told in subjects(work, letter.id):
        tell_anew(work, letter, told)


def tell_anew(work: Work, letter: Letter, told: LetterSubject) -> None:
    """Let a draft tell of a fact as it stands now; of one that was voided there is nothing to tell.

    The end that holds in the place of another has its draft already (`letters.tell_of_end`).
    """
    if told.about == LetterAbout.END and told_no_more(work, letter, told):
        return
    was = fact_of(work, told)
    now = newest(work, was) if was is not None else None
    on, fact_id = (told.about_on, told.fact_id) if now is None else (day_of(now), now.id)
    if on is not None and fact_id is not None:
        patient = work.session.get_one(Patient, letter.patient_id)
        letters.draft_for(work, patient, LetterAbout(told.about), on, fact_id)
