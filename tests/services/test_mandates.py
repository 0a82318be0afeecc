"""For which letters a nurse may authorise: what a mandate names, never a decision or an alarm symptom."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from clinic.domain.errors import RuleBroken
from clinic.services import mandates
from clinic.services.mandates import Give
from clinic.services.work import NotAllowed

TODAY = date(2026, 11, 23)
NOTHING = {"reviews": [], "controls": [], "scans": [], "ended": False}


@pytest.fixture
def give(work):
    """`give("control")`: a doctor's mandate from today, kept by the manager."""

    def keep(about, from_on=TODAY, until_on=None):
        mandates.give(work("manager"), Give(about, work("doctor").actor.id, from_on, until_on))

    return keep


@pytest.fixture
def nurse(work):
    """A nurse who has the mandate on her account."""
    begun = work("nurse")
    return replace(begun, actor=replace(begun.actor, may_authorise=True))


@pytest.mark.parametrize(
    ("told", "refused"),
    [
        ({"controls": [{"symptoms": []}]}, None),
        ({"controls": [{"symptoms": [{"code": "jaw_or_mouth"}]}]}, "letter_alarm_needs_doctor"),
        ({"controls": [{"symptoms": []}], "reviews": [{}]}, "letter_needs_doctor"),
        ({"controls": [{"symptoms": []}], "scans": [{}]}, "letter_no_mandate_dxa"),
        ({"ended": True}, "letter_no_mandate_end"),
        ({"starts": [{}]}, "letter_kind_needs_doctor"),
        ({"controls": [{"symptoms": []}], "no_shows": [{}]}, "letter_kind_needs_doctor"),
    ],
)
def test_a_mandate_for_controls_goes_for_controls_alone(give, nurse, told, refused):
    give("control")
    assert mandates.why_not(nurse, NOTHING | told) == refused


@pytest.mark.parametrize(
    ("kind", "about", "refused"),
    [
        ("result", "dxa", None),
        ("result", "control", "letter_no_mandate_dxa"),
        ("result", "treatment", "letter_no_mandate_dxa"),
        ("treatment", "treatment", None),
        ("treatment", "control", "letter_no_mandate_treatment"),
        ("treatment", "dxa", "letter_no_mandate_treatment"),
        ("control", "control", "letter_kind_needs_doctor"),
    ],
)
def test_a_result_to_the_patient_goes_with_the_mandate_for_dxa_letters_and_a_treatment_sheet_with_its_own(
    give, nurse, kind, about, refused
):
    give(about)
    assert mandates.why_not(nurse, {"to": "patient", "kind": kind}) == refused


def test_a_doctor_needs_none_and_a_nurse_without_it_on_her_account_has_none(give, work):
    give("control")
    assert mandates.why_not(work("doctor"), NOTHING | {"reviews": [{}]}) is None
    assert mandates.why_not(work("nurse"), NOTHING) == "letter_no_mandate"
    assert mandates.why_not(work("secretary"), NOTHING) == "letter_no_mandate"


@pytest.mark.parametrize(
    ("days", "refused"),
    [((0, 0), None), ((-9, 0), None), ((1, 9), "letter_no_mandate_control"), ((0, None), None)],
)
def test_it_holds_from_its_first_day_up_to_its_last(give, nurse, days, refused):
    first, last = (TODAY + timedelta(days=n) if n is not None else None for n in days)
    give("control", first, last)
    assert mandates.why_not(nurse, NOTHING | {"controls": [{"symptoms": []}]}) == refused


def test_taken_back_it_has_ended(give, nurse, work):
    give("control")
    manager = work("manager")
    [row] = mandates.coming(manager)
    mandates.withdraw(manager, row.Mandate.id)
    assert mandates.why_not(nurse, NOTHING | {"controls": [{"symptoms": []}]}) == "letter_no_mandate_control"
    with pytest.raises(LookupError):
        mandates.withdraw(manager, row.Mandate.id)


@pytest.mark.parametrize(
    ("about", "days", "code"),
    [
        ("review", (0, None), "mandate_kind"),
        ("dxa", (2, 1), "closure_ends_before"),
        ("dxa", (-2, -1), "closure_is_over"),
        ("control", (3, 4), "mandate_stands"),
        ("control", (-3, None), "mandate_stands"),
    ],
)
def test_what_cannot_be_is_refused(give, about, days, code):
    give("control", TODAY, TODAY + timedelta(days=5))
    first, last = (TODAY + timedelta(days=n) if n is not None else None for n in days)
    with pytest.raises(RuleBroken, match=code):
        give(about, first, last)
    give("control", TODAY + timedelta(days=6))


def test_a_doctor_gives_it_and_the_manager_keeps_it(work):
    with pytest.raises(RuleBroken, match="doctor_unknown"):
        mandates.give(work("manager"), Give("dxa", work("nurse").actor.id, TODAY, None))
    with pytest.raises(NotAllowed):
        mandates.coming(work("nurse"))
