"""Who is away, who is on duty, when the clinic is closed and which mandates stand, each for a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Response
from flask.typing import ResponseReturnValue

from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import absences, closures, duties
from clinic.services.work import Work
from clinic.web import mandates, spreadsheet
from clinic.web.language import gettext as _
from clinic.web.presenters import day, phone
from clinic.web.spreadsheet import Cell
from clinic.web.units import reading

Rows = list[list[Cell]]


@needs(May.ENTER_ABSENCE)
def away(kind: str) -> ResponseReturnValue:
    """Who is away now or soon, and her deputy."""
    return file(kind, "absences", _("absences"), [_("Who is away"), _("First day"), _("Last day"), _("Deputy")], absent)


@needs(May.EDIT_SETTINGS)
def closed(kind: str) -> ResponseReturnValue:
    """The closing days that are not over."""
    return file(kind, "closures", _("closing-days"), [_("First day"), _("Last day"), _("Why")], shut)


@needs(May.EDIT_SETTINGS)
def on_duty(kind: str) -> ResponseReturnValue:
    """The duties that are not over."""
    heads = [_("Doctor"), _("Phone number"), _("First day"), _("Last day")]
    return file(kind, "duties", _("duties"), heads, serving)


@needs(May.EDIT_SETTINGS)
def mandated(kind: str) -> ResponseReturnValue:
    """Each kind of letter with the mandates for it; a kind without one has a row of its own."""
    heads = [_("Letter about"), _("Mandate given by"), _("First day"), _("Last day")]
    return file(kind, "mandates", _("mandates"), heads, allowed)


def file(kind: str, code: str, named: str, heads: Sequence[str], rows_of: Callable[[Work], Rows]) -> Response:
    """The list as a file; that it went out is written down."""
    with reading() as work:
        rows = rows_of(work)
        work.note(Action.LIST_EXPORTED, subject=f"list:{code}", details={"rows": len(rows)})
        return spreadsheet.answer(kind, f"{named}-{day(work.today)}", heads, rows)


def absent(work: Work) -> Rows:
    """A row an absence."""
    return [[row.name, row.Absence.from_on, row.Absence.until_on, row.deputy] for row in absences.coming(work)]


def shut(work: Work) -> Rows:
    """A row a closure."""
    return [[row.from_on, row.until_on, row.reason] for row in closures.coming(work)]


def serving(work: Work) -> Rows:
    """A row a duty."""
    return [[row.name, phone(row.Duty.phone), row.Duty.from_on, row.Duty.until_on] for row in duties.coming(work)]


def allowed(work: Work) -> Rows:
    """A row a mandate, as the page has them."""
    found: Rows = []
    for kind in mandates.rows(work):
        found += [[kind["about"], row.name, row.Mandate.from_on, row.Mandate.until_on] for row in kind["mandates"]]
        if not kind["mandates"]:
            found.append([kind["about"], None, None, None])
    return found
