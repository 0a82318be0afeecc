"""Words that letters no longer use, kept for as long as a letter that left with them may be set again."""

from __future__ import annotations

from collections.abc import Iterator

from clinic.letters.dutch import day, drug_name, listed, used_for
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


def handed_over(handover: Json) -> Iterator[str]:
    """Exposure and planned end in the second version of the words, in which the drug's own term could stand in."""
    used = [used_for(drug, days) for drug, days in handover["exposure"].items()]
    if used:
        yield f"Gebruikt, zonder onderbrekingen die niet meetellen: {listed(used)}."
    if handover["end"]:
        yield f"Gepland einde van {drug_name(handover['drug'])}: {day(handover['end'])}."
