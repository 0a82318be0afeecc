"""The practices for a spreadsheet, a row a GP; a practice without one has a row of its own."""

from __future__ import annotations

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import practices
from clinic.web import spreadsheet
from clinic.web.language import gettext as _
from clinic.web.practice_form import channel_words, kind_words
from clinic.web.presenters import day, phone
from clinic.web.spreadsheet import Cell
from clinic.web.units import reading


@needs(May.EDIT_PRACTICE)
def export(kind: str) -> ResponseReturnValue:
    """Every practice that fits what was searched for."""
    with reading() as work:
        found = practices.whole(work, request.args.get("q", "")[:80])
        work.note(Action.LIST_EXPORTED, subject="list:practices", details={"rows": len(found)})
        rows = [cells_of(row) for row in found]
        name = f"{_('practices')}-{day(work.today)}"
    heads = [_("Practice"), _("AGB code"), _("Street and number"), _("Postcode"), _("Town"), _("Phone"),
             _("Letters travel by"), _("Mailbox"), _("Name"), _("AGB code of the GP"), _("Kind"),
             _("Stopped on")]  # fmt: skip
    return spreadsheet.answer(kind, name, heads, rows)


def cells_of(row: Any) -> list[Cell]:
    """A GP at a practice as cells."""
    where, gp = row.Practice, row.Gp
    street = " ".join(part for part in (where.street, where.house_number) if part)
    cells: list[Cell] = [where.name, where.agb, street, where.postcode, where.town, phone(where.phone),
                         channel_words()[where.channel], where.mailbox]  # fmt: skip
    if gp is None:
        return [*cells, None, None, None, None]
    name = " ".join(part for part in (gp.initials, gp.prefix, gp.family_name) if part)
    return [*cells, name, gp.agb, kind_words()[gp.kind], gp.stopped_on]
