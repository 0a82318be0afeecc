"""A doctor signs a note on an alert; what it clears and what not is the protocol's."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import AlarmOutcome, AlertCode
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import notes
from clinic.services.notes import NoteAlert
from clinic.services.work import Work
from clinic.store.reviews import AlertNote
from clinic.web import language, presenters, signed, who
from clinic.web.back import back_or
from clinic.web.controls import running
from clinic.web.errors import show_on_form
from clinic.web.fields import DateField
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.signed import Line, Signed
from clinic.web.units import reading, writing
from clinic.wording import why as words
from clinic.wording.labels import alert_label, label

bp = Blueprint("alerts", __name__, url_prefix="/patients/<int:patient_id>/alerts")
NOTE = f"/<any({','.join(notes.NOTABLE)}):code>/note"

SENTENCES |= {
    "outcome_missing": lambda: _("Choose what was done."),
    "back_on_missing": lambda: _("Fill in on which day, after today, she is back."),
    "back_on_only_when_referred": lambda: _("A day belongs to a referral only."),
    "alert_gone": lambda: _("This alert does not hold any more."),
    "alert_not_by_note": lambda: _("This alert does not end with a note: it asks for a review, or for the injection."),
}


class NoteForm(FlaskForm):
    """What the doctor has to say."""

    outcome = RadioField(_l("What was done"), validators=[Optional()])
    back_on = DateField(_l("Back on"))
    text = TextAreaField(_l("Note"), validators=[Length(max=2000)])

    def prepare(self, code: AlertCode, offered: Iterable[AlarmOutcome], lang: str) -> None:
        """An alarm symptom ends with an outcome; any other alert with words alone."""
        self.outcome.choices = [SelectChoice(outcome.value, label(outcome, lang)) for outcome in offered]
        if code not in notes.ALARMS:
            del self.outcome, self.back_on

    def command(self, patient_id: int, code: AlertCode) -> NoteAlert:
        """The form as the service takes it."""
        outcome = AlarmOutcome(self.outcome.data) if "outcome" in self and self.outcome.data else None
        back_on = self.back_on.data if "back_on" in self else None
        return NoteAlert(patient_id, code, self.text.data or "", outcome, back_on)


@bp.get(NOTE, endpoint="note")
@needs(May.SIGN_REVIEW)
def new_note(patient_id: int, code: str) -> ResponseReturnValue:
    """The alert, and the empty note."""
    with reading() as work:
        patient = who.found(work, patient_id)
        work.note(Action.PATIENT_OPENED, patient_id)
        form = NoteForm(formdata=None)
        form.prepare(AlertCode(code), notes.outcomes(notes.facts_of(work, patient)), language.current())
        return page(work, patient_id, AlertCode(code), form)


@bp.post(NOTE)
@needs(May.SIGN_REVIEW)
def sign(patient_id: int, code: str) -> ResponseReturnValue:
    """Sign the note; the record says what is left."""
    form = NoteForm()
    with writing() as work:
        patient = who.found(work, patient_id)
        form.prepare(AlertCode(code), notes.outcomes(notes.facts_of(work, patient)), language.current())
        if form.validate_on_submit():
            try:
                command = form.command(patient_id, AlertCode(code))
                notes.note_alert(work, command)
            except RuleBroken as broken:
                show_on_form(form, broken)
            else:
                flash(_("The note is signed."), "ok")
                return redirect(after(work, command), 303)
        work.session.rollback()
        return page(work, patient_id, AlertCode(code), form), 422


def after(work: Work, command: NoteAlert) -> str:
    """The record; or, when the treatment is to be interrupted today, the form for it, where nothing is saved yet."""
    if command.outcome == AlarmOutcome.INTERRUPT_TODAY:
        current = notes.facts_of(work, who.found(work, command.patient_id)).current
        course = running(work, command.patient_id, work.today) if current is not None else None
        if course is not None:
            return url_for("courses.pause", patient_id=command.patient_id, course_id=course, from_on=work.today)
    return back_or(url_for("patients.record", patient_id=command.patient_id))


def page(work: Work, patient_id: int, code: AlertCode, form: NoteForm) -> str:
    """Why the alert stands, and the field."""
    lang, patient = language.current(), who.found(work, patient_id)
    holding = notes.alerts_of(work, notes.facts_of(work, patient))
    alert = next((alert for alert in holding if alert.code == code), None)
    return render_template(
        "alerts/note.html", form=form, band=who.band(patient), patient_id=patient_id, code=code.value,
        title=alert_label(code, lang), alert=alert, back=back_or(url_for("patients.record", patient_id=patient_id)),
        why=words.sentence(alert.why.code, alert.why.params, lang) if alert else "",
        left=None if alert else notes.left_of(work, patient_id, code),
        whence=words.alert_whence(code, work.protocol.name, alert.source, lang) if alert else "",
    )  # fmt: skip


def lines(_work: Work, row: AlertNote, lang: str) -> list[Line]:
    """What was signed, as it is read."""
    return [
        (str(_("Alert")), alert_label(row.alert, lang)),
        (str(_("Signed on")), presenters.day(row.on_date)),
        *([(str(_("What was done")), label(AlarmOutcome(row.outcome), lang))] if row.outcome else []),
        *([(str(_("Back on")), presenters.day(row.back_on))] if row.back_on else []),
        (str(_("Note")), row.text),
    ]


def void(work: Work, patient_id: int, fact_id: int, reason: str) -> None:
    """Let a note count nowhere: its alert comes back."""
    notes.void_words(work, AlertNote, patient_id, fact_id, reason)


KIND = Signed(
    name="alerts",
    title=_l("Note on an alert"),
    table=AlertNote,
    act=May.SIGN_REVIEW,
    read=May.READ_NOTES,
    lines=lines,
    void=void,
    words=_l("Note"),
)
signed.ways(bp, KIND, "/notes")
