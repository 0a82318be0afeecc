"""A patient's rights on one page: what she asked, what she can be given, and her statement in her own words."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import RequestKind
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import rights
from clinic.services.form_drafts import NEW, Form
from clinic.services.rights import RecordRequest, SaveStatement
from clinic.services.work import Stale, Work
from clinic.store.patients import Patient
from clinic.store.rights import Statement, statements_of
from clinic.web import dossiers, drafts, language, who
from clinic.web.errors import show_on_form
from clinic.web.fields import DateField
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.presenters import day
from clinic.web.requests import in_words
from clinic.web.statement_form import StatementForm
from clinic.web.units import reading, today, writing
from clinic.wording.labels import label

bp = Blueprint("rights", __name__, url_prefix="/patients/<int:patient_id>/rights")

SENTENCES |= {
    "request_day": lambda: _("This date must lie between the date of birth and today."),
    "request_note": lambda: _("Say what is asked."),
    "statement_empty": lambda: _("Write down her words."),
}


bp.add_url_rule("/copy", "copy", dossiers.copy, methods=["POST"])


class RequestForm(FlaskForm):
    """What she asks, and since when."""

    kind = SelectField(_l("What is asked"), validators=[InputRequired(_l("Choose what is asked."))])
    received_on = DateField(_l("Received on"), validators=[InputRequired(_l("Fill in the date."))])
    note = StringField(_l("Remark"), validators=[Length(max=500)])
    form_token = HiddenField()

    def __init__(self, lang: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind.choices = [SelectChoice("", "–")]
        self.kind.choices += [SelectChoice(kind.value, label(kind, lang)) for kind in RequestKind]
        self.form_token.data = self.form_token.data or secrets.token_hex(16)


@bp.get("")
@needs(May.RECORD_REQUEST)
def show(patient_id: int) -> ResponseReturnValue:
    """What she asked and stated; forms for more."""
    with reading() as work:
        patient = who.found(work, patient_id)
        work.note(Action.PATIENT_OPENED, patient_id)
        return page(work, patient)


def page(work: Work, patient: Patient, form: RequestForm | None = None, statement: StatementForm | None = None) -> str:
    """The page; a form that was sent stands in its place with what was typed."""
    lang = language.current()
    stated_before, draft_at = drafts.when(work, Form(patient.id, "statement"))
    begun = StatementForm(formdata=MultiDict(stated_before)) if stated_before else None
    _patient, asked, stated = rights.of_patient(work, patient.id)
    return render_template(
        "rights/show.html", band=who.band(patient), patient_id=patient.id,
        form=form or RequestForm(lang, formdata=None, received_on=today()),
        statement=statement or begun or StatementForm(formdata=None, on_date=today()),
        draft_at="" if statement else draft_at,
        requests=[in_words(row, "", work.today, lang) for row in asked],
        statements=[statement_words(row) for row in stated],
        earlier=[statement_words(row) for row in statements_of(work.session, patient.id, stands=False)],
    )  # fmt: skip


def statement_words(row: Statement) -> dict[str, Any]:
    """A statement as it is shown."""
    return {"id": row.id, "on": day(row.on_date), "text": row.text, "voided": row.void_reason or ""}


def told(work: Work, patient_id: int) -> list[dict[str, Any]]:
    """Her statements for her record."""
    return [statement_words(row) for row in statements_of(work.session, patient_id)]


@bp.post("")
@needs(May.RECORD_REQUEST)
def record(patient_id: int) -> ResponseReturnValue:
    """Keep what she asks."""
    form = RequestForm(language.current())
    with writing() as work:
        patient = who.found(work, patient_id)
        if not form.validate_on_submit() or form.received_on.data is None:
            return page(work, patient, form), 422
        asked = RecordRequest(patient_id, RequestKind(form.kind.data), form.received_on.data, form.note.data or "",
                              form.form_token.data or "")  # fmt: skip
        try:
            row = rights.record(work, asked)
        except LookupError:
            abort(404)
        except RuleBroken as broken:
            show_on_form(form, broken)
            return page(work, patient, form), 422
        except Stale:
            said = _("Not saved: this form was saved before, and says something else now")
            more = _("What you typed is kept below; saved once more it is another request.")
            form.form_errors.append(f"{said}. {more}")
            form.form_token.data = secrets.token_hex(16)
            return page(work, patient, form), 409
        flash(_("The request is recorded; she has an answer before %(day)s.", day=day(row.due_on)), "ok")
    return redirect(url_for("rights.show", patient_id=patient_id), 303)


@bp.post("/statements")
@needs(May.RECORD_STATEMENT)
def state(patient_id: int) -> ResponseReturnValue:
    """Add her words to the record."""
    return kept(patient_id, None)


@bp.get("/statements/<int:statement_id>")
@needs(May.RECORD_STATEMENT)
def statement(patient_id: int, statement_id: int) -> ResponseReturnValue:
    """A statement that stands, to correct or to take back."""
    with reading() as work:
        patient = who.found(work, patient_id)
        row = hers(work, patient_id, statement_id)
        work.note(Action.PATIENT_OPENED, patient_id)
        typed, at = drafts.when(work, Form(patient_id, "statement", statement_id))
        return edit_page(patient, row, StatementForm(formdata=MultiDict(typed) if typed else None, obj=row), at)


@bp.post("/statements/draft")
@needs(May.RECORD_STATEMENT)
def draft_new(patient_id: int) -> ResponseReturnValue:
    """Keep what is typed of words that are new."""
    return keep_draft(patient_id, NEW)


@bp.post("/statements/<int:statement_id>/draft")
@needs(May.RECORD_STATEMENT)
def draft(patient_id: int, statement_id: int) -> ResponseReturnValue:
    """Keep what is typed in the place of her words."""
    return keep_draft(patient_id, statement_id)


@bp.post("/statements/draft/discard")
@needs(May.RECORD_STATEMENT)
def discard_new(patient_id: int) -> ResponseReturnValue:
    """Throw away what was typed of words that are new."""
    return discard_draft(patient_id, NEW)


@bp.post("/statements/<int:statement_id>/draft/discard")
@needs(May.RECORD_STATEMENT)
def discard(patient_id: int, statement_id: int) -> ResponseReturnValue:
    """Throw away what was typed in the place of her words."""
    return discard_draft(patient_id, statement_id)


def keep_draft(patient_id: int, statement_id: int) -> ResponseReturnValue:
    """Keep what stands in the form."""
    with writing() as work:
        return drafts.keep(work, form_of(work, patient_id, statement_id), here(patient_id, statement_id))


def discard_draft(patient_id: int, statement_id: int) -> ResponseReturnValue:
    """Throw it away."""
    with writing() as work:
        return drafts.discard(work, form_of(work, patient_id, statement_id), here(patient_id, statement_id))


def form_of(work: Work, patient_id: int, statement_id: int) -> Form:
    """The form of a new statement, or of one of hers; 404 when it is not."""
    patient = who.found(work, patient_id)
    if statement_id != NEW:
        hers(work, patient.id, statement_id)
    return Form(patient.id, "statement", statement_id)


def here(patient_id: int, statement_id: int) -> str:
    """Where her words are typed."""
    if statement_id == NEW:
        return url_for("rights.show", patient_id=patient_id)
    return url_for("rights.statement", patient_id=patient_id, statement_id=statement_id)


@bp.post("/statements/<int:statement_id>")
@needs(May.RECORD_STATEMENT)
def correct(patient_id: int, statement_id: int) -> ResponseReturnValue:
    """Put another version in its place."""
    return kept(patient_id, statement_id)


@bp.post("/statements/<int:statement_id>/void")
@needs(May.RECORD_STATEMENT)
def void(patient_id: int, statement_id: int) -> ResponseReturnValue:
    """It counts no longer."""
    with writing() as work:
        patient = who.found(work, patient_id)
        row = hers(work, patient_id, statement_id)
        try:
            rights.void_statement(work, patient_id, statement_id, request.form.get("reason", "")[:200])
        except RuleBroken as broken:
            form = StatementForm(formdata=None, obj=row)
            show_on_form(form, broken)
            return edit_page(patient, row, form), 422
    flash(_("The statement counts no longer."), "ok")
    return redirect(url_for("rights.show", patient_id=patient_id), 303)


def kept(patient_id: int, statement_id: int | None) -> ResponseReturnValue:
    """Keep the words, or say why not."""
    form = StatementForm()
    with writing() as work:
        patient = who.found(work, patient_id)
        row = hers(work, patient_id, statement_id) if statement_id else None
        if form.validate_on_submit() and form.on_date.data is not None:
            words = SaveStatement(
                patient_id, form.on_date.data, form.text.data or "", statement_id, form.reason.data or ""
            )
            try:
                rights.save_statement(work, words)
                flash(_("The statement stands in the record."), "ok")
                return redirect(url_for("rights.show", patient_id=patient_id), 303)
            except RuleBroken as broken:
                show_on_form(form, broken)
        return (edit_page(patient, row, form) if row else page(work, patient, statement=form)), 422


def hers(work: Work, patient_id: int, statement_id: int) -> Statement:
    """Her statement, or 404."""
    row = work.session.get(Statement, statement_id)
    if row is None or row.patient_id != patient_id:
        abort(404)
    return row


def edit_page(patient: Patient, row: Statement, form: StatementForm, draft_at: str = "") -> str:
    """One statement."""
    return render_template(
        "rights/statement.html", band=who.band(patient), patient_id=patient.id, row=row, statement=form,
        draft_at=draft_at,
    )  # fmt: skip
