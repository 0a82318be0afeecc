"""The worklist: who is due, in working order, with filters in the address, and the same list as a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from clinic.domain.vocabulary import Drug
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May, Role, allows
from clinic.services import worklists
from clinic.services.worklists import DUE_LISTS, GROUPS, LISTS, MONTHLY, Ask, Line
from clinic.store import agenda, users
from clinic.store.lists import MOST_COUNTED, Place
from clinic.web import language, spreadsheet
from clinic.web.fields import iso_day
from clinic.web.keys import key
from clinic.web.language import gettext as _
from clinic.web.presenters import born_cell, count_text, day
from clinic.web.spreadsheet import Cell
from clinic.web.units import reading
from clinic.web.worklist_rows import kept_line, list_labels, row_of
from clinic.wording.labels import label

bp = Blueprint("worklists", __name__, url_prefix="/worklist")
TABS = {
    Role.NURSE: ("late", "to-plan", "alarms", "drafts", "mine", "awaited", "denosumab", "unplanned", "backlog"),
    Role.DOCTOR: ("my-reviews", "reviews", "alarms", "late", "denosumab", "unplanned", "backlog", "upcoming"),
    Role.SECRETARY: ("to-book", "late", "awaited", "denosumab", "unplanned", "upcoming"),
}

PACE = 20  # patients of the backlog a week, until the page is told otherwise


def asked(role: Role) -> Ask:
    """Read the address; what no list is called is not found. One's own patients are no other nurse's."""
    name = request.args.get("list") or TABS[role][0]
    drug = request.args.get("drug") or None
    if name not in LISTS or (drug is not None and drug not in set(Drug)):
        abort(404)
    nurse = request.args.get("nurse", type=key) if name != "mine" else None
    return Ask(name, drug, nurse, month() if name in MONTHLY else None)


def month() -> date | None:
    """The month that the address asks for, "2027-03"; None is all before this one."""
    text = request.args.get("month", "earlier")
    try:
        return None if text == "earlier" else iso_day(f"{text}-01")
    except ValueError:
        abort(404)


def address(ask: Ask, endpoint: str = "worklists.index", **other: Any) -> str:
    """A list with its filters."""
    if ask.name in MONTHLY:
        other["month"] = f"{ask.month:%Y-%m}" if ask.month else "earlier"
    nurse = ask.nurse_id if ask.name != "mine" else None
    return url_for(endpoint, list=ask.name, drug=ask.drug, nurse=nurse, **other)


def place(text: str) -> Place | None:
    """Where the page before ended: rank, date, code, patient; nonsense is the first page."""
    try:
        rank, on, code, patient_id = text.split("~")
        return key(rank), iso_day(on), code, key(patient_id)
    except ValueError:
        return None


def pace_of(patients: int, today: date) -> dict[str, Any]:
    """So many a week, and the day on which a list is then through; beyond what is counted nobody can say."""
    weekly = max(1, request.args.get("week", default=PACE, type=key))
    weeks = -(-patients // weekly)
    through = day(today + timedelta(weeks=weeks)) if patients <= MOST_COUNTED else ""
    return {"weekly": weekly, "weeks": weeks, "through": through}


def nurses_for(session: Session, chosen: int | None) -> list[tuple[int, str]]:
    """Whose patients can be asked for, and whose are asked for now even when that account is closed."""
    known = users.at_work(session, Role.NURSE)
    now = agenda.name_of(session, chosen)
    return known if now is None or now in known else [*known, now]


def narrowed(ask: Ask, nurses: list[tuple[int, str]], lang: str) -> str:
    """The filters of a list in words; empty when it is whole."""
    drug = [label(Drug(ask.drug), lang)] if ask.drug else []
    return ", ".join([*drug, *(name for number, name in nurses if number == ask.nurse_id)])


@bp.get("")
@needs(May.READ_LISTS)
def index() -> ResponseReturnValue:
    """One page of a list."""
    lang = language.current()
    links = (f"{url_for('home.index')}patients/", quote(request.full_path.rstrip("?")))
    here = place(request.args.get("after", ""))
    with reading() as work:
        ask = asked(work.actor.role)
        books = ask.name in DUE_LISTS and allows(work.actor.role, May.PLAN_APPOINTMENT)
        tabs = TABS[work.actor.role]
        tab = "backlog" if ask.name in GROUPS else ask.name
        names_shown = (*(tabs if tab in tabs else (*tabs, tab)), *(GROUPS if tab == "backlog" else ()))
        shown = [replace(ask, name=name) for name in names_shown]
        page, found = worklists.show_among(work, ask, shown, here)
        counts = {each.name: count_text(count) for each, count in zip(shown, found, strict=True)}
        lines = [kept_line(ask.name, line, work.today, lang, *links, books) for line in page.lines]
        nurses = nurses_for(work.session, ask.nurse_id)
    names = list_labels()
    entries = [{"href": address(each), "label": names[each.name], "count": counts[each.name], "name": each.name,
                "current": each.name in (ask.name, tab)} for each in shown]  # fmt: skip
    after = "~".join(str(part) for part in page.after) if page.after else None
    return render_template(
        "worklists/index.html", lines=lines, books=books, ask=ask, name=names[ask.name], nurses=nurses,
        narrowed=narrowed(ask, nurses, lang), whole_url=address(Ask(ask.name, month=ask.month)),
        tabs=[entry for entry in entries if entry["name"] not in GROUPS],
        groups=[entry for entry in entries if entry["name"] in GROUPS],
        pace=pace_of(found[shown.index(ask)], work.today) if tab == "backlog" else None,
        count=counts[ask.name], drugs=[(drug.value, label(drug, lang)) for drug in Drug],
        of_items=ask.name in DUE_LISTS,
        next_url=address(ask, after=after) if after else None, first_url=address(ask) if here else None,
        exports=[address(ask, "worklists.export", kind=kind) for kind in spreadsheet.KINDS],
    )  # fmt: skip


@bp.get("/export/<any(csv, xlsx):kind>")
@needs(May.READ_LISTS)
def export(kind: str) -> ResponseReturnValue:
    """The whole list as a file for a spreadsheet: no BSN, nothing that runs as a formula."""
    with reading() as work:
        ask = asked(work.actor.role)
        lines = worklists.whole(work, ask)
        work.note(Action.LIST_EXPORTED, subject=f"list:{ask.name}", details={"patients": len(lines)})
        rows = [cells for line in lines for cells in cells_of(ask, line, work.today, language.current())]
        name = spreadsheet.named(list_labels()[ask.name], day(work.today))
    heads = [_("Number"), _("Patient"), _("Date of birth"), _("What"), _("Date"), _("Days past it"), _("State"),
             _("Why"), _("Appointment")]  # fmt: skip
    return spreadsheet.answer(kind, name, heads, rows)


def cells_of(ask: Ask, line: Line, today: date, lang: str) -> Iterator[list[Cell]]:
    """The cells of a patient's items, a row each."""
    row, person = row_of(ask.name, line, today, lang), line.person
    for item, found in zip(row["items"], line.items, strict=True):
        on = found.due_on if ask.name in DUE_LISTS else found.since
        yield [person.number, row["name"], born_cell(person), item["what"], on, (today - on).days, item["state"],
               item["why"], item["booked"]]  # fmt: skip
