"""The clinic's own words in letters: named places filled once, nothing ever run, tried on the most a record holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.letters import blocks, kinds, samples, to_patient
from clinic.letters.sentences import document
from clinic.letters.text import WIDTH, text_of
from tests.letters.test_kinds import facts
from tests.letters.test_sentences import CLINIC

WITH_CLINIC = {"clinic": CLINIC}


@pytest.mark.parametrize(
    ("words", "faults"),
    [
        ("Bel {telefoon} ({bereikbaar}).\nTot ziens.", []),
        ("", []),
        ("x" * (blocks.LONGEST + 1), ["block_long"]),
        ("Bel {bsn}.", ["block_place"]),
        ("Een { te veel", ["block_place"]),
        ("{{telefoon}}", ["block_place"]),
        ("{}", ["block_place"]),
        ("een\x07bel", ["block_control"]),
    ],
)
def test_words_are_tried_before_they_are_used(words, faults):
    assert blocks.faults(words) == faults


@given(st.text(max_size=200))
def test_words_without_fault_hold_no_brace_once_they_are_filled(words):
    if "block_place" not in blocks.faults(words):
        assert not {"{", "}"} & set(blocks.filled(words, WITH_CLINIC))


def test_what_a_place_stands_for_is_never_read_again():
    told = {"clinic": CLINIC | {"phone": "{e-mail} #read(1)", "email": "poli@example.nl", "phone_hours": ""}}
    assert blocks.filled("Bel {telefoon} {bereikbaar} {onbekend}", told) == "Bel {e-mail} #read(1) … {onbekend}"


def test_each_kind_of_a_letter_brings_its_own_words():
    told = samples.of_kind("control")["plain"] | WITH_CLINIC | {"blocks": [{"words": "Bel {telefoon}.\nTot dan."}]}
    text = text_of(document(told))
    assert "Bel 0513 200000.\nTot dan.\n\nVERVOLG" in text
    assert "Tot dan." not in text_of(document(told | {"blocks": []}))
    hers = samples.of_kind("patient.dxa")["plain"] | WITH_CLINIC | {"blocks": [{"words": "Kom op tijd."}]}
    assert "Kom op tijd.\n\nMet vriendelijke groet," in text_of(to_patient.document(hers))


def test_a_letter_freezes_the_words_that_hold_for_what_it_tells():
    assert facts()["blocks"] == []


@pytest.mark.parametrize("code", samples.CODES)
def test_a_made_up_record_makes_a_letter_of_each_kind(code):
    for told in samples.of_kind(code).values():
        told = told | WITH_CLINIC
        if code.startswith("patient."):
            assert to_patient.KINDS[told["kind"]].tells(told)
            said = to_patient.document(told)
        else:
            assert code in {kind.code for kind in kinds.kinds_of(told)}
            said = document(told)
        assert max(map(len, text_of(said).splitlines())) <= WIDTH
