"""How a page says that another letter came in its place (domain/environment.md 2.3: readable, marked VERVALLEN)."""

from __future__ import annotations

from clinic.letters.dutch import day_in_words

LAPSED = "VERVALLEN"


def mark(reference: str, on: str) -> str:
    """The line at the head of each of its pages, which also bear the word across."""
    return f"{LAPSED} – vervangen door onze brief {reference} van {day_in_words(on)}"
