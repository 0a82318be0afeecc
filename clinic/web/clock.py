"""While this machine's clock cannot be believed everybody reads and nobody writes; it ends by itself with the fault."""

from __future__ import annotations

from flask import Flask, abort, current_app, g, request
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from clinic.services.clock import Watch, Wrong
from clinic.services.work import told
from clinic.web import units
from clinic.web.restored import SAFE, STILL_OPEN


def found(engine: Engine, watch: Watch) -> Wrong | None:
    """What is wrong with this machine's clock, as this process knows it."""
    with Session(told(engine, writes=False)) as store:
        return watch.wrong(store, units.now(), units.counted())


def is_right() -> bool:
    """Whether what is done of itself when somebody comes in may be done for today."""
    return found(units.engine(), current_app.extensions["clock"]) is None


def begin(app: Flask) -> Watch:
    """Hold the clock against the log as soon as a worker starts: it then counts from here, and knows a jump ahead.

    A clinic that was silent for a month is not opened by its clock alone; a made-up one is.
    """
    watch: Watch = app.extensions["clock"]
    watch.opens = not app.config["SETTINGS"].demo
    try:
        if wrong := found(app.extensions["engine"], watch):
            app.logger.error("the clock of this machine is %s", wrong.value)
    except DBAPIError as problem:  # whoever writes first asks once more
        app.logger.error("the clock is not held against the log yet: %s", type(problem).__name__)
    return watch


def register(app: Flask) -> None:
    """Refuse what writes; the page says why, and keeps what was typed."""

    @app.before_request
    def believe_the_clock() -> None:
        if request.method in SAFE or request.endpoint in STILL_OPEN:
            return
        if wrong := found(units.engine(), app.extensions["clock"]):
            app.logger.error("nothing is saved: the clock of this machine is %s", wrong.value)
            g.clock_wrong = wrong
            abort(503)
