"""The words of a draft: put otherwise, added to, and brought in step with the record by one act."""

from __future__ import annotations

from datetime import timedelta

import pytest

from clinic.domain.errors import RuleBroken
from clinic.letters import marked
from clinic.security.audit import Action
from clinic.services import letter_states, letter_text, letters
from clinic.services.letter_facts import facts_of, subjects
from clinic.services.letter_view import view
from clinic.services.work import Stale
from clinic.store.audit import AuditEntry
from clinic.store.controls import Control
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from tests.letter_makers import TODAY, colleague, drafted, seen, seen_anew, sign


def write(work, letter, **words):
    """Save the form of the words as it stands on the screen now."""
    letter_text.edit(work, letter.id, letter.version, letter_states.digest(facts_of(work, letter)), words)


def recorded(work, letter, code="findings"):
    """A paragraph as the record has it."""
    return marked.as_recorded(facts_of(work, letter))[code]


def heavier(work, letter):
    """Her weight of that control reads otherwise since."""
    control = work.session.query(Control).filter_by(patient_id=letter.patient_id).one()
    control.weight_g = 62600
    work.session.flush()


def test_a_nurse_puts_a_paragraph_in_her_own_words_and_they_are_frozen_with_the_letter(work):
    nurse = work("nurse")
    letter = drafted(nurse)
    write(nurse, letter, findings="Zij loopt weer.", added="De tandarts zag niets.")
    assert "BEVINDINGEN\nZij loopt weer.\n" in letter.text
    assert nurse.session.get(Letter, letter.id).edited["findings"]["of"] == recorded(nurse, letter)
    sign(work("doctor"), letter)
    assert letter.facts["edited"] == {"findings": "Zij loopt weer."}
    assert "Zij loopt weer." in letter.text
    with pytest.raises(RuleBroken, match="letter_frozen"):
        write(nurse, letter, findings="Toch niet.")


def test_the_log_says_which_paragraphs_changed_and_not_their_words(work):
    nurse = work("nurse")
    letter = drafted(nurse)
    write(nurse, letter, findings="Zij loopt weer.")
    [told] = [line.details for line in nurse.session.query(AuditEntry).filter_by(action=Action.LETTER_EDITED)]
    assert told == {"paragraphs": ["findings"], "added": False}


def test_a_paragraph_left_empty_or_as_recorded_follows_the_record_again(work):
    nurse = work("nurse")
    letter = drafted(nurse)
    write(nurse, letter, findings="Zij loopt weer.")
    write(nurse, letter, findings="", background=recorded(nurse, letter, "background"))
    assert letter.edited is None
    assert recorded(nurse, letter) in letter.text


@pytest.mark.parametrize("field", ["findings", "added"])
def test_words_have_an_end(work, field):
    nurse = work("nurse")
    letter = drafted(nurse)
    with pytest.raises(RuleBroken, match="letter_added_long"):
        write(nurse, letter, **{field: "x" * (letter_text.LONGEST + 1)})


def test_words_typed_beside_other_facts_are_not_kept(work):
    nurse = work("nurse")
    letter = drafted(nurse)
    seen = letter_states.digest(facts_of(nurse, letter))
    heavier(nurse, letter)
    with pytest.raises(Stale):
        letter_text.edit(nurse, letter.id, letter.version, seen, {"findings": "x"})


def test_a_draft_says_what_changed_since_and_takes_it_over_in_one_act(work):
    nurse = work("nurse")
    letter = drafted(nurse)
    assert view(nurse, letter.id).since == []
    heavier(nurse, letter)
    [change] = view(nurse, letter.id).since
    assert (change.where, [part.words for part in change.parts if part.sign]) == ("Bevindingen", ["Gewicht 62,6 kg."])
    letter_text.take_over(nurse, letter.id, letter.version)
    assert view(nurse, letter.id).since == []
    assert "62,6 kg" in letter.text


def test_own_words_keep_a_letter_back_until_they_say_what_is_recorded(work):
    nurse, doctor = work("nurse"), work("doctor")
    letter = drafted(nurse)
    write(nurse, letter, findings="Zij loopt weer.")
    heavier(nurse, letter)
    letter_text.take_over(nurse, letter.id, letter.version)
    assert view(nurse, letter.id).outdated
    with pytest.raises(RuleBroken, match="letter_words_outdated"):
        sign(doctor, letter)
    write(nurse, letter, findings="Zij loopt weer.")
    assert [one.parts[0].sign for one in view(nurse, letter.id).paragraphs if one.parts] == ["gone"]
    assert sign(doctor, letter).state == "authorised"


def test_a_new_draft_keeps_the_own_words_of_the_one_it_follows(work):
    nurse, doctor = work("nurse"), work("doctor")
    letter = drafted(nurse)
    write(nurse, letter, findings="Zij loopt weer.", added="De tandarts zag niets.")
    letter_states.stop(doctor, letter.id, letter.version, "dubbel")
    new = nurse.session.get(Letter, letter_states.redraft(doctor, letter.id, letter.version, "toch nodig"))
    assert new.edited["findings"]["words"] == "Zij loopt weer."
    assert "De tandarts zag niets." in new.text


def test_a_letter_that_is_taken_back_leaves_its_own_words_to_the_new_draft(work):
    nurse, other = work("nurse"), colleague(work)
    letter = drafted(nurse)
    write(nurse, letter, findings="Zij loopt weer.", added="De tandarts zag niets.")
    sign(work("doctor"), letter)
    new = other.session.get_one(Letter, seen_anew(other, other.session.get_one(Patient, letter.patient_id)))
    assert (letter.state, new.edited, new.edited_by) == ("withdrawn", letter.edited, nurse.actor.id)
    assert "De tandarts zag niets." in new.text
    assert new.facts["people"]["contact"]["name"] == nurse.actor.name


def test_a_paragraph_of_a_letter_that_was_taken_back_keeps_the_draft_here_until_somebody_read_it(work):
    nurse, doctor = work("nurse"), work("doctor")
    letter = drafted(nurse)
    write(nurse, letter, findings="Zij loopt weer.")
    sign(doctor, letter)
    patient = nurse.session.get_one(Patient, letter.patient_id)
    new = nurse.session.get_one(Letter, seen_anew(nurse, patient, weight_g=62600))
    nurse.commit()
    with pytest.raises(RuleBroken, match="letter_words_outdated"):
        sign(doctor, new)


def test_a_letter_that_a_colleague_began_already_stays_hers_when_another_goes_into_it(work):
    """The words of both would leave on one name: she who wrote it could then authorise her own."""
    nurse, other = work("nurse"), colleague(work)
    letter = drafted(nurse)
    write(nurse, letter, added="De tandarts zag niets.")
    sign(work("doctor"), letter)
    patient = other.session.get_one(Patient, letter.patient_id)
    begun = other.session.get_one(Letter, seen(other, patient, TODAY - timedelta(days=3)))
    write(other, begun, added="Zij belt zelf.")
    letters.let_go(other, patient, letter)
    told = (begun.added_text, begun.drafted_by, begun.edited_by)
    assert told == ("Zij belt zelf.", other.actor.id, other.actor.id)
    assert len(subjects(other, begun.id)) == 2


def test_a_letter_without_facts_has_nothing_to_compare_with(work):
    nurse = work("nurse")
    letter = drafted(nurse)
    letter.facts = {}
    nurse.session.flush()
    assert view(nurse, letter.id).since == []
