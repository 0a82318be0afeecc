"""Which doctor is on duty, on a page of the settings."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from clinic.domain.errors import RuleBroken
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import duties, settings
from clinic.services.duties import PutOnDuty
from clinic.services.work import Work
from clinic.web import spreadsheet
from clinic.web.course_form import typed
from clinic.web.errors import show_on_form
from clinic.web.fields import DateField, PhoneField
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.settings_form import tabs
from clinic.web.units import reading, writing

SENTENCES |= {"duty_away": lambda: _("This doctor is away in those days, until %(until)s.")}


class DutyForm(FlaskForm):
    """Which doctor, under which number, from which day to which."""

    doctor_id = SelectField(_l("Doctor"), coerce=int, validators=[InputRequired(_l("Choose a doctor from the list."))])
    phone = PhoneField(_l("Phone number"))
    from_on = DateField(_l("First day"), validators=[InputRequired(_l("Fill in the date."))])
    until_on = DateField(_l("Last day"), validators=[InputRequired(_l("Fill in the date."))])

    def prepare(self, work: Work) -> None:
        """The doctors with an account."""
        names = [(doctor.id, doctor.name) for doctor in settings.doctors(work.session)]
        self.doctor_id.choices = [SelectChoice(key, name) for key, name in names]

    def command(self) -> PutOnDuty:
        """The form as the service takes it."""
        return PutOnDuty(self.doctor_id.data, self.phone.data or "", typed(self.from_on), typed(self.until_on))


@needs(May.EDIT_SETTINGS)
def index() -> ResponseReturnValue:
    """What stands, and the form for more."""
    with reading() as work:
        return page(work, DutyForm(formdata=None))


def page(work: Work, form: DutyForm) -> str:
    """The duties that are not over."""
    form.prepare(work)
    return render_template(
        "settings/duties.html", form=form, duties=duties.coming(work), tabs=tabs("settings.duties"),
        exports=[url_for("settings.duties_export", kind=kind) for kind in spreadsheet.KINDS],
    )  # fmt: skip


@needs(May.EDIT_SETTINGS)
def put() -> ResponseReturnValue:
    """Keep a duty."""
    form = DutyForm()
    with writing() as work:
        form.prepare(work)
        if form.validate_on_submit():
            try:
                duties.put(work, form.command())
                flash(_("The duty is saved."), "ok")
                return redirect(url_for("settings.duties"), 303)
            except RuleBroken as broken:
                show_on_form(form, broken)
        return page(work, form), 422


@needs(May.EDIT_SETTINGS)
def withdraw(duty_id: int) -> ResponseReturnValue:
    """She is not on duty after all."""
    with writing() as work:
        try:
            duties.withdraw(work, duty_id)
        except LookupError:
            abort(404)
    flash(_("The duty is taken back."), "ok")
    return redirect(url_for("settings.duties"), 303)
