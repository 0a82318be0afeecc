"""Authenticator apps for tests: who has one, and what it shows by the clock of the test."""

from __future__ import annotations

from datetime import UTC, datetime

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from clinic.security import factors
from clinic.store.users import User, UserSession
from clinic.web.units import now

SEED = "5eed" * 10


def give(user: User) -> None:
    """Let this account have an app whose codes were not used yet."""
    user.factor_seed, user.factor_since, user.factor_step = SEED, now(), None


def shows(key: str, seed: str = SEED, later: int = 0) -> str:
    """The code of now, or of some half minutes later."""
    return shows_for(factors.secret_of(seed, key), now(), later)


def shows_for(secret: str, moment: datetime, later: int = 0) -> str:
    """The code of a secret that was typed in."""
    half_minute = int(moment.replace(tzinfo=UTC).timestamp()) // factors.HALF_MINUTE
    return pyotp.HOTP(secret).at(half_minute + later)


def both_steps(app: Flask, client: FlaskClient, username: str, password: str) -> TestResponse:
    """Sign in as a person does: the password, then the app, which is given when there was none."""
    with Session(app.extensions["engine"]) as session:
        give(session.scalars(select(User).where(User.username == username)).one())
        session.commit()
    first = client.post("/sign-in", data={"username": username, "password": password})
    assert first.location == "/second-factor"
    return client.post("/second-factor", data={"code": shows(str(app.secret_key))})


def set_up(app: Flask, client: FlaskClient, more: dict[str, str] | None = None) -> TestResponse:
    """After the first step: scan what the page shows and fill in the first code."""
    with Session(app.extensions["engine"]) as session:
        code = shows(str(app.secret_key), new_seed(session))
    return client.post("/second-factor/set-up", data={"code": code} | (more or {}))


def new_seed(session: Session) -> str:
    """Of the app that was begun last."""
    begun = select(UserSession).where(UserSession.new_seed.is_not(None)).order_by(UserSession.created_at.desc())
    return str(session.scalars(begun).first().new_seed)  # type: ignore[union-attr]
