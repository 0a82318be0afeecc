"""What two versions of a letter say differently, value by value; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from clinic.letters.sentences import Document

SENTENCE = re.compile(r"(?<=[.!?]) ")
OF_THE_DAY = ("Datum", "Ons kenmerk")  # they are those of the day on which a letter is looked at


class Part(NamedTuple):
    """Words that stayed (no sign), that are gone, or that are new."""

    words: str
    sign: str


class Change(NamedTuple):
    """A place in the letter, and what became of the words that stand there."""

    where: str
    parts: tuple[Part, ...]


def between(before: Document, after: Document) -> list[Change]:
    """Every sentence that reads otherwise, by its place in the letter."""
    old, new = places(before), places(after)
    return [
        change
        for where in dict.fromkeys((*old, *new))
        for change in compared(where, old.get(where, []), new.get(where, []))
    ]


def places(said: Document) -> dict[str, list[str]]:
    """The sentences of a letter by the place where they stand; its date and who reads it are no change."""
    found = {"Aan": list(said.recipient), "Betreft": [said.subject], "Patiënt": list(said.about)}
    found |= {name: [value] for name, value in said.head if name not in OF_THE_DAY}
    for section in (*said.core, *said.rest):
        lines = found.setdefault(section.heading or "Aanleiding", [])
        lines += [line for words in (*section.requests, *section.paragraphs) for line in SENTENCE.split(words)]
    return found | {"Afzender": [*said.sender, said.footer]}


def compared(where: str, old: Sequence[str], new: Sequence[str]) -> Iterator[Change]:
    """The sentences of one place that differ, each with the words of both."""
    for sign, start, end, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if sign != "equal":
            yield Change(where, tuple(parts(" ".join(old[start:end]), " ".join(new[first:last]))))


def parts(old: str, new: str) -> Iterator[Part]:
    """The words of two sentences beside each other."""
    was, now = old.split(), new.split()
    for sign, start, end, first, last in steps(was, now):
        if sign == "equal":
            yield Part(" ".join(was[start:end]), "")
            continue
        if end > start:
            yield Part(" ".join(was[start:end]), "gone")
        if last > first:
            yield Part(" ".join(now[first:last]), "new")


def steps(was: Sequence[str], now: Sequence[str]) -> Iterable[tuple[str, int, int, int, int]]:
    """How one row of words becomes the other."""
    return SequenceMatcher(None, was, now, autojunk=False).get_opcodes()


def carried(words: str, of: str, now: str) -> tuple[str, bool]:
    """A text of one's own with the new values in the place of the old, and whether that is sure of every value.

    A value is carried over when it stands in the text once and exactly so; what came in new has no place in it.
    """
    was, becomes, sure = of.split(), now.split(), True
    for sign, start, end, first, last in steps(was, becomes):
        if sign == "equal":
            continue
        old, new = " ".join(was[start:end]), " ".join(becomes[first:last])
        if old and new and words.count(old) == 1:
            words = words.replace(old, new)
        else:
            sure = False
    return words, sure
