"""What lies ahead is not told as done, a contact in between not as a control, and of several controls each has its day.

Letters that left before keep the words they left with.
"""

from __future__ import annotations

import pytest

from clinic.domain.vocabulary import StopReason
from clinic.letters import kinds
from clinic.letters.samples import CONTROL, PLAIN, REVIEW, START
from clinic.letters.sentences import document
from clinic.letters.text import text_of
from tests.letters.test_sentences import CLINIC, flat

AHEAD = START | {"on": "2027-01-11"}
WITHOUT = {"starts": [AHEAD], "course": None, "items": [], "renal_limit": None}
NEXT = AHEAD | {"drug": "zoledronic_acid", "dose": "5 mg", "schedule": "1× per jaar", "years": "3"}
SWITCH = {
    "drug": "alendronic_acid", "on": "2027-01-11", "precision": "day", "reason": str(StopReason.SWITCH),
    "explanation": "maag", "next_drug": "zoledronic_acid", "next_on": "2027-01-11", "next_years": "3",
}  # fmt: skip
ASKED = "Alendroninezuur vanaf 11-01-2027 voorschrijven voor 5 jaar; daarna niet herhalen zonder bericht van ons."
ASKED_NEXT = "Zoledroninezuur vanaf 11-01-2027 voorschrijven voor 3 jaar"
BETWEEN = CONTROL | {"kind": "interim"}
RESTART = REVIEW | {"outcome": "restart", "until": None, "effective": "2026-12-14", "reason": "nieuwe wervelfractuur"}
IN_A_BREAK = {"reviews": [RESTART], "course": None, "items": [], "renal_limit": None}


def said(**given):
    """The letter of these facts on one line."""
    return flat(text_of(document(PLAIN | {"clinic": CLINIC} | given)))


def test_a_start_that_lies_ahead_is_told_and_asked_for_as_such():
    text = said(**WITHOUT)
    assert "Uw patiënte zal op 11-01-2027 starten met alendroninezuur 70 mg, 1× per week voor 5 jaar." in text
    assert "Er is geen behandeling vastgelegd" not in text
    assert f"WIJ VRAGEN U 1. {ASKED} Voorschrijver: huisarts." in text


@pytest.mark.parametrize(
    ("known", "said_when"),
    [
        ({"on": "2026-12-01", "precision": "month"}, "december 2026"),
        ({"on": "2027-01-01", "precision": "year"}, "2027"),
    ],
)
def test_a_start_ahead_that_is_known_in_part_is_asked_for_without_a_day(known, said_when):
    text = said(**WITHOUT | {"starts": [AHEAD | known]})
    assert f"zal omstreeks {said_when} starten met alendroninezuur" in text
    assert "WIJ VRAGEN U 1. Alendroninezuur voorschrijven voor 5 jaar;" in text


def test_a_start_that_the_gp_does_not_prescribe_asks_nothing_and_names_who_does():
    text = said(**WITHOUT, patient=PLAIN["patient"] | {"prescriber": "internist"})
    assert "Van u wordt nu niets gevraagd. Voorschrijver: internist." in text


def test_a_new_start_that_was_decided_says_from_when_and_who_prescribes():
    text = said(**IN_A_BREAK | {"reviews": [RESTART | {"prescriber": "internist"}]})
    assert "Per 14-12-2026 opnieuw starten met zoledroninezuur voor 3 jaar. Reden: Nieuwe wervelfractuur." in text
    assert "Van u wordt nu niets gevraagd. Voorschrijver: internist." in text
    asked = "Zoledroninezuur vanaf 14-12-2026 voorschrijven voor 3 jaar; daarna niet herhalen zonder bericht van ons."
    assert f"WIJ VRAGEN U 1. {asked} Voorschrijver: huisarts." in said(**IN_A_BREAK)


