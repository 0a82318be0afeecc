"""What nurses and secretaries type: read as they mean it, or asked again in words with the text kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask_babel import Babel
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict
from wtforms import Form

from clinic.web import fields


@pytest.fixture(autouse=True)
def request_of_a_page() -> Iterator[None]:
    """Sentences need a request for their language."""
    app = Flask("fields")
    Babel(app)
    with app.test_request_context():
        yield


def typed(kind: Any, text: str) -> Any:
    """The field after a post with this text."""

    class Page(Form):
        value = kind("Value")

    page = Page(MultiDict({"value": text}))
    page.validate()
    return page.value


UNSURE = ("14-3-53", "14 mrt 53", "14 foo 1953", "31-2-2026", "vorige week", "14-13-1953", "١٤-٣-١٩٥٣", "00-00-0000")
OUT_OF_REACH = ("31-12-9999", "01-01-0001", "31-12-1899", "1-1-2101")


@pytest.mark.parametrize("text", OUT_OF_REACH)
def test_a_day_in_a_year_that_no_clinic_speaks_of_is_asked_again_with_the_years(text: str) -> None:
    (told,) = typed(fields.DateField, text).errors
    assert ("1900" in told, "2100" in told) == (True, True)
    with pytest.raises(ValueError, match="2100"):
        fields.iso_day("9999-12-31")
    assert fields.iso_day("2100-12-31") == date(2100, 12, 31)


@pytest.mark.parametrize("text", ["14-3-1953", "14-03-1953", "14.03.1953", "14/3/1953", "1953-03-14", " 14 3 1953 ",
                                  "14 mrt 1953", "14 maart 1953", "14-Mar-1953", "14 mrt. 1953"])  # fmt: skip
def test_a_date_is_read_in_every_usual_form(text: str) -> None:
    assert typed(fields.DateField, text).data == date(1953, 3, 14)


@pytest.mark.parametrize("text", [*UNSURE, *OUT_OF_REACH])
def test_a_date_that_may_mean_something_else_is_asked_again_and_kept(text: str) -> None:
    field = typed(fields.DateField, text)
    assert field.data is None
    assert field.errors
    assert field._value() == text


def test_an_empty_field_is_unknown_and_no_mistake() -> None:
    field = typed(fields.DateField, "  ")
    assert field.data is None
    assert not field.errors


@pytest.mark.parametrize(("text", "mm"), [("165,5", 1655), ("165.5", 1655), ("165", 1650), ("99,9", 999)])
def test_a_height_in_cm_becomes_whole_millimetres(text: str, mm: int) -> None:
    assert typed(fields.CentimetreField, text).data == mm


@pytest.mark.parametrize("text", ["1.655", "1,655", "165,55", "1.655,0", "165 cm", "-165", "1e3", "NaN", "１６５"])
def test_a_height_that_may_mean_two_things_is_asked_again(text: str) -> None:
    field = typed(fields.CentimetreField, text)
    assert field.data is None
    assert field.errors
    assert field._value() == text


@pytest.mark.parametrize(("text", "g"), [("59", 59000), ("59,4", 59400), ("59.4", 59400), ("101,1", 101100)])
def test_a_weight_in_kg_becomes_whole_grams(text: str, g: int) -> None:
    assert typed(fields.KilogramField, text).data == g


@pytest.mark.parametrize("text", ["-2,5", "−2,5", "–2,5", "-2.5", "− 2,5"])
def test_the_sign_of_a_t_score_is_never_lost(text: str) -> None:
    assert typed(fields.ScoreField, text).data == Decimal("-2.5")


@pytest.mark.parametrize("text", ["0,8", "+0,8", "0.8"])
def test_a_positive_t_score_stays_positive(text: str) -> None:
    assert typed(fields.ScoreField, text).data == Decimal("0.8")


@pytest.mark.parametrize("text", ["2,5-", "--2,5", "-", "twee", "-2,555"])
def test_a_t_score_that_is_none_is_asked_again(text: str) -> None:
    field = typed(fields.ScoreField, text)
    assert field.data is None
    assert field.errors


@pytest.mark.parametrize("text", ["999990019", "9999.90.019", "9999 90 019", "9999-90-019"])
def test_a_bsn_is_read_with_spaces_points_and_hyphens(text: str) -> None:
    assert typed(fields.BsnField, text).data == "999990019"


@pytest.mark.parametrize("text", ["999990018", "12", "９９９９９００１９", "99999001x", "9999900190"])
def test_a_bsn_that_does_not_add_up_or_is_no_ascii_is_refused(text: str) -> None:
    field = typed(fields.BsnField, text)
    assert field.data is None
    assert field.errors
    assert field._value() == text


@pytest.mark.parametrize(("text", "e164"), [("06 12345678", "+31612345678"), ("+49 30 901820", "+4930901820")])
def test_a_phone_number_is_dutch_unless_it_says_otherwise(text: str, e164: str) -> None:
    assert typed(fields.PhoneField, text).data == e164


def test_a_phone_number_that_cannot_be_is_refused() -> None:
    assert typed(fields.PhoneField, "06 123").errors


@pytest.mark.parametrize("text", ["8598ab", "8598 AB", " 8598  ab"])
def test_a_postcode_is_held_in_one_form(text: str) -> None:
    assert typed(fields.PostcodeField, text).data == "8598 AB"


@pytest.mark.parametrize("text", ["8598", "0598 AB", "8598 SS", "AB 8598"])
def test_a_postcode_that_does_not_exist_is_refused(text: str) -> None:
    assert typed(fields.PostcodeField, text).errors


@given(st.integers(0, 99999))
def test_what_a_field_shows_it_reads_again(mm: int) -> None:
    field = typed(fields.CentimetreField, "")
    assert field.read(field.show(mm)) == mm


@given(st.text(max_size=20))
def test_no_text_breaks_a_field(text: str) -> None:
    for kind in (fields.DateField, fields.CentimetreField, fields.ScoreField, fields.BsnField, fields.PhoneField):
        field = typed(kind, text)
        assert field.data is not None or field.errors or not text.strip()
