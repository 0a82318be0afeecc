"""Where one is signed in: seen and ended by its owner or a manager, and the browser that is known again."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from clinic.app import create_app
from clinic.security import accounts, attempts
from clinic.security.permissions import Role
from clinic.store.audit import AuditEntry
from clinic.store.users import SignInFailure, User
from clinic.web.own_sessions import device
from config import Settings
from tests import apps
from tests.conftest import account

SignIn = Callable[[str], FlaskClient]
PASSWORD = "klaver en boterbloem"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"


@pytest.fixture
def nurse(app: Flask, database: Engine) -> User:
    """A nurse with a password."""
    with Session(database, expire_on_commit=False) as session:
        user = account(session, Role.NURSE)
        accounts.set_password(user, PASSWORD)
        session.commit()
        return user


def come_in(app: Flask, agent: str = "") -> FlaskClient:
    """A nurse signs in with both steps in another browser."""
    client = app.test_client()
    client.environ_base |= {"HTTP_ACCEPT_LANGUAGE": "nl", "HTTP_USER_AGENT": agent}
    assert apps.both_steps(app, client, "nurse", PASSWORD).location == "/"
    return client


def marks(page: str) -> list[str]:
    """The sessions that can be ended from here."""
    return re.findall(r'name="session" value="([0-9a-f]{16})"', page)


def test_she_sees_where_she_is_signed_in_and_ends_one_or_all_others(app: Flask, nurse: User, database: Engine) -> None:
    here, ward, home = come_in(app), come_in(app, FIREFOX), come_in(app)
    page = here.get("/account").text
    assert ("Firefox, Windows" in page, "deze browser" in page, len(marks(page))) == (True, True, 2)
    ending = page.partition('action="/account/sessions/end"')[2]
    assert re.search(r"<button[^>]*>", ending)[0] == "<button hidden disabled>"  # Enter after the password ends none
    seen_there = marks(ward.get("/account").text)
    own = next(iter(set(marks(page)) - set(seen_there)))  # the ward's, which it does not offer to itself
    again = {"password": PASSWORD}
    for wrong in ({}, {"password": "geraden wachtwoord"}):
        refused = here.post("/account/sessions/end", data=wrong | {"session": own})
        assert (refused.status_code, "niet uw huidige wachtwoord" in refused.text) == (422, True)
    assert ward.get("/account").status_code == 200
    assert here.post("/account/sessions/end", data=again | {"session": own}).status_code == 303
    assert [client.get("/account").status_code for client in (here, ward, home)] == [200, 401, 200]
    here.post("/account/sessions/end", data=again)
    assert [client.get("/account").status_code for client in (here, home)] == [200, 401]
    assert marks(here.get("/account").text) == []
    with Session(database) as session:
        ended = session.scalars(select(AuditEntry.subject).where(AuditEntry.action == "session.ended")).all()
    assert ended == [f"user:{nurse.id}"] * 2


def test_nobody_ends_a_colleagues_session(app: Flask, nurse: User, sign_in: SignIn, database: Engine) -> None:
    client, secretary = come_in(app), sign_in("secretary")
    other = come_in(app)
    [mark] = marks(other.get("/account").text)
    assert mark not in secretary.get("/account").text
    with Session(database) as session:
        accounts.set_password(account(session, Role.SECRETARY), PASSWORD)
        session.commit()
    for other_mark in (mark, "%"):
        told = {"session": other_mark, "password": PASSWORD}
        assert secretary.post("/account/sessions/end", data=told).status_code == 303
    assert client.get("/account").status_code == 200


def test_a_manager_puts_somebody_out_everywhere(app: Flask, nurse: User, sign_in: SignIn) -> None:
    manager, client = sign_in("manager"), come_in(app)
    assert "Open sessies beëindigen" in manager.get(f"/accounts/{nurse.id}").text
    ended = manager.post(f"/accounts/{nurse.id}/end-sessions", follow_redirects=True)
    assert "De sessies zijn beëindigd." in ended.text
    assert client.get("/account").status_code == 401


def test_a_signed_out_cookie_opens_nothing_when_it_is_shown_again(app: Flask, nurse: User) -> None:
    client = come_in(app)
    with client.session_transaction() as cookie:
        kept = dict(cookie)
    client.post("/sign-out")
    with client.session_transaction() as cookie:
        cookie.update(kept)
    assert client.get("/account").status_code == 401


def test_her_browser_is_known_again_and_a_made_up_cookie_is_not(app: Flask, nurse: User, database: Engine) -> None:
    client, stranger = come_in(app), app.test_client()
    client.post("/sign-out")
    known = client.get_cookie("browser")
    assert known is not None
    assert (known.http_only, known.same_site) == (True, "Lax")
    stranger.set_cookie("browser", known.value.replace(known.value[-4:], "AAAA"))
    for _ in range(attempts.TRIES):
        stranger.post("/sign-in", data={"username": "nurse", "password": "geraden wachtwoord"})
    assert stranger.post("/sign-in", data={"username": "nurse", "password": PASSWORD}).status_code == 422
    assert come_in_again(app, client)
    with Session(database) as session:
        keys = set(session.scalars(select(SignInFailure.key)))
    assert keys == {"nurse|127.0.0.1", "nurse|strangers", "|127.0.0.1"}


def come_in_again(app: Flask, client: FlaskClient) -> bool:
    """Whether she comes in where she was before."""
    return apps.both_steps(app, client, "nurse", PASSWORD).location == "/"


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (FIREFOX, "Firefox, Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/142.0 Safari/537.36 Edg/142.0", "Edge, macOS"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/142.0 Mobile Safari/537.36", "Chrome, Android"),
        ("curl/8.5", ""),
    ],
)
def test_a_browser_is_called_what_people_call_it(agent: str, said: str) -> None:
    assert device(agent) == said


@pytest.mark.parametrize(
    ("proxies", "told", "seen"),
    [
        (0, "198.51.100.7", "127.0.0.1"),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "10.9.9.9, 198.51.100.7", "198.51.100.7"),
        (2, "10.9.9.9, 198.51.100.7, 10.0.0.1", "198.51.100.7"),
    ],
)
def test_only_the_clinics_own_proxies_are_believed(
    app: Flask, settings: Settings, database: Engine, proxies: int, told: str, seen: str
) -> None:
    behind = create_app(replace(settings, proxies=proxies))
    behind.config["WTF_CSRF_ENABLED"] = False
    behind.test_client().post("/sign-in", data={"username": "x", "password": "y"}, headers={"X-Forwarded-For": told})
    behind.extensions["engine"].dispose()
    with Session(database) as session:
        assert session.scalars(select(AuditEntry.address)).one() == seen
        assert f"|{seen}" in set(session.scalars(select(SignInFailure.key)))
