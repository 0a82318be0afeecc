"""Words that letters no longer use, kept for as long as a letter that left with them may be set again."""

from __future__ import annotations

from clinic.letters.dutch import day, listed
from clinic.store.base import Json


def subject(facts: Json) -> str:
    """The subject line of the first version of the words."""
    kinds = [
        ("Controle osteoporose", bool(facts["controls"])),
        ("DXA-uitslag", bool(facts["scans"])),
        ("besluit behandelduur", bool(facts["reviews"])),
        ("einde controle", facts["ended"]),
    ]
    first, *more = [name for name, told in kinds if told] or ["bericht"]
    first = first if "osteoporose" in first else f"{first[:1].upper()}{first[1:]} osteoporose"
    what = f"{first} met {listed(more)}" if more else first
    return f"{what} – {facts['patient']['name']}, {day(facts['patient']['born'])}"
