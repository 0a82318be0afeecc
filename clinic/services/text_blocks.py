"""The clinic's own words for letters: written by the manager, tried on made-up records and a real one, then used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from clinic.domain.errors import RuleBroken
from clinic.letters import blocks, samples
from clinic.letters.addressed import document, template
from clinic.letters.kinds import KINDS
from clinic.letters.marked import clean
from clinic.letters.nameless import without_name
from clinic.letters.render import CannotSet, NoSuchSign, pdf_of
from clinic.letters.text import text_of
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services.letter_facts import clinic_facts
from clinic.services.settings import letterhead
from clinic.services.work import Work, local_day
from clinic.store import text_blocks
from clinic.store.base import Json
from clinic.store.letters import GP, Letter
from clinic.store.restrictions import closed_to
from clinic.store.text_blocks import TextBlock

LOOKED_AT = 200  # of the latest letters, for one of the kind
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a page that nobody keeps needs no time


@dataclass(frozen=True, slots=True)
class Tried:
    """A letter with these words in it, and on which record they were tried."""

    name: str
    text: str


def overview(work: Work) -> dict[str, TextBlock | None]:
    """Each kind of letter with the words that hold, if any."""
    work.needs(May.EDIT_SETTINGS)
    used = text_blocks.in_use(work.session)
    return {code: used.get(code) for code in samples.CODES}


def versions(work: Work, kind: str) -> Sequence[TextBlock]:
    """Every version of a kind, the newest first; LookupError when there is no such kind."""
    work.needs(May.EDIT_SETTINGS)
    known(kind)
    return text_blocks.of_kind(work.session, kind)


def known(kind: str) -> None:
    """LookupError when there is no such kind."""
    if kind not in samples.CODES:
        raise LookupError(kind)


def tried(work: Work, kind: str, words: str) -> list[Tried]:
    """Letters of this kind with these words, about a plain and about a worst-case record; RuleBroken when unusable."""
    work.needs(May.EDIT_SETTINGS)
    known(kind)
    words = clean(words)
    for fault in blocks.faults(words):
        raise RuleBroken("words", fault, most=blocks.LONGEST, places=", ".join(f"{{{name}}}" for name in blocks.PLACES))
    clinic = clinic_facts(letterhead(work.session))
    return [trial(name, kind, facts | {"clinic": clinic}, words) for name, facts in samples.of_kind(kind).items()]


def on_real(work: Work, kind: str, words: str) -> list[Tried]:
    """The same on the latest real letter of the kind, without its person; none when there is none, or the words err.

    The program chooses it: a manager who named a patient would learn what is recorded of her. The look is written
    down as a look at her letter, for she has a right to know of it: one line a day for who looks.
    """
    work.needs(May.EDIT_SETTINGS)
    letter = latest(work, kind)
    if letter is None:
        return []
    facts = without_name(letter.facts) | {"clinic": clinic_facts(letterhead(work.session))}
    subject, details = f"letter:{letter.id}", {"without_name": True, "text_block": kind}
    last = text_blocks.last_look(work.session, work.actor.id, letter.patient_id, subject)
    if last is None or local_day(last) != work.today:  # the preview asks at each pause in typing: it is one look
        work.note(Action.LETTER_OPENED, letter.patient_id, subject, details)
    try:
        return [trial("real", kind, facts, clean(words))]
    except RuleBroken as why:
        raise RuleBroken("words", "block_not_on_latest") from why


def latest(work: Work, kind: str) -> Letter | None:
    """The latest letter of a kind that was authorised; never of a restricted record."""
    tells = {one.code: one.tells for one in KINDS}.get(kind)
    reader = Letter.kind == (GP if tells else kind)
    found = text_blocks.letters_made(work.session, reader, closed_to(work.actor.id), LOOKED_AT)
    whole = (letter for letter in found if "patient" in letter.facts)  # of some only the hash was taken over
    return next((letter for letter in whole if tells is None or tells(letter.facts)), None)


def trial(name: str, kind: str, facts: Json, words: str) -> Tried:
    """One such letter, set as a page too: what cannot be set is not used."""
    told = facts | {"blocks": [{"kind": kind, "number": 0, "words": words}] if words else []}
    said = document(told)
    try:
        pdf_of(template(told), said, told, EPOCH)
    except NoSuchSign as lacking:
        raise RuleBroken("words", "block_sign", signs=lacking.args[0]) from lacking
    except CannotSet as why:
        raise RuleBroken("words", "block_not_on_page") from why
    return Tried(name, text_of(said))


def save(work: Work, kind: str, words: str, form_token: str) -> int:
    """Keep a version that is not used yet and say its number; the same form twice is one version."""
    tried(work, kind, words)
    known_row = work.session.scalar(select(TextBlock.number).where(TextBlock.form_token == form_token))
    if known_row is not None:
        return known_row
    last = work.session.scalar(select(func.max(TextBlock.number)).where(TextBlock.kind == kind)) or 0
    row = TextBlock(
        kind=kind, number=last + 1, words=clean(words), made_at=work.now, made_by=work.actor.id, form_token=form_token
    )
    work.session.add(row)
    noted(work, row, [None, f"{kind} {row.number}"])
    return row.number


def use(work: Work, kind: str, number: int) -> None:
    """Let a version hold for letters that are authorised or made from now on; LookupError when there is none."""
    row = next((row for row in versions(work, kind) if row.number == number), None)
    if row is None:
        raise LookupError(number)
    tried(work, kind, row.words)
    before = text_blocks.in_use(work.session).get(kind)
    if before is not None:
        before.holds = False
        work.session.flush()
    row.holds, row.used_at, row.used_by = True, work.now, work.actor.id
    noted(work, row, [f"{kind} {before.number}" if before else None, f"{kind} {number}"])


def noted(work: Work, row: TextBlock, told: list[str | None]) -> None:
    """Write it down and keep it."""
    work.session.flush()
    work.note(Action.SETTINGS_CHANGED, subject=f"text_block:{row.id}", details={"changes": {"text_block": told}})
    work.commit()
