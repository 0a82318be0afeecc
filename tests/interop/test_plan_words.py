"""Why a date is what it is names the numbers of the version that gave it, not those that came with the program."""

from dataclasses import replace
from datetime import date

import pytest

from clinic.domain.protocol import DEFAULT, RULES, SOURCES, Window
from clinic.domain.vocabulary import Drug
from clinic.interop import plan
from clinic.wording import why
from tests.domain.makers import BREAK, EARLY, control, course, d, patient, pause, record

ON = "01-06-2026"
STARTED = course(start="10-03-2025")
SEEN = (control("12-06-2025"),)


def said(found, on=ON, lang="nl", **numbers):
    """Every reason of an answer by a version with these numbers."""
    answer = plan.answer(found, d(on), lang, replace(DEFAULT, name="proef", **numbers))
    return [one["why"] for one in (*answer["due"], *answer["alerts"])]


@pytest.mark.parametrize(
    ("numbers", "found", "expected"),
    [
        ({"early_months": 4}, record(STARTED), "4 maanden na de start op 10-03-2025."),
        ({"yearly_months": 15}, record(STARTED, controls=SEEN), "15 maanden na de start op 10-03-2025."),
        (
            {"yearly_months": 15},
            record(STARTED, controls=(*SEEN, control("20-03-2026"))),
            "15 maanden na de controle van 20-03-2026.",
        ),
        (
            {"yearly_gap_months": 12},
            record(STARTED, controls=(control("01-11-2025"),)),
            "12 maanden na de start op 10-03-2025, maar ten minste 12 maanden na de controle van 01-11-2025.",
        ),
        (
            {"yearly_months": 18},
            record(STARTED, who=patient(registered=d("10-03-2026"))),
            "Iedere 18 maanden na de start op 10-03-2025; bij aanmelding op 10-03-2026 was geen controle bekend.",
        ),
        (
            {"after_pause_months": 2},
            record(course(start="10-03-2025", pauses=(pause("01-12-2025", "01-03-2026"),)), controls=SEEN),
            "2 maanden na de onderbreking van 01-12-2025 tot 01-03-2026.",
        ),
        (
            {"after_pause_months": 2},
            record(course(start="10-03-2025", pauses=(pause("01-12-2025"),)), controls=SEEN),
            "2 maanden na het begin van de onderbreking op 01-12-2025: hervatten of stoppen.",
        ),
        (
            {"long_pause_months": 9},
            record(course(start="10-03-2025", pauses=(pause("01-12-2025"),)), controls=SEEN),
            "De onderbreking sinds 01-12-2025 duurt 9 maanden.",
        ),
        (
            {"yearly_months": 15},
            record(course(start="10-03-2020", stopped_on="10-03-2025", stop_reason=BREAK)),
            "15 maanden na het begin van de behandelpauze op 10-03-2025.",
        ),
        (
            {"lab_within_days": 90},
            record(course("zoledronic_acid", "10-03-2025", 3, doses=(d("10-03-2025"),))),
            "Creatinine vóór het infuus van 10-03-2026, niet ouder dan 90 dagen.",
        ),
        (
            {"windows": {**DEFAULT.windows, "dose.denosumab": Window(opens_days=42, very_late_days=14)}},
            record(course(Drug.DENOSUMAB, "10-03-2025", 3, doses=(d("10-03-2025"),))),
            "De injectie met streefdatum 10-09-2025 is meer dan 14 dagen te laat.",
        ),
    ],
)
def test_the_reason_of_a_date_names_the_numbers_of_its_version(numbers, found, expected):
    assert expected in said(found, **numbers)


def test_what_was_stored_before_reasons_carried_their_numbers_reads_as_it_did():
    start = {"start": "2025-03-10"}
    assert why.sentence("control.early", start, "nl") == "3 maanden na de start op 10-03-2025."
    assert why.sentence("control.yearly.first", start, "en") == "12 months after the start on 10-03-2025."
    moved = why.sentence("moved", {"computed": "2026-03-10", "on": "2025-12-01"}, "nl")
    assert moved == "Op 01-12-2025 door een arts verplaatst; berekend was 10-03-2026."


def test_every_rule_that_dates_an_item_has_its_number_and_its_source():
    assert RULES.keys() == SOURCES.keys()
    assert why.whence("control.yearly", "2027.1", "nl") == (
        "Regel K2, protocol 2027.1. Bron: FMS-richtlijn 2022, patiëntenfolder."
    )
    assert why.whence("agreed.call", "2027.1", "en") == "Rule K6, protocol 2027.1. Source: the clinic's choice."
    assert why.whence("letter.after_dxa", "2027.1", "nl").startswith("Regel S7,")


def test_the_table_on_the_terminal_says_rule_version_and_source():
    found = record(STARTED, who=patient(registered=EARLY))
    told = plan.table(plan.answer(found, date(2025, 5, 1), "nl"), "nl")
    assert "3 maanden na de start op 10-03-2025. Regel K1, protocol default-2026.1. Bron: FMS-richtlijn 2022" in told


@pytest.mark.parametrize(
    ("start", "precision", "dutch", "english"),
    [
        ("01-11-2020", "month", "november 2020 (dag niet bekend)", "November 2020 (day not known)"),
        ("01-01-2020", "year", "2020 (maand en dag niet bekend)", "2020 (month and day not known)"),
    ],
)
@pytest.mark.parametrize("more", [{}, {"years": None}, {"years": 10}, {"drug": "zoledronic_acid"}])
def test_what_is_counted_from_a_start_that_is_not_known_to_the_day_says_so(start, precision, dutch, english, more):
    partly = course(start=start, start_precision=precision, **more)
    found = record(partly, who=patient(registered=d("12-01-2026")))
    for lang, known in (("nl", dutch), ("en", english)):
        told = " ".join(said(found, lang=lang))
        assert known in told
        assert start not in told
        assert f"op {known}" not in told
        assert f"on {known}" not in told


def test_a_start_known_to_the_day_says_nothing_more():
    assert not any("niet bekend" in one for one in said(record(STARTED)))
