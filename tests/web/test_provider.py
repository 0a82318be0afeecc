"""Coming in and signing by the hospital's identity provider, a process of its own; and what it must not lead to."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from clinic.app import configure
from clinic.domain.errors import RuleBroken
from clinic.security import accounts
from clinic.services import accounts as acting
from clinic.services.work import Work
from clinic.store.audit import AuditEntry
from clinic.store.restores import Restore
from clinic.store.users import User, UserSession
from config import Provider, Settings, SettingsError
from tests import apps
from tests.conftest import MONDAY_MORNING
from tests.openid_provider import CLIENT, SECRET

ROLES = (("bot-nurses", "nurse"), ("bot-doctors", "doctor"))


@pytest.fixture(scope="module")
def hospital() -> Iterator[str]:
    """The address of a running provider."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = subprocess.Popen(
        [sys.executable, "-m", "tests.openid_provider", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    wait_for(address, running)
    yield address
    running.terminate()
    running.wait()


def wait_for(address: str, running: subprocess.Popen[bytes]) -> None:
    """Until it answers."""
    for _ in range(600):
        assert running.poll() is None, "the provider did not start"
        with suppress(requests.ConnectionError):
            requests.get(f"{address}/keys", timeout=5)
            return
        time.sleep(0.05)
    pytest.fail("the provider did not answer")


@pytest.fixture
def make(whole_app: Flask, settings: Settings, hospital: str) -> Iterator[Callable[..., Flask]]:
    """`make(second_factor="two")`: the app of a clinic that relies on this provider. The clock is the real one."""
    before = dict(whole_app.config)

    def start(**more: str) -> Flask:
        configure(whole_app, replace(settings, provider=replace(Provider(hospital, CLIENT, SECRET, ROLES), **more)))
        whole_app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
        return whole_app

    yield start
    whole_app.extensions["engine"].dispose()
    whole_app.config.clear()
    whole_app.config.update(before)


def through(client: FlaskClient, person: str, path: str = "/hospital/sign-in") -> TestResponse:
    """To the provider, where somebody fills in her name, and back."""
    sent = client.get(path)
    assert sent.status_code == 302
    shown = requests.get(sent.location, timeout=10)
    assert "<form" in shown.text
    back = requests.post(sent.location, data={"username": person}, timeout=10, allow_redirects=False)
    found = urlsplit(back.headers["Location"])
    return client.get(f"{found.path}?{found.query}")


def users(database: Engine) -> list[tuple[str, str, bool]]:
    """Who has an account, with which role, known to the provider or not."""
    with Session(database) as session:
        return [(user.username, user.role, bool(user.subject)) for user in session.scalars(select(User))]


def test_who_has_a_role_there_comes_in_when_the_provider_vouches_for_two_factors(
    make: Callable[..., Flask], database: Engine
) -> None:
    client = make(second_factor="two").test_client()
    assert "hospital/sign-in" in client.get("/sign-in").text
    assert through(client, "k.arts").location == "/"
    assert client.get("/").status_code == 200
    assert users(database) == [("k.arts", "doctor", True)]
    with Session(database) as session:
        line = session.scalars(select(AuditEntry).where(AuditEntry.action == "session.signed_in")).one()
    assert line.details == {"second_factor": "provider"}
    assert "wordt" not in client.get("/account").text
    assert 'name="current_password"' not in client.get("/account").text


def test_the_clinics_own_second_factor_follows_when_the_provider_vouches_for_none(make: Callable[..., Flask]) -> None:
    client = make().test_client()
    assert through(client, "p.vandam").location == "/second-factor"
    assert client.get("/patients").status_code == 401
    assert "data:image/svg+xml" in client.get("/second-factor").text


@pytest.mark.parametrize(("now_there", "role"), [("moved", "doctor"), ("gone", "nurse")])
def test_another_role_there_is_another_role_here_and_ends_what_was_open(
    now_there: str, role: str, make: Callable[..., Flask], database: Engine
) -> None:
    app = make()
    with Session(database) as session:
        made = User(
            username="p.vandam",
            name="x",
            function="x",
            role="nurse",
            created_at=MONDAY_MORNING,
            may_authorise=False,
        )
        session.add(made)
        accounts.set_password(made, "klaver en boterbloem")
        session.commit()
    through(app.test_client(), "p.vandam")
    assert users(database) == [("p.vandam", "nurse", True)]
    with Session(database) as session:
        user = session.scalars(select(User)).one()
        assert user.password_hash is None
        token = accounts.open_session(session, user, datetime.now(UTC).replace(tzinfo=None))
        session.commit()
    old = app.test_client()
    with old.session_transaction() as cookie:
        cookie["_user_id"] = token
    assert old.get("/").status_code == 200
    through(app.test_client(), now_there)
    assert users(database) == [("p.vandam", role, True)]
    assert old.get("/").status_code == 401


@pytest.mark.parametrize(
    ("person", "status"),
    [("visitor", 403), ("by.password", 403), ("forger", 502), ("stranger", 502), ("replayed", 502)],
)
def test_nobody_comes_in_by_a_lie_or_without_a_role(
    make: Callable[..., Flask], database: Engine, person: str, status: int
) -> None:
    client = make(second_factor="two").test_client()
    assert through(client, person).status_code == status
    assert client.get("/").status_code == 401
    assert users(database) == []
    with Session(database) as session:
        assert session.scalars(select(AuditEntry.action)).all() == ["session.sign_in_failed"]


def test_an_answer_to_what_was_not_asked_in_this_browser_opens_nothing(make: Callable[..., Flask]) -> None:
    app = make(second_factor="two")
    asked, other = app.test_client(), app.test_client()
    sent = asked.get("/hospital/sign-in")
    assert {"code_challenge", "nonce", "state", "acr_values"} <= set(parse_qs(urlsplit(sent.location).query))
    back = requests.post(sent.location, data={"username": "k.arts"}, timeout=10, allow_redirects=False)
    found = urlsplit(back.headers["Location"])
    assert other.get(f"{found.path}?{found.query}").status_code == 502
    assert asked.get(f"{found.path}?{found.query}").status_code == 303
    assert asked.get(f"{found.path}?{found.query}").status_code == 502  # an answer is used once
    assert app.test_client().get("/hospital/back?error=access_denied").status_code == 502


def test_a_closed_account_stays_closed_and_a_taken_name_is_nobody_elses(
    make: Callable[..., Flask], database: Engine
) -> None:
    app = make(second_factor="two")
    through(app.test_client(), "k.arts")
    with Session(database) as session:
        session.scalars(select(User)).one().active = False
        session.commit()
    assert through(app.test_client(), "k.arts").status_code == 403
    with Session(database) as session:
        user = session.scalars(select(User)).one()
        user.active, user.subject = True, "another hospital's number"
        session.commit()
    assert through(app.test_client(), "k.arts").status_code == 403


def test_nobody_keeps_a_password_here_beside_the_hospitals_account(
    make: Callable[..., Flask], database: Engine
) -> None:
    client = make(second_factor="two").test_client()
    through(client, "k.arts")
    through(client, "k.arts", "/hospital/confirm")
    typed = {"current_password": "x", "password": "klaver en boterbloem"}
    answer = client.post("/account/password", data=typed)
    assert (answer.status_code, "het wachtwoord wijzigt u daar" in answer.text) == (422, True)
    with Session(database) as session:
        assert session.scalars(select(User.password_hash).where(User.username == "k.arts")).one() is None


def test_who_ends_her_other_sessions_shows_there_that_it_is_she(make: Callable[..., Flask]) -> None:
    app = make(second_factor="two")
    here, ward = app.test_client(), app.test_client()
    for client in (here, ward):
        through(client, "k.arts")
    assert "/hospital/confirm" in here.get("/account").text
    assert here.post("/account/sessions/end").status_code == 422
    assert ward.get("/account").status_code == 200
    through(here, "k.arts", "/hospital/confirm")
    assert here.post("/account/sessions/end").status_code == 303
    assert (here.get("/account").status_code, ward.get("/account").status_code) == (200, 401)


def test_who_changes_her_second_step_shows_there_that_it_is_she(make: Callable[..., Flask], database: Engine) -> None:
    app = make()
    client = app.test_client()
    through(client, "p.vandam")
    apps.set_up(app, client)
    page = client.get("/account/second-factor").text
    assert ("/hospital/confirm" in page, 'name="current_password"' in page) == (True, False)
    with Session(database) as session:
        apps.give(session.scalars(select(User)).one())
        session.commit()
    first = client.post("/account/second-factor/recovery-codes", data={"code": "000000"})
    assert (first.status_code, "Log eerst opnieuw in bij het ziekenhuis" in first.text) == (422, True)
    through(client, "p.vandam", "/hospital/confirm")
    assert client.post("/account/second-factor", data={"code": "000000"}).status_code == 422
    code = {"code": apps.shows(str(app.secret_key))}
    assert client.post("/account/second-factor", data=code).location == "/account/second-factor/new-app"


def test_who_signs_is_asked_there_once_more_and_has_five_minutes(
    make: Callable[..., Flask], database: Engine, work: Callable[..., Work]
) -> None:
    client = make(second_factor="two").test_client()
    through(client, "k.arts")
    assert through(client, "by.password", "/hospital/confirm").status_code == 403
    assert through(client, "late", "/hospital/confirm").status_code == 403
    with Session(database) as session:
        assert session.scalars(select(UserSession.confirmed_at)).all() == [None]
    assert through(client, "k.arts", "/hospital/confirm").status_code == 200
    with Session(database) as session:
        [confirmed] = session.scalars(select(UserSession.confirmed_at))
    assert confirmed is not None
    doctor = work("doctor")
    doctor.session.get_one(User, doctor.actor.id).subject = "x"
    user = doctor.session.get_one(User, doctor.actor.id)
    with pytest.raises(RuleBroken, match="confirm_first"):
        acting.ask_again(doctor, user, "", "password")
    for minutes, signs in ((4, True), (6, False)):
        shown = datetime.fromtimestamp(doctor.now.timestamp() - 60 * minutes)  # noqa: DTZ006
        doctor.actor = replace(doctor.actor, confirmed_at=shown)
        if signs:
            acting.ask_again(doctor, user, "", "password")
        else:
            with pytest.raises(RuleBroken, match="confirm_first"):
                acting.ask_again(doctor, user, "", "password")


def waiting(page: TestResponse) -> dict[str, str]:
    """What a page carries along of what was typed."""
    assert page.status_code == 401
    fields = re.findall(r'name="(kept_\w+)" value="([^"]*)"|name="(_kept_\w+)">\n([^<]*)<', page.text)
    return {name or other: value or text for name, value, other, text in fields}


@pytest.fixture
def typed(make: Callable[..., Flask], database: Engine) -> tuple[FlaskClient, dict[str, str]]:
    """A browser in which a nurse typed something on a page whose session ended meanwhile, and the page that came."""
    client = make(second_factor="two").test_client()
    through(client, "n.zuster")
    with Session(database) as session:
        session.execute(update(UserSession).values(ended_at=MONDAY_MORNING))
        session.commit()
    page = client.post("/practices", data={"name": "Praktijk De Sluis", "password": "geheim"})
    assert 'href="/hospital/sign-in?beside=1" target="_blank"' in page.text
    return client, waiting(page)


def test_what_was_typed_waits_while_she_signs_in_beside_it(typed: tuple[FlaskClient, dict[str, str]]) -> None:
    client, kept = typed
    assert (kept["kept_path"], kept["_kept_name"]) == ("/practices?", "Praktijk De Sluis")
    assert "_kept_password" not in kept
    early = client.post("/hospital/kept", data=kept)
    assert "nog niet ingelogd" in early.text
    assert waiting(early) == kept
    beside = through(client, "n.zuster", "/hospital/sign-in?beside=1")
    assert "Ga terug naar het venster" in beside.text
    back = client.post("/hospital/kept", data=kept)
    assert (back.status_code, 'action="/practices?"' in back.text, "Praktijk De Sluis" in back.text) == (
        200,
        True,
        True,
    )
    assert through(client, "n.zuster").location == "/"


@pytest.mark.parametrize("signed", ["", "x"])
def test_what_somebody_else_typed_is_not_shown(typed: tuple[FlaskClient, dict[str, str]], signed: str) -> None:
    client, kept = typed
    through(client, "k.arts", "/hospital/sign-in?beside=1")
    shown = client.post("/hospital/kept", data=kept | {"kept_of": signed + kept["kept_of"]})
    assert (shown.status_code, "Praktijk" in shown.text) == (403, False)
    assert client.post("/hospital/kept").location == "/"


def test_a_signed_out_person_confirms_nothing(make: Callable[..., Flask]) -> None:
    client = make(second_factor="two").test_client()
    through(client, "k.arts")
    sent = client.get("/hospital/confirm")
    back = requests.post(sent.location, data={"username": "k.arts"}, timeout=10, allow_redirects=False)
    client.post("/sign-out")
    found = urlsplit(back.headers["Location"])
    assert client.get(f"{found.path}?{found.query}").location == "/sign-in"


def test_a_provider_that_is_away_is_said(make: Callable[..., Flask]) -> None:
    away = make(issuer="http://127.0.0.1:9")
    assert away.test_client().get("/hospital/sign-in").status_code == 502


def test_without_a_provider_there_is_no_such_door(client: FlaskClient) -> None:
    assert client.get("/hospital/sign-in").status_code == 404
    assert client.get("/hospital/back").status_code == 404
    assert "hospital" not in client.get("/sign-in").text.replace("#hospital", "")


GIVEN = {
    "CLINIC_SECRET_KEY": "k" * 32, "CLINIC_OIDC_ISSUER": "https://login.example/", "CLINIC_OIDC_CLIENT_ID": "x",
    "CLINIC_OIDC_CLIENT_SECRET": "y", "CLINIC_OIDC_ROLES": "a=b=nurse bot-doctors=doctor",
}  # fmt: skip


def test_the_provider_is_read_from_the_environment() -> None:
    found = Settings.from_env(GIVEN | {"CLINIC_OIDC_SECOND_FACTOR": "two"}).provider
    assert found == Provider(
        "https://login.example", "x", "y", (("a=b", "nurse"), ("bot-doctors", "doctor")), "groups", "two"
    )
    assert Settings.from_env({"CLINIC_SECRET_KEY": "k" * 32}).provider is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CLINIC_OIDC_ISSUER", "http://login.example"),
        ("CLINIC_OIDC_CLIENT_SECRET", ""),
        ("CLINIC_OIDC_ROLES", "bot-doctors=surgeon"),
        ("CLINIC_OIDC_ROLES", "bot-doctors"),
    ],
)
def test_half_a_provider_is_refused_at_the_start(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Settings.from_env(GIVEN | {name: value})


def test_in_a_restored_register_an_account_is_neither_made_nor_changed_until_somebody_has_looked(
    make: Callable[..., Flask], database: Engine
) -> None:
    app = make()
    through(app.test_client(), "k.arts")
    with Session(database) as session:
        back = Restore(restored_at=MONDAY_MORNING, taken_at=MONDAY_MORNING, letters_settled=[], letters_unknown=[])
        session.add(back)
        session.commit()
        refused = through(app.test_client(), "p.vandam")
        assert refused.status_code == 403
        assert "geen account gemaakt of gewijzigd" in refused.text
        assert through(app.test_client(), "k.arts").location == "/second-factor"  # an account is there
        session.scalars(select(User)).one().role = "nurse"
        session.commit()
        assert through(app.test_client(), "k.arts").status_code == 403
        assert users(database) == [("k.arts", "nurse", True)]
        back.confirmed_at = MONDAY_MORNING
        session.commit()
    through(app.test_client(), "p.vandam")
    assert [name for name, *_ in users(database)] == ["k.arts", "p.vandam"]
