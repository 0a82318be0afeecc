"""A patient's row on a list in words: what, since or until when, how late, and why."""

from __future__ import annotations

import json
from datetime import date, time
from functools import lru_cache
from typing import Any, cast

from flask import get_template_attribute
from flask_babel import ngettext
from markupsafe import Markup

from clinic.services.worklists import DUE_LISTS, Line
from clinic.store.patients import Patient
from clinic.web import language
from clinic.web.language import gettext as _
from clinic.web.presenters import day, display_name, gone, identity
from clinic.web.unplanned import because
from clinic.wording import why
from clinic.wording.labels import alert_label, due_label

KINDS = {
    "very_late": ("late", "exclamation-octagon-fill"),
    "late": ("late", "exclamation-octagon-fill"),
    "open": ("soon", "clock-fill"),
    "upcoming": ("wait", "hourglass-split"),
}


def list_labels() -> dict[str, str]:
    """What each list is called; put into words once for each language, for every page of a list shows all of them."""
    return labels_in(language.current())


@lru_cache
def labels_in(_lang: str) -> dict[str, str]:
    """The same, kept by language."""
    return {
        "late": _("Late"),
        "to-plan": _("To plan"),
        "to-book": _("To book"),
        "to-call": _("To call"),
        "my-reviews": _("My reviews"),
        "reviews": _("Reviews"),
        "denosumab": _("Denosumab"),
        "mine": _("My patients"),
        "backlog": _("Backlog at start"),
        "backlog-injections": _("Injections"),
        "backlog-ten-years": _("Over ten years"),
        "backlog-fracture": _("Fracture"),
        "backlog-rest": _("The rest"),
        "upcoming": _("Upcoming"),
        "month-control": _("Controls of the month"),
        "month-dxa": _("DXAs of the month"),
        "month-dose": _("Infusions and injections of the month"),
        "month-review": _("Reviews of the month"),
        "alarms": _("Red alerts"),
        "awaited": _("Result missing"),
        "drafts": _("My drafts"),
        "unplanned": _("Nothing planned"),
    }


@lru_cache(maxsize=4096)
def kept_line(name: str, line: Line, today: date, lang: str, record: str, back: str, books: bool) -> Markup:
    """A patient's lines of the page. They are a function of what stands here and nothing else, so they are put into
    words and rendered once: the same people stand on the same lists all day."""
    written = get_template_attribute("worklists/_line.html", "line")
    return cast(Markup, written(row_of(name, line, today, lang), record, back, books))


def row_of(name: str, line: Line, today: date, lang: str) -> dict[str, Any]:
    """A patient's row in words."""
    person = line.person
    if name in DUE_LISTS:
        items = [item_of(item, today, lang) | {"whence": whence(item.code, line.protocol, lang)} for item in line.items]
    else:
        items = [fact_of(fact, today, lang, line.protocol) for fact in line.items]
    return {
        "id": person.id,
        "name": display_name(cast(Patient, person), lang),
        "about": identity(person, lang, today),
        "gone": gone(person.status, lang),
        "items": items,
    }


def item_of(item: Any, today: date, lang: str) -> dict[str, Any]:
    """A due item in words, with its booking; a booking does not make it less late."""
    late = item.status in ("late", "very_late")
    kind, sign = KINDS[item.status]
    return {
        "what": due_label(item.code, lang),
        "due": day(item.due_on),
        "state": days_late((today - item.due_on).days, lang) if late else standing(item.status, lang),
        "kind": kind,
        "sign": sign,
        "backlog": item.backlog,
        "why": reason(item.why, lang),
        "code": item.code,
        "subject": item.subject,
        "booked": booked(item.booked_on, item.booked_at),
        "appointment_id": item.appointment_id,
        "booked_late": bool(item.booked_on and item.booked_on > item.late_after),
    }


def booked(on: date | None, at: time | None) -> str:
    """The day of a booking, and its hour when it has one; empty without a booking."""
    return str(_("booked %(day)s", day=f"{day(on)} {at:%H:%M}" if at else day(on))) if on else ""


def fact_of(fact: Any, today: date, lang: str, version: str) -> dict[str, Any]:
    """A fact that puts a patient on a list, in words."""
    plain = {"due": day(fact.since), "backlog": False, "whence": "", "booked": "", "booked_late": False}
    if fact.code in FACTS:
        return plain | FACTS[fact.code](fact, today, lang)
    return plain | alarm(fact, lang, version)


def alarm(fact: Any, lang: str, version: str) -> dict[str, str]:
    """A red alert, with what stands behind it."""
    behind = why.alert_whence(fact.code, version, fact.source, lang)
    return {"what": alert_label(fact.code, lang), "state": _("red"), "kind": "late", "sign": "flag-fill",
            "why": reason(fact.why, lang), "whence": behind}  # fmt: skip


whence = lru_cache(maxsize=512)(why.whence)


@lru_cache(maxsize=4096)
def reason(stored: str, lang: str) -> str:
    """The sentence for a reason as the list reads it: its code and numbers as text."""
    told = json.loads(stored)
    return why.sentence(told["code"], told["params"], lang)


def awaited(fact: Any, today: date, lang: str) -> dict[str, str]:
    """A scan without its result."""
    state = days_waiting((today - fact.since).days, lang)
    reason = _("Made, and the result is not in after 10 working days.")
    return {"what": _("DXA result"), "state": state, "kind": "late", "sign": "hourglass-split", "why": reason}


def asked_for(fact: Any, today: date, lang: str) -> dict[str, str]:
    """A spine image that did not come."""
    reason = _("Requested, and not recorded after 10 working days.")
    return awaited(fact, today, lang) | {"what": _("Spine image"), "why": reason}


def draft(_fact: Any, _today: date, _lang: str) -> dict[str, str]:
    """A control that was begun."""
    return {"what": _("Control"), "state": _("not finished"), "kind": "soon", "sign": "pencil",
            "why": _("A draft of yours is kept; nothing of it counts yet.")}  # fmt: skip


def unplanned(fact: Any, _today: date, _lang: str) -> dict[str, str]:
    """A patient whom no rule gives a next date."""
    reason = because(fact.why, fact.runs, fact.starts_on)
    return {"what": _("No next date"), "state": _("nothing planned"), "kind": "soon", "sign": "question-circle",
            "why": reason}  # fmt: skip


FACTS = {"dxa": awaited, "image": asked_for, "draft": draft, "unplanned": unplanned}


@lru_cache(maxsize=4096)
def days_late(days: int, _lang: str) -> str:
    """How late, in words; kept by language, because a list says the same few again and again."""
    return str(ngettext("%(num)d day late", "%(num)d days late", days))


@lru_cache(maxsize=4096)
def days_waiting(days: int, _lang: str) -> str:
    """How long a result is waited for."""
    return str(ngettext("%(num)d day ago", "%(num)d days ago", days))


@lru_cache
def standing(status: str, _lang: str) -> str:
    """The word for an item that is not late."""
    return str(_("to plan now") if status == "open" else _("later"))
