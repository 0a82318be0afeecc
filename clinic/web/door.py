"""Where a request stands that wants in, as `services.sign_in` knows it; and how it keeps its place between steps."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from flask import Response, after_this_request, current_app, request, session
from flask_login import login_user
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.orm import Session

from clinic.security.guard import as_signed_in
from clinic.services import activations
from clinic.services.sign_in import Door, Step
from clinic.services.work import local_day
from clinic.web import background, clock
from clinic.web.units import engine, now, trace

HALF_WAY = "half_way"
KNOWN_FOR = timedelta(days=180)
MOST = 20  # people at one computer


def server_key() -> str:
    """The key that lies outside the database."""
    return str(current_app.secret_key)


@contextmanager
def at_the_door(writes: bool = True) -> Iterator[Door]:
    """A unit of work of somebody who is nobody yet."""
    with Session(engine().execution_options(writes=writes), expire_on_commit=False) as store:
        device, knows = this_browser()
        yield Door(
            store, now(), server_key(), request.remote_addr, request.user_agent.string,
            current_app.config["SETTINGS"].demo, trace(), device, frozenset(knows), clock.is_right(),
        )  # fmt: skip


def keep_place(step: Step) -> None:
    """Whoever showed both factors is in; whoever showed one comes back to the second step."""
    if step.whole:
        session.pop(HALF_WAY, None)
        know_browser(step.user.id)
        login_user(as_signed_in(step.user, step.token))
        bring_into_force()
    else:
        session[HALF_WAY] = step.token


def bring_into_force() -> None:
    """Begin with a version of the protocol whose day has come; not while nobody knows which day it is."""
    if not clock.is_right():
        return
    with Session(engine().execution_options(writes=False)) as store:  # whoever comes in holds the writing one
        if activations.waiting(store, now(), local_day(now())) is not None:
            background.start("protocol", "activate")


def place() -> str:
    """The token of the first step in this browser; empty when there was none."""
    return str(session.get(HALF_WAY, ""))


def signer() -> URLSafeSerializer:
    """Of the cookie by which a browser is known again; it opens nothing."""
    return URLSafeSerializer(server_key(), salt="known browser")


def cookie_name() -> str:
    """Like the session's: bound to this host where cookies go over https alone."""
    return "__Host-browser" if current_app.config["SESSION_COOKIE_SECURE"] else "browser"


def this_browser() -> tuple[str, list[int]]:
    """Its number, and the accounts that came in here before; nothing of a cookie that we did not sign."""
    try:
        number, knows = signer().loads(request.cookies.get(cookie_name(), ""))
    except (BadSignature, ValueError, TypeError):
        return "", []
    return number, knows


def know_browser(user_id: int) -> None:
    """Remember that she came in here, so that strangers who guess at her account do not make her wait."""
    number, knows = this_browser()
    value = signer().dumps(
        (number or secrets.token_hex(8), [user_id, *(one for one in knows if one != user_id)][:MOST])
    )

    @after_this_request
    def keep(response: Response) -> Response:
        response.set_cookie(
            cookie_name(), str(value), max_age=KNOWN_FOR, httponly=True, samesite="Lax",
            secure=current_app.config["SESSION_COOKIE_SECURE"],
        )  # fmt: skip
        return response
