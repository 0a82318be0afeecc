"""Whatever form was being filled in when the session ended or the database went away: what was typed comes back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from clinic.security.guard import PUBLIC
from clinic.store.base import make_engine
from clinic.web.errors import NEVER_KEPT, NOT_CARRIED
from tests.database import Copies
from tests.laws.doors import DOORS, furnished, somebody
from tests.web_fixtures import session_token

FORMS = [door for door in DOORS if door.method == "POST" and door.endpoint not in NOT_CARRIED]
CLOSED = [door for door in FORMS if door.needs != PUBLIC]
TYPED = {
    "note": "getypt vóór de koffie </textarea>",
    "form_token": "f" * 32,
    "version": "7",
    "password": "geheim woord",
}
SHOWN = "getypt vóór de koffie &lt;/textarea&gt;"


@pytest.fixture(scope="module")
def house(copies: Copies) -> Iterator[Flask]:
    """The app over a register with one of everything, as it runs in a clinic."""
    with furnished(copies) as app:
        app.config.update(PROPAGATE_EXCEPTIONS=False)
        yield app


def lost(page: str, prefix: str = "") -> list[str]:
    """What of it does not stand in the page's own form, to be sent again; and a secret that does."""
    kept = {"note": SHOWN, "form_token": TYPED["form_token"], "version": "7"}
    missing = [name for name, value in kept.items() if f'name="{prefix}{name}">\n{value}</textarea>' not in page]
    return missing + [name for name in NEVER_KEPT if TYPED.get(name, "\0") in page]


def test_what_was_typed_when_the_session_had_ended_goes_along_through_signing_in(house: Flask) -> None:
    found = []
    for door in CLOSED:
        answer = house.test_client().post(door.address(house), data=TYPED)
        if (
            answer.status_code != 401
            or lost(answer.text, "_kept_")
            or f'value="{door.address(house)}' not in answer.text
        ):
            found.append(f"{door}: {answer.status_code} {lost(answer.text, '_kept_')}")
    assert len(CLOSED) > 50
    assert found == []


def test_what_was_typed_while_the_database_was_away_is_offered_again(house: Flask) -> None:
    here, found = house.extensions["engine"], []
    asked = [(door, session_token(here, somebody(door))) for door in CLOSED]
    house.extensions["engine"] = away = make_engine("sqlite:////nowhere/at/all.db")
    for door, token in asked:
        client = house.test_client()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
        answer = client.post(door.address(house), data=TYPED)
        if answer.status_code != 503 or lost(answer.text):
            found.append(f"{door}: {answer.status_code} {lost(answer.text)}")
    house.extensions["engine"] = here
    away.dispose()
    assert found == []
