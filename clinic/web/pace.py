"""Nobody reads record after record as a program does: more pages in a minute than a person can take in are refused."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, abort, current_app, request
from flask_login import current_user
from sqlalchemy.orm import Session

from clinic.security.permissions import May
from clinic.store import log
from clinic.web.errors import write_down_refusal
from clinic.web.units import engine, now

WINDOW = timedelta(minutes=1)
SUBJECT = "pace"


def register(app: Flask) -> None:
    """Stand before every page that is not everybody's; the log counts, so that it holds over all processes."""

    @app.before_request
    def slow_down() -> None:
        most = current_app.config["SETTINGS"].most_a_minute
        act = getattr(current_app.view_functions.get(request.endpoint or ""), "needs", None)
        if not most or not isinstance(act, May) or not current_user.is_authenticated:
            return
        with Session(engine().execution_options(writes=False)) as store:
            pages, told = log.requests_since(store, current_user.id, now() - WINDOW, f"{SUBJECT}:{most}")
        if pages >= most:
            if not told:  # once a minute, for the privacy officer; a line for each would only fill the log
                write_down_refusal(subject=f"{SUBJECT}:{most}")
            abort(429)
