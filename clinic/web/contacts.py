"""A call between two controls, recorded in a few keys."""

from __future__ import annotations

import secrets

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, HiddenField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, ListWidget

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import PatientStatus, Symptom
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import contacts, form_drafts
from clinic.services.contacts import SaveContact
from clinic.services.form_drafts import Form
from clinic.services.work import Stale, Work
from clinic.store import alarms
from clinic.store.patients import Patient
from clinic.web import drafts, language, who
from clinic.web.back import back_or, back_path
from clinic.web.errors import show_on_form
from clinic.web.fields import DateField, PhoneField
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES, sentence
from clinic.web.units import reading, writing
from clinic.wording.labels import label

bp = Blueprint("contacts", __name__, url_prefix="/patients/<int:patient_id>/contacts")

SENTENCES |= {
    "contact_says_nothing": lambda: _("Say in a few words what the call was about, or tick an alarm symptom."),
    "call_day_within_a_year": lambda: _("Choose a day from today until a year ahead."),
    "contact_draft_alarms": lambda: _(
        "An alarm symptom stands in this draft, and the doctor on duty sees it. Save the contact; was it a mistake, "
        "take the symptom out first: it waits for her note all the same."
    ),
    "call_day_missing": lambda: _("Fill in on which day she is called back."),
}


class ContactForm(FlaskForm):
    """Who called, what she says, what was agreed; nothing preset."""

    caller = StringField(_l("Who is on the phone"), validators=[Length(max=80)])
    caller_phone = PhoneField(_l("Phone number"))
    symptoms = SelectMultipleField(
        _l("Alarm symptoms"), option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False)
    )
    words = TextAreaField(_l("What it is about"), validators=[Length(max=2000)], render_kw={"autofocus": True})
    call_on = DateField(_l("Call back on"))
    call_why = StringField(_l("Why"), validators=[Length(max=200)])
    called_back = BooleanField(_l("This is the call back that was agreed for today"))
    form_token = HiddenField()

    def prepare(self, lang: str) -> None:
        """The alarm symptoms in the reader's language."""
        self.symptoms.choices = [SelectChoice(symptom.value, label(symptom, lang)) for symptom in Symptom]

    def command(self, patient_id: int) -> SaveContact:
        """The form as the service takes it."""
        return SaveContact(
            patient_id,
            self.form_token.data or secrets.token_urlsafe(16),
            (self.caller.data or "").strip(),
            self.caller_phone.data or "",
            tuple(Symptom(symptom) for symptom in self.symptoms.data or ()),
            (self.words.data or "").strip(),
            self.call_on.data,
            (self.call_why.data or "").strip(),
            bool(self.called_back.data),
        )


@bp.get("/new")
@needs(May.RECORD_CONTACT)
def new(patient_id: int) -> ResponseReturnValue:
    """The empty form, beside her numbers."""
    with reading() as work:
        who.found(work, patient_id)
        work.note(Action.PATIENT_OPENED, patient_id)
        typed, at = drafts.when(work, Form(patient_id, "contact"))
        form = ContactForm(formdata=MultiDict(typed) if typed else None, form_token=secrets.token_urlsafe(16))
        return page(work, patient_id, form, at)


@bp.post("/draft")
@needs(May.RECORD_CONTACT)
def draft(patient_id: int) -> ResponseReturnValue:
    """Keep what is typed while she is on the phone."""
    with writing() as work:
        who.found(work, patient_id)
        return drafts.keep(work, Form(patient_id, "contact"), url_for("contacts.new", patient_id=patient_id))


@bp.post("/draft/discard")
@needs(May.RECORD_CONTACT)
def discard(patient_id: int) -> ResponseReturnValue:
    """Throw it away."""
    with writing() as work:
        who.found(work, patient_id)
        here = url_for("contacts.new", patient_id=patient_id)
        try:
            return drafts.discard(work, Form(patient_id, "contact"), here)
        except RuleBroken as broken:
            flash(sentence(broken), "late")
            return redirect(here, 303)


@bp.post("/draft/<int:draft_id>/take-over")
@needs(May.RECORD_CONTACT)
def take_over(patient_id: int, draft_id: int) -> ResponseReturnValue:
    """Go on with what a colleague typed."""
    with writing() as work:
        who.found(work, patient_id)
        try:
            form_drafts.take_over(work, patient_id, draft_id)
        except LookupError:
            abort(404)
        except RuleBroken as broken:
            flash(sentence(broken), "late")
    return redirect(url_for("contacts.new", patient_id=patient_id, back=back_path() or None), 303)


@bp.post("")
@needs(May.RECORD_CONTACT)
def create(patient_id: int) -> ResponseReturnValue:
    """Keep it; an alarm symptom is on the doctor's first page at once."""
    form = ContactForm()
    form.prepare(language.current())
    with writing() as work:
        patient = who.found(work, patient_id)
        if form.validate_on_submit():
            try:
                command = form.command(patient_id)
                contacts.save(work, command)
            except RuleBroken as broken:
                show_on_form(form, broken)
            except Stale as known:
                work.session.rollback()
                form.form_token.data = secrets.token_urlsafe(16)  # what is saved from here on is another contact
                return page(work, patient_id, form, stands=known.args[0]), 409
            except LookupError:
                abort(404)
            else:
                flash(said(work, command, patient), "late" if command.symptoms else "ok")
                return redirect(back_or(url_for("patients.record", patient_id=patient_id)), 303)
        work.session.rollback()
        return page(work, patient_id, form), 422


def not_followed(patient: Patient) -> str:
    """That no doctor is warned of a patient who left; empty for who is followed."""
    if patient.status == PatientStatus.ACTIVE:
        return ""
    return str(_("This patient is no longer followed here: no doctor is warned; consult one yourself."))


def said(work: Work, command: SaveContact, patient: Patient) -> str:
    """What happens next with what was said."""
    left = not_followed(patient)
    if left or not command.symptoms:
        saved = str(_("The contact is saved."))
        return f"{saved} {left}" if command.symptoms else saved
    doctor = alarms.on_duty(work.session, work.today)
    if doctor is None:
        return str(_("The contact is saved. No doctor is on duty: tell a doctor yourself."))
    told = " ".join(part for part in (doctor.name, doctor.phone) if part)
    return str(
        _("The contact is saved. The alarm symptom stands on the first page of the doctor on duty: %(who)s.", who=told)
    )


def page(work: Work, patient_id: int, form: ContactForm, draft_at: str = "", stands: int | None = None) -> str:
    """The form under her identity band; `stands` is what it became, when it was sent before."""
    form.prepare(language.current())
    patient = who.found(work, patient_id)
    return render_template(
        "contacts/form.html", form=form, band=who.band(patient), patient_id=patient_id, back=back_path(),
        phones=[phone for phone in (patient.phone, patient.phone_other) if phone], posted=request.method == "POST",
        draft_at=draft_at, left=not_followed(patient), stands=stands,
        promised=contacts.promised_today(work, patient_id),
    )  # fmt: skip
