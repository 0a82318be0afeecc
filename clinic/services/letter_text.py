"""The words of an open letter: what a person put otherwise or added, and what the record says since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from clinic.domain.errors import RuleBroken
from clinic.letters import changes, marked
from clinic.letters.addressed import document
from clinic.letters.changes import Change, Part
from clinic.letters.sentences import MARKED
from clinic.letters.text import text_of
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import form_drafts
from clinic.services.addressed import facts_of
from clinic.services.form_drafts import Form
from clinic.services.letter_states import digest, find
from clinic.services.letters import OPEN
from clinic.services.work import Stale, Work
from clinic.store.base import Json
from clinic.store.letters import Letter

LONGEST = 4000


def edit(work: Work, letter_id: int, version: int, seen: str, words: Mapping[str, str]) -> None:
    """Put marked paragraphs in words of one's own, and add to the letter (`added`).

    A paragraph that says what the record says, or nothing, follows the record again. Stale when the record changed
    since the page was opened: the words were typed beside other facts.
    """
    work.needs(May.WRITE_LETTER)
    letter = opened(work, letter_id, version)
    if letter.hers:  # to a patient the record speaks, in the clinic's own words
        raise RuleBroken("added", "letter_frozen")
    for code in (*MARKED, "added"):
        if len(words.get(code, "")) > LONGEST:
            raise RuleBroken(code, "letter_added_long", most=LONGEST)
    now = facts_of(work, letter)
    if digest(now) != seen:
        raise Stale(letter_id)
    letter.edited = marked.own(words, marked.as_recorded(now)) or None
    letter.added_text = marked.clean(words.get("added", "")) or None
    letter.edited_by = work.actor.id if letter.edited or letter.added_text else None
    settle(work, letter, letter.facts | own_words(letter))
    form_drafts.drop(work, Form(letter.patient_id, "letter", letter.id))
    note(work, letter, {"paragraphs": sorted(letter.edited or {}), "added": bool(letter.added_text)})


def take_over(work: Work, letter_id: int, version: int) -> None:
    """Take what changed in the record since into the draft, also into the paragraphs in somebody's own words."""
    work.needs(May.WRITE_LETTER)
    letter = opened(work, letter_id, version)
    now = facts_of(work, letter)
    count = len(since(letter, now))
    if letter.edited:
        letter.edited = marked.renewed(letter.edited, marked.as_recorded(now)) or None
    settle(work, letter, now if letter.hers else now | own_words(letter))
    note(work, letter, {"taken_over": count})


def opened(work: Work, letter_id: int, version: int) -> Letter:
    """A letter whose words may still change."""
    letter = find(work, letter_id, version)
    if letter.state not in OPEN:
        raise RuleBroken("added", "letter_frozen")
    return letter


def own_words(letter: Letter) -> Json:
    """What a person wrote, as the facts of the letter hold it."""
    edited = {code: kept["words"] for code, kept in (letter.edited or {}).items()}
    return {"added": letter.added_text or "", "edited": edited}


def settle(work: Work, letter: Letter, facts: Json) -> None:
    """Keep the facts of a draft with the text that follows from them."""
    letter.facts, letter.text = facts, text_of(document(facts))
    work.session.flush()


def note(work: Work, letter: Letter, details: Json) -> None:
    """Write down that the words changed, not the words."""
    work.note(Action.LETTER_EDITED, letter.patient_id, f"letter:{letter.id}", details)
    work.commit()


def since(letter: Letter, now: Json) -> list[Change]:
    """What the record says otherwise than when the draft last took it over, value by value; own words aside."""
    if not letter.facts:
        return []
    return changes.between(document(letter.facts | {"edited": {}}), document(now | {"edited": {}}))


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A marked paragraph: as it stands, as the record has it, which words differ, and whether its facts changed."""

    code: str
    words: str
    recorded: str
    parts: tuple[Part, ...]
    outdated: bool


def paragraphs(letter: Letter, now: Json) -> list[Paragraph]:
    """The marked paragraphs of an open letter in their order."""
    recorded, edited = {} if letter.hers else marked.as_recorded(now), letter.edited or {}
    late = marked.outdated(edited, recorded)
    return [
        Paragraph(
            code,
            edited[code]["words"] if code in edited else recorded[code],
            recorded[code],
            tuple(changes.parts(recorded[code], edited[code]["words"])) if code in edited else (),
            code in late,
        )
        for code in MARKED
        if code in recorded
    ]
