"""For which letters nurses have the clinic's mandate, on a page of the settings."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from clinic.domain.errors import RuleBroken
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import four_eyes, mandates, settings
from clinic.services.mandates import Give
from clinic.services.work import Stale, Work
from clinic.web import spreadsheet
from clinic.web.course_form import typed
from clinic.web.errors import show_on_form
from clinic.web.fields import DateField
from clinic.web.keys import key_or
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.settings_form import said, tabs
from clinic.web.units import reading, writing

SENTENCES |= {
    "letter_own": lambda: _("You wrote this letter yourself: a colleague with the mandate or a doctor authorises it."),
    "mandate_kind": lambda: _("Choose a kind of letter from the list."),
    "mandate_stands": lambda: _("A mandate for these letters stands on some of these days; take that back first."),
}


def kinds() -> dict[str, str]:
    """The kinds of letter a mandate can go for, in words."""
    return {"control": _("Control"), "dxa": _("DXA result"), "end": _("End of the controls"),
            "treatment": _("Treatment sheet for the patient")}  # fmt: skip


class MandateForm(FlaskForm):
    """Which letters, by which doctor, from which day."""

    about = RadioField(_l("Letter about"), validators=[InputRequired(_l("Choose a kind of letter."))])
    doctor_id = SelectField(_l("Mandate given by"), validators=[InputRequired(_l("Choose a doctor from the list."))])
    from_on = DateField(_l("First day"), validators=[InputRequired(_l("Fill in the date."))])
    until_on = DateField(_l("Last day, if there is one"))

    def prepare(self, work: Work) -> None:
        """The kinds, and the doctors with an account."""
        self.about.choices = [SelectChoice(kind, said) for kind, said in kinds().items()]
        doctors = [SelectChoice(str(doctor.id), doctor.name) for doctor in settings.doctors(work.session)]
        self.doctor_id.choices = [SelectChoice("", "–"), *doctors]

    def command(self) -> Give:
        """The form as the service takes it."""
        return Give(self.about.data, int(self.doctor_id.data), typed(self.from_on), self.until_on.data)


class OwnForm(FlaskForm):
    """Whether the mandate goes for what a nurse wrote herself."""

    version = HiddenField()
    own = BooleanField(_l("A nurse with the mandate also authorises the letters that she wrote herself"))


@needs(May.EDIT_SETTINGS)
def index() -> ResponseReturnValue:
    """What nurses may authorise, and the form for more."""
    with reading() as work:
        return page(work, MandateForm(formdata=None))


def page(work: Work, form: MandateForm, own: OwnForm | None = None) -> str:
    """The mandates that are not over, and whether they go for one's own letters."""
    form.prepare(work)
    stands = settings.current(work.session)
    own = own or OwnForm(formdata=None, version=stands.version, own=stands.authorise_own)
    return render_template(
        "settings/mandates.html", form=form, own=own, rows=rows(work), tabs=tabs("settings.mandates"),
        exports=[url_for("settings.mandates_export", kind=kind) for kind in spreadsheet.KINDS],
    )  # fmt: skip


def rows(work: Work) -> list[dict[str, Any]]:
    """Each kind of letter with the mandates for it, also where there is none."""
    found = mandates.coming(work)
    return [
        {"about": said, "mandates": [row for row in found if row.Mandate.about == kind]}
        for kind, said in kinds().items()
    ]


@needs(May.EDIT_SETTINGS)
def give() -> ResponseReturnValue:
    """Keep a mandate."""
    form = MandateForm()
    with writing() as work:
        form.prepare(work)
        if form.validate_on_submit():
            try:
                mandates.give(work, form.command())
                flash(_("The mandate is saved."), "ok")
                return redirect(url_for("settings.mandates"), 303)
            except RuleBroken as broken:
                show_on_form(form, broken)
        return page(work, form), 422


@needs(May.EDIT_SETTINGS)
def let_own() -> ResponseReturnValue:
    """Whether a nurse also authorises what she wrote herself."""
    form = OwnForm()
    with writing() as work:
        try:
            four_eyes.let_own(work, bool(form.own.data), key_or(form.version.data, -1))
        except Stale as stale:
            work.session.rollback()
            form.form_errors.append(said(stale))
            form.version.data = settings.current(work.session).version
            return page(work, MandateForm(formdata=None), form), 422
    flash(_("The settings are saved."), "ok")
    return redirect(url_for("settings.mandates"), 303)


@needs(May.EDIT_SETTINGS)
def withdraw(mandate_id: int) -> ResponseReturnValue:
    """A mandate ends now."""
    with writing() as work:
        try:
            mandates.withdraw(work, mandate_id)
        except LookupError:
            abort(404)
    flash(_("The mandate is taken back."), "ok")
    return redirect(url_for("settings.mandates"), 303)
