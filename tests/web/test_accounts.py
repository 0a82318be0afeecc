"""The manager's accounts pages, and the page of one's own account."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from clinic.security import accounts, attempts
from clinic.store.audit import AuditEntry
from clinic.store.users import SignInFailure, User
from tests import apps
from tests.conftest import MONDAY_MORNING

SignIn = Callable[[str], FlaskClient]
CODE = re.compile(r"(?:[0-9a-f]{4}-){3}[0-9a-f]{4}")


def hidden(page: str, name: str) -> str:
    """A hidden field of a page."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert found
    return found[1]


def new_account(manager: FlaskClient, **given: Any) -> dict[str, Any]:
    """The form of a new account, filled in."""
    token = hidden(manager.get("/accounts/new").text, "form_token")
    return {"username": "bakker", "name": "J. Bakker", "function": "verpleegkundige", "role": "nurse",
            "form_token": token} | given  # fmt: skip


def user_of(database: Engine, username: str) -> User:
    with Session(database) as session:
        return session.scalars(select(User).where(User.username == username)).one()


def code_in(page: str) -> str:
    found = CODE.search(page)
    assert found
    return found[0]


def test_a_new_colleague_comes_in_with_the_code_that_was_shown_once(
    app: Flask, sign_in: SignIn, client: FlaskClient, database: Engine
) -> None:
    manager = sign_in("manager")
    form = new_account(manager)
    shown = manager.post("/accounts", data=form)
    assert shown.status_code == 200
    code = code_in(shown.text)
    assert code_in(manager.post("/accounts", data=form).text) == code
    page = manager.get(f"/accounts/{user_of(database, 'bakker').id}").text
    assert CODE.search(page) is None
    assert "eenmalige code tot 26-11-2026" in page
    chosen = {"username": "bakker", "code": code, "password": "een lang wachtwoord"}
    assert client.post("/one-time-code", data=chosen).location == "/second-factor"
    assert client.get("/").status_code == 401
    assert apps.set_up(app, client).status_code == 200
    assert client.get("/").status_code == 200
    assert ">actief<" in manager.get("/accounts").text


def test_what_was_typed_stays_when_something_is_missing(sign_in: SignIn) -> None:
    manager = sign_in("manager")
    answer = manager.post("/accounts", data=new_account(manager, role="", function="regieverpleegkundige"))
    assert answer.status_code == 422
    assert "Kies een rol." in answer.text
    assert "regieverpleegkundige" in answer.text
    taken = manager.post("/accounts", data=new_account(manager, username="manager"))
    assert taken.status_code == 422
    assert "Er is al een account met deze gebruikersnaam." in taken.text
    assert manager.post("/accounts", data=new_account(manager, form_token="")).status_code == 422
    assert manager.post("/accounts", data=new_account(manager, role="chief")).status_code == 422


def test_another_role_is_asked_once_more(sign_in: SignIn, database: Engine) -> None:
    manager = sign_in("manager")
    manager.post("/accounts", data=new_account(manager))
    address = f"/accounts/{user_of(database, 'bakker').id}"
    form = {"name": "J. Bakker", "function": "internist", "role": "doctor",
            "seen": hidden(manager.get(address).text, "seen")}  # fmt: skip
    asked = manager.post(address, data=form)
    assert asked.status_code == 422
    assert "Een andere rol opent andere schermen" in asked.text
    assert manager.post(address, data=form | {"role_confirmed": "y"}).status_code == 303
    assert user_of(database, "bakker").role == "doctor"


def test_an_old_page_shows_what_stands_and_keeps_what_was_typed(sign_in: SignIn, database: Engine) -> None:
    manager = sign_in("manager")
    manager.post("/accounts", data=new_account(manager))
    address = f"/accounts/{user_of(database, 'bakker').id}"
    form = {"name": "J. Bakker", "role": "nurse", "seen": hidden(manager.get(address).text, "seen")}
    manager.post(address, data=form | {"function": "regieverpleegkundige"})
    late = manager.post(address, data=form | {"function": "osteoporoseverpleegkundige"})
    assert late.status_code == 422
    assert "intussen gewijzigd in: J. Bakker, regieverpleegkundige" in late.text
    assert 'value="osteoporoseverpleegkundige"' in late.text
    again = form | {"function": "osteoporoseverpleegkundige", "seen": hidden(late.text, "seen")}
    assert manager.post(address, data=again).status_code == 303


def test_a_closed_account_is_out_at_once_and_comes_back_with_a_code(sign_in: SignIn, database: Engine) -> None:
    manager, nurse = sign_in("manager"), sign_in("nurse")
    address = f"/accounts/{user_of(database, 'nurse').id}"
    assert nurse.get("/").status_code == 200
    assert manager.post(f"{address}/deactivate").status_code == 303
    assert nurse.get("/").status_code == 401
    page = manager.get(address).text
    assert "niet actief" in page
    token = {"form_token": hidden(page, "form_token")}
    shown = manager.post(f"{address}/code", data=token).text
    assert code_in(manager.post(f"{address}/code", data=token).text) == code_in(shown)
    assert user_of(database, "nurse").active


