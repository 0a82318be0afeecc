"""Infusions and injections of the coming fourteen days, and what each still needs."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any, cast

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from clinic.domain.dose_needs import Need, NeedState
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import dose_list
from clinic.services.dose_list import DueDose
from clinic.store.patients import Patient
from clinic.web import language, spreadsheet
from clinic.web.language import gettext as _
from clinic.web.page import may
from clinic.web.presenters import born_cell, day, display_name, gone, identity, number
from clinic.web.spreadsheet import Cell
from clinic.web.units import reading, today
from clinic.web.worklist_rows import KINDS, days_late, standing
from clinic.wording.labels import due_label

bp = Blueprint("doses", __name__, url_prefix="/doses")
UNITS = {
    "creatinine": ("µmol/l", 0), "clearance": ("ml/min", 1), "weight": ("kg", 1), "calcium": ("mmol/l", 2),
    "vitamin_d": ("nmol/l", 0),
}  # fmt: skip
"""Of each value before a dose its unit, and how many decimals are read."""
STATES = {
    NeedState.KNOWN: ("", ""),
    NeedState.TOO_OLD: ("soon", "clock-fill"),
    NeedState.BELOW_LIMIT: ("late", "exclamation-octagon-fill"),
    NeedState.MISSING: ("soon", "question-circle"),
}


@bp.get("")
@needs(May.READ_LISTS)
def index() -> ResponseReturnValue:
    """Who is to have a dose, in working order, with what is known before it."""
    lang = language.current()
    with reading() as work:
        found = dose_list.show(work)
        rows = [row_of(dose, lang) for dose in found.doses]
    return render_template(
        "doses/index.html", rows=rows, until=found.until, closures=found.closures, more=found.more,
        books=may(May.PLAN_APPOINTMENT), gives=may(May.RECORD_DOSE), back=url_for("doses.index"),
        exports=[url_for("doses.export", kind=kind) for kind in spreadsheet.KINDS],
    )  # fmt: skip


@bp.get("/export/<any(csv, xlsx):kind>")
@needs(May.READ_LISTS)
def export(kind: str) -> ResponseReturnValue:
    """The same list for a spreadsheet, a row a dose."""
    lang = language.current()
    with reading() as work:
        found = dose_list.show(work)
        work.note(Action.LIST_EXPORTED, subject="list:doses", details={"patients": len(found.doses)})
        rows = [cells_of(dose, lang) for dose in found.doses]
        name = f"{_('infusions')}-{day(work.today)}"
    heads = [_("Number"), _("Patient"), _("Date of birth"), _("What"), _("Date"), _("Appointment"), _("Last dose")]
    heads += [text for code, label in labels().items()
              for text in (f"{label} ({UNITS[code][0]})", _("%(what)s on", what=label))]  # fmt: skip
    return spreadsheet.answer(kind, name, heads, rows)


def cells_of(dose: DueDose, lang: str) -> list[Cell]:
    """A dose as cells: who, what and when, then each value with its day."""
    item, row = dose.item, row_of(dose, lang)
    known = [cell for need in dose.needs for cell in (shown_in_unit(need), need.on)]
    return [item.number, row["name"], born_cell(item), row["what"], item.due_on, row["booked"], row["last"], *known]


def row_of(dose: DueDose, lang: str) -> dict[str, Any]:
    """A dose in words."""
    item = dose.item
    late = item.status in ("late", "very_late")
    kind, sign = KINDS[item.status]
    return {
        "id": item.patient_id,
        "name": display_name(cast(Patient, item), lang),
        "about": identity(item, lang, today()),
        "gone": gone(item.patient_status, lang),
        "what": due_label(item.code, lang),
        "due": day(item.due_on),
        "state": days_late((today() - item.due_on).days, lang) if late else standing(item.status, lang),
        "kind": kind,
        "sign": sign,
        "booked": booked(item),
        "appointment_id": item.appointment_id,
        "code": item.code,
        "subject": item.subject,
        "course_id": dose.course_id,
        "last": last(dose.last),
        "needs": [need_of(need) for need in dose.needs],
    }


def booked(item: Any) -> str:
    """When and where it is planned."""
    at = item.booked_at.strftime("%H:%M") if item.booked_at else ""
    return " ".join(part for part in (day(item.booked_on) if item.booked_on else "", at, item.booked_where) if part)


def last(row: Any) -> str:
    """The dose before, with where and by whom."""
    return ", ".join(part for part in (day(row.on_date), row.place, row.given_by) if part) if row else ""


def need_of(need: Need) -> dict[str, Any]:
    """A value before a dose in words: what it is, of when, and what is the matter with it."""
    kind, sign = STATES[need.state]
    said = {
        NeedState.KNOWN: "",
        NeedState.TOO_OLD: _("too old, counts from %(day)s", day=day(need.since)),
        NeedState.BELOW_LIMIT: _("below %(limit)s ml/min", limit=need.limit),
        NeedState.MISSING: _("not recorded"),
    }[need.state]
    return {"label": labels()[need.what], "value": value(need), "on": day(need.on) if need.on else "", "kind": kind,
            "sign": sign, "said": said}  # fmt: skip


def labels() -> dict[str, str]:
    """What is looked at before a dose."""
    return {
        "creatinine": _("Creatinine"),
        "clearance": _("Clearance"),
        "weight": _("Weight"),
        "calcium": _("Calcium"),
        "vitamin_d": _("Vitamin D"),
    }


def shown_in_unit(need: Need) -> Decimal | None:
    """The value as a number of the unit in which the clinic reads it."""
    if need.value is None:
        return None
    unit = Decimal(1).scaleb(-UNITS[need.what][1])
    return (need.value / 1000 if need.what == "weight" else need.value).quantize(unit, ROUND_HALF_UP)


def value(need: Need) -> str:
    """The value with its unit."""
    shown, (unit, places) = shown_in_unit(need), UNITS[need.what]
    return "" if shown is None else f"{number(shown, places)} {unit}"
