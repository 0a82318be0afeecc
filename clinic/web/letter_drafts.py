"""The words of a letter while they are typed: kept until they are put in the letter, or thrown away."""

from __future__ import annotations

from flask import Blueprint, abort, url_for
from flask.typing import ResponseReturnValue

from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services.form_drafts import Form, one
from clinic.services.letter_view import View
from clinic.services.work import Work
from clinic.store.letters import Letter
from clinic.web import drafts
from clinic.web.units import writing

bp = Blueprint("letter_drafts", __name__, url_prefix="/letters/<int:letter_id>/text/draft")


@bp.post("")
@needs(May.WRITE_LETTER)
def keep(letter_id: int) -> ResponseReturnValue:
    """Keep what stands in the form."""
    with writing() as work:
        return drafts.keep(work, form_of(work, letter_id), url_for("letters.show", letter_id=letter_id))


@bp.post("/discard")
@needs(May.WRITE_LETTER)
def discard(letter_id: int) -> ResponseReturnValue:
    """Throw it away."""
    with writing() as work:
        return drafts.discard(work, form_of(work, letter_id), url_for("letters.show", letter_id=letter_id))


def form_of(work: Work, letter_id: int) -> Form:
    """The form of a letter, or 404."""
    letter = work.session.get(Letter, letter_id)
    if letter is None:
        abort(404)
    return Form(letter.patient_id, "letter", letter_id)


def restored(work: Work, found: View) -> tuple[dict[str, str], str, bool]:
    """The words that were typed beside those of the letter, when, and whether the record changed since."""
    if found.frozen or found.letter.hers:
        return {}, "", False
    typed, at = drafts.when(work, Form(found.patient.id, "letter", found.letter.id))
    stand = {paragraph.code: paragraph.words for paragraph in found.paragraphs} | {"added": found.letter.added_text}
    other = {code: one(typed, code) for code in stand if lines(one(typed, code)) != lines(stand[code] or "")}
    if not typed:
        return {}, "", False
    return other, at, one(typed, "seen") != found.seen


def lines(words: str) -> list[str]:
    """Words as they stand, however a browser ends a line."""
    return words.strip().splitlines()
