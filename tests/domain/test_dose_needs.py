"""What an infusion still needs, and until which day doses are seen to."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from clinic.domain.dose_needs import BeforeDose, LabValues, NeedState, needs, seen_until
from clinic.domain.facts import Measured
from clinic.domain.protocol import DEFAULT
from clinic.domain.vocabulary import Drug, Sex

DUE = date(2026, 12, 4)
BORN = date(1947, 3, 14)


def before(drug=Drug.ZOLEDRONIC_ACID, **known):
    """What is known of a woman of 79 before a dose, by what it is of."""
    found = needs(BeforeDose(drug, DUE, Sex.FEMALE, BORN, **known), DEFAULT)
    return {need.what: need for need in found}


@pytest.mark.parametrize(
    ("days_before", "state"),
    [(61, NeedState.TOO_OLD), (60, NeedState.KNOWN), (59, NeedState.KNOWN)],
)
def test_before_zoledronic_acid_a_creatinine_counts_from_sixty_days_before_the_dose(days_before, state):
    lab = LabValues(DUE - timedelta(days_before), creatinine_umol_l=70)
    need = before(labs=(lab,))["creatinine"]
    assert need.state == state
    assert need.since == (date(2026, 10, 5) if state == NeedState.TOO_OLD else None)


def test_before_denosumab_no_creatinine_is_too_old_by_the_protocol():
    lab = LabValues(date(2024, 1, 1), creatinine_umol_l=70)
    assert before(Drug.DENOSUMAB, labs=(lab,))["creatinine"].state == NeedState.KNOWN


@pytest.mark.parametrize(
    ("creatinine", "clearance", "state", "limit"),
    [
        (91, "40.4", NeedState.KNOWN, None),
        (98, "37.5", NeedState.BELOW_LIMIT, 40),
        (106, "34.7", NeedState.BELOW_LIMIT, 35),
    ],
)
def test_the_clearance_stands_beside_the_drugs_limit(creatinine, clearance, state, limit):
    """Protocol section 8, example 10: 79 years, 58 kg."""
    need = before(labs=(LabValues(date(2026, 11, 20), creatinine),), weight=Measured(date(2026, 5, 1), 58_000))[
        "clearance"
    ]
    assert (need.value, need.state, need.limit) == (Decimal(clearance), state, limit)


def test_without_weight_there_is_no_clearance():
    assert before(labs=(LabValues(DUE, creatinine_umol_l=70),))["clearance"].state == NeedState.MISSING


def test_what_was_never_measured_is_named():
    assert {need.state for need in before().values()} == {NeedState.MISSING}


def test_the_latest_calcium_and_vitamin_d_are_shown_though_of_different_days():
    found = before(
        labs=(
            LabValues(date(2025, 1, 1), calcium_mmol_l=Decimal("2.31")),
            LabValues(date(2026, 1, 1), vitamin_d_nmol_l=62),
        )
    )
    assert (found["calcium"].value, found["calcium"].on) == (Decimal("2.31"), date(2025, 1, 1))
    assert (found["vitamin_d"].value, found["vitamin_d"].on) == (62, date(2026, 1, 1))


def test_doses_are_seen_to_for_fourteen_days():
    assert seen_until(date(2026, 11, 23), ()) == date(2026, 12, 7)


def days(first, last):
    """Every day of closing days."""
    return [first + timedelta(step) for step in range((last - first).days + 1)]


@pytest.mark.parametrize(
    ("today", "until"),
    [
        (date(2026, 12, 6), date(2026, 12, 20)),  # the fourteen days end before the closing days
        (date(2026, 12, 7), date(2027, 1, 10)),  # they reach them: on to the end of the first open week
        (date(2026, 12, 20), date(2027, 1, 10)),
        (date(2026, 12, 21), date(2027, 1, 4)),  # the end lies in an open week again
    ],
)
def test_before_closing_days_the_list_goes_on_until_the_first_open_week(today, until):
    christmas = days(date(2026, 12, 21), date(2027, 1, 3))
    assert seen_until(today, christmas) == until


def test_a_public_holiday_needs_no_entry():
    """Whit Monday 17 May 2027."""
    assert seen_until(date(2027, 5, 3), ()) == date(2027, 5, 30)
