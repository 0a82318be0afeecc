"""Values as the clinic reads them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from clinic.domain import limits
from clinic.domain.errors import RuleBroken
from clinic.store.patients import Patient
from clinic.web import messages, presenters
from clinic.web.control_form import ControlForm


def woman(**facts: str) -> Patient:
    """A. Jansen, married to a De Vries."""
    known = {"sex": "female", "initials": "A.", "own_name": "Jansen", "partner_prefix": "de", "partner_name": "Vries"}
    return Patient(**{"name_order": "partner_own", "birth_precision": "day", **known, **facts})


@pytest.mark.parametrize(
    ("order", "name"),
    [
        ("partner_own", "Mw. A. de Vries-Jansen"),
        ("own_partner", "Mw. A. Jansen-de Vries"),
        ("own", "Mw. A. Jansen"),
        ("partner", "Mw. A. de Vries"),
    ],
)
def test_she_is_called_as_she_chose(order: str, name: str) -> None:
    assert presenters.display_name(woman(name_order=order), "nl") == name


def test_the_english_side_has_its_own_title() -> None:
    assert presenters.display_name(woman(sex="male", name_order="own"), "en") == "Mr A. Jansen"


def test_numbers_have_a_comma_and_a_real_minus() -> None:
    assert presenters.number(Decimal("-2.45")) == "−2,5"
    assert presenters.signed(Decimal("0.8")) == "+0,8"
    assert presenters.cm(1594) == "159,4"
    assert presenters.kg(59000) == "59,0"
    assert presenters.bmd(812) == "0,812"


@pytest.mark.parametrize(
    ("value", "told"),
    [("0.04", "0,0"), ("-0.04", "0,0"), ("0", "0,0"), ("0.05", "+0,1"), ("-0.05", "−0,1"), ("-0.15", "−0,2")],
)
def test_a_sign_is_that_of_what_is_written(value: str, told: str) -> None:
    assert presenters.signed(Decimal(value)) == told


def test_what_is_not_known_is_empty() -> None:
    assert [presenters.number(None), presenters.cm(None), presenters.day(None), presenters.masked_bsn(None)] == [""] * 4


def test_dates_are_day_month_year() -> None:
    assert presenters.day(date(2026, 11, 3)) == "03-11-2026"
    assert presenters.months(date(2029, 10, 1)) == "10-2029"


@pytest.mark.parametrize(
    ("precision", "lang", "alone", "with_age", "cell"),
    [
        ("day", "nl", "14-03-1953", "14-03-1953 (73)", date(1953, 3, 14)),
        ("month", "nl", "03-1953 (dag niet bekend)", "03-1953 (73, dag niet bekend)", "03-1953"),
        ("year", "en", "1953 (only the year is known)", "1953 (73, only the year is known)", "1953"),
    ],
)
def test_a_birth_is_told_as_well_as_it_is_known(
    precision: str, lang: str, alone: str, with_age: str, cell: date | str
) -> None:
    patient = Patient(birth_date=date(1953, 3, 14), birth_precision=precision, number="111")
    assert presenters.born(patient, lang) == alone
    assert presenters.identity(patient, lang, date(2026, 11, 23)) == f"{with_age} · 111"
    assert presenters.born_cell(patient) == cell


@pytest.mark.parametrize(("on", "years"), [(date(2026, 3, 13), 72), (date(2026, 3, 14), 73), (date(2026, 3, 15), 73)])
def test_she_turns_a_year_older_on_her_birthday(on: date, years: int) -> None:
    assert presenters.age(date(1953, 3, 14), on) == years


def test_a_bsn_shows_its_last_three_digits_only() -> None:
    assert presenters.masked_bsn("999990019") == "••••••019"


def test_a_phone_number_reads_as_the_country_writes_it() -> None:
    assert presenters.phone("+31612345678") == "06 12345678"


def test_a_drug_reads_with_what_is_recorded_of_it() -> None:
    assert presenters.drug_text("alendronic_acid", "70 mg", "1× per week", "nl") == "Alendroninezuur 70 mg, 1× per week"
    assert presenters.drug_text("zoledronic_acid", None, None, "en") == "Zoledronic acid"


def test_who_moved_is_named_as_such_in_the_identity_band() -> None:
    patient = woman(number="4071826", bsn="999990019", status="moved")
    patient.birth_date, patient.status_on = date(1953, 3, 14), date(2026, 10, 1)
    band = presenters.idband(patient, "nl", date(2026, 11, 23))
    assert band.status_label == "Verhuisd, controle elders 01-10-2026"
    assert (band.born, band.age, band.sex_label, band.bsn_masked) == ("14-03-1953", 73, "vrouw", "••••••019")


@pytest.mark.parametrize(
    ("lang", "number", "years", "typed", "told"),
    [("nl", "−2,4", ("2,5", "10"), "158,7", "Bedoelt u 158,8?"), ("en", "−2.4", ("2.5", "10"), "158.7", "mean 158.8?")],
)
def test_a_page_has_the_decimal_sign_of_its_language(app, lang, number, years, typed, told):
    with app.test_request_context(headers={"Accept-Language": lang}):
        assert presenters.number(Decimal("-2.4")) == number
        assert (presenters.plain(Decimal("2.5")), presenters.plain(Decimal("10.0"))) == years
        assert ControlForm(formdata=None, height_1=1587).height_1._value() == typed
        with pytest.raises(RuleBroken) as wrong:
            limits.check_readings([1588, 1858, 1588])
        assert told in messages.sentence(wrong.value)
