"""A letter reads as it was sent, whatever its words became since: set again from its facts it has its old hash."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

from clinic.letters.render import pdf_of
from clinic.letters.sentences import WORDS, document
from clinic.letters.text import sha256, text_of

FROZEN = sorted((Path(__file__).parent / "frozen").glob("words-*.json"))
LETTERS = [
    pytest.param(letter, id=f"{path.stem}, {number}")
    for path in FROZEN
    for number, letter in enumerate(json.loads(path.read_text(encoding="utf-8")), 1)
]


def test_every_version_of_the_words_has_letters_that_hold_it():
    assert [path.stem for path in FROZEN] == [f"words-{number}" for number in range(1, WORDS + 1)]


@pytest.mark.parametrize("letter", LETTERS)
def test_a_letter_that_left_is_set_again_as_it_left(letter):
    facts = letter["facts"]
    said = document(facts, letter["reference"], facts["signed"])
    assert text_of(said).splitlines() == letter["text"]
    page = pdf_of(letter["template"], said, facts, datetime.fromisoformat(letter["at"]))
    assert sha256(page) == letter["pdf_sha256"]
