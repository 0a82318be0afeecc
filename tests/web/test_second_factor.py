"""The pages of the second step: what was typed travels through it, nothing is shown twice, nothing opens before it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from clinic.cli import main
from clinic.security import accounts
from clinic.security.attempts import TRIES
from clinic.security.permissions import Role
from clinic.services.sign_in import HALF_WAY
from clinic.store.practices import Practice
from clinic.store.users import RecoveryCode, User
from tests import apps
from tests.conftest import account

SignIn = Callable[[str], FlaskClient]
PASSWORD = "klaver en boterbloem"
SIGN_IN = {"username": "secretary", "password": PASSWORD}
CODE = re.compile(r"<code>((?:[a-z2-9]{4}-){2}[a-z2-9]{4})</code>")


@pytest.fixture
def person(app: Flask, database: Engine) -> str:
    """A secretary with a password and no app; gives the server's key."""
    with Session(database) as session:
        accounts.set_password(account(session, Role.SECRETARY), PASSWORD)
        session.commit()
    return str(app.secret_key)


def test_the_first_time_a_picture_is_scanned_and_codes_are_printed(
    app: Flask, client: FlaskClient, person: str, database: Engine
) -> None:
    assert client.post("/sign-in", data=SIGN_IN).location == "/second-factor"
    page = client.get("/second-factor").text
    assert "data:image/svg+xml" in page
    found = re.search(r'id="secret" readonly value="([A-Z2-7 ]+)"', page)
    assert found
    assert client.get("/second-factor").text.count(found[1]) == 1
    wrong = client.post("/second-factor/set-up", data={"code": "000000"})
    assert (wrong.status_code, "Controleer de klok van de telefoon" in wrong.text) == (422, True)
    assert client.post("/second-factor/set-up", data={}).status_code == 422
    codes = CODE.findall(apps.set_up(app, client).text)
    assert len(codes) == 10
    assert client.get("/").status_code == 200
    with Session(database) as session:
        session.execute(RecoveryCode.__table__.delete().where(RecoveryCode.id > 4))
        session.commit()
    client.post("/sign-out")
    client.post("/sign-in", data=SIGN_IN)
    assert client.post("/second-factor", data={"code": codes[0]}).status_code == 303
    assert "U hebt nog 3 herstelcodes. Maak nieuwe onder Mijn account." in client.get("/").text


def test_nothing_opens_between_the_steps(app: Flask, client: FlaskClient, person: str, database: Engine) -> None:
    client.post("/sign-in", data=SIGN_IN)
    for address in ("/", "/patients", "/account", "/account/second-factor", "/worklist"):
        assert client.get(address).status_code == 401
    with client.session_transaction() as cookie:
        cookie["_user_id"] = cookie["half_way"]  # somebody moves the token to where a whole session has it
    assert client.get("/patients").status_code == 401


def test_a_wrong_code_is_told_at_the_field_and_the_right_one_opens(
    app: Flask, client: FlaskClient, person: str
) -> None:
    wrong = client.post("/second-factor", data={"code": "1"})
    assert wrong.location == "/sign-in"
    assert apps.both_steps(app, client, "secretary", PASSWORD).location == "/"
    client.post("/sign-out")
    client.post("/sign-in", data=SIGN_IN)
    used = client.post("/second-factor", data={"code": apps.shows(person)})
    assert (used.status_code, "is al gebruikt" in used.text) == (422, True)
    assert client.post("/second-factor", data={}).status_code == 422
    assert client.post("/second-factor/set-up", data={"code": "1"}).location == "/sign-in"


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_where_strangers_failed_too_often_both_are_asked_on_one_page(
    app: Flask, client: FlaskClient, person: str, database: Engine, lang: str
) -> None:
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = lang
    with Session(database) as session:
        apps.give(account(session, Role.SECRETARY))
        session.commit()
    kept = {"kept_path": "/practices?", "_kept_name": "Praktijk De Sluis"}
    assert 'name="code"' not in client.get("/sign-in").text
    for _ in range(TRIES):
        assert 'name="code"' not in client.post("/sign-in", data=SIGN_IN | {"password": "geraden"}).text
    asked = client.post("/sign-in", data=SIGN_IN | kept)
    assert asked.status_code == 422
    assert {"nl": "uw wachtwoord en de code van uw app samen", "en": "and the code of your app together"}[
        lang
    ] in asked.text
    assert re.search(r'<a href="#code">', asked.text)
    assert re.search(
        r'id="code"[^>]* autocomplete="one-time-code"|autocomplete="one-time-code"[^>]* id="code"', asked.text
    )
    assert PASSWORD not in asked.text
    wrong = client.post("/sign-in", data=SIGN_IN | kept | {"code": "000000"})
    assert (wrong.status_code, 'name="code"' in wrong.text, "Praktijk De Sluis" in wrong.text) == (422, True, True)
    there = client.post("/sign-in", data=SIGN_IN | kept | {"code": apps.shows(person)})
    assert (there.status_code, "Praktijk De Sluis" in there.text) == (200, True)
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("has_app", [True, False])
def test_what_was_typed_travels_through_both_steps(
    app: Flask, client: FlaskClient, person: str, database: Engine, clock: time_machine.Traveller, has_app: bool
) -> None:
    typed = {"name": "Praktijk De Sluis", "channel": "post"}
    if has_app:
        with Session(database) as session:
            apps.give(account(session, Role.SECRETARY))
            session.commit()
    page = client.post("/practices", data=typed)
    assert page.status_code == 401
    kept = {"kept_path": "/practices?"} | {f"_kept_{name}": value for name, value in typed.items()}
    step = client.post("/sign-in", data=SIGN_IN | kept)
    assert step.status_code == 200
    assert "Praktijk De Sluis" in step.text
    if has_app:
        clock.shift(HALF_WAY + timedelta(seconds=1))
        late = client.post("/second-factor", data={"code": apps.shows(person)} | kept)
        assert (late.status_code, "Praktijk De Sluis" in late.text) == (401, True)
        client.post("/sign-in", data=SIGN_IN | kept)
        last = client.post("/second-factor", data={"code": apps.shows(person)} | kept)
    else:
        last = apps.set_up(app, client, kept)
    assert last.status_code == 200
    assert 'action="/practices?"' in last.text
    assert client.post("/practices?", data=typed).status_code == 303
    with Session(database) as session:
        assert session.scalars(select(Practice.name)).all() == ["Praktijk De Sluis"]


