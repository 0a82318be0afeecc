"""What is typed and not finished, kept by the page itself (js/draft.js) or by a button: how the page hears of it."""

from __future__ import annotations

from datetime import datetime

from flask import request

from clinic.web.language import gettext as _
from clinic.web.results import local


def quiet() -> bool:
    """Whether the page keeps it by itself and takes a sentence; a button takes the next page."""
    return request.headers.get("Accept") == "*/*"  # of a fetch; a browser that goes on asks for a page


def kept_at(at: datetime) -> str:
    """What the page then shows."""
    return str(_("draft kept %(time)s", time=local(at)[-5:]))
