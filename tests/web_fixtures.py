"""The app over a test's own database, and people signed in to it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from clinic.app import configure, create_app
from clinic.security import accounts
from clinic.security.permissions import Role
from clinic.services.emergency import EmergencyLog
from clinic.store.users import User
from clinic.web import units
from config import Settings
from tests.browser_fixtures import PASSWORD
from tests.demo_register import of_the_run


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """The edge's clock stands on Monday 23 November 2026, 10:00 in Amsterdam; it runs on from there."""
    with time_machine.travel("2026-11-23T09:00:00+00:00", tick=True) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def time_goes_by(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a test puts the clock, as many seconds went by; the tests of the clock itself count otherwise."""
    monkeypatch.setattr(units, "counted", time.time)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings as a clinic behind plain http would have them."""
    return Settings(
        database_url=database_url,
        secret_key=secrets.token_hex(32),
        instance_dir=tmp_path,
        secure_cookies=False,
    )


@pytest.fixture(scope="session", autouse=True)
def templates_compiled_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Each app of each process would compile some two hundred templates for itself; they are all the same ones."""
    folder = of_the_run(tmp_path_factory) / "templates"
    folder.mkdir(exist_ok=True)
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": FileSystemBytecodeCache(str(folder))}


@pytest.fixture(scope="session")
def whole_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The app, made once: its addresses and templates, which take long to compile, are the same for every test."""
    return create_app(Settings("sqlite://", "k" * 32, tmp_path_factory.mktemp("instance"), secure_cookies=False))


@pytest.fixture
def app(whole_app: Flask, settings: Settings, clock: time_machine.Traveller) -> Iterator[Flask]:
    """The whole app over this test's database; form tokens are not asked for, a test of its own asks for them.

    A test whose own session holds the lock of SQLite lets each page wait for it until the look goes to the emergency
    log, and would never say so: what is left there is a fault of the test.
    """
    before = dict(whole_app.config)
    configure(whole_app, settings)
    whole_app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    yield whole_app
    whole_app.extensions["engine"].dispose()
    whole_app.config.clear()
    whole_app.config.update(before)
    spare: EmergencyLog = whole_app.extensions["emergency_log"]
    assert not spare.path.is_file(), "this test held the lock itself"


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Somebody at a browser who has not signed in, reading Dutch."""
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "nl"
    return client


def session_token(engine: Engine, role: Role) -> str:
    """A session on the server for the account of this role, in which she showed a moment ago that it is she."""
    from clinic.web.units import now
    from tests.conftest import account

    with Session(engine) as session:
        token = accounts.open_session(session, account(session, role), now(), confirmed_at=now())
        session.commit()
    return token


@pytest.fixture
def sign_in(app: Flask) -> Callable[[Role | str], FlaskClient]:
    """`sign_in("nurse")`: a browser in which somebody with that role has signed in, reading Dutch."""

    def enter(role: Role | str) -> FlaskClient:
        client = app.test_client()
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "nl"
        token = session_token(app.extensions["engine"], Role(role))
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True
        return client

    return enter


@pytest.fixture
def doctor(app: Flask, sign_in: Callable[[Role | str], FlaskClient]) -> FlaskClient:
    """A doctor at a browser who can sign with her password, `tests.browser_fixtures.PASSWORD`."""
    client = sign_in("doctor")
    with Session(app.extensions["engine"]) as session:
        accounts.set_password(session.scalars(select(User).where(User.role == "doctor")).one(), PASSWORD)
        session.commit()
    return client
