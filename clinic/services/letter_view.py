"""A letter as somebody looks at it: an open one as the record would make it now, a frozen one as it was frozen."""

from __future__ import annotations

from dataclasses import dataclass

from clinic.letters.addressed import document, hers, missing, template
from clinic.letters.changes import Change
from clinic.letters.kinds import Need
from clinic.letters.render import draft_of, pdf_of, svg_of
from clinic.letters.sentences import Document
from clinic.letters.text import text_of
from clinic.security.permissions import May
from clinic.services.addressed import facts_of, problem
from clinic.services.four_eyes import why_not
from clinic.services.lapsed import Successor, marked, successor
from clinic.services.letter_facts import subjects
from clinic.services.letter_logo import logo_of
from clinic.services.letter_moves import INVITES
from clinic.services.letter_states import digest
from clinic.services.letter_text import Paragraph, paragraphs, since
from clinic.services.letters import OPEN, UNSENT
from clinic.services.work import Work
from clinic.store.base import Json
from clinic.store.letters import Letter, LetterSubject
from clinic.store.patients import Patient
from clinic.store.users import User


@dataclass(frozen=True, slots=True)
class View:
    """A letter with what it tells of, and what keeps the reader from the next step."""

    letter: Letter
    patient: Patient
    subjects: list[LetterSubject]
    facts: Json
    text: str
    seen: str
    drafter: str
    authoriser: str
    problem: str | None
    refused: str | None
    missing: list[Need]
    since: list[Change]
    paragraphs: list[Paragraph]
    lapsed: Successor | None = None
    """The letter that came in the place of this one."""

    @property
    def about(self) -> list[str]:
        """Of what it tells; to a patient, which letter it is."""
        return [self.letter.kind] if self.letter.hers else [told.about for told in self.subjects]

    @property
    def invites(self) -> bool:
        """It was made ready by who plans, and asked for nobody's authorisation."""
        return self.letter.kind in INVITES

    @property
    def frozen(self) -> bool:
        """Its words no longer change."""
        return self.letter.state not in OPEN

    @property
    def outdated(self) -> bool:
        """Somebody put a paragraph in words of her own, and what it was made of reads otherwise now."""
        return any(paragraph.outdated for paragraph in self.paragraphs)

    @property
    def printable(self) -> bool:
        """There is a page whose bytes can be vouched for, or a preview of a draft."""
        return not self.frozen or self.letter.pdf_sha256 is not None


def view(work: Work, letter_id: int) -> View:
    """Read a letter; LookupError when there is none."""
    work.needs(May.READ_PATIENT)
    letter = work.session.get(Letter, letter_id)
    if letter is None:
        raise LookupError(letter_id)
    patient = work.session.get_one(Patient, letter.patient_id)
    is_open = letter.state in OPEN
    facts = facts_of(work, letter) if is_open else letter.facts
    refused = why_not(work, letter, facts) if is_open else None
    return View(
        letter=letter,
        patient=patient,
        subjects=subjects(work, letter_id),
        facts=facts,
        text=text_of(draft(work, facts, refused)) if is_open else letter.text or "",
        seen=digest(facts),
        drafter=name_of(work, letter.drafted_by),
        authoriser=name_of(work, letter.authorised_by),
        problem=problem(work, letter, patient) if letter.state in (*OPEN, *UNSENT) else None,
        refused=refused,
        missing=missing(facts) if is_open else [],
        since=since(letter, facts) if is_open else [],
        paragraphs=paragraphs(letter, facts) if is_open else [],
        lapsed=successor(work, letter),
    )


def name_of(work: Work, user_id: int | None) -> str:
    """Who that is."""
    user = work.session.get(User, user_id) if user_id else None
    return user.name if user else ""


def draft(work: Work, facts: Json, refused: str | None) -> Document:
    """An open letter; who may authorise it reads the salutation that her own name will bring."""
    said = document(facts)
    if not hers(facts) and refused is None:
        signed = {"role": str(work.actor.role), "name": "", "function": "", "at": ""}
        said = said._replace(salutation=document(facts, "", signed).salutation)
    return said


def preview(work: Work, found: View, kind: str) -> list[bytes]:
    """The sheets for a screen, or a PDF of what is not frozen yet; none when no page was kept."""
    letter = found.letter
    if not found.printable:
        return []
    if found.frozen:
        said = document(found.facts, letter.reference or "", found.facts["signed"])
    else:
        said = draft(work, found.facts, found.refused)
    look = letter.template if found.frozen else template(found.facts)
    at = letter.authorised_at or letter.drafted_at
    logo, facts = logo_of(work, found.facts), marked(found.facts, found.lapsed)
    if kind == "svg":
        return svg_of(look, said, facts, at, logo)
    set_as = pdf_of if found.frozen else draft_of
    return [set_as(look, said, facts, at, logo)]
