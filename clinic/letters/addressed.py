"""One way to the words of a letter, whether the GP reads it or the patient herself: its facts say for whom it is."""

from __future__ import annotations

from clinic.letters import kinds, sentences, to_patient
from clinic.letters.kinds import Need
from clinic.letters.render import TO_GP, TO_PATIENT
from clinic.letters.sentences import Document
from clinic.store.base import Json


def hers(facts: Json) -> bool:
    """Whether the patient herself reads it."""
    return facts.get("to") == "patient"


def document(facts: Json, reference: str = "", signed: Json | None = None) -> Document:
    """The letter of these facts."""
    written = to_patient.document if hers(facts) else sentences.document
    return written(facts, reference, signed)


def template(facts: Json) -> str:
    """The look of a letter that is made now."""
    return TO_PATIENT if hers(facts) else TO_GP


def missing(facts: Json) -> list[Need]:
    """What the letter must carry and does not; to a patient only what it was begun for must still stand."""
    if hers(facts):
        return [kinds.STANDS] if kinds.fallen(facts) else []
    return kinds.missing(facts)
