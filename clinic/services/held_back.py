"""A letter in the queue that must not leave any more: withdrawn, and what it told of and stands drafted again."""

from __future__ import annotations

from sqlalchemy import select

from clinic.domain.vocabulary import LetterAbout
from clinic.letters.cause import kept
from clinic.security.audit import Action
from clinic.services import copies, letters
from clinic.services.letter_ends import leave_corrections
from clinic.services.letter_facts import subjects
from clinic.services.letter_states import move
from clinic.services.overtaken import told_no_more
from clinic.services.work import Work
from clinic.store.copies import LetterCopy
from clinic.store.letters import Letter
from clinic.store.patients import Patient

WHY = kept("overtaken")


def hold_back(work: Work, letter: Letter) -> None:
    """Withdraw a letter that has not left, with its copies. Commits nothing."""
    waiting = select(LetterCopy).where(LetterCopy.letter_id == letter.id, LetterCopy.state == "queued")
    for copy in work.session.scalars(waiting).all():
        copies.hold(work, copy)
    leave_corrections(work, letter)
    move(work, letter, "withdrawn", Action.LETTER_EDITED, remark=WHY, failure=None, next_try_at=None)
    patient = work.session.get_one(Patient, letter.patient_id)
    ended = [told for told in subjects(work, letter.id) if told.about == LetterAbout.END]
    fell = [told for told in ended if told_no_more(work, letter, told)]  # what holds now has its draft: `tell_of_end`
    letters.draft_anew(work, patient, letter, fell)
