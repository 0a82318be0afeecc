"""Every way into the app, a house with one of everything behind them, and somebody who knocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.routing.converters import AnyConverter, IntegerConverter
from werkzeug.test import TestResponse

from clinic.app import create_app
from clinic.security.guard import PUBLIC, SIGNED_IN
from clinic.security.permissions import GRANTS, Role
from clinic.store.audit import AuditEntry
from config import Settings
from tests.database import Copies
from tests.laws import register
from tests.web_fixtures import session_token

FILES = {"static", "bootstrap.static"}  # files that stand on the disk; nothing of a patient is among them


@dataclass(frozen=True)
class Door:
    """One way in: an endpoint and a method."""

    endpoint: str
    method: str
    rule: Rule
    needs: Any

    def __str__(self) -> str:
        return f"{self.method} {self.rule.rule}"

    def admits(self, role: Role) -> bool:
        """Whether the table lets this role in."""
        return self.needs in (PUBLIC, SIGNED_IN) or role in GRANTS.get(self.needs, set())

    def address(self, app: Flask, **numbers: int) -> str:
        """The address with every key 1 unless said otherwise."""
        values = {name: filled(converter) for name, converter in self.rule._converters.items()}
        values.update({name: number for name, number in numbers.items() if name in values})
        return app.url_map.bind("localhost").build(self.endpoint, values, method=self.method)


def filled(converter: Any) -> Any:
    """A value that this converter takes."""
    if isinstance(converter, AnyConverter):
        return sorted(converter.items)[0]
    if isinstance(converter, IntegerConverter):
        return 1
    return date(2026, 11, 23) if "date" in type(converter).__name__.lower() else "x"


def doors(app: Flask) -> Iterator[Door]:
    """Every way in, files aside."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in FILES:
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield Door(rule.endpoint, method, rule, getattr(app.view_functions[rule.endpoint], "needs", None))


def make_app(url: str) -> Flask:
    """The whole app, form tokens left out."""
    app = create_app(Settings(url, "k" * 32, Path("instance"), secure_cookies=False, address="http://localhost"))
    app.config.update(WTF_CSRF_ENABLED=False)
    return app


DOORS = list(doors(make_app("sqlite://")))


@contextmanager
def furnished(
    copies: Copies, kind: str = "sqlite", fill: Callable[[Connection], None] = register.fill
) -> Iterator[Flask]:
    """The app over a register with one of everything."""
    with copies.fresh(kind) as url, time_machine.travel("2026-11-23T09:00:00+00:00", tick=True):
        app = make_app(url)
        with app.extensions["engine"].begin() as connection:
            fill(connection)
        yield app
        app.extensions["engine"].dispose()


def knock(
    app: Flask, door: Door, role: Role | None, body: dict[str, Any] | None = None, **numbers: int
) -> TestResponse:
    """Come to a door as somebody with this role, or as nobody; with empty hands, or with a form or JSON."""
    client: FlaskClient = app.test_client()
    if role is not None:
        token = session_token(app.extensions["engine"], role)
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
    return client.open(door.address(app, **numbers), method=door.method, **(body or {}))


def somebody(door: Door) -> Role:
    """A role that this door admits."""
    return next(role for role in Role if door.admits(role))


def lines_of_log(engine: Engine) -> int:
    """How far the log is."""
    with Session(engine) as session:
        return session.scalar(select(func.max(AuditEntry.id))) or 0


def looks(engine: Engine, since: int) -> list[AuditEntry]:
    """What the log says after a line."""
    with Session(engine) as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.id > since).order_by(AuditEntry.id)))
