"""A patient's periods on glucocorticoids: a list, a form, a correction with its reason."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, StringField
from wtforms.validators import InputRequired, Length

from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import glucocorticoids, results
from clinic.services.glucocorticoids import SavePeriod
from clinic.services.work import Stale, Work
from clinic.store.patients import Glucocorticoid, Patient
from clinic.web import presenters, who
from clinic.web.errors import ask, show_on_form
from clinic.web.fields import DateField, NumberField
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.units import reading, writing

SENTENCES |= {
    "period_impossible": lambda: _("This date must lie between the date of birth and today."),
    "period_ends_before": lambda: _("The period ends before it starts."),
    "periods_overlap": lambda: _("There is a period of %(mg)s mg from %(day)s that covers these days: end it first."),
    "dose_unusual": lambda: _("Mostly between %(low)s and %(high)s %(unit)s a day. Tick when it is right."),
}


class PeriodForm(FlaskForm):
    """One period."""

    mg_per_day = NumberField(_l("Dose a day"), places=1, validators=[InputRequired(_l("Fill in the dose."))])
    from_on = DateField(_l("From"), validators=[InputRequired(_l("Fill in the date."))])
    until_on = DateField(_l("Until"))
    sure = BooleanField(_l("This dose is right; keep it as it is"))
    sure_of = HiddenField()
    reason = StringField(_l("Reason for the change"), validators=[Length(max=200)])

    def command(self, patient_id: int, corrects: int | None) -> SavePeriod | None:
        """What was typed."""
        if self.mg_per_day.data is None or self.from_on.data is None:
            return None
        return SavePeriod(patient_id, self.mg_per_day.data, self.from_on.data, self.until_on.data, corrects,
                          self.reason.data or "", (self.sure_of.data or "") if self.sure.data else "")  # fmt: skip


@needs(May.EDIT_PATIENT)
def index(patient_id: int) -> ResponseReturnValue:
    """The periods that count, and a form for one more."""
    with reading() as work:
        patient = who.found(work, patient_id)
        work.note(Action.PATIENT_OPENED, patient_id)
        return page(work, PeriodForm(formdata=None), patient)


@needs(May.EDIT_PATIENT)
def create(patient_id: int) -> ResponseReturnValue:
    """One period more."""
    return kept(patient_id, None)


@needs(May.EDIT_PATIENT)
def edit(patient_id: int, period_id: int) -> ResponseReturnValue:
    """A period that counts, to end it or to put it right."""
    with reading() as work:
        patient = who.found(work, patient_id)
        row = hers(work, patient_id, period_id)
        form = PeriodForm(formdata=None, obj=row)
        form.reason.data = ""
        work.note(Action.PATIENT_OPENED, patient_id)
        return page(work, form, patient, row)


@needs(May.EDIT_PATIENT)
def correct(patient_id: int, period_id: int) -> ResponseReturnValue:
    """Put another version in its place."""
    return kept(patient_id, period_id)


@needs(May.EDIT_PATIENT)
def void(patient_id: int, period_id: int) -> ResponseReturnValue:
    """A period that should not be here."""
    with writing() as work:
        patient = who.found(work, patient_id)
        row = hers(work, patient_id, period_id)
        try:
            glucocorticoids.void(work, patient_id, period_id, request.form.get("reason", "")[:200])
        except RuleBroken as broken:
            form = PeriodForm(formdata=None, obj=row)
            show_on_form(form, broken)
            return page(work, form, patient, row), 422
        except Stale:
            return gone(work, PeriodForm(formdata=None), patient_id)
    flash(_("The period counts no longer."), "ok")
    return redirect(url_for("patients.glucocorticoids", patient_id=patient_id), 303)


def kept(patient_id: int, period_id: int | None) -> ResponseReturnValue:
    """Keep what was typed, or say why not."""
    form = PeriodForm()
    with writing() as work:
        patient = who.found(work, patient_id)
        row = hers(work, patient_id, period_id) if period_id else None
        command = form.command(patient_id, period_id) if form.validate_on_submit() else None
        if command is None:
            return page(work, form, patient, row), 422
        try:
            glucocorticoids.save(work, command)
        except RuleBroken as broken:
            show_on_form(form, broken)
            ask(form, broken)
            return page(work, form, patient, row), 422
        except Stale:
            return gone(work, form, patient_id)
    flash(_("The period is saved."), "ok")
    return redirect(url_for("patients.glucocorticoids", patient_id=patient_id), 303)


def gone(work: Work, form: PeriodForm, patient_id: int) -> ResponseReturnValue:
    """Somebody else changed the period: what stands is in the list, what was typed in the form."""
    work.session.rollback()
    form.form_errors.append(
        _("Somebody else changed this period meanwhile. Look at the list, and add what is missing.")
    )
    return page(work, form, who.found(work, patient_id)), 422


def hers(work: Work, patient_id: int, period_id: int) -> Glucocorticoid:
    """Her period, or 404."""
    try:
        return results.of_patient(work, Glucocorticoid, patient_id, period_id)
    except LookupError:
        abort(404)


def page(work: Work, form: PeriodForm, patient: Patient, row: Glucocorticoid | None = None) -> str:
    """The list and the form."""
    return render_template(
        "patients/glucocorticoids.html", form=form, row=row, patient_id=patient.id,
        rows=[(one_row.id, said(one_row)) for one_row in glucocorticoids.standing(work, patient.id)],
        band=who.band(patient),
    )  # fmt: skip


def said(row: Glucocorticoid) -> dict[str, str]:
    """A period in words."""
    return {
        "dose": f"{glucocorticoids.plain_dose(row)} mg",
        "from": presenters.day(row.from_on),
        "until": presenters.day(row.until_on) or str(_("goes on")),
    }
