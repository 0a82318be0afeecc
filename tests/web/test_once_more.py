"""At a screen that was left open nobody changes who comes in, closes a record or has one destroyed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from clinic.security import accounts, attempts
from clinic.security.permissions import May, Role, allows
from clinic.services.accounts import CONFIRMED_FOR
from clinic.store.audit import AuditEntry
from clinic.store.users import User, UserSession
from clinic.web.once_more import ASKED
from tests.browser_fixtures import PASSWORD
from tests.conftest import MONDAY_MORNING, account

SignIn = Callable[[Role | str], FlaskClient]
FORM: dict[str, Any] = {
    "username": "bakker", "name": "J. <Bakker>", "function": "verpleegkundige", "role": "nurse", "form_token": "0" * 32,
}  # fmt: skip
HERE = "/accounts"
IS_SHE = FORM | {"once-password": PASSWORD}


@pytest.fixture
def manager(app: Flask, sign_in: SignIn) -> FlaskClient:
    """A manager at a screen, some while after she came in."""
    client = sign_in("manager")
    with Session(app.extensions["engine"]) as session:
        accounts.set_password(session.scalars(select(User).where(User.role == "manager")).one(), PASSWORD)
        session.execute(update(UserSession).values(confirmed_at=None))
        session.commit()
    return client


def made(database: Engine) -> list[str]:
    with Session(database) as session:
        return list(session.scalars(select(User.username).where(User.username == "bakker")))


def test_her_password_lets_the_act_go_on_with_all_that_was_typed(manager: FlaskClient, database: Engine) -> None:
    asked = manager.post(HERE, data=FORM)
    assert asked.status_code == 422
    assert "Laat eerst zien dat u het bent" in asked.text
    kept = dict(re.findall(r'<textarea hidden name="([^"]+)">\n(.*?)</textarea>', asked.text))
    assert kept == {name: value.replace("<", "&lt;").replace(">", "&gt;") for name, value in FORM.items()}
    wrong = manager.post(HERE, data=FORM | {"once-password": "niet dit wachtwoord"})
    assert wrong.status_code == 422
    assert "J. &lt;Bakker&gt;" in wrong.text
    assert "niet dit wachtwoord" not in wrong.text
    assert made(database) == []
    assert manager.post(HERE, data=IS_SHE).status_code == 200
    assert made(database) == ["bakker"]
    with Session(database) as session:
        said = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert said[-3:] == ["session.sign_in_failed", "session.confirmed", "account.changed"]


def test_it_is_asked_once_in_five_minutes_and_in_each_session(
    manager: FlaskClient, sign_in: SignIn, app: Flask, database: Engine, clock: time_machine.Traveller
) -> None:
    manager.post(HERE, data=IS_SHE)
    with Session(database) as session:
        key = session.scalars(select(User.id).where(User.username == "bakker")).one()
        elsewhere = accounts.open_session(session, account(session, Role.MANAGER), session.scalar(
            select(UserSession.created_at).limit(1)))  # fmt: skip
        session.commit()
    close = f"{HERE}/{key}/deactivate"
    other = app.test_client()
    with other.session_transaction() as cookie:
        cookie["_user_id"] = elsewhere
    assert other.post(close).status_code == 422
    assert manager.post(close).status_code == 303
    clock.shift(CONFIRMED_FOR + timedelta(seconds=1))
    assert manager.post(close).status_code == 422


def test_who_guesses_has_to_wait_and_who_may_not_is_not_asked(
    manager: FlaskClient, sign_in: SignIn, database: Engine
) -> None:
    for _try in range(attempts.TRIES):
        manager.post(HERE, data=FORM | {"once-password": "geraden"})
    assert "Te veel pogingen" in manager.post(HERE, data=IS_SHE).text
    assert made(database) == []
    nurse = sign_in("nurse")
    assert nurse.post(HERE, data=FORM).status_code == 403
    assert manager.application.test_client().post(HERE, data=FORM).status_code == 401


def test_who_comes_in_by_the_hospital_shows_it_there(manager: FlaskClient, database: Engine) -> None:
    with Session(database) as session:
        session.execute(update(User).where(User.role == "manager").values(subject="hospital|7", password_hash=None))
        session.commit()
    asked = manager.post(HERE, data=FORM)
    assert 'href="/hospital/confirm"' in asked.text
    again = manager.post(HERE, data=FORM | {"once-asked": "1"})
    assert again.status_code == 422
    assert again.text.count("has-error") > asked.text.count("has-error")
    with Session(database) as session:
        session.execute(update(UserSession).values(confirmed_at=MONDAY_MORNING))
        session.commit()
    assert manager.post(HERE, data=FORM | {"once-asked": "1"}).status_code == 200
    assert made(database) == ["bakker"]


ON_ACCESS = {May.EDIT_ACCOUNTS, May.RESTRICT_RECORD, May.DECIDE_DESTRUCTION, May.DESTROY_RECORD}
"""What these permit changes who comes in, what she opens, or whether there is anything to open."""
OF_SETTINGS = {"settings.save_doctor", "settings.give_mandate", "settings.withdraw_mandate", "settings.let_own"}
"""Who signs under which name, and what nurses may authorise, stands among the settings."""
NOT_ASKED = {
    "restrictions.judge": "a verdict on what happened: it opens and closes nothing",
    "requests.release": "the number of a record that is gone already may be given again",
}


def test_each_act_on_somebody_elses_access_is_asked_for(app: Flask) -> None:
    posts = {rule.endpoint for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())}
    on_access = {name for name in posts if getattr(app.view_functions[name], "needs", None) in ON_ACCESS}
    assert on_access | OF_SETTINGS == ASKED | set(NOT_ASKED)
    assert not ASKED & set(NOT_ASKED)


@pytest.mark.parametrize("role", [Role.MANAGER, Role.DOCTOR, Role.PRIVACY_OFFICER])
def test_at_a_screen_left_open_none_of_them_is_done(app: Flask, sign_in: SignIn, database: Engine, role: Role) -> None:
    somebody = sign_in(role)
    with Session(database) as session:
        session.execute(update(UserSession).values(confirmed_at=None))
        session.commit()
    hers = [name for name in sorted(ASKED) if allows(role, app.view_functions[name].needs)]  # type: ignore[attr-defined]
    assert hers
    for rule in app.url_map.iter_rules():
        if rule.endpoint in hers:
            _, path = rule.build(dict.fromkeys(rule.arguments, 1))  # type: ignore[misc]
            asked = somebody.post(path, data={"name": "typed"})
            assert (asked.status_code, "Laat eerst zien dat u het bent" in asked.text) == (422, True), rule.endpoint
            assert f'action="{path}"' in asked.text
    with Session(database) as session:
        assert session.scalars(select(AuditEntry.action)).all() == []
