"""The call list for a spreadsheet: whom to phone, at which numbers, what for and why, and what was tried."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from flask.typing import ResponseReturnValue

from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import calls
from clinic.services.calls import CALL_LIST, Row
from clinic.web import language, spreadsheet
from clinic.web.call_words import contact_of
from clinic.web.language import gettext as _
from clinic.web.presenters import born_cell, day, phone
from clinic.web.spreadsheet import Cell
from clinic.web.units import reading
from clinic.web.worklist_rows import row_of


@needs(May.READ_LISTS)
def export(kind: str) -> ResponseReturnValue:
    """The whole list in working order, a row an item."""
    lang = language.current()
    with reading() as work:
        found = calls.whole(work)
        work.note(Action.LIST_EXPORTED, subject=f"list:{CALL_LIST.name}", details={"patients": len(found)})
        rows = [cells for row in found for cells in cells_of(row, work.today, lang)]
        name = f"{_('to-call')}-{day(work.today)}"
    heads = [_("Number"), _("Patient"), _("Date of birth"), _("Phone"), _("What"), _("Date"), _("Days past it"),
             _("Why"), _("Attempts in vain"), _("Call again on"), _("Last contacts")]  # fmt: skip
    return spreadsheet.answer(kind, name, heads, rows)


def cells_of(row: Row, today: date, lang: str) -> Iterator[list[Cell]]:
    """The cells of a patient's items, a row each."""
    person, standing = row.line.person, row.standing
    told = row_of(CALL_LIST.name, row.line, today, lang)
    phones = ", ".join(phone(known) for known in (standing.phone, standing.phone_other) if known)
    contacts = "; ".join(contact_of(contact, lang, row.closed) for contact in row.contacts)
    for item, found in zip(told["items"], row.line.items, strict=True):
        yield [person.number, told["name"], born_cell(person), phones, item["what"], found.due_on,
               (today - found.due_on).days, item["why"], row.attempts, standing.call_back_on, contacts]  # fmt: skip
