"""Versions of the protocol: read by everybody, made and changed as drafts by the manager."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient

from clinic.interop import protocols as toml

SignIn = Callable[[str], FlaskClient]


def typed(client: FlaskClient, address: str, **given: Any) -> dict[str, Any]:
    """The page's form as it stands, with what is given changed."""
    page = client.get(address).text
    tags = [dict(re.findall(r'(\w+)="([^"]*)"', tag)) for tag in re.findall(r"<input[^>]*>", page)]
    fields = {tag["name"]: tag.get("value", "") for tag in tags if tag.get("type") not in ("file", "search")}
    fields.pop("next", None)
    return {**fields, **given}


@pytest.fixture
def manager(sign_in: SignIn) -> FlaskClient:
    return sign_in("manager")


@pytest.fixture
def draft(manager: FlaskClient) -> str:
    """The address of a draft."""
    form = typed(manager, "/protocol/versions/new", name="2027.1", reason="Nieuwe richtlijn")
    answer = manager.post("/protocol/versions", data=form)
    assert answer.status_code == 303
    return answer.headers["Location"].removesuffix("/edit")


@pytest.mark.parametrize("role", ["nurse", "doctor", "secretary", "manager", "privacy_officer"])
def test_everybody_reads_the_versions_and_the_manager_makes_one(sign_in: SignIn, role: str) -> None:
    page = sign_in(role).get("/protocol/versions").text
    assert "Geldt nu: default-2026.1" in page
    assert ("Nieuw concept" in page) == (role == "manager")


def test_a_draft_says_what_is_other_than_now(manager: FlaskClient, draft: str, sign_in: SignIn) -> None:
    form = typed(manager, f"{draft}/edit", yearly_months="15", low_bmi="19,5")
    assert manager.post(draft, data=form).status_code == 303
    page = sign_in("nurse").get(draft).text
    assert "Jaarcontrole na de vorige: 15 maanden" in page
    assert "Lage BMI onder: 19,5" in page
    assert page.count("nu 12 ·") == 1
    assert "2027.1" in sign_in("doctor").get("/protocol/versions").text


@pytest.mark.parametrize(("lang", "minus"), [("nl", "−2,7"), ("nl", "-2.7"), ("en", "−2.7")])
def test_the_numbers_of_the_criteria_of_a_review_are_settings_too(
    manager: FlaskClient, draft: str, lang: str, minus: str
) -> None:
    form = typed(manager, f"{draft}/edit", criterion_hip_t=minus, criterion_age_years="70", review_fresh_months="18")
    assert manager.post(draft, data=form).status_code == 303
    manager.environ_base["HTTP_ACCEPT_LANGUAGE"] = lang
    page = manager.get(draft).text
    assert (
        "Criterium T-score heup, vanaf: −2,7" if lang == "nl" else "Criterion hip T-score, at or below: −2.7"
    ) in page
    assert "criterion_hip_t = -2.7" in manager.get(f"{draft}/protocol.toml").text
    assert typed(manager, f"{draft}/edit")["criterion_hip_t"] == ("−2,7" if lang == "nl" else "−2.7")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"yearly_months": "30"}, "Moet tussen 6 en 24 liggen."),
        ({"yearly_months": "een jaar"}, "Typ een getal"),
        ({"yearly_months": ""}, "Vul een getal in."),
        ({"height_amber_mm": "25"}, "Moet kleiner zijn dan “Lengteverlies, rood vanaf”."),
        ({"criterion_age_t": "-0,5"}, "Moet tussen −4 en −1 liggen."),
        ({"criterion_hip_t": "−"}, "Typ een getal"),
        ({"reason": ""}, "Zeg waarom"),
    ],
)
def test_a_wrong_number_is_told_at_its_field_and_all_typed_is_kept(
    manager: FlaskClient, draft: str, given: dict[str, str], said: str
) -> None:
    answer = manager.post(draft, data=typed(manager, f"{draft}/edit", letter_days="6", **given))
    assert answer.status_code == 422
    assert said in answer.text
    assert re.search(r'name="letter_days"[^>]*value="6"', answer.text)


