"""The coming 24 months as charts and as a table; each number leads to its list."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from clinic.domain.forecast import Kind, Month
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import forecast
from clinic.web import spreadsheet, svg
from clinic.web.language import gettext as _
from clinic.web.page import may
from clinic.web.presenters import day, months
from clinic.web.units import reading

bp = Blueprint("forecast", __name__, url_prefix="/forecast")
ROOM = (2, 3, 4, 8, 9, 10)  # months that start a chart with room for their name before January or July
HEIGHT, FOOT = 120, 18  # px of a chart, and of the months under it


def names() -> dict[Kind, str]:
    """What is counted."""
    return {Kind.CONTROL: _("Controls"), Kind.DXA: _("DXAs"), Kind.DOSE: _("Infusions and injections"),
            Kind.REVIEW: _("Reviews")}  # fmt: skip


@bp.get("")
@needs(May.READ_FORECAST)
def index() -> ResponseReturnValue:
    """Charts and table."""
    with reading() as work:
        earlier, ahead = forecast.ahead(work)
    words = names()
    rows = [{"month": months(one.first), "cells": [cell(kind, one) for kind in Kind]} for one in ahead]
    return render_template(
        "forecast/index.html", names=list(words.values()), rows=rows,
        earlier=[{"due": earlier[kind], "href": listed(kind, "earlier")} for kind in Kind],
        charts=[(words[kind], drawing(kind, words[kind], ahead)) for kind in Kind],
        exports=[url_for("forecast.export", kind=kind) for kind in spreadsheet.KINDS],
    )  # fmt: skip


@bp.get("/export/<any(csv, xlsx):kind>")
@needs(May.READ_FORECAST)
def export(kind: str) -> ResponseReturnValue:
    """The table as a file; counts alone, of nobody in particular."""
    with reading() as work:
        _earlier, ahead = forecast.ahead(work)
        name = f"{_('forecast')}-{day(work.today)}"
    words = names()
    heads = [_("Month"), *(head for kind in Kind for head in (words[kind], _("%(what)s, again", what=words[kind])))]
    rows: list[list[spreadsheet.Cell]] = [
        [months(one.first), *(count for kind in Kind for count in (one.due[kind], one.again[kind]))] for one in ahead
    ]
    return spreadsheet.answer(kind, name, heads, rows)


def cell(kind: Kind, one: Month) -> dict[str, Any]:
    """One number of the table."""
    return {"due": one.due[kind], "again": one.again[kind], "href": of_month(kind, one)}


def of_month(kind: Kind, one: Month) -> str:
    """The list behind a number and its bar; none of nobody."""
    return listed(kind, f"{one.first:%Y-%m}") if one.due[kind] else ""


def listed(kind: Kind, month: str) -> str:
    """The list behind a number, for who may read lists."""
    return url_for("worklists.index", list=f"month-{kind}", month=month) if may(May.READ_LISTS) else ""


def drawing(kind: Kind, name: str, ahead: list[Month]) -> Markup:
    """A bar a month: what is due, which leads to its list, and above it what comes again."""
    most = max(1, *(one.due[kind] + one.again[kind] for one in ahead))
    scale, width = (HEIGHT - FOOT - 14) / most, 100 / len(ahead)
    body = [svg.level("t-grid", HEIGHT - FOOT)]
    for number, one in enumerate(ahead):
        due, again, x = one.due[kind] * scale, one.again[kind] * scale, f"{number * width + 0.4:.2f}%"
        title = _("%(month)s: %(due)s due, %(again)s again", month=months(one.first), due=one.due[kind],
                  again=one.again[kind])  # fmt: skip
        base = HEIGHT - FOOT
        bar = svg.box("b-done", x, f"{width - 0.8:.2f}%", base - due, due, title)
        body.append(svg.pointed(of_month(kind, one), bar))
        body.append(svg.box("b-plan", x, f"{width - 0.8:.2f}%", base - due - again, again, title))
        if one.first.month in (1, 7) or (number == 0 and one.first.month in ROOM):
            body.append(svg.words("t-tick", x, HEIGHT - 4, months(one.first)))
    body.append(svg.words("t-tick", "0", 10, _("at most %(most)s a month", most=most)))
    return svg.svg(HEIGHT, body, _("%(what)s a month, the same numbers as in the table", what=name), "group")
