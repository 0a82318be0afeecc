"""The manager writes the clinic's own words in versions; one that is used stands in the letters from then on."""

from __future__ import annotations

import pytest

from clinic.domain.errors import RuleBroken
from clinic.letters.render import CannotSet
from clinic.services import text_blocks, to_patient
from clinic.services.letter_facts import facts_of
from clinic.services.work import NotAllowed
from clinic.store.text_blocks import TextBlock
from tests.factories import make_course
from tests.letter_makers import drafted, sign
from tests.services.test_to_patient import known

WORDS = "Vragen? Bel {telefoon}."


def used(work, kind="control", words=WORDS, token="form-1"):
    """Words that hold."""
    manager = work("manager")
    number = text_blocks.save(manager, kind, words, token)
    text_blocks.use(manager, kind, number)
    return number


def test_words_stand_in_letters_once_they_are_used_and_are_frozen_with_them(work):
    nurse, manager = work("nurse"), work("manager")
    letter = drafted(nurse)
    assert text_blocks.save(manager, "control", WORDS, "form-1") == 1
    assert facts_of(nurse, letter)["blocks"] == []
    text_blocks.use(manager, "control", 1)
    sign(work("doctor"), letter)
    assert letter.facts["blocks"] == [{"kind": "control", "number": 1, "words": WORDS}]
    used(work, words="Iets anders.", token="form-2")
    assert "Vragen? Bel" in letter.text
    assert "Iets anders." not in letter.text


def test_the_same_form_twice_is_one_version_and_an_older_one_can_hold_again(work):
    manager = work("manager")
    assert used(work) == 1
    assert text_blocks.save(manager, "control", "Anders.", "form-1") == 1
    assert used(work, words="", token="form-2") == 2
    assert facts_of(work("nurse"), drafted(work("nurse")))["blocks"] == []
    text_blocks.use(manager, "control", 1)
    assert text_blocks.overview(manager)["control"].number == 1
    assert text_blocks.overview(manager)["dxa"] is None
    assert [row.number for row in text_blocks.versions(manager, "control")] == [2, 1]


def test_a_letter_to_a_patient_carries_the_words_of_its_kind(work):
    used(work, "patient.treatment", "Neem dit blad mee.")
    nurse = work("nurse")
    patient = known(nurse)
    make_course(nurse, patient)
    letter_id = to_patient.make(nurse, patient.id, "treatment", "form-1")
    assert "Neem dit blad mee." in to_patient.opened(nurse, patient.id, letter_id).text


def test_words_are_tried_on_two_records_and_unusable_ones_are_not_kept(work, monkeypatch):
    manager = work("manager")
    assert [one.name for one in text_blocks.tried(manager, "patient.dxa", WORDS)] == ["plain", "worst"]
    assert "Vragen? Bel" in text_blocks.tried(manager, "control", WORDS)[1].text
    assert "Vragen?" not in text_blocks.tried(manager, "control", "")[0].text
    with pytest.raises(RuleBroken, match="block_place"):
        text_blocks.save(manager, "control", "{bsn}", "form-1")

    def broken(*_):
        raise CannotSet("x")

    monkeypatch.setattr("clinic.services.text_blocks.pdf_of", broken)
    with pytest.raises(RuleBroken, match="block_not_on_page"):
        text_blocks.save(manager, "control", WORDS, "form-1")
    assert manager.session.query(TextBlock).count() == 0


def test_only_the_manager_writes_them_and_only_for_kinds_that_exist(work):
    with pytest.raises(NotAllowed):
        text_blocks.save(work("doctor"), "control", WORDS, "form-1")
    manager = work("manager")
    with pytest.raises(LookupError):
        text_blocks.tried(manager, "nonsense", WORDS)
    with pytest.raises(LookupError):
        text_blocks.use(manager, "control", 1)
