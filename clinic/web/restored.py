"""After a restore: everybody reads, nobody writes until a person says that it is good; each page says so."""

from __future__ import annotations

import time
from datetime import datetime

from flask import Flask, abort, current_app, request
from flask_login import current_user
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from clinic.services.work import local_time
from clinic.store import restores
from clinic.web.units import engine

SAFE = {"GET", "HEAD", "OPTIONS"}
STILL_OPEN = {
    "auth.sign_in_post", "second_factor.show", "second_factor.set_up", "auth.sign_out", "locks.unlock",
    "locks.ask", "locks.unlock_by_passkey",
    "passkeys.ask", "passkeys.sign_in", "passkeys.ask_half_way", "passkeys.second_step",
    "locks.still_here", "restricted.enter", "account.language", "patients.search",
    "rights.record", "requests.decide", "requests.destroy",
}  # fmt: skip
"""What a person needs in order to look, and to come in first: a restore ended every session.

And to destroy again what came back though she had it destroyed: nobody may confirm before.
"""
NEVER_ASKED = (float("-inf"), None)
ASK_AGAIN = 30.0  # seconds; the pages need not know it at once, each post asks for itself


def unconfirmed(of: Engine) -> datetime | None:
    """When the backup was made that nobody confirmed yet, in the clinic's time."""
    with of.connect() as bare:
        found = restores.unconfirmed_since(bare.execution_options(writes=False))
    return local_time(found) if found else None


def as_of() -> str | None:
    """For the pages: asked now and then."""
    at, found = current_app.extensions.get("restored", NEVER_ASKED)
    if time.monotonic() - at > ASK_AGAIN:
        try:
            found = unconfirmed(engine())
        except OperationalError:
            return None  # the page that says so is being made
        current_app.extensions["restored"] = (time.monotonic(), found)
    return found.strftime("%d-%m-%Y %H:%M") if found else None


def closed() -> bool:
    """Whether nothing may be written now; who is signed in brought the answer along."""
    if current_user.is_authenticated:
        return current_user.restored_from is not None
    return unconfirmed(engine()) is not None


def register(app: Flask) -> None:
    """Refuse what writes, and tell every page."""
    app.jinja_env.globals["restored_as_of"] = as_of

    @app.before_request
    def read_only() -> None:
        if request.method not in SAFE and request.endpoint not in STILL_OPEN and closed():
            abort(503)
