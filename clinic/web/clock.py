"""While this machine's clock cannot be believed everybody reads and nobody writes; it ends by itself with the fault."""

from __future__ import annotations

from flask import Flask, abort, g, request
from sqlalchemy.orm import Session

from clinic.services.clock import Watch
from clinic.web import units
from clinic.web.restored import SAFE, STILL_OPEN


def register(app: Flask) -> None:
    """Refuse what writes; the page says why, and keeps what was typed."""

    @app.before_request
    def believe_the_clock() -> None:
        if request.method in SAFE or request.endpoint in STILL_OPEN:
            return
        watch: Watch = app.extensions["clock"]
        with Session(units.engine().execution_options(writes=False)) as store:
            wrong = watch.wrong(store, units.now(), units.counted())
        if wrong:
            app.logger.error("nothing is saved: the clock of this machine is %s", wrong.value)
            g.clock_wrong = wrong
            abort(503)
