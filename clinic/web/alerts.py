"""A doctor signs a note on an alert; what it clears and what not is the protocol's."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import TextAreaField
from wtforms.validators import Length

from clinic.domain import alerts, due
from clinic.domain.errors import RuleBroken
from clinic.domain.protocol import DEFAULT
from clinic.domain.vocabulary import AlertCode
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import notes
from clinic.services.notes import NoteAlert
from clinic.services.work import Work
from clinic.store.reviews import AlertNote
from clinic.web import language, presenters, signed, who
from clinic.web.errors import show_on_form
from clinic.web.messages import SENTENCES
from clinic.web.signed import Line, Signed
from clinic.web.units import reading, writing
from clinic.wording import why as words
from clinic.wording.labels import alert_label

bp = Blueprint("alerts", __name__, url_prefix="/patients/<int:patient_id>/alerts")
NOTE = f"/<any({','.join(notes.NOTABLE)}):code>/note"

SENTENCES |= {
    "alert_gone": lambda: _("This alert does not hold any more."),
    "alert_not_by_note": lambda: _("This alert does not end with a note: it asks for a review, or for the injection."),
}


class NoteForm(FlaskForm):
    """What the doctor has to say."""

    text = TextAreaField(_l("Note"), validators=[Length(max=2000)])


@bp.get(NOTE, endpoint="note")
@needs(May.SIGN_REVIEW)
def new_note(patient_id: int, code: str) -> ResponseReturnValue:
    """The alert, and the empty note."""
    with reading() as work:
        who.found(work, patient_id)
        work.note(Action.PATIENT_OPENED, patient_id)
        return page(work, patient_id, AlertCode(code), NoteForm(formdata=None))


@bp.post(NOTE)
@needs(May.SIGN_REVIEW)
def sign(patient_id: int, code: str) -> ResponseReturnValue:
    """Sign the note; the record says what is left."""
    form = NoteForm()
    with writing() as work:
        who.found(work, patient_id)
        if form.validate_on_submit():
            try:
                notes.note_alert(work, NoteAlert(patient_id, AlertCode(code), form.text.data or ""))
            except RuleBroken as broken:
                show_on_form(form, broken)
            else:
                flash(_("The note is signed."), "ok")
                return redirect(url_for("patients.record", patient_id=patient_id), 303)
        work.session.rollback()
        return page(work, patient_id, AlertCode(code), form), 422


def page(work: Work, patient_id: int, code: AlertCode, form: NoteForm) -> str:
    """Why the alert stands, and the field."""
    lang, patient = language.current(), who.found(work, patient_id)
    facts = notes.facts_of(work, patient)
    holding = alerts.from_facts(facts, due.from_facts(facts, DEFAULT), DEFAULT)
    alert = next((alert for alert in holding if alert.code == code), None)
    return render_template(
        "alerts/note.html", form=form, band=who.band(patient), patient_id=patient_id, code=code.value,
        title=alert_label(code, lang), alert=alert,
        why=words.sentence(alert.why.code, alert.why.params, lang) if alert else "",
        source=words.source(alert.source, lang) if alert else "",
    )  # fmt: skip


def lines(_work: Work, row: AlertNote, lang: str) -> list[Line]:
    """What was signed, as it is read."""
    return [
        (str(_("Alert")), alert_label(row.alert, lang)),
        (str(_("Signed on")), presenters.day(row.on_date)),
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
