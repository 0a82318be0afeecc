"""What the hospital's files left to decide: deaths to record or reject, bookings to cancel or keep."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May, Role
from clinic.services import reported
from clinic.services.appointments import Of
from clinic.services.work import Stale, Work, local_day
from clinic.store import reported_deaths
from clinic.store.appointments import Appointment
from clinic.store.patients import Patient
from clinic.store.reported_deaths import ReportedDeath
from clinic.web import language, reported_export, spreadsheet, who
from clinic.web.appointment_words import kind_labels
from clinic.web.back import back_or, back_path
from clinic.web.errors import show_on_form
from clinic.web.keys import KeyField
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.presenters import day, display_name, identity
from clinic.web.units import reading, writing

bp = Blueprint("reported", __name__)
bp.add_url_rule("/reported/export/<any(csv, xlsx):kind>", "export", reported_export.export)
ONE = "/patients/<int:patient_id>/reported/<int:report_id>"

SENTENCES |= {"rejection_reason_missing": lambda: _("Say how you know that it is not so.")}


class RejectForm(FlaskForm):
    """How somebody knows that a patient is alive."""

    reason = StringField(_l("How do you know?"), validators=[Length(max=200)])


class KeepForm(FlaskForm):
    """The booking as the list showed it."""

    version = KeyField(validators=[InputRequired()])


@bp.get("/reported")
@needs(May.READ_LISTS)
def index() -> ResponseReturnValue:
    """Both lists."""
    with reading() as work:
        return page(work)


@bp.get(ONE)
@needs(May.EDIT_PATIENT)
def show(patient_id: int, report_id: int) -> ResponseReturnValue:
    """One report of a death, to reject it."""
    with reading() as work:
        work.note(Action.PATIENT_OPENED, patient_id)
        return reject_page(work, patient_id, report_id, RejectForm(formdata=None))


@bp.post(ONE)
@needs(May.EDIT_PATIENT)
def reject(patient_id: int, report_id: int) -> ResponseReturnValue:
    """It is not so, with a reason."""
    form = RejectForm()
    with writing() as work:
        who.found(work, patient_id)
        if form.validate_on_submit():
            try:
                reported.reject(work, patient_id, report_id, form.reason.data or "")
            except LookupError:
                abort(404)
            except RuleBroken as broken:
                show_on_form(form, broken)
            else:
                flash(_("Recorded: the report is not so. The patient is followed as before."), "ok")
                return redirect(back_or(url_for("reported.index")), 303)
        work.session.rollback()
        return reject_page(work, patient_id, report_id, form), 422


@bp.post("/patients/<int:patient_id>/appointments/<int:appointment_id>/kept")
@needs(May.PLAN_APPOINTMENT)
def keep(patient_id: int, appointment_id: int) -> ResponseReturnValue:
    """The booking stands, whatever the agenda shows."""
    form = KeepForm()
    with writing() as work:
        who.found(work, patient_id)
        try:
            reported.keep(work, Of(patient_id, appointment_id, form.version.data or 0))
        except LookupError:
            abort(404)
        except Stale:
            work.session.rollback()
            return page(work, stale=True), 422
    flash(_("The appointment stands; the agenda no longer decides about it."), "ok")
    return redirect(back_or(url_for("reported.index")), 303)


def page(work: Work, stale: bool = False) -> str:
    """What waits, in words."""
    found = reported.waiting(work)
    lang = language.current()
    return render_template(
        "reported/index.html", stale=stale, deaths=[death_line(*row, lang) for row in found.deaths],
        missing=[missing_line(*row, lang) for row in found.missing],
        exports=[url_for("reported.export", kind=kind) for kind in spreadsheet.KINDS],
    )  # fmt: skip


def reject_page(work: Work, patient_id: int, report_id: int, form: RejectForm) -> str:
    """The report beside the question how one knows."""
    patient = who.found(work, patient_id)
    try:
        row = reported.of_patient(work, patient_id, report_id)
    except LookupError:
        abort(404)
    return render_template(
        "reported/reject.html", form=form, band=who.band(patient), patient_id=patient_id, back=back_path(),
        report=words(row), settled=row.settled_at is not None,
    )  # fmt: skip


def words(row: ReportedDeath) -> dict[str, Any]:
    """A report in words."""
    received = day(local_day(row.reported_at))
    return {"id": row.id, "on": row.died_on, "day": day(row.died_on), "source": row.source, "received": received}


def told(work: Work, patient_id: int) -> dict[str, Any] | None:
    """The report of her death that waits, for the pages about her."""
    row = reported.death_of(work, patient_id)
    return words(row) if row else None


def about(patient: Patient, lang: str) -> dict[str, Any]:
    """Whom a line is about."""
    name = display_name(patient, lang)
    return {"patient_id": patient.id, "name": name, "about": identity(patient, lang)}


def death_line(row: ReportedDeath, patient: Patient, lang: str) -> dict[str, Any]:
    """A report with whose it is."""
    return {**words(row), **about(patient, lang)}


def missing_line(row: Appointment, patient: Patient, lang: str) -> dict[str, Any]:
    """A booking that the agenda dropped, with whose it is."""
    at = row.at_time.strftime("%H:%M") if row.at_time else ""
    since = day(local_day(row.missing_since)) if row.missing_since else ""
    return {
        **about(patient, lang), "id": row.id, "version": row.version, "kind": kind_labels()[row.kind],
        "when": f"{day(row.on_date)} {at}".strip(), "since": since,
    }  # fmt: skip


def tally(work: Work) -> list[dict[str, str]]:
    """On the first page of who plans, as long as something waits."""
    number = reported_deaths.count(work.session) if work.actor.role in (Role.NURSE, Role.SECRETARY) else 0
    if not number:
        return []
    label = str(_("Reported by the hospital"))
    return [{"href": url_for("reported.index"), "label": label, "count": str(number), "kind": "late"}]


def wanted() -> bool:
    """Whether somebody came to record the reported death, so that its day and source may be filled in."""
    return request.args.get("report") == "1"
