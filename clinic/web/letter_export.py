"""The letters in a state for a spreadsheet, a row a letter."""

from __future__ import annotations

from datetime import date

from flask import abort, request
from flask.typing import ResponseReturnValue

from clinic.domain.protocol import Protocol
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import letter_lists
from clinic.services.letter_lists import Line
from clinic.store.letters import STATES
from clinic.web import language, letter_rows, spreadsheet
from clinic.web.language import gettext as _
from clinic.web.presenters import born_cell, day
from clinic.web.spreadsheet import Cell
from clinic.web.units import reading


@needs(May.READ_LISTS)
def export(kind: str) -> ResponseReturnValue:
    """The whole list of a state, in its order."""
    state = request.args.get("state", "")
    if state not in STATES:
        abort(404)
    named = letter_rows.state_labels()[state]
    with reading() as work:
        lines = letter_lists.whole(work, state, request.args.get("own") == "y")
        work.note(Action.LIST_EXPORTED, subject=f"letters:{state}", details={"patients": len(lines)})
        rows = [cells_of(line, state, named, work.today, language.current(), work.protocol) for line in lines]
        name = f"{_('letters')}-{named.lower().replace(' ', '-')}-{day(work.today)}"
    heads = [_("Number"), _("Patient"), _("Date of birth"), _("Letter"), _("State"), _("Due date"), _("Sent on"),
             _("GP"), _("Channel"), _("Drafted by"), _("Remark")]  # fmt: skip
    return spreadsheet.answer(kind, name, heads, rows)


def cells_of(line: Line, state: str, named: str, today: date, lang: str, protocol: Protocol) -> list[Cell]:
    """A letter as cells."""
    found, row = line.row, letter_rows.row_of(line, today, lang, state, protocol)
    return [found.number, row["name"], born_cell(found), row["what"], named, found.due_on, found.sent_on, row["gp"],
            row["channel"], row["drafter"], row["remark"]]  # fmt: skip
