"""Letters to the patient: by sex and drug, in short sentences without jargon, and only what is recorded."""

from __future__ import annotations

import re
from datetime import datetime
from io import BytesIO

import pytest
from pypdf import PdfReader

from clinic.domain.protocol import ORAL
from clinic.domain.vocabulary import Drug
from clinic.letters.render import TO_PATIENT, pdf_of
from clinic.letters.text import WIDTH, text_of
from clinic.letters.to_patient import KINDS, document, lacking
from tests.letters.pages import in_window, words_of
from tests.letters.test_sentences import CLINIC, PEOPLE, flat

JARGON = ("fractuur", "femur", "LWK", "DEXA", "bisfosfonaat", "compliance", "exposure", "contra", "i.v.", "anamnese")
ADVICE = ("adviseren", "raden", "overweeg", "beter om")
LONGEST_SENTENCE = 20  # words; B1 as the clinic's communication department counts it


def course(drug=Drug.ALENDRONIC_ACID, **given):
    """A treatment that runs."""
    told = {"drug": str(drug), "dose": "70 mg", "schedule": "1× per week", "started_on": "2025-03-10",
            "precision": "day", "years": "5", "end": "2030-03-10", "paused_since": None}  # fmt: skip
    return told | given


def visit(**given):
    """A booking on a Tuesday."""
    told = {"kind": "control", "on": "2026-12-01", "weekday": 1, "at": "10:30", "place": "polikliniek 3"}
    return told | given


def facts(kind, **given):
    """The facts of a letter to a woman of whom all is known."""
    told = {
        "kind": kind, "on": "2026-11-23", "patient": {"number": "4071826", "greeting": "Geachte mevrouw De Vries,"},
        "recipient": {"lines": ["Mevrouw A. de Vries-Jansen", "Lange Laan 3", "8598 AB  OUDETERP"], "complete": True},
        "clinic": CLINIC, "people": PEOPLE, "visit": None, "missed": {"kind": "control", "on": "2026-11-16"},
        "scan": {"on": "2026-10-12", "sites": [
            {"site": "lumbar_spine", "t": "-2.4", "change": {"percent": "-4.9", "lsc": "5.2", "since": "2024-01-08"}},
            {"site": "total_hip", "t": "-1.9", "change": {"percent": "-5.4", "lsc": "5.0", "since": "2024-01-08"}},
            {"site": "femoral_neck", "t": None, "change": None},
        ]},
        "course": course(), "due": {"code": "control.yearly", "due_on": "2026-12-10"},
        "dates": [{"code": "control.yearly", "due_on": "2026-12-10"}, {"code": "course.close", "due_on": "2027-01-01"},
                  {"code": "lab.before_infusion", "due_on": "2026-11-30"}],
    }  # fmt: skip
    return told | given


def said(kind, **given):
    """The letter on one line."""
    return flat(text_of(document(facts(kind, **given))))


def sentences(kind, **given):
    """What stands between greeting and name, sentence by sentence."""
    body = [words for section in document(facts(kind, **given)).rest for words in section.paragraphs]
    return [one for words in body for one in re.split(r"(?<=[.?:]) ", words)]


EVERY = [(kind, {}) for kind in KINDS] + [("treatment", {"course": course(drug)}) for drug in Drug]
EVERY += [
    (kind, {"visit": visit(kind=of)}) for kind in ("control", "dxa", "missed", "result") for of in ("control", "phone")
]


@pytest.mark.parametrize(("kind", "given"), EVERY)
def test_every_letter_is_plain_short_and_fits_its_lines(kind, given):
    text = text_of(document(facts(kind, **given)))
    assert max(len(line) for line in text.splitlines()) <= WIDTH
    assert [word for word in (*JARGON, *ADVICE) if word.lower() in text.lower()] == []
    assert [one for one in sentences(kind, **given) if len(one.split()) > LONGEST_SENTENCE] == []
    assert [one for one in sentences(kind, **given) if ".." in one] == []
    assert "999994128" not in text


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_is_accessible_and_only_the_address_lies_in_the_window(kind):
    told = facts(kind)
    page = pdf_of(TO_PATIENT, document(told, "P2026-000007"), told, datetime(2026, 11, 23, 9))  # noqa: DTZ001
    assert in_window(page, CLINIC["window"]) == "Mevrouw A. de Vries-Jansen Lange Laan 3 8598 AB OUDETERP"
    assert "Geachte mevrouw De Vries," in words_of(page)


@pytest.mark.parametrize("drug", list(Drug))
def test_the_treatment_sheet_says_how_this_medicine_is_taken_and_when_to_ring(drug):
    text = said("treatment", course=course(drug, schedule="1× per week"))
    assert ("op een lege maag" in text) == (drug in ORAL)
    assert ("nooit tegelijk met uw tablet" in text) == (drug in ORAL)
    assert ("daarna een uur niets" in text) == (drug == Drug.IBANDRONIC_ACID_ORAL)
    assert ("Laat geen injectie uitvallen." in text) == (drug == Drug.DENOSUMAB)
    assert ("wondjes in uw mond of kaak" in text) == (drug != Drug.TERIPARATIDE)
    assert "Stop nooit met uw medicijn zonder overleg" in text
    assert "0513 200000 (ma-vr 8.30-16.30)" in text
    assert "DECEMBER 2026" not in text
    assert "December 2026: controle op de polikliniek November 2026: bloedonderzoek" in text


