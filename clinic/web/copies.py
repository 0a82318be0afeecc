"""Who else always receives a copy of the letters about a patient."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, StringField, SubmitField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import copies
from clinic.services.copies import LONGEST_REASON, AddCopy
from clinic.services.letter_facts import copy_name
from clinic.services.practices import find_gps
from clinic.services.work import Work
from clinic.store.patients import Patient
from clinic.store.practices import Gp
from clinic.web import who
from clinic.web.errors import show_on_form
from clinic.web.keys import keys
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.patient_form import gp_line
from clinic.web.units import reading, writing

SENTENCES |= {
    "copy_is_recipient": lambda: _("The letters go to this recipient already."),
    "copy_reason": lambda: _("Say why this recipient receives copies, for example who asked for it."),
}


class CopyForm(FlaskForm):
    """Who receives copies, and why."""

    gp_q = StringField(_l("Find a recipient by name, practice, town or AGB code"), validators=[Length(max=120)])
    gp_id = RadioField(_l("Copy for"), coerce=int, validators=[InputRequired(_l("Choose who receives copies."))])
    reason = StringField(_l("Reason"), validators=[Length(max=LONGEST_REASON)])
    look = SubmitField(_l("Find"))

    def prepare(self, work: Work) -> None:
        """The patient herself, who was chosen, and who was found."""
        self.found_gps = find_gps(work, self.gp_q.data or "")
        known = [gp for gp_id in keys(self.gp_id.raw_data) if (gp := work.session.get(Gp, gp_id)) is not None]
        shown = {gp.id: gp_line(gp) for gp in (*known, *self.found_gps)}
        self.gp_id.choices = [SelectChoice(0, _("the patient herself")), *(SelectChoice(*one) for one in shown.items())]


@needs(May.EDIT_PATIENT)
def index(patient_id: int) -> ResponseReturnValue:
    """Who receives copies now, and the form for one more."""
    with reading() as work:
        patient = who.found(work, patient_id)
        work.note(Action.PATIENT_OPENED, patient_id)
        return page(work, patient, CopyForm(formdata=None))


def page(work: Work, patient: Patient, form: CopyForm) -> str:
    """The page of standing copies."""
    form.prepare(work)
    rows = [in_words(row) for row in copies.of_patient(work, patient.id)]
    return render_template("patients/copies.html", band=who.band(patient), form=form, rows=rows, patient_id=patient.id)


def in_words(row: Any) -> dict[str, Any]:
    """A standing copy as the page shows it."""
    found = row.StandingCopy
    name = copy_name(row.Gp) if row.Gp is not None else str(_("the patient herself"))
    return {"id": found.id, "name": name, "since": found.since, "reason": found.reason}


@needs(May.EDIT_PATIENT)
def add(patient_id: int) -> ResponseReturnValue:
    """One more, or only look for a recipient."""
    form = CopyForm()
    with writing() as work:
        patient = who.found(work, patient_id)
        form.prepare(work)
        if form.look.data:
            return page(work, patient, form)
        if form.validate_on_submit():
            try:
                copies.add(work, AddCopy(patient_id, form.gp_id.data or None, form.reason.data or ""))
                flash(_("From the next letter on this recipient receives a copy."), "ok")
                return redirect(url_for("patients.copies", patient_id=patient_id), 303)
            except RuleBroken as broken:
                show_on_form(form, broken)
        return page(work, patient, form), 422


@needs(May.EDIT_PATIENT)
def end(patient_id: int, copy_id: int) -> ResponseReturnValue:
    """No copy from now on."""
    with writing() as work:
        who.found(work, patient_id)
        try:
            copies.end(work, patient_id, copy_id)
        except LookupError:
            abort(404)
    flash(_("This recipient receives no copies any more."), "ok")
    return redirect(url_for("patients.copies", patient_id=patient_id), 303)
