"""A nurse records a control; the page asks, the service decides, nothing typed is lost."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from clinic.domain.errors import RuleBroken
from clinic.domain.facts import Facts
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import controls
from clinic.services.work import Work
from clinic.store import records
from clinic.store.patients import Patient
from clinic.web import language, presenters
from clinic.web.control_form import ControlForm, intake_fields
from clinic.web.errors import show_on_form
from clinic.web.messages import SENTENCES
from clinic.web.patients import gp_line
from clinic.web.units import reading, today, writing
from clinic.wording.labels import label

bp = Blueprint("controls", __name__, url_prefix="/patients/<int:patient_id>/controls")

SENTENCES |= {
    "out_of_range": lambda: _("Must lie between %(low)s and %(high)s %(unit)s."),
    "reading_wrong": lambda: _("Reading %(number)s differs %(off)s cm from the others. Measure or type it again."),
    "reading_swapped": lambda: _("Reading %(number)s differs %(off)s cm. Did you mean %(meant)s?"),
    "height_missing": lambda: _("Measure the height, or say why not."),
    "weight_missing": lambda: _("Measure the weight, or say why not."),
    "symptom_unanswered": lambda: _("Choose yes or no."),
    "control_in_future": lambda: _("A control cannot be dated in the future."),
    "confirm": lambda: _("Unusual values: look once more, and tick the box when they are right."),
}


@bp.get("/new")
@needs(May.RECORD_CONTROL)
def new(patient_id: int) -> ResponseReturnValue:
    """The empty form, with the previous values beside it."""
    with reading() as work:
        patient = found(work, patient_id)
        work.note(Action.PATIENT_OPENED, patient_id)
        form = ControlForm(formdata=None)
        form.on.data = today()
        return page(work, patient, form)


@bp.post("")
@needs(May.RECORD_CONTROL)
def save(patient_id: int) -> ResponseReturnValue:
    """Keep the control and go to the record, which says what is next."""
    form = ControlForm()
    form.prepare(language.current())
    with writing() as work:
        patient = found(work, patient_id)
        if form.validate_on_submit():
            try:
                controls.save(work, form.command(patient_id))
            except RuleBroken as broken:
                if broken.code == "confirm":
                    form.confirmed.data = ",".join(broken.params["questions"])
                show_on_form(form, broken)
            else:
                flash(_("The control is saved. What is due next stands below."), "ok")
                return redirect(url_for("patients.record", patient_id=patient_id), 303)
        work.session.rollback()
        patient = found(work, patient_id)
        return page(work, patient, form), 422


def found(work: Work, patient_id: int) -> Patient:
    """The patient, or 404."""
    patient = work.session.get(Patient, patient_id)
    if patient is None:
        abort(404)
    return patient


def page(work: Work, patient: Patient, form: ControlForm) -> str:
    """The form with what was measured before."""
    lang = language.current()
    form.prepare(lang)
    facts = Facts(records.load(work.session, patient.id), work.today)
    last = controls.previous(work, patient.id, form.on.data or work.today)
    drug = facts.current.drug if facts.current else None
    band = presenters.idband(patient, lang, today(), gp_line(patient))
    return render_template(
        "controls/form.html",
        form=form,
        band=band,
        patient_id=patient.id,
        drug=label(drug, lang) if drug else "",
        intake=intake_fields(drug),
        last=last,
        asked=[f"symptom_{symptom}" for symptom in controls.ALWAYS_ASKED],
        others=[name for name in form.data if name.startswith("symptom_")],
    )