@pytest.mark.parametrize(
    ("given", "outcome"), [({}, "stop"), ({"left": {"status": "deceased", "on": "2026-11-10"}}, "restart")]
)
def test_of_whom_nothing_is_to_be_prescribed_nobody_is_named_who_does(given, outcome):
    assert "Voorschrijver" not in said(**IN_A_BREAK | given | {"reviews": [RESTART | {"outcome": outcome}]})


def test_a_new_start_that_left_before_keeps_its_words():
    text = said(**IN_A_BREAK, words=5)
    assert "BESLUIT Opnieuw starten met zoledroninezuur voor 3 jaar." in text
    assert "Voorschrijver" not in text


def test_a_new_start_of_which_no_day_was_kept_names_none():
    assert "Opnieuw starten met zoledroninezuur" in said(**IN_A_BREAK | {"reviews": [RESTART | {"effective": None}]})


@pytest.mark.parametrize("given", [WITHOUT, {"starts": [NEXT], "stops": [SWITCH]}, {"controls": [BETWEEN]}])
def test_a_letter_that_left_before_keeps_its_words(given):
    text = said(**given, words=5)
    assert " zal " not in text
    assert "vanaf 11-01-2027 voorschrijven voor 5 jaar" not in text
    assert "tussentijds contact" not in text.lower()


def test_a_switch_that_lies_ahead_tells_and_asks_what_begins_once():
    text = said(starts=[NEXT], stops=[SWITCH])
    assert "Uw patiënte zal op 11-01-2027 starten met zoledroninezuur 5 mg, 1× per jaar voor 3 jaar." in text
    assert text.count(ASKED_NEXT) == 1


def test_a_switch_whose_end_is_there_asks_for_what_begins_too():
    over = SWITCH | {"on": "2026-11-02"}
    assert said(starts=[NEXT], stops=[over], course=None).count(ASKED_NEXT) == 1


def test_what_a_decision_asks_for_is_asked_once():
    decided = REVIEW | {"outcome": "switch", "effective": "2027-01-11"}
    assert said(starts=[NEXT], reviews=[decided]).count(ASKED_NEXT) == 1


@pytest.mark.parametrize(
    ("start", "prescriber", "lacks"),
    [
        ({}, "huisarts", []), ({"years": None}, "huisarts", ["planned_end"]), ({}, None, ["prescriber"]),
        ({"on": "2026-11-10", "years": None}, None, []),
    ],
)  # fmt: skip
def test_a_start_that_lies_ahead_lacks_what_a_running_treatment_would(start, prescriber, lacks):
    facts = PLAIN | WITHOUT | {"starts": [AHEAD | start], "patient": PLAIN["patient"] | {"prescriber": prescriber}}
    assert [need.code for need in kinds.missing(facts)] == lacks


def test_a_contact_in_between_is_no_control():
    text = said(controls=[BETWEEN], replaces=[{"reference": "B2026-000005", "sent_on": "2026-11-23"}])
    assert "Betreft: Correctie: Tussentijds contact osteoporose - " in text
    assert "Op 10 november 2026 was er een tussentijds contact met uw patiënte, geen controle." in text
    assert "Betreft: Controle osteoporose" in said(controls=[CONTROL, BETWEEN])


def test_of_several_controls_each_finding_has_its_day():
    earlier = CONTROL | {"on": "2026-11-03", "weight_g": 59000}
    silent = BETWEEN | dict.fromkeys(("height_mm", "weight_g", "bmi", "missed_doses"))
    silent |= {"on": "2026-11-05", "intake": {}, "symptoms_denied": False}
    text = said(controls=[earlier, silent, CONTROL])
    assert "03-11-2026: Lengte 158,7 cm, gewicht 59,0 kg" in text
    assert "10-11-2026: Lengte 158,7 cm, gewicht 58,3 kg" in text
    assert "05-11-2026:" not in text
    assert "10-11-2026: Lengte" not in said(controls=[CONTROL])
    assert "10-11-2026: Lengte" not in said(controls=[earlier, CONTROL], words=5)
