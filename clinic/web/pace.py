"""Nobody reads record after record as a program does: more pages in a minute than a person can take in are refused."""

from __future__ import annotations

from collections import defaultdict, deque
from datetime import timedelta

from flask import Flask, abort, current_app, request
from flask_login import current_user
from sqlalchemy.orm import Session

from clinic.security.permissions import May
from clinic.store import log
from clinic.web import units
from clinic.web.errors import write_down_refusal

WINDOW = timedelta(minutes=1)
SUBJECT = "pace"
PROCESSES = 10
"""As many a clinic runs at most: whoever asks for too much asks one of them for a tenth of it."""


class Pace:
    """How often each person came to this process within the window."""

    def __init__(self) -> None:
        self.came: defaultdict[int, deque[float]] = defaultdict(deque)

    def count(self, user_id: int, counted: float) -> int:
        """Note that she came, at this number of counted seconds; how often since a window ago."""
        times = self.came[user_id]
        times.append(counted)
        while times[0] <= counted - WINDOW.total_seconds():
            times.popleft()
        return len(times)


def register(app: Flask) -> None:
    """Stand before every page that is not everybody's.

    The log counts, so that it holds over all processes; it is asked about those alone who ask this one for much.
    """

    @app.before_request
    def slow_down() -> None:
        most = current_app.config["SETTINGS"].most_a_minute
        act = getattr(current_app.view_functions.get(request.endpoint or ""), "needs", None)
        if not most or not isinstance(act, May) or not current_user.is_authenticated:
            return
        pace: Pace = app.extensions["pace"]
        if pace.count(current_user.id, units.counted()) * PROCESSES < most:
            return
        with Session(units.engine().execution_options(writes=False)) as store:
            pages, told = log.requests_since(store, current_user.id, units.now() - WINDOW, f"{SUBJECT}:{most}")
        if pages >= most:
            if not told:  # once a minute, for the privacy officer; a line for each would only fill the log
                write_down_refusal(subject=f"{SUBJECT}:{most}")
            abort(429)
