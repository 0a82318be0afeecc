"""The beginning of a treatment in words: one that is there, and one that lies ahead."""

from __future__ import annotations

from clinic.letters.asked import begins, capital
from clinic.letters.dutch import drug_name, prescription, since_about, trimmed
from clinic.store.base import Json


def told(begun: Json, facts: Json) -> str:
    """What she began or will begin with, when, for how long, and in the place of what."""
    her = facts["patient"]["her"]
    years = f" voor {trimmed(begun['years'])} jaar" if begun["years"] else ""
    after = f", na {drug_name(begun['after'])}" if begun["after"] else ""
    when, what = since_about(begun["on"], begun["precision"]), prescription(begun)
    if begun in begins(facts):
        return f"{capital(her)} zal {when} starten met {what}{years}{after}."
    return f"Bij {her} is {when} {what} gestart{years}{after}."
