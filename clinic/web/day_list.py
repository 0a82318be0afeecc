"""The list of a day to print or to open in a spreadsheet: hour, patient, what for and why, phone."""

from __future__ import annotations

from datetime import date
from typing import cast

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms.validators import InputRequired

from clinic.letters.render import sheets_pdf
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import paper
from clinic.services.paper import Visit
from clinic.store.patients import Patient
from clinic.web import language, spreadsheet
from clinic.web.appointment_words import state_text
from clinic.web.fields import DateField
from clinic.web.language import gettext as _
from clinic.web.paper import day_sheet, numbers, reasons
from clinic.web.presenters import born_cell, day, display_name, particulars
from clinic.web.spreadsheet import Cell
from clinic.web.units import reading, today

bp = Blueprint("day_list", __name__, url_prefix="/day-list")


class DayForm(FlaskForm):
    """Which day; asked by address, so that it can be kept and reloaded."""

    class Meta:
        csrf = False

    on = DateField(_l("Day"), validators=[InputRequired(_l("Fill in the date."))])


@bp.get("")
@needs(May.READ_LISTS)
def index() -> ResponseReturnValue:
    """Which day, as what."""
    return page(DayForm(formdata=None, on=today()))


def page(form: DayForm) -> str:
    """The question."""
    return render_template("days/list.html", form=form)


def asked() -> tuple[DayForm, date | None]:
    """The day that was asked for, if it is one."""
    form = DayForm(formdata=request.args)
    return form, form.on.data if form.validate() else None


@bp.get("/print.pdf")
@needs(May.READ_LISTS)
def printed() -> ResponseReturnValue:
    """The sheet of a day."""
    form, on = asked()
    if on is None:
        return page(form), 422
    lang = language.current()
    with reading() as work:
        sheet = day_sheet(paper.day(work, on), on, work.now, lang)
        made = sheets_pdf(sheet, work.now)
    name = {"Content-Disposition": f'inline; filename="{_("day-list")}-{day(on)}.pdf"'}
    return Response(made, mimetype="application/pdf", headers=name)


@bp.get("/export/<any(csv, xlsx):kind>")
@needs(May.READ_LISTS)
def export(kind: str) -> ResponseReturnValue:
    """The same day for a spreadsheet, a row an appointment."""
    form, on = asked()
    if on is None:
        return page(form), 422
    lang = language.current()
    with reading() as work:
        rows = [cells_of(visit, lang) for visit in paper.day(work, on, Action.LIST_EXPORTED)]
    heads = [_("Date"), _("Time"), _("Number"), _("Patient"), _("Date of birth"), _("What for"), _("Why"), _("Phone"),
             _("Place"), _("With"), _("Particulars"), _("State")]  # fmt: skip
    return spreadsheet.answer(kind, f"{_('day-list')}-{day(on)}", heads, rows)


def cells_of(visit: Visit, lang: str) -> list[Cell]:
    """An appointment as cells."""
    found, row = visit.found, visit.found.Appointment
    what, *why = reasons(visit, lang)
    hour = row.at_time.strftime("%H:%M") if row.at_time else ""
    name = display_name(cast(Patient, found), lang)
    return [row.on_date, hour, found.number, name, born_cell(found), what, " ".join(why), ", ".join(numbers(found)),
            row.place, found.staff, ", ".join(particulars(found, lang)), state_text(row)]  # fmt: skip
