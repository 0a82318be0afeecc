"""The call list: who is late and not booked, one patient after another on the telephone."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import quote

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField
from wtforms.validators import InputRequired, Length

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import CallOutcome, PatientStatus, Sex
from clinic.letters.dutch import day_in_words
from clinic.letters.unreached import paragraphs
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import calls, reported, worklists
from clinic.services.calls import CALL_LIST, Row, SaveCall
from clinic.services.patient_letter_facts import recipient
from clinic.services.settings import current as clinic_settings
from clinic.services.work import Stale, Work
from clinic.store.patients import Patient
from clinic.web import call_export, language, spreadsheet, who
from clinic.web.appointment_words import clock
from clinic.web.call_words import contact_of
from clinic.web.errors import show_on_form
from clinic.web.fields import DateField
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES, sentence
from clinic.web.presenters import count_text, day, display_name, identity, phone
from clinic.web.units import reading, writing
from clinic.web.worklist_rows import row_of
from clinic.web.worklists import place

bp = Blueprint("calls", __name__)
bp.add_url_rule("/call-list/export/<any(csv, xlsx):kind>", "export", call_export.export)
STATUS = {CallOutcome.DECLINED, CallOutcome.MOVED, CallOutcome.DECEASED, CallOutcome.TRANSFERRED}
"""What counts only when the status is saved with its day and source; the call itself is kept at once."""
CONTACTS_SHOWN = 3

SENTENCES |= {
    "call_back_when": lambda: _("Fill in when to call again."),
    "call_back_alone": lambda: _("A day goes only with calling again."),
    "call_back_range": lambda: _("This day must lie within the coming %(days)s days."),
    "call_not_followed": lambda: _("This patient is no longer followed here; look at the status before you call."),
    "call_death_reported": lambda: _("The death of this patient was reported: see to that before you write."),
    "call_claimed": lambda: _("A colleague is phoning this patient now."),
}


class CallForm(FlaskForm):
    """What came of a call."""

    outcome = HiddenField(validators=[InputRequired()])
    call_back_on = DateField(_l("Call again on"))
    note = StringField(_l("Note"), validators=[Length(max=500)])
    form_token = HiddenField(validators=[InputRequired()])

    def command(self, patient_id: int) -> SaveCall:
        """The form as the service takes it."""
        return SaveCall(
            patient_id=patient_id,
            outcome=CallOutcome(self.outcome.data),
            form_token=self.form_token.data or "",
            call_back_on=self.call_back_on.data,
            note=self.note.data or "",
        )


@bp.get("/call-list")
@needs(May.READ_LISTS)
def index() -> ResponseReturnValue:
    """Who to call, in working order."""
    with reading() as work:
        return page(work)


@bp.post("/patients/<int:patient_id>/calls/claim")
@needs(May.PLAN_APPOINTMENT)
def claim(patient_id: int) -> ResponseReturnValue:
    """Say that one is phoning her."""
    with writing() as work:
        who.found(work, patient_id)
        try:
            calls.claim(work, patient_id)
        except RuleBroken as broken:
            flash(sentence(broken), "soon")
    return redirect(url_for("calls.index", after=request.form.get("after") or None, _anchor=f"p{patient_id}"), 303)


@bp.post("/patients/<int:patient_id>/calls")
@needs(May.PLAN_APPOINTMENT)
def save(patient_id: int) -> ResponseReturnValue:
    """Keep what came of a call, and lead to what it asks for."""
    form = CallForm()
    with writing() as work:
        who.found(work, patient_id)
        if form.outcome.data not in set(CallOutcome):
            abort(400)
        outcome = CallOutcome(form.outcome.data)
        if form.validate_on_submit():
            try:
                calls.save(work, form.command(patient_id))
            except RuleBroken as broken:
                show_on_form(form, broken)
            except Stale:
                form.form_errors.append(_("This call was kept before, and the form says something else now. "
                                          "Press once more to keep it as another call."))  # fmt: skip
                form.form_token.data = secrets.token_urlsafe(16)  # what is saved from here on is another call
            except LookupError:
                abort(404)
            else:
                return leave(patient_id, outcome)
        work.session.rollback()
    with reading() as work:
        return page(work, form, patient_id), 422


def leave(patient_id: int, outcome: CallOutcome) -> ResponseReturnValue:
    """To the status with what was heard or the booking of what she is called for, which lead on with the same page."""
    back = url_for("calls.index", after=request.form.get("after") or None)
    if outcome in STATUS:
        flash(_("The call is kept. The status counts when it is saved here, with its day and who told it."), "soon")
        return redirect(url_for("patients.status", patient_id=patient_id, status=outcome.value, back=back), 303)
    if outcome == CallOutcome.BOOKED:
        item, subject = (request.form.get(name) or None for name in ("item", "subject"))
        return redirect(url_for("appointments.book", patient_id=patient_id, item=item, subject=subject, back=back), 303)
    flash(_("The call is kept."), "ok")
    return redirect(back, 303)


@bp.get("/patients/<int:patient_id>/calls/letter")
@needs(May.PLAN_APPOINTMENT)
def letter(patient_id: int) -> ResponseReturnValue:
    """A letter to a patient whom nobody could reach, to print."""
    with reading() as work:
        patient = who.found(work, patient_id)
        clinic = clinic_settings(work.session)
        if stopped := hindered(work, patient, clinic.phone):
            code, way = stopped
            flash(sentence(RuleBroken("outcome", code)), "late")
            return redirect(way, 303)
        work.note(Action.PATIENT_OPENED, patient_id)
        told = paragraphs(patient.sex == Sex.FEMALE, patient.number, phone(clinic.phone), clinic.phone_hours)
        return render_template(
            "calls/letter.html", patient=patient, name=display_name(patient, "nl"), paragraphs=told, clinic=clinic,
            form=CallForm(formdata=None, form_token=secrets.token_urlsafe(16)), after=request.args.get("after") or None,
            dated=day_in_words(work.today.isoformat()),
        )  # fmt: skip


def hindered(work: Work, patient: Patient, clinic_phone: str) -> tuple[str, str] | None:
    """Why no letter is printed, and the page that leads on; None when it can be."""
    record = url_for("patients.record", patient_id=patient.id)
    if patient.status != PatientStatus.ACTIVE:
        return "call_not_followed", record
    if reported.death_of(work, patient.id) is not None:
        return "call_death_reported", record
    if not recipient(patient)["complete"]:
        return "to_patient_address", url_for("patients.edit", patient_id=patient.id, _anchor="street")
    return None if clinic_phone else ("to_patient_phone", url_for("calls.index"))


def page(work: Work, form: CallForm | None = None, wrong: int | None = None) -> str:
    """The list; a form that was refused stands open in its row with what was typed, or by itself when that is gone."""
    lang = language.current()
    typed_place = request.values.get("after", "")
    after = place(typed_place)
    rows, following = calls.shown(work, after)
    (count,) = worklists.count(work, [CALL_LIST])
    shown = [in_words(row, work, lang) for row in rows]
    for row in shown:
        mine = form is not None and row["id"] == wrong
        row["form"] = form if mine else CallForm(formdata=None, form_token=secrets.token_urlsafe(16))
    gone = wrong if wrong not in {row["id"] for row in shown} else None
    return render_template(
        "calls/index.html", rows=shown, count=count_text(count), form=form or CallForm(formdata=None),
        next_url=url_for("calls.index", after="~".join(str(part) for part in following)) if following else None,
        first_url=url_for("calls.index") if after else None, after=typed_place,
        back=quote(url_for("calls.index", after=typed_place if after else None)),
        apart=by_itself(work, gone, form, lang) if gone else None,
        exports=[url_for("calls.export", kind=kind) for kind in spreadsheet.KINDS],
    )  # fmt: skip


def by_itself(work: Work, patient_id: int, form: CallForm | None, lang: str) -> dict[str, Any]:
    """A form that was refused, of a patient who is not on this page of the list: a call that was kept may hide her."""
    patient = who.found(work, patient_id)
    work.note(Action.PATIENT_LISTED, subject="list:to-call", shown=[patient_id])
    known = {"id": patient_id, "name": display_name(patient, lang), "about": identity(patient, lang)}
    item, subject = (request.form.get(name, "") for name in ("item", "subject"))  # what she was called for stays
    return known | {"items": [{"code": item, "subject": subject}] if item else [], "form": form}


def in_words(row: Row, work: Work, lang: str) -> dict[str, Any]:
    """A patient to call in words."""
    standing = row.standing
    back_on = standing.call_back_on
    return row_of(CALL_LIST.name, row.line, work.today, lang) | {
        "phones": [known for known in (standing.phone, standing.phone_other) if known],
        "claimed": _("%(who)s is phoning since %(time)s", who=standing.claimer, time=clock(standing.claimed_at))
        if row.claimed
        else "",
        "death": standing.said_dead_on,
        "mine": standing.claimed_by == work.actor.id,
        "again": _("asked to be called on %(day)s", day=day(back_on)) if back_on and back_on > work.today else "",
        "contacts": [contact_of(contact, lang, row.closed) for contact in row.contacts[:CONTACTS_SHOWN]],
        "attempts": row.attempts,
        "letter": row.proposes_letter and row.line.person.status == PatientStatus.ACTIVE,
    }
