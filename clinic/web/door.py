"""Where a request stands that wants in, as `services.sign_in` knows it; and how it keeps its place between steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import current_app, request, session
from flask_login import login_user
from sqlalchemy.orm import Session

from clinic.security.guard import as_signed_in
from clinic.services import activations
from clinic.services.sign_in import Door, Step
from clinic.services.work import local_day
from clinic.web import background
from clinic.web.units import engine, now, trace

HALF_WAY = "half_way"


def server_key() -> str:
    """The key that lies outside the database."""
    return str(current_app.secret_key)


@contextmanager
def at_the_door(writes: bool = True) -> Iterator[Door]:
    """A unit of work of somebody who is nobody yet."""
    with Session(engine().execution_options(writes=writes), expire_on_commit=False) as store:
        yield Door(
            store, now(), server_key(), request.remote_addr, request.user_agent.string,
            current_app.config["SETTINGS"].demo, trace(),
        )  # fmt: skip


def keep_place(step: Step) -> None:
    """Whoever showed both factors is in; whoever showed one comes back to the second step."""
    if step.whole:
        session.pop(HALF_WAY, None)
        login_user(as_signed_in(step.user, step.token))
        bring_into_force()
    else:
        session[HALF_WAY] = step.token


def bring_into_force() -> None:
    """Begin with a version of the protocol whose day has come."""
    with Session(engine().execution_options(writes=False)) as store:  # whoever comes in holds the writing one
        if activations.waiting(store, now(), local_day(now())) is not None:
            background.start("protocol", "activate")


def place() -> str:
    """The token of the first step in this browser; empty when there was none."""
    return str(session.get(HALF_WAY, ""))
