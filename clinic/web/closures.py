"""The closing days of the clinic, on a page of the settings."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from clinic.domain.errors import RuleBroken
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import closures
from clinic.services.closures import CloseClinic
from clinic.services.work import Work
from clinic.web import spreadsheet
from clinic.web.course_form import typed
from clinic.web.errors import show_on_form
from clinic.web.fields import DateField
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.presenters import day
from clinic.web.settings_form import tabs
from clinic.web.units import reading, writing

SENTENCES |= {
    "closure_ends_before": lambda: _("The last day lies before the first."),
    "closure_is_over": lambda: _("These days are over."),
    "closure_too_long": lambda: _("More than %(most)s days: check the dates."),
}


class ClosureForm(FlaskForm):
    """The first and the last day, and why."""

    from_on = DateField(_l("First day"), validators=[InputRequired(_l("Fill in the date."))])
    until_on = DateField(_l("Last day"), validators=[InputRequired(_l("Fill in the date."))])
    reason = StringField(_l("Why"), validators=[InputRequired(_l("Say why the clinic is closed.")), Length(max=200)])

    def command(self) -> CloseClinic:
        """The form as the service takes it."""
        return CloseClinic(typed(self.from_on), typed(self.until_on), (self.reason.data or "").strip())


@needs(May.EDIT_SETTINGS)
def index() -> ResponseReturnValue:
    """What stands, and the form for more."""
    with reading() as work:
        return page(work, ClosureForm(formdata=None))


def page(work: Work, form: ClosureForm) -> str:
    """The closing days that are not over."""
    return render_template(
        "settings/closures.html", form=form, closures=closures.coming(work), tabs=tabs("settings.closures"),
        exports=[url_for("settings.closures_export", kind=kind) for kind in spreadsheet.KINDS],
    )  # fmt: skip


@needs(May.EDIT_SETTINGS)
def close() -> ResponseReturnValue:
    """Keep closing days."""
    form = ClosureForm()
    with writing() as work:
        if form.validate_on_submit():
            try:
                command = form.command()
                closures.close(work, command)
                flash(*said(work, command))
                return redirect(url_for("settings.closures"), 303)
            except RuleBroken as broken:
                show_on_form(form, broken)
        return page(work, form), 422


def said(work: Work, command: CloseClinic) -> tuple[str, str]:
    """That it is kept, and on which of these days somebody is expected."""
    booked = closures.booked_on(work, command.from_on, command.until_on)
    if not booked:
        return str(_("The closing days are saved.")), "ok"
    days = ", ".join(f"{day(on)} ({count})" for on, count in booked)
    return str(_("The closing days are saved. Appointments are booked on: %(days)s.", days=days)), "soon"


@needs(May.EDIT_SETTINGS)
def withdraw(closure_id: int) -> ResponseReturnValue:
    """The clinic is open after all."""
    with writing() as work:
        try:
            closures.withdraw(work, closure_id)
        except LookupError:
            abort(404)
    flash(_("The clinic is open on these days."), "ok")
    return redirect(url_for("settings.closures"), 303)
