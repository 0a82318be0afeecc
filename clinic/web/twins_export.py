"""Who may have two numbers, for a spreadsheet: both registrations of a pair in a row."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import twins
from clinic.store.patients import Patient
from clinic.web import language, spreadsheet
from clinic.web.language import gettext as _
from clinic.web.presenters import born_cell, day, display_name
from clinic.web.spreadsheet import Cell
from clinic.web.units import reading


@needs(May.MERGE_PATIENTS)
def export(kind: str) -> ResponseReturnValue:
    """Every pair, the older number first; never a BSN."""
    lang = language.current()
    with reading() as work:
        found = twins.pairs(work, most=twins.MOST_EXPORTED)
        work.note(Action.LIST_EXPORTED, subject="list:twins", details={"pairs": len(found)})
        rows = [cells_of(one, other, lang) for one, other in found]
        name = f"{_('two-numbers')}-{day(work.today)}"
    heads = [_("Date of birth"), _("Patient number"), _("Patient"), _("Registered on"), _("Other number"),
             _("Name under the other number"), _("Other number registered on"),
             _("Date of birth under the other number")]  # fmt: skip
    return spreadsheet.answer(kind, name, heads, rows)


def cells_of(one: Patient, other: Patient, lang: str) -> list[Cell]:
    """A pair as cells."""
    return [born_cell(one), one.number, display_name(one, lang), one.registered_on, other.number,
            display_name(other, lang), other.registered_on, born_cell(other)]  # fmt: skip
