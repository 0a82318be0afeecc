"""Who wrote a letter, as the rows prove it: the question that keeps somebody from authorising her own."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, or_, select

from clinic.domain.vocabulary import LetterAbout
from clinic.store.controls import Control
from clinic.store.letters import Letter, LetterSubject
from clinic.store.scans import Scan

RECORDED: Mapping[LetterAbout, type[Control] | type[Scan]] = {LetterAbout.CONTROL: Control, LetterAbout.DXA: Scan}
"""The facts that a nurse records and a mandate names."""


def written_by(user_id: int) -> ColumnElement[bool]:
    """Whether a letter is somebody's own: she began it, recorded a fact that it tells, or its own words are hers.

    Any of them will do: of a letter that two people made, neither is the other pair of eyes.
    """
    return or_(
        Letter.drafted_by == user_id,
        Letter.edited_by.is_not_distinct_from(user_id),  # a letter that nobody edited is not hers, rather than unknown
        *(recorded_by(user_id, about) for about in RECORDED),
    )


def recorded_by(user_id: int, about: LetterAbout) -> ColumnElement[bool]:
    """Whether she recorded a fact of this kind, in the version of which a letter tells."""
    table = RECORDED[about]
    told = select(LetterSubject.letter_id).join(table, table.id == LetterSubject.fact_id)
    hers = told.where(LetterSubject.about == about.value, table.recorded_by == user_id)
    return hers.where(LetterSubject.letter_id == Letter.id).exists()
