"""The marked paragraphs of a letter: those that a person may put in words of her own, beside what she adds."""

from __future__ import annotations

from collections.abc import Mapping

from clinic.letters.changes import carried
from clinic.letters.sentences import MARKED, document
from clinic.store.base import Json


def as_recorded(facts: Json) -> dict[str, str]:
    """The marked paragraphs in the words that follow from the facts, by their code."""
    said = document(facts | {"edited": {}})
    return {
        section.code: "\n".join(section.paragraphs) for section in (*said.core, *said.rest) if section.code in MARKED
    }


def clean(words: str) -> str:
    """Words as they are kept: line ends of one kind, no space around a line, no empty line at either end."""
    return "\n".join(line.strip() for line in words.replace("\r\n", "\n").split("\n")).strip()


def own(words: Mapping[str, str], recorded: Mapping[str, str]) -> Json:
    """What was put otherwise than the record has it, each with the words it was made of."""
    return {
        code: {"words": clean(words[code]), "of": recorded[code]}
        for code in MARKED
        if code in words and code in recorded and clean(words[code]) not in ("", recorded[code])
    }


def outdated(edited: Json, recorded: Mapping[str, str]) -> list[str]:
    """The paragraphs whose facts read otherwise than when somebody put them in words of her own."""
    return [code for code, kept in edited.items() if kept["of"] != recorded.get(code)]


def renewed(edited: Json, recorded: Mapping[str, str]) -> Json:
    """The same with the values of the record as it is now, wherever that can be said for sure.

    A paragraph that the letter no longer has goes; one of which not every value is sure stays outdated.
    """
    found = {}
    for code in (code for code in edited if code in recorded):
        words, sure = carried(edited[code]["words"], edited[code]["of"], recorded[code])
        found[code] = {"words": words, "of": recorded[code] if sure else edited[code]["of"]}
    return found
