"""The worklist: who is due, in working order, with filters in the address, and the same list as a file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from io import StringIO
from typing import Any, cast

from flask import Blueprint, Response, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from clinic.domain.vocabulary import Drug
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May, Role
from clinic.services import worklists
from clinic.services.work import Work
from clinic.services.worklists import LISTS, Line
from clinic.store.lists import MOST_COUNTED, Place
from clinic.store.patients import Patient
from clinic.web import language
from clinic.web.presenters import age, day, display_name
from clinic.web.units import reading
from clinic.wording import why
from clinic.wording.labels import due_label, label

bp = Blueprint("worklists", __name__, url_prefix="/worklist")
FIRST = {Role.NURSE: "late", Role.DOCTOR: "reviews", Role.SECRETARY: "to-book"}
MOST_EXPORTED = 10_000
KINDS = {
    "very_late": ("late", "exclamation-octagon-fill"),
    "late": ("late", "exclamation-octagon-fill"),
    "open": ("soon", "clock-fill"),
    "upcoming": ("wait", "hourglass-split"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for."""

    name: str
    drug: str | None
    nurse_id: int | None
    after: Place | None

    def address(self, endpoint: str = "worklists.index", **other: Any) -> str:
        """The same filters, elsewhere."""
        values = {"list": self.name, "drug": self.drug, "nurse": self.nurse_id} | other
        return url_for(endpoint, **values)


def list_labels() -> dict[str, str]:
    """What each list is called."""
    return {
        "late": _("Late"),
        "to-plan": _("To plan"),
        "to-book": _("To book"),
        "reviews": _("Reviews"),
        "denosumab": _("Denosumab"),
        "mine": _("My patients"),
        "backlog": _("Backlog at start"),
        "upcoming": _("Upcoming"),
    }


def asked(role: Role) -> Asked:
    """Read the address; what no list is called is not found."""
    name = request.args.get("list") or FIRST.get(role, "late")
    drug = request.args.get("drug") or None
    if name not in LISTS or (drug is not None and drug not in set(Drug)):
        abort(404)
    return Asked(name, drug, request.args.get("nurse", type=int), place(request.args.get("after", "")))


def place(text: str) -> Place | None:
    """Where the page before ended: rank, due date, code, patient; nonsense is the first page."""
    try:
        rank, due_on, code, patient_id = text.split("~")
        return int(rank), date.fromisoformat(due_on), code, int(patient_id)
    except ValueError:
        return None


def count_text(count: int) -> str:
    """Exact up to a thousand."""
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count)


def row_of(line: Line, today: date, lang: str) -> dict[str, Any]:
    """A patient's row in words."""
    person = line.person
    return {
        "id": person.id,
        "name": display_name(cast(Patient, person), lang),
        "about": f"{day(person.birth_date)} ({age(person.birth_date, today)}) · {person.number}",
        "items": [item_of(item, today, lang) for item in line.items],
    }


def item_of(item: Any, today: date, lang: str) -> dict[str, Any]:
    """An item in words: what, when, how late, why, and its booking; a booking does not make it less late."""
    late = item.status in ("late", "very_late")
    return {
        "what": due_label(item.code, lang),
        "due": day(item.due_on),
        "state": days_late((today - item.due_on).days, lang) if late else standing(item.status, lang),
        "kind": KINDS[item.status][0],
        "sign": KINDS[item.status][1],
        "backlog": item.backlog,
        "why": why.sentence(item.why["code"], item.why["params"], lang),
        "booked": _("booked %(day)s", day=day(item.booked_on)) if item.booked_on else "",
        "booked_late": bool(item.booked_on and item.booked_on > item.late_after),
    }


@lru_cache(maxsize=4096)
def days_late(days: int, _lang: str) -> str:
    """How late, in words; kept by language, because a list says the same few again and again."""
    return str(ngettext("%(num)d day late", "%(num)d days late", days))


@lru_cache
def standing(status: str, _lang: str) -> str:
    """The word for an item that is not late."""
    return str(_("to plan now") if status == "open" else _("later"))


@bp.get("")
@needs(May.READ_LISTS)
def index() -> ResponseReturnValue:
    """One page of a list."""
    lang = language.current()
    with reading() as work:
        ask = asked(work.actor.role)
        wanted = worklists.wanted(work, ask.name, ask.drug, ask.nurse_id)
        page = worklists.show(work, ask.name, wanted, ask.after)
        counts = worklists.count(work, list(LISTS), ask.drug, ask.nurse_id)
        rows = [row_of(line, work.today, lang) for line in page.lines]
    names = list_labels()
    tabs = [
        {"href": url_for("worklists.index", list=name, drug=ask.drug, nurse=ask.nurse_id), "label": names[name],
         "count": count_text(counts[name]), "current": name == ask.name}
        for name in LISTS
    ]  # fmt: skip
    after = "~".join(str(part) for part in page.after) if page.after else None
    return render_template(
        "worklists/index.html", tabs=tabs, rows=rows, ask=ask, name=names[ask.name],
        count=count_text(counts[ask.name]), drugs=[(drug.value, label(drug, lang)) for drug in Drug],
        next_url=ask.address(after=after) if after else None, first_url=ask.address() if ask.after else None,
        export_url=ask.address("worklists.export"), back=request.full_path.rstrip("?"),
    )  # fmt: skip


@bp.get("/export.csv")
@needs(May.READ_LISTS)
def export() -> ResponseReturnValue:
    """The list as a file for a spreadsheet: no BSN, nothing that runs as a formula."""
    with reading() as work:
        ask = asked(work.actor.role)
        wanted = worklists.wanted(work, ask.name, ask.drug, ask.nurse_id)
        page = worklists.show(work, ask.name, wanted, None, MOST_EXPORTED)
        work.note(Action.LIST_EXPORTED, subject=f"list:{ask.name}", details={"patients": len(page.lines)})
        text = as_csv(work, page.lines)
    name = f"{ask.name}-{day(work.today)}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, mimetype="text/csv; charset=utf-8", headers=headers)


def as_csv(work: Work, lines: list[Line]) -> str:
    """One line per item, semicolons between, with the mark by which spreadsheets know UTF-8."""
    file = StringIO("\ufeff", newline="")
    file.seek(1)
    writer = csv.writer(file, delimiter=";")
    writer.writerow([_("Number"), _("Patient"), _("What"), _("Due date"), _("State"), _("Why"), _("Appointment")])
    lang = language.current()
    for line in lines:
        writer.writerows([harmless(cell) for cell in cells] for cells in cells_of(line, work.today, lang))
    return file.getvalue()


def cells_of(line: Line, today: date, lang: str) -> Iterator[list[str]]:
    """The cells of a patient's items."""
    row = row_of(line, today, lang)
    for item in row["items"]:
        yield [line.person.number, row["name"], item["what"], item["due"], item["state"], item["why"], item["booked"]]


def harmless(cell: str) -> str:
    """A cell that a spreadsheet shows and does not compute (OWASP: CSV injection)."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