def test_her_own_page_changes_the_app_and_the_codes(
    app: Flask, client: FlaskClient, person: str, clock: time_machine.Traveller, database: Engine
) -> None:
    apps.both_steps(app, client, "secretary", PASSWORD)
    address = "/account/second-factor"
    assert "App ingesteld op 23-11-2026." in client.get(address).text
    assert client.get(f"{address}/new-app").status_code == 404
    assert client.post(f"{address}/new-app", data={"code": "1"}).status_code == 404
    assert client.post(address, data={}).status_code == 422
    clock.shift(30)
    for path in ("", "/recovery-codes"):
        wrong = client.post(address + path, data={"current_password": PASSWORD, "code": "1"})
        assert (wrong.status_code, "Deze code klopt niet" in wrong.text) == (422, True)
    both = {"current_password": PASSWORD, "code": apps.shows(person)}
    paper = CODE.findall(client.post(f"{address}/recovery-codes", data=both).text)
    assert len(paper) == 10
    assert client.post(address, data={"current_password": PASSWORD, "code": paper[0]}).location == f"{address}/new-app"
    found = re.search(r'id="secret" readonly value="([A-Z2-7 ]+)"', client.get(f"{address}/new-app").text)
    assert found
    assert client.post(f"{address}/new-app", data={"code": "000000"}).status_code == 422
    with Session(database) as session:
        seed = apps.new_seed(session)
    assert len(CODE.findall(client.post(f"{address}/new-app", data={"code": apps.shows(person, seed)}).text)) == 10


def test_a_manager_gives_a_code_for_a_lost_app(
    app: Flask, sign_in: SignIn, client: FlaskClient, person: str, database: Engine
) -> None:
    manager = sign_in("manager")
    apps.both_steps(app, client, "secretary", PASSWORD)
    with Session(database) as session:
        key = session.scalars(select(User.id).where(User.username == "secretary")).one()
    token = {"form_token": "0" * 32}
    shown = manager.post(f"/accounts/{key}/second-factor", data=token)
    assert "daarna wordt een andere app ingesteld" in shown.text
    assert client.get("/").status_code == 401
    assert "wacht op de eenmalige code" in manager.get(f"/accounts/{key}").text
    code = re.search(r'id="code" readonly value="([0-9a-f-]+)"', shown.text)
    assert code
    assert client.post("/sign-in", data=SIGN_IN).location == "/second-factor"
    assert client.post("/second-factor", data={"code": code[1]}).location == "/second-factor"
    assert apps.set_up(app, client).status_code == 200
    with Session(database) as session:
        own = session.scalars(select(User.id).where(User.username == "manager")).one()
    assert "Dit is uw eigen account" in manager.post(f"/accounts/{own}/second-factor", data=token).text
    assert manager.post(f"/accounts/{key}/second-factor", data={"form_token": "x"}).status_code == 400


def test_an_operator_gives_a_code_when_no_manager_can(
    app: Flask, client: FlaskClient, person: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("CLINIC_SECRET_KEY", person)
    apps.both_steps(app, client, "secretary", PASSWORD)
    lost = CliRunner().invoke(main, ["user", "code", "secretary", "--second-factor"])
    code = re.search(r"(?:[0-9a-f]{4}-){3}[0-9a-f]{4}", lost.output)
    assert code
    assert client.get("/").status_code == 401
    client.post("/sign-in", data=SIGN_IN)
    assert client.post("/second-factor", data={"code": code[0]}).location == "/second-factor"
    assert apps.set_up(app, client).status_code == 200
    assert "at /one-time-code" in CliRunner().invoke(main, ["user", "code", "secretary"]).output
    assert client.get("/").status_code == 401
    assert client.post("/sign-in", data=SIGN_IN).status_code == 422
    assert "no open account" in CliRunner().invoke(main, ["user", "code", "nobody"]).output


def test_the_demo_says_that_it_asks_no_code(app: Flask, client: FlaskClient) -> None:
    assert "Een verzonnen kliniek" not in client.get("/sign-in").text
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], demo=True)
    assert "Een verzonnen kliniek" in client.get("/sign-in").text
