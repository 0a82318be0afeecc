"""Control characters come along with pasted text: no page breaks on them, none is kept, and the page says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from clinic.interop import tables
from clinic.interop.text import visible
from clinic.security.permissions import Role
from clinic.store.controls import ControlDraft
from clinic.store.practices import Practice
from tests.factories import make_patient

SAID = "Onzichtbare tekens zijn weggelaten"
SignIn = Callable[[Role], FlaskClient]


@pytest.mark.both
def test_a_name_pasted_with_a_nul_is_kept_without_it_and_the_page_says_so(database: Engine, sign_in: SignIn) -> None:
    client = sign_in(Role.SECRETARY)
    answer = client.post(
        "/practices", data={"name": "Praktijk De\x00 Sluis\x1f", "channel": "post"}, follow_redirects=True
    )
    assert answer.status_code == 200
    assert SAID in answer.text
    assert SAID not in client.get("/practices").text
    with Session(database) as session:
        assert session.scalars(select(Practice.name)).one() == "Praktijk De Sluis"


@pytest.mark.both
def test_nobody_is_found_by_a_nul_and_nothing_breaks(sign_in: SignIn) -> None:
    client = sign_in(Role.NURSE)
    assert client.post("/patients/search", data={"q": "\x00"}).status_code == 200
    assert client.post("/patients/search", data={"q": "Jan\x00sen"}).status_code == 200


@pytest.mark.both
@pytest.mark.parametrize(
    "address",
    [
        "/practices?q=%00",
        "/worklists?list=%00&drug=%00",
        "/letters?state=%00&after=%00",
        "/patients/%00",
        "/static/%00",
    ],
)
def test_a_nul_in_an_address_is_answered_like_any_mistyped_address(sign_in: SignIn, address: str) -> None:
    assert sign_in(Role.SECRETARY).get(address).status_code in (200, 404)


@pytest.mark.both
def test_somebody_who_signs_in_with_a_nul_in_her_name_is_refused_as_anybody_unknown(client: FlaskClient) -> None:
    answer = client.post("/sign-in", data={"username": "nie\x00mand", "password": "\x00"})
    assert answer.status_code in (401, 422)


@pytest.mark.both
def test_a_draft_kept_three_times_says_it_once(database: Engine, work: object, sign_in: SignIn) -> None:
    begun = work(Role.NURSE)  # type: ignore[operator]
    patient = make_patient(begun)
    begun.session.commit()
    client = sign_in(Role.NURSE)
    for _ in range(3):
        typed = {"form_token": "t1", "weight": "64,\x002", "no\x00te": "ruw"}
        assert client.post(f"/patients/{patient.id}/controls/draft", data=typed).status_code < 400
    assert client.get("/").text.count(SAID) == 1
    with Session(database) as session:
        kept = session.scalars(select(ControlDraft.typed)).one()
        assert (kept["weight"], kept["note"]) == (["64,2"], ["ruw"])


def test_ends_of_lines_and_tabs_stay() -> None:
    assert visible("een\r\n\ttwee\nRené – ’t Hart") == "een\r\n\ttwee\nRené – ’t Hart"


def test_a_break_of_a_word_processor_becomes_a_space() -> None:
    assert visible("kamer 3\x0broute 42") == "kamer 3 route 42"


def test_a_delivered_file_brings_no_control_characters_in() -> None:
    ((_number, row),) = tables.read(b"naam;plaats\nDe\x1f Sluis;Ter\x0bpwei\n", "p.csv").rows
    assert row == {"naam": "De Sluis", "plaats": "Ter pwei"}
