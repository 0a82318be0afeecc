"""A session left alone is locked and not lost: the password alone takes its owner back to what she typed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from clinic.security import accounts, attempts
from clinic.store.audit import AuditEntry
from clinic.store.practices import Practice
from clinic.store.users import User, UserSession

SignIn = Callable[[str], FlaskClient]
PASSWORD = "klaver en boterbloem"
AWAY = timedelta(minutes=16)


@pytest.fixture
def secretary(sign_in: SignIn, database: Engine) -> FlaskClient:
    """A secretary with a password, who is at work."""
    client = sign_in("secretary")
    with Session(database) as session:
        accounts.set_password(session.scalars(select(User).where(User.username == "secretary")).one(), PASSWORD)
        session.commit()
    return client


def kept(page: str) -> dict[str, str]:
    """What a locked page carries along, as a browser would post it."""
    assert 'name="_kept_name"' in page
    return {"kept_path": "/practices?", "_kept_name": "Praktijk De Sluis", "_kept_channel": "post"}


def test_what_was_typed_comes_back_with_her_password_alone(
    secretary: FlaskClient, database: Engine, clock: time_machine.Traveller
) -> None:
    clock.shift(AWAY)
    locked = secretary.post("/practices", data={"name": "Praktijk De Sluis", "channel": "post"})
    assert (locked.status_code, "Vergrendeld" in locked.text, "Test secretary" in locked.text) == (401, True, True)
    wrong = secretary.post("/unlock", data=kept(locked.text) | {"password": "geraden"})
    assert (wrong.status_code, "Dit is niet uw wachtwoord." in wrong.text) == (422, True)
    assert secretary.post("/unlock", data=kept(wrong.text)).status_code == 422
    back = secretary.post("/unlock", data=kept(wrong.text) | {"password": PASSWORD})
    assert (back.status_code, "Praktijk De Sluis" in back.text) == (200, True)
    assert secretary.post("/practices", data={"name": "Praktijk De Sluis", "channel": "post"}).status_code == 303
    with Session(database) as session:
        assert session.scalars(select(Practice.name)).one() == "Praktijk De Sluis"
        actions = list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))
    assert actions[:2] == ["session.sign_in_failed", "session.unlocked"]


def test_a_page_that_was_asked_for_is_shown_after_unlocking(
    secretary: FlaskClient, clock: time_machine.Traveller
) -> None:
    clock.shift(AWAY)
    assert 'value="/worklist?list=late"' in secretary.get("/worklist?list=late").text
    unlocked = secretary.post("/unlock", data={"password": PASSWORD, "back": "/worklist?list=late"})
    assert (unlocked.status_code, unlocked.location) == (303, "/worklist?list=late")
    assert secretary.post("/unlock", data={"password": PASSWORD, "back": "//evil.example"}).location == "/"


@pytest.mark.parametrize("ended", ["absolute", "signed out", "inactive", "half way"])
def test_what_ended_is_not_unlocked(
    secretary: FlaskClient, database: Engine, clock: time_machine.Traveller, ended: str
) -> None:
    with Session(database) as session:
        row, user = session.scalars(select(UserSession)).one(), session.scalars(select(User)).one()
        row.ended_at = row.created_at if ended == "signed out" else None
        row.whole, user.active = ended != "half way", ended != "inactive"
        session.commit()
    clock.shift(timedelta(hours=10, seconds=1) if ended == "absolute" else AWAY)
    assert "Vergrendeld" not in secretary.get("/worklist").text
    assert secretary.post("/unlock", data={"password": PASSWORD}).status_code == 410
    assert secretary.get("/worklist").status_code == 401


def test_nobody_without_a_session_is_unlocked(client: FlaskClient) -> None:
    assert client.post("/unlock", data={"password": PASSWORD}).status_code == 410
    assert client.post("/unlock", data={}).status_code == 410


def test_guessing_at_a_locked_screen_ends_the_session(
    secretary: FlaskClient, database: Engine, clock: time_machine.Traveller
) -> None:
    clock.shift(AWAY)
    for _ in range(attempts.TRIES):
        assert secretary.post("/unlock", data={"password": "geraden"}).status_code == 422
    assert secretary.post("/unlock", data={"password": PASSWORD}).status_code == 410
    with Session(database) as session:
        assert session.scalars(select(UserSession.end_reason)).one() == "guessed at while locked"


def test_who_works_on_a_long_page_is_not_locked(secretary: FlaskClient, clock: time_machine.Traveller) -> None:
    for _ in range(3):
        clock.shift(timedelta(minutes=10))
        here = secretary.post("/still-here")
        assert (here.status_code, here.text.isdigit()) == (200, True)
    clock.shift(AWAY)
    assert secretary.post("/still-here").status_code == 401  # nothing that a page does by itself revives it
    assert secretary.get("/").status_code == 401
