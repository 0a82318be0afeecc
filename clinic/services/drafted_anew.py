"""What a letter that is drafted anew takes from the one before: its facts as they stand now, and a person's words."""

from __future__ import annotations

from datetime import date

from clinic.services.letter_facts import day_of, fact_of
from clinic.services.said import newest
from clinic.services.work import Work
from clinic.store.letters import Letter, LetterSubject


def as_now(work: Work, told: LetterSubject) -> tuple[date, int]:
    """The day and the number of the version that stands in the place of what a letter tells.

    A frozen letter keeps the version of its day: what came in its place and asked for no letter is what holds. An
    appointment and the end of follow-up have no versions.
    """
    was = fact_of(work, told)
    if was is None:
        return told.about_on, told.fact_id or 0
    now = newest(work, was)
    return day_of(now) or told.about_on, now.id


def keep_words(letter: Letter, before: Letter) -> None:
    """The new draft keeps the words that a person wrote, and who is to be called.

    A letter that somebody began already keeps her name and her words: she cannot be the other pair of eyes.
    """
    if letter.id is None:
        letter.drafted_by = before.drafted_by
    letter.added_text = letter.added_text or before.added_text
    letter.edited = letter.edited or before.edited
    letter.edited_by = letter.edited_by or before.edited_by