@pytest.mark.parametrize("drug", list(Drug))
def test_the_treatment_sheet_is_one_page_that_she_keeps(drug):
    codes = ("control.yearly", "dxa.before_review", "spine_image.before_review", "review.standard")
    dates = [{"code": code, "due_on": "2030-02-10"} for code in codes]
    told = facts("treatment", course=course(drug), dates=dates)
    page = pdf_of(TO_PATIENT, document(told, "B2026-000007"), told, datetime(2026, 11, 23, 9))  # noqa: DTZ001
    assert len(PdfReader(BytesIO(page)).pages) == 1


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"schedule": "1× per maand"}, "elke maand op dezelfde dag"),
        ({"schedule": None}, "op een lege maag"),
        ({"precision": "month"}, "U bent ermee begonnen in maart 2025."),
        ({"paused_since": "2026-10-01"}, "Sinds 1 oktober 2026 gebruikt u het even niet."),
        ({}, "Het is gepland tot 10 maart 2030."),
        ({"end": "2026-11-01"}, "De tijd die was gepland, is voorbij. Stop niet zelf. Uw arts bespreekt met u hoe het"),
        ({"drug": "denosumab"}, "U bent ermee begonnen op 10 maart 2025. Uw arts bespreekt met u hoe het verder gaat."),
    ],
)
def test_the_sheet_says_what_is_recorded_of_her_treatment(given, sentence):
    assert sentence in said("treatment", course=course(**given))


def test_what_is_not_planned_is_not_said():
    text = said("treatment", course=course(years=None), dates=[])
    assert "Het is gepland tot" not in text
    assert "Wij maken met u een nieuwe afspraak." in text


@pytest.mark.parametrize(
    ("kind", "given", "sentence"),
    [
        ("control", {"visit": visit()}, "Uw afspraak is op dinsdag 1 december 2026 om 10.30 uur, polikliniek 3."),
        (
            "control",
            {"visit": visit(kind="phone", place=None)},
            "Wij bellen u op dinsdag 1 december 2026 om 10.30 uur.",
        ),
        ("control", {"visit": visit(at=None, place=None)}, "Uw afspraak is op dinsdag 1 december 2026."),
        ("control", {}, "Het liefst komt u in december 2026. Ons telefoonnummer is 0513 200000"),
        ("control", {"on": "2027-02-01"}, "Het liefst komt u zo snel mogelijk. Ons telefoonnummer is 0513 200000"),
        ("treatment", {"on": "2030-02-01"}, "Zo snel mogelijk: "),
        ("dxa", {"due": None, "visit": visit(kind="dxa")}, "Uw afspraak is op dinsdag 1 december 2026"),
        ("missed", {}, "Op 16 november 2026 hadden wij een afspraak met u voor uw controle."),
        ("missed", {"visit": visit()}, "UW NIEUWE AFSPRAAK Uw afspraak is op dinsdag 1 december 2026"),
        ("result", {}, "Onderrug: T-score -2,4. De botdichtheid is hier gelijk gebleven sinds 8 januari 2024."),
        ("result", {}, "Heup: T-score -1,9. De botdichtheid is hier afgenomen sinds 8 januari 2024."),
        ("result", {"visit": visit()}, "Wij bespreken de uitslag met u op dinsdag 1 december 2026"),
    ],
)
def test_each_letter_says_her_own_day_and_result(kind, given, sentence):
    assert sentence in said(kind, **given)


def test_a_gain_is_said_and_a_place_without_earlier_scan_has_no_change():
    sites = [{"site": "total_hip", "t": "-1.0", "change": {"percent": "6.0", "lsc": "5.0", "since": "2024-01-08"}},
             {"site": "lumbar_spine", "t": "-2.0", "change": None}]  # fmt: skip
    text = said("result", scan={"on": "2026-10-12", "sites": sites})
    assert "is hier toegenomen" in text
    assert "Onderrug: T-score -2,0. WAT BETEKENT DIT?" in text


def test_what_is_missing_for_the_envelope_or_for_ringing_is_named():
    assert lacking(facts("control")) == []
    bare = facts(
        "control", clinic=CLINIC | {"phone": "", "hospital": ""}, recipient={"lines": ["x"], "complete": False}
    )
    assert lacking(bare) == ["address", "phone"]
    assert [name for name, _value in document(bare).head] == ["Datum", "Ons kenmerk"]


def test_without_hours_or_function_there_are_no_empty_brackets():
    told = facts(
        "missed", clinic=CLINIC | {"phone_hours": ""}, people={"contact": {"name": "S. Postma", "function": ""}}
    )
    assert "Ons telefoonnummer is 0513 200000." in flat(text_of(document(told)))
    assert document(told).signed == ("S. Postma",)


def test_there_is_a_letter_only_when_there_is_something_to_tell():
    nothing = {"visit": None, "due": None, "missed": None, "scan": None, "course": None}
    assert [code for code, kind in KINDS.items() if kind.tells(facts(code, **nothing))] == []
    assert [code for code, kind in KINDS.items() if kind.tells(facts(code))] == list(KINDS)
