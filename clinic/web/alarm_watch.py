"""The alarm symptoms of a first page that stays open: it asks each minute by itself, so that none waits for a click."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from clinic.security.guard import signed_in
from clinic.web import alarm_rows, language
from clinic.web.units import reading

bp = Blueprint("alarm_watch", __name__)


@bp.get("/alarms")
@signed_in
def look() -> ResponseReturnValue:
    """The panel as it stands now; without content when the page shows the same."""
    with reading() as work:
        told = alarm_rows.panel(work, language.current(), request.args.get("shown", ""))
    if told is None:
        return "", 204
    return render_template("home/_alarms.html", **told), 200, {"X-Shown": told["shown"]}