def test_what_cannot_be_read_and_what_may_not_be_are_told_together(manager: FlaskClient, draft: str) -> None:
    given = typed(manager, f"{draft}/edit", yearly_months="400", low_bmi="zeventien", letter_days="")
    answer = manager.post(draft, data=given)
    assert answer.status_code == 422
    for name in ("yearly_months", "low_bmi", "letter_days"):
        assert f'href="#{name}"' in answer.text


def test_the_second_of_two_managers_sees_what_stands(manager: FlaskClient, draft: str) -> None:
    old = typed(manager, f"{draft}/edit", yearly_months="14")
    manager.post(draft, data=typed(manager, f"{draft}/edit", yearly_months="13"))
    answer = manager.post(draft, data=old)
    assert answer.status_code == 409
    assert "er staat 13" in answer.text
    assert re.search(r'name="yearly_months"[^>]*value="14"', answer.text)
    again = dict(re.findall(r'<input[^>]*name="(version)"[^>]*value="(\d+)"', answer.text))
    assert manager.post(draft, data=old | again).status_code == 303


def test_a_draft_comes_from_a_file_and_goes_to_one(manager: FlaskClient) -> None:
    form = typed(manager, "/protocol/versions/new", reason="Uit bestand")
    content = b'name = "uit-bestand"\nyearly_months = 15\n[lsc_percent]\ntotal_hip = 4.2\n'
    answer = manager.post("/protocol/versions", data=form | {"file": (io.BytesIO(content), "p.toml")})
    assert answer.status_code == 303
    address = answer.headers["Location"].removesuffix("/edit")
    found = toml.load(manager.get(f"{address}/protocol.toml").text)
    assert (found.name, found.yearly_months, found.lsc_percent["total_hip"]) == ("uit-bestand", 15, Decimal("4.2"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"name = 'x'\n\nyearly_months = 30", "regel 3: yearly_months: moet tussen 6 en 24 liggen, en is 30"),
        (b"name = 'x'\n[break_months]\nalendronic_acid = 1", "break_months.alendronic_acid: moet tussen 6 en 60"),
        (b"name = 'x'\nyearly = 12", "regel 2: yearly: die instelling is er niet"),
        (b"\xff", "Dit is geen tekstbestand in UTF-8."),
    ],
)
def test_a_wrong_file_is_told_line_by_line(manager: FlaskClient, content: bytes, said: str) -> None:
    form = typed(manager, "/protocol/versions/new", reason="Uit bestand")
    answer = manager.post("/protocol/versions", data=form | {"file": (io.BytesIO(content), "p.toml")})
    assert answer.status_code == 422
    assert said in answer.text
    assert "Uit bestand" in answer.text


def test_a_draft_needs_a_name_of_its_own_and_a_reason(manager: FlaskClient, draft: str) -> None:
    form = typed(manager, "/protocol/versions/new")
    for given, said in (
        ({"name": "", "reason": "x"}, "Geef de versie een naam."),
        ({"name": "Onze Kliniek", "reason": "x"}, "Gebruik kleine letters"),
        ({"name": "2027.1", "reason": "x"}, "Er is al een versie met deze naam."),
        ({"name": "2027.2", "reason": ""}, "Zeg waarom"),
    ):
        answer = manager.post("/protocol/versions", data=form | given)
        assert answer.status_code == 422
        assert said in answer.text


def test_a_withdrawn_draft_is_only_shown(manager: FlaskClient, draft: str) -> None:
    assert manager.post(f"{draft}/withdraw").status_code == 303
    assert "2027.1" not in manager.get("/protocol/versions").text
    assert "Ingetrokken" in manager.get(draft).text
    assert manager.get(f"{draft}/edit").headers["Location"] == draft
    assert manager.post(draft, data={"version": "2", "reason": "x"}).status_code == 422


def test_a_version_that_is_not_there_is_not_found(manager: FlaskClient) -> None:
    for address in ("/protocol/versions/9", "/protocol/versions/9/edit", "/protocol/versions/9/protocol.toml"):
        assert manager.get(address).status_code == 404
    assert manager.post("/protocol/versions/9/withdraw").status_code == 404
