"""Who wrote a letter and is no doctor leaves its authorisation to another, unless the clinic says otherwise."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, select

from clinic.security.permissions import May, Role
from clinic.services import mandates, settings
from clinic.services.work import Work
from clinic.store.base import Json
from clinic.store.letter_authors import written_by
from clinic.store.letter_lists import how_many
from clinic.store.letters import Letter


def let_own(work: Work, may: bool, version: int) -> None:
    """Whether a nurse with the mandate also authorises what she wrote herself; Stale when somebody else was first."""
    work.needs(May.EDIT_SETTINGS)
    row = settings.opened(work, version)
    before, row.authorise_own = row.authorise_own, may
    settings.keep(work, {"authorise_own": [before, may]} if before != may else {})


def left_to_others(work: Work) -> ColumnElement[bool] | None:
    """Which letters this person leaves to others, asked of the register; None when nothing keeps her from her own.

    Who authorises no letter at all leaves none: she sees what waits as the clinic does. Doctors are free.
    """
    bound = work.actor.role is Role.NURSE and work.actor.may_authorise
    return written_by(work.actor.id) if bound and not settings.current(work.session).authorise_own else None


def own(work: Work, states: Collection[str]) -> int:
    """How many letters in these states wait for others because this person wrote them."""
    hers = left_to_others(work)
    return 0 if hers is None else how_many(work.session, states, hers)


def why_not(work: Work, letter: Letter, facts: Json) -> str | None:
    """Why this person may not authorise this letter: for its kind (`mandates`), or because she wrote it; else None."""
    refused = mandates.why_not(work, facts)
    hers = None if refused else left_to_others(work)
    if hers is None:
        return refused
    found = work.session.scalar(select(Letter.id).where(Letter.id == letter.id, hers))
    return None if found is None else "letter_own"
