"""The first page of each role: counts that are links to their lists, alarms, and who waits longest."""

from __future__ import annotations

from typing import Any, cast

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from clinic.security.guard import signed_in
from clinic.security.permissions import May, Role, allows
from clinic.services import worklists
from clinic.services.work import Work
from clinic.store.patients import Patient
from clinic.web import language
from clinic.web.presenters import day, display_name
from clinic.web.units import reading
from clinic.web.worklists import count_text, list_labels, row_of
from clinic.wording.labels import alert_label

bp = Blueprint("home", __name__)
TALLY = {
    Role.NURSE: ("late", "to-plan", "denosumab", "mine"),
    Role.DOCTOR: ("reviews", "late", "denosumab", "backlog"),
    Role.SECRETARY: ("to-book", "late", "upcoming"),
}
SHOWN = 5


@bp.get("/")
@signed_in
def index() -> ResponseReturnValue:
    """Today; who has no clinical work sees no patients."""
    if not allows(current_user.role, May.READ_LISTS):
        return render_template("home/index.html", tally=[], rows=[], alarms=[])
    lang = language.current()
    with reading() as work:
        names = TALLY[work.actor.role]
        counts = worklists.count(work, names)
        page = worklists.show(work, names[0], worklists.wanted(work, names[0], None, None), most=SHOWN)
        rows = [row_of(line, work.today, lang) for line in page.lines]
        alarms = alarms_of(work, lang)
    words = list_labels()
    tally = [
        {"href": url_for("worklists.index", list=name), "label": words[name], "count": count_text(counts[name]),
         "kind": "late" if name == "late" and counts[name] else ""}
        for name in names
    ]  # fmt: skip
    first = {"first": names[0], "name": words[names[0]]}
    return render_template("home/index.html", tally=tally, rows=rows, alarms=alarms, **first)


def alarms_of(work: Work, lang: str) -> list[dict[str, Any]]:
    """Red alerts in words."""
    return [
        {"id": person.id, "name": display_name(cast(Patient, person), lang), "what": alert_label(alert.code, lang),
         "since": day(alert.since)}
        for person, alert in worklists.alarms(work, SHOWN)
    ]  # fmt: skip
