"""Marked paragraphs in somebody's own words, and what a letter says otherwise since: value by value."""

from __future__ import annotations

import pytest

from clinic.domain.vocabulary import LetterAbout
from clinic.letters import changes, marked
from clinic.letters.sentences import document
from clinic.letters.text import text_of
from tests.letters.test_kinds import course, facts
from tests.letters.test_sentences import TODAY, control

FINDINGS = "Lengte 158,7 cm, gewicht 58,3 kg."


def told(**given):
    """The facts of a letter about today's control."""
    return facts((LetterAbout.CONTROL, TODAY, 1), courses=[course()], controls=[control(**given)])


def lines(found):
    """Each change on one line: [-gone-], {+new+}."""
    sign = {"": "{}", "gone": "[-{}-]", "new": "{{+{}+}}"}
    return [f"{one.where}: {' '.join(sign[part.sign].format(part.words) for part in one.parts)}" for one in found]


def test_a_paragraph_in_own_words_stands_in_the_letter_and_the_rest_follows_the_record():
    text = text_of(document(told() | {"edited": {"findings": "Zij is fitter.\nLengte gelijk."}}))
    assert "BEVINDINGEN\nZij is fitter.\nLengte gelijk.\n\nACHTERGROND" in text
    assert "Inname volgens voorschrift." not in text


def test_what_was_decided_and_what_is_asked_of_the_gp_are_in_no_marked_paragraph():
    recorded = marked.as_recorded(told())
    assert list(recorded) == ["opening", "findings", "background", "following"]
    assert not [words for words in recorded.values() if "blijven voorschrijven" in words]


def test_only_what_is_put_otherwise_is_kept_with_what_it_was_made_of():
    recorded = {"findings": FINDINGS, "background": "Indicatie: niet vastgelegd."}
    typed = {"findings": " Lengte gelijk. \r\n", "background": "Indicatie: niet vastgelegd.\r\n", "opening": "x"}
    assert marked.own(typed, recorded) == {"findings": {"words": "Lengte gelijk.", "of": FINDINGS}}
    assert marked.own({"findings": "  "}, recorded) == {}


@pytest.mark.parametrize(
    ("words", "now", "carried"),
    [
        ("Nu 58,3 kg, fraai.", "Lengte 158,7 cm, gewicht 62,6 kg.", ("Nu 62,6 kg, fraai.", True)),
        ("Nu 58,3 kg.", FINDINGS, ("Nu 58,3 kg.", True)),
        ("Nu 58,3 kg.", "Lengte 158,1 cm, gewicht 62,6 kg.", ("Nu 62,6 kg.", False)),
        ("Zij is fitter.", "Lengte 158,7 cm, gewicht 62,6 kg.", ("Zij is fitter.", False)),
        ("Eerst 58,3, nu 58,3.", "Lengte 158,7 cm, gewicht 62,6 kg.", ("Eerst 58,3, nu 58,3.", False)),
        ("Nu 58,3 kg.", FINDINGS + " BMI 23,1 kg/m².", ("Nu 58,3 kg.", False)),
    ],
)
def test_a_value_is_carried_over_into_own_words_only_when_it_stands_there_once(words, now, carried):
    assert changes.carried(words, FINDINGS, now) == carried


def test_what_cannot_be_carried_over_stays_outdated_until_somebody_reads_it():
    edited = {"findings": {"words": "Zij is fitter.", "of": FINDINGS}, "background": {"words": "a", "of": "b"}}
    now = {"findings": "Lengte 158,7 cm, gewicht 62,6 kg.", "background": "b"}
    assert marked.outdated(edited, now) == ["findings"]
    assert marked.renewed(edited, now) == edited
    assert marked.renewed(edited, {"background": "b"}) == {"background": edited["background"]}
    fits = {"findings": {"words": "Nu 58,3 kg.", "of": FINDINGS}}
    assert marked.renewed(fits, now) == {"findings": {"words": "Nu 62,6 kg.", "of": now["findings"]}}


def test_a_change_is_named_by_its_place_with_the_old_and_the_new_value():
    before, after = told(), told(weight_g=62600)
    after["patient"] = after["patient"] | {"address": "Korte Laan 1, 8598 AB Oudeterp"}
    after["on"] = "2026-11-24"
    assert lines(changes.between(document(before), document(after))) == [
        "Patiënt: [-Lange-] {+Korte+} Laan [-3,-] {+1,+} 8598 AB Oudeterp",
        "Bevindingen: Lengte 158,7 cm, gewicht [-58,3-] {+62,6+} kg, BMI [-23,1-] {+24,9+} kg/m².",
    ]
    assert changes.between(document(before), document(before)) == []


def test_a_part_that_comes_or_goes_is_a_change_too():
    with_text = told() | {"added": "Besproken met de dochter."}
    assert lines(changes.between(document(told()), document(with_text))) == [
        "Aanvulling: {+Besproken met de dochter.+}"
    ]
    assert lines(changes.between(document(with_text), document(told()))) == [
        "Aanvulling: [-Besproken met de dochter.-]"
    ]
