"""The pages of practices and GPs, as a secretary meets them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from clinic.store.practices import Gp, Practice
from tests.web.test_patient_forms import form

SignIn = Callable[[str], FlaskClient]
LINDE = {"name": "De Linde", "agb": "01234567", "channel": "post", "street": "Dorpsstraat", "house_number": "1",
         "postcode": "8598ab", "town": "Oudeterp"}  # fmt: skip
BAKKER = {"kind": "gp", "family_name": "Bakker", "initials": "J.", "sex": "", "successor_id": "0"}


def stored(database: Engine, table: Any) -> list[Any]:
    with Session(database) as session:
        return list(session.scalars(select(table).order_by(table.id)))


@pytest.fixture
def secretary(sign_in: SignIn) -> FlaskClient:
    return sign_in("secretary")


@pytest.fixture
def linde(secretary: FlaskClient) -> str:
    return secretary.post("/practices", data=LINDE).location


def test_a_secretary_adds_a_practice_from_the_menu_and_finds_it(secretary: FlaskClient, linde: str) -> None:
    assert "/practices" in secretary.get("/").text
    assert 'value="8598 AB"' in secretary.get(linde).text
    assert "De Linde" in secretary.get("/practices?q=oudeterp").text
    assert "Geen praktijk gevonden." in secretary.get("/practices?q=elders").text
    assert secretary.post("/practices", data=LINDE).location == linde


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": ""}, "Vul de naam in."),
        ({"agb": "1234567"}, "acht cijfers"),
        ({"postcode": "12"}, "postcode"),
        ({"phone": "12"}, "geen telefoonnummer"),
        ({"channel": ""}, "Kies hoe brieven gaan."),
        ({"channel": "secure_mail"}, "is de postbus van de praktijk nodig"),
        ({"channel": "edifact", "mailbox": "500000101", "agb": ""}, "Voor EDIFACT is een AGB-code nodig"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    secretary: FlaskClient, database: Engine, given: dict[str, str], said: str
) -> None:
    answer = secretary.post("/practices", data=LINDE | given)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'value="Oudeterp"' in answer.text
    assert stored(database, Practice) == []


def test_what_the_system_of_a_practice_reads_is_kept_and_the_hospital_says_the_rest(
    secretary: FlaskClient, database: Engine, linde: str
) -> None:
    assert '<option value="">zoals het ziekenhuis ze verstuurt' in secretary.get(linde).text
    secretary.post(linde, data=form(secretary, linde, channel="post", charset="ascii"))
    assert [row.charset for row in stored(database, Practice)] == ["ascii"]
    assert '<option selected value="ascii">zonder accenten (ASCII)' in secretary.get(linde).text
    secretary.post(linde, data=form(secretary, linde, channel="post", charset=""))
    assert [row.charset for row in stored(database, Practice)] == [None]
    answer = secretary.post(linde, data=form(secretary, linde, channel="post", charset="ebcdic", town="Sneek"))
    assert (answer.status_code, 'value="Sneek"' in answer.text) == (422, True)


def test_a_page_that_was_overtaken_shows_both(secretary: FlaskClient, sign_in: SignIn, linde: str) -> None:
    mine = form(secretary, linde, town="Sneek")
    manager = sign_in("manager")
    manager.post(linde, data=form(manager, linde, town="Joure"))
    answer = secretary.post(linde, data=mine)
    assert answer.status_code == 422
    assert "Test manager heeft deze gegevens intussen gewijzigd" in answer.text
    assert "Plaats: <b>Joure</b>" in answer.text
    assert 'value="Sneek"' in answer.text


def test_a_gp_is_added_and_stops_with_a_successor(secretary: FlaskClient, database: Engine, linde: str) -> None:
    assert secretary.post(f"{linde}/gps", data=BAKKER).status_code == 303
    assert secretary.post(f"{linde}/gps", data=BAKKER).status_code == 303
    assert secretary.post(f"{linde}/gps", data=BAKKER | {"family_name": "Smit"}).status_code == 303
    bakker, smit = stored(database, Gp)
    page = secretary.get(f"{linde}/gps/{bakker.id}").text
    assert "J. Smit, De Linde, Oudeterp" in page
    typed = form(secretary, f"{linde}/gps/{bakker.id}", successor_id=str(smit.id))
    refused = secretary.post(f"{linde}/gps/{bakker.id}", data=typed)
    assert refused.status_code == 422
    assert "wanneer deze huisarts is gestopt" in refused.text
    typed |= {"stopped_on": "1-11-2026"}
    assert secretary.post(f"{linde}/gps/{bakker.id}", data=typed).status_code == 303
    assert "gestopt op 01-11-2026" in secretary.get(linde).text
    assert stored(database, Gp)[0].successor_id == smit.id
    assert secretary.post(f"{linde}/gps/{bakker.id}", data=typed | {"prefix": "de"}).status_code == 422


def test_a_successor_elsewhere_is_found_by_name(secretary: FlaskClient, database: Engine, linde: str) -> None:
    secretary.post(f"{linde}/gps", data=BAKKER)
    elsewhere = secretary.post("/practices", data=LINDE | {"name": "Kade", "town": "Sneek"}).location
    secretary.post(f"{elsewhere}/gps", data=BAKKER | {"family_name": "Smit"})
    bakker = stored(database, Gp)[0]
    address = f"{linde}/gps/{bakker.id}"
    answer = secretary.post(address, data=form(secretary, address, gp_q="kade", look="1", prefix="de"))
    assert answer.status_code == 200
    assert "J. Smit, Kade, Sneek" in answer.text
    assert 'value="de"' in answer.text


def test_a_gp_of_another_practice_is_not_found(secretary: FlaskClient, database: Engine, linde: str) -> None:
    secretary.post(f"{linde}/gps", data=BAKKER)
    elsewhere = secretary.post("/practices", data=LINDE | {"name": "Kade", "town": "Sneek"}).location
    gp = stored(database, Gp)[0]
    assert secretary.get(f"{elsewhere}/gps/{gp.id}").status_code == 404
    assert secretary.post(f"{elsewhere}/gps/{gp.id}", data=BAKKER).status_code == 404
    assert secretary.get("/practices/999").status_code == 404