def test_a_manager_cannot_close_her_own_account(sign_in: SignIn, database: Engine) -> None:
    manager = sign_in("manager")
    address = f"/accounts/{user_of(database, 'manager').id}"
    assert "Niet actief maken" not in manager.get(address).text
    refused = manager.post(f"{address}/deactivate")
    assert refused.status_code == 422
    assert "Dit is uw eigen account" in refused.text
    assert manager.post(f"{address}/code", data={"form_token": "0" * 32}).status_code == 422


def test_somebody_who_waits_is_let_in(sign_in: SignIn, database: Engine) -> None:
    manager = sign_in("manager")
    sign_in("nurse")
    with Session(database) as session:
        session.add_all(SignInFailure(key="nurse|10.0.0.1", at=MONDAY_MORNING) for _ in range(attempts.TRIES))
        session.commit()
    assert "wacht na mislukte inlogpogingen" in manager.get("/accounts").text
    address = f"/accounts/{user_of(database, 'nurse').id}"
    assert "Meteen weer laten proberen" in manager.get(address).text
    assert manager.post(f"{address}/unlock").status_code == 303
    assert "wacht na mislukte" not in manager.get("/accounts").text


@pytest.mark.parametrize("address", ["/accounts", "/settings/doctors", "/patients"])
def test_a_number_longer_than_any_key_is_not_found(sign_in: SignIn, address: str) -> None:
    role = "nurse" if address == "/patients" else "manager"
    assert sign_in(role).get(f"{address}/{10**30}").status_code == 404


@pytest.mark.parametrize("path", ["", "/deactivate", "/unlock"])
def test_an_account_that_is_not_there_is_not_found(sign_in: SignIn, path: str) -> None:
    manager = sign_in("manager")
    form = {"name": "x", "function": "x", "role": "nurse", "seen": "x"}
    assert manager.post(f"/accounts/999999{path}", data=form).status_code == 404
    assert manager.get("/accounts/999999").status_code == 404
    assert manager.post("/accounts/999999/code", data={"form_token": "0" * 32}).status_code == 404
    assert manager.post("/accounts/1/code", data={"form_token": "x"}).status_code == 400


def test_every_try_to_come_in_is_in_the_log(app: Flask, client: FlaskClient, sign_in: SignIn, database: Engine) -> None:
    manager = sign_in("manager")
    code = code_in(manager.post("/accounts", data=new_account(manager)).text)
    client.post("/one-time-code", data={"username": "bakker", "code": code, "password": "een lang wachtwoord"})
    apps.set_up(app, client)
    client.post("/sign-out")
    for _ in range(attempts.TRIES + 1):
        client.post("/sign-in", data={"username": "bakker", "password": "niet dit wachtwoord"})
    with Session(database) as session:
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
        chosen = session.scalars(select(AuditEntry).where(AuditEntry.action == "account.changed")).all()[-2:]
        *wrong, waited = session.scalars(select(AuditEntry).where(AuditEntry.action == "session.sign_in_failed")).all()
        bakker = session.scalars(select(User.id).where(User.username == "bakker")).one()
    assert actions.count("session.sign_in_failed") == attempts.TRIES + 1
    assert {(line.actor_id, line.purpose, line.subject) for line in wrong} == {(bakker, "TREAT", None)}
    assert (waited.actor_id, waited.purpose, waited.subject) == (None, "ADMIN", f"user:{bakker}")
    assert waited.details == {"because": "sign_in_wait"}
    assert [line.details for line in chosen] == [
        {"changes": {"password": ["one-time code", "chosen"]}},
        {"changes": {"second_factor": [None, "set up"]}},
    ]


def test_her_own_password(app: Flask, sign_in: SignIn, client: FlaskClient, database: Engine) -> None:
    nurse = sign_in("nurse")
    with Session(database) as session:
        user = session.scalars(select(User).where(User.username == "nurse")).one()
        accounts.set_password(user, "klaver en boterbloem")
        session.commit()
    apps.both_steps(app, client, "nurse", "klaver en boterbloem")
    assert client.get("/account").status_code == 200
    wrong = nurse.post("/account/password", data={"current_password": "x", "password": "een heel ander woord"})
    assert wrong.status_code == 422
    assert "Dit is niet uw huidige wachtwoord." in wrong.text
    assert "een heel ander woord" not in wrong.text
    form = {"current_password": "klaver en boterbloem", "password": "een heel ander woord"}
    assert nurse.post("/account/password", data=form | {"password": "te kort"}).status_code == 422
    assert nurse.post("/account/password", data=form).status_code == 303
    assert nurse.get("/account").status_code == 200
    assert client.get("/account").status_code == 401


def test_a_password_is_not_carried_to_the_sign_in_page(client: FlaskClient) -> None:
    form = {"current_password": "klaver en boterbloem", "password": "een heel ander woord"}
    page = client.post("/account/password", data=form)
    assert page.status_code == 401
    assert not re.search("boterbloem|heel ander", page.text)


def test_the_screen_is_as_she_likes_it(sign_in: SignIn) -> None:
    nurse = sign_in("nurse")
    for choice in ({"theme": "dark"}, {"density": "compact"}, {"single_keys": "0"}):
        assert nurse.post("/account/appearance", data=choice | {"next": "/account"}).status_code == 303
    page = nurse.get("/account").text
    assert 'data-bs-theme="dark"' in page
    assert 'data-density="compact"' in page
    assert 'data-single-keys="off"' in page
