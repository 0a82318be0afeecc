"""A protocol as a file: written and read it is the same, and what is wrong is said with its line."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.numbers import whole
from clinic.domain.protocol import DEFAULT, WINDOWS, Protocol, Window
from clinic.domain.settings import BY_NAME, ORDERED, SETTINGS
from clinic.domain.vocabulary import Drug, ScanSite
from clinic.interop.protocols import BadProtocol, dump, load
from clinic.wording.settings import SETTING_WORDS, UNITS


def of(setting):
    """Any value a clinic may give a setting."""
    if not whole(setting):
        return st.decimals(setting.low, setting.high, places=1)
    found = st.integers(setting.low, setting.high)
    return st.one_of(found, st.none()) if setting.optional else found


PROTOCOLS = st.builds(
    lambda numbers, days, window, percent: replace(
        DEFAULT, name="kliniek-2027.1", extra_holidays=frozenset(days),
        windows={**WINDOWS, "control.yearly": window},
        device_lsc_percent={"Lunar 1": {**DEFAULT.lsc_percent, ScanSite.TOTAL_HIP: percent}},
        **numbers,
    ),
    st.fixed_dictionaries({setting.name: of(setting) for setting in SETTINGS}).filter(
        lambda numbers: all(numbers[less] < numbers[more] for less, more in ORDERED)
    ),
    st.sets(st.dates(date(2026, 1, 1), date(2030, 1, 1)), max_size=3),
    st.builds(Window, *[st.integers(0, 300)] * 3, *[st.none() | st.integers(0, 300)] * 2),
    st.decimals(1, 20, places=1),
)  # fmt: skip


@given(PROTOCOLS)
def test_what_is_written_is_read_as_the_same(protocol):
    assert load(dump(protocol)) == protocol


def test_the_default_is_within_its_own_bounds_and_each_setting_has_its_words():
    assert load(dump(DEFAULT)) == DEFAULT
    assert load("") == DEFAULT
    assert set(SETTING_WORDS) == set(BY_NAME)
    assert {setting.unit for setting in SETTINGS} == set(UNITS)
    numbers = {name for name, value in vars(Protocol()).items() if isinstance(value, int | Decimal) or value is None}
    assert numbers == set(BY_NAME)


def test_what_the_file_names_stands_in_place_of_the_default():
    text = """
name = "kliniek-2027.1"
yearly_months = 15
mid_course_months = 24
[windows."control.yearly"]
opens_days = 30
late_days = 30
[durations]
denosumab = [4, 2.5]
[renal]
denosumab = [35, "off"]
[lsc_percent]
total_hip = 4.2
"""
    found = load(text)
    assert (found.name, found.yearly_months, found.mid_course_months) == ("kliniek-2027.1", 15, 24)
    assert found.windows["control.yearly"] == Window(opens_days=30, late_days=30)
    assert found.windows["control.early"] == WINDOWS["control.early"]
    assert found.durations[Drug.DENOSUMAB] == (Decimal(4), Decimal("2.5"))
    assert found.renal[Drug.DENOSUMAB] == (35, None)
    assert found.lsc_percent[ScanSite.TOTAL_HIP] == Decimal("4.2")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("early_months = 3\nyearly_months = 40", "line 2: yearly_months: must lie between 6 and 24, is 40"),
        ("yearly_months = 12.5", "line 1: yearly_months: expected a whole number"),
        ("yearly_months = true", "expected a whole number"),
        ("yearly_months = -1", "expected a whole number"),
        ('early_months = "off"', "early_months: expected a whole number"),
        ('low_bmi = "laag"', "low_bmi: expected a number"),
        ("criterion_hip_t = 2.5", "line 1: criterion_hip_t: must lie between -4 and -1, is 2.5"),
        ("criterion_age_years = 74.5", "criterion_age_years: expected a whole number"),
        ("height_red_mm = 10\nheight_amber_mm = 12", "line 2: height_amber_mm: must lie below height_red_mm (10)"),
        ("yearly = 12", "line 1: yearly: no such setting"),
        ('name = "Onze Kliniek"', "lower-case letters"),
        ("windows = 3", "expected a table"),
        ('[windows."control.weekly"]\nopens_days = 1', "line 1: windows.control.weekly: no such row"),
        ('[windows."control.early"]\nopens_weeks = 1', "expected opens_days"),
        ('[windows."control.early"]\nopens_days = 2000', "at most 1000, is 2000"),
        ("[durations]\ndenosumab = [0.3]", "years from 0.5 to 10"),
        ("[durations]\ndenosumab = 3", "years from 0.5 to 10"),
        ("[renal]\ndenosumab = [30]", "two limits"),
        ("[lsc_percent]\ntotal_hip = 30", "must lie between 1 and 20, is 30"),
        ("[device_lsc_percent]\nlunar = 5", "device_lsc_percent.lunar: expected a table"),
        ("extra_holidays = [1]", "expected a table or a list of days"),
        ("yearly_months = ", "Invalid value"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text, said):
    with pytest.raises(BadProtocol) as bad:
        load(text)
    assert said in str(bad.value)


def test_the_manager_reads_it_in_her_own_language():
    with pytest.raises(BadProtocol) as bad:
        load("early_months = 3\nyearly_months = 40")
    assert bad.value.in_words("nl") == "regel 2: yearly_months: moet tussen 6 en 24 liggen, en is 40"
