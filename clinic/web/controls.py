"""A nurse records a control; the page asks, the service decides, nothing typed is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import exists, select
from werkzeug.datastructures import MultiDict

from clinic.domain.errors import RuleBroken
from clinic.domain.facts import Facts
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import control_checks, control_drafts, control_history, controls
from clinic.services.controls import SaveControl
from clinic.services.work import Stale, Work
from clinic.store import records
from clinic.store.controls import Agreement, Control, ControlDraft
from clinic.store.patients import Patient
from clinic.store.scans import Fracture
from clinic.store.treatments import Course, CourseStop
from clinic.store.users import User
from clinic.web import (
    control_binding,
    control_days,
    control_measured,
    control_outside,
    control_page,
    control_questions,
    control_text,
    language,
    still_has,
    who,
)
from clinic.web.control_form import HEIGHTS, ControlForm
from clinic.web.errors import show_on_form
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.presenters import day
from clinic.web.results import Version, VoidForm, local, overtaken, voided
from clinic.web.units import reading, today, writing
from clinic.wording.labels import label

bp = Blueprint("controls", __name__, url_prefix="/patients/<int:patient_id>/controls")

SENTENCES |= {
    "out_of_range": lambda: _("Must lie between %(low)s and %(high)s%(unit)s."),
    "reading_wrong": lambda: _("Reading %(number)s differs %(off)s cm from the others. Measure or type it again."),
    "reading_swapped": lambda: _("Reading %(number)s differs %(off)s cm. Did you mean %(meant)s?"),
    "height_missing": lambda: _("Measure the height, or say why not."),
    "weight_missing": lambda: _("Measure the weight, or say why not."),
    "symptom_unanswered": lambda: _("Choose yes or no."),
    "control_in_future": lambda: _("A control cannot be dated in the future."),
    "confirm": lambda: _("Unusual values: look once more, and tick the box when they are right."),
    "fracture_stands": lambda: _("A fracture was recorded at this control: void that one first."),
    "agreed_in_past": lambda: _("What is agreed lies after the control."),
    "reason_outside_window": lambda: _("The protocol wants it from %(opens)s to %(late)s. Say why it is another day."),
}


@bp.get("/new")
@needs(May.RECORD_CONTROL)
def new(patient_id: int) -> ResponseReturnValue:
    """The form with the previous values beside it: empty, or as the draft left it."""
    with reading() as work:
        patient = who.found(work, patient_id)
        work.note(Action.PATIENT_OPENED, patient_id)
        draft = control_drafts.of(work, patient_id)
        form = ControlForm(formdata=MultiDict(draft.typed) if draft else None)
        if draft is None:
            form.on.data = today()
        # the visit she comes for now, also when the draft was begun at another one
        form.appointment.data = request.args.get("appointment") or form.appointment.data
        taken: list[str] = []
        if request.args.get("take"):
            taken = control_page.take_over(form, control_history.answered(work, patient_id, form.on.data or today()))
        return page(work, patient, form, draft=draft, taken=taken)


@bp.post("")
@needs(May.RECORD_CONTROL)
def save(patient_id: int) -> ResponseReturnValue:
    """Keep the control and go to the record, which says what is next."""
    return attempt(patient_id, None)


@bp.get("/<int:control_id>")
@needs(May.READ_PATIENT)
def show(patient_id: int, control_id: int) -> ResponseReturnValue:
    """What stands, as text for the hospital's record, and every version before it."""
    with reading() as work:
        patient = who.found(work, patient_id)
        work.note(Action.PATIENT_OPENED, patient_id)
        return shown(work, patient, control_id, VoidForm(formdata=None))


@bp.get("/<int:control_id>/edit")
@needs(May.RECORD_CONTROL)
def edit(patient_id: int, control_id: int) -> ResponseReturnValue:
    """The form with the version that stands; an older one leads to it, a voided one is only shown."""
    with reading() as work:
        patient = who.found(work, patient_id)
        row = chain(work, patient_id, control_id)[0]
        if row.id != control_id or not row.stands:
            endpoint = "controls.edit" if row.stands else "controls.show"
            return redirect(url_for(endpoint, patient_id=patient_id, control_id=row.id))
        work.note(Action.PATIENT_OPENED, patient_id)
        form = ControlForm(formdata=None)
        control_binding.load(form, row, control_checks.agreements_of(work, row))
        return page(work, patient, form, row)


@bp.post("/<int:control_id>")
@needs(May.RECORD_CONTROL)
def correct(patient_id: int, control_id: int) -> ResponseReturnValue:
    """Keep a new version of a control."""
    return attempt(patient_id, control_id)


@bp.post("/<int:control_id>/void")
@needs(May.RECORD_CONTROL)
def void(patient_id: int, control_id: int) -> ResponseReturnValue:
    """Let a control count nowhere."""
    form = VoidForm()
    with writing() as work:
        who.found(work, patient_id)
        chain(work, patient_id, control_id)
        if form.validate_on_submit():
            try:
                controls.void_control(work, patient_id, control_id, form.reason.data or "")
            except RuleBroken as broken:
                show_on_form(form, broken)
            except Stale:
                form.form_errors.append(_("Somebody else changed this meanwhile; look again and save once more."))
            else:
                flash(_("The control is voided: it stays readable and counts nowhere."), "ok")
                still_has.warn(work, patient_id)
                return redirect(url_for("patients.record", patient_id=patient_id), 303)
        work.session.rollback()
        return shown(work, who.found(work, patient_id), control_id, form), 422


def attempt(patient_id: int, corrects: int | None) -> ResponseReturnValue:
    """Bind, save and go to the record; else the form again, with everything typed."""
    form, status, stale, seen = ControlForm(), 422, False, corrects
    form.corrects = corrects is not None
    form.offer(language.current())
    with writing() as work:
        if corrects is not None:
            chain(work, patient_id, corrects)
        course_id = running(work, patient_id, form.dose_on.data) if form.dose_on.data else None
        if form.validate_on_submit():
            try:
                controls.save(work, control_binding.command(form, patient_id, course_id, corrects))
            except RuleBroken as broken:
                control_questions.tell(form, broken)
            except Stale as known:
                status, stale, seen = 409, True, known.args[0]
                form.renew()
            except LookupError:
                abort(404)
            else:
                flash(_("The control is saved. What is due next stands below."), "ok")
                seen = 1 if form.appointment.data else None
                return redirect(url_for("patients.record", patient_id=patient_id, seen=seen), 303)
        work.session.rollback()
        patient = who.found(work, patient_id)
        if not stale:
            also_wrong(work, form, control_binding.so_far(form, patient_id, course_id, corrects), patient.birth_date)
        row = chain(work, patient_id, seen)[0] if seen is not None else None
        if corrects is not None and overtaken(row, corrects):
            status, stale = 409, True
        return page(work, patient, form, row, stale=stale, again=stale and corrects is None), status


def also_wrong(work: Work, form: ControlForm, command: SaveControl, born: date) -> None:
    """Every other rule that the form breaks, at its field, so that all is told at once; a field says one thing."""
    for told in control_checks.wrong(command, work.today, born):
        broken = control_questions.where_typed(form, told)
        said_at = HEIGHTS if broken.code == "height_missing" else (broken.field,)
        if not any(form[name].errors for name in said_at):
            show_on_form(form, broken)
    if form.on.errors or form.kind.errors:  # what the protocol wants next hangs on both
        command = replace(command, agreed=())
    for broken in control_checks.at_saving(work, command):
        if not form[broken.field].errors:
            show_on_form(form, broken)


def again(work: Work, patient_id: int, broken: RuleBroken) -> ResponseReturnValue:
    """The form as it was sent, with what is wrong on top."""
    form = ControlForm()
    work.session.rollback()
    show_on_form(form, broken)
    return page(work, who.found(work, patient_id), form), 422


def running(work: Work, patient_id: int, on: date) -> int | None:
    """The course that an act of this day belongs to: the last one begun by then, else one to come, which refuses it.

    Of two that began on one stored day it is the one that runs.
    """
    query = select(Course.id).where(Course.patient_id == patient_id, Course.stands.is_(True))
    begun = (Course.started_on <= on).desc()
    ended = exists().where(CourseStop.course_id == Course.id, CourseStop.stands.is_(True))
    return work.session.scalar(query.order_by(begun, Course.started_on.desc(), ended, Course.id.desc()).limit(1))


def chain(work: Work, patient_id: int, control_id: int) -> list[Control]:
    """The versions of this patient's control, newest first, or 404."""
    try:
        return controls.versions(work, patient_id, control_id)
    except LookupError:
        abort(404)


def page(
    work: Work, patient: Patient, form: ControlForm, row: Control | None = None, *, draft: ControlDraft | None = None,
    taken: list[str] | None = None, stale: bool = False, again: bool = False,
) -> str:  # fmt: skip
    """The form with what was measured before; a new one that was sent again corrects what it became, if that stands."""
    latest, row = row, None if again and row and not row.stands else row
    lost = not_kept(work, form, row) if again and row else []
    lang = language.current()
    record = records.load(work.session, patient.id)
    # a day that cannot be one is told at its field; the rest of the page is of today
    on = form.on.data if form.on.data and patient.birth_date <= form.on.data <= work.today else work.today
    drug = current.drug if (current := Facts(record, work.today).current) else None
    earlier = control_history.answered(work, patient.id, on, drug)
    form.prepare(lang, drug)
    left_of = control_checks.without(work, record, row) if row else record  # what is mended is no measure of itself
    about = control_page.build(left_of, on, earlier, lang, work.protocol)
    days = control_days.build(left_of, on, work.today, lang, work.protocol)
    days.put(form)
    left = control_outside.left(work, row) if row else ""
    form.corrects = form.reason.flags.required = row is not None
    form.tell.flags.required = bool(left)
    return render_template(
        "controls/form.html",
        form=form,
        band=who.band(patient, linked=False),
        patient_id=patient.id,
        about=about,
        says=control_measured.told(form, about),
        days=days,
        needed=control_page.needed(form),
        row=row,
        left=left,
        draft_at=local(draft.saved_at) if draft else "",
        taken=taken or [],
        stale=stale,
        again=again,
        latest=latest,
        lost=lost,
    )


def not_kept(work: Work, form: ControlForm, row: Control) -> list[str]:
    """The fractures typed in a form that was sent again, but for those it kept: a correction has no place for them."""
    known = {(one.site, one.on_date) for one in controls.told_with(work, [row]) if isinstance(one, Fracture)}
    typed = [one for one in control_binding.fractures(form) if (one.site, one.on) not in known]
    lang = language.current()
    return [f"{label(one.site, lang)}, {day(one.on)}" for one in typed]


def shown(work: Work, patient: Patient, control_id: int, form: VoidForm) -> str:
    """The page of a control."""
    rows = chain(work, patient.id, control_id)
    lang = language.current()
    people = dict(work.session.execute(select(User.id, User.name)).all())
    facts = Facts(records.load(work.session, patient.id), rows[0].on_date)
    before = control_history.measured(work, patient.id, rows[0].on_date) | control_text.bmi_before(facts)
    drug = label(facts.current.drug, "nl") if facts.current else ""
    agreements, beside = told_at(work, rows), controls.told_with(work, rows)
    return render_template(
        "controls/show.html",
        form=form,
        band=who.band(patient),
        patient_id=patient.id,
        row=rows[0],
        told_outside=control_outside.told(work, rows[0], lang),
        measured=people.get(rows[0].measured_by or 0, "") if rows[0].measured_by != rows[0].recorded_by else "",
        versions=[version(row, agreements.get(row.id, []), before, people, lang) for row in rows],
        beside=control_text.told_beside(beside, lang),
        text=control_text.for_record(rows[0], agreements.get(rows[0].id, []), before, drug, beside),
    )


def told_at(work: Work, rows: list[Control]) -> dict[int, list[Agreement]]:
    """What was agreed at each version, also what no longer stands; what gave way and holds again is told once."""
    query = select(Agreement).where(Agreement.control_id.in_([row.id for row in rows])).order_by(Agreement.id)
    told: dict[int, dict[tuple[str, date], Agreement]] = {}
    for agreement in work.session.scalars(query):
        told.setdefault(agreement.control_id or 0, {})[agreement.what, agreement.on_date] = agreement
    return {number: list(found.values()) for number, found in told.items()}


def version(
    row: Control, agreements: list[Agreement], before: control_text.Before, people: dict[int, str], lang: str
) -> Version:
    """A version in words: what it says, by whom, when, and why it came or went."""
    return Version(
        id=row.id,
        lines=control_text.lines(row, agreements, before, lang),
        by=people.get(row.recorded_by, ""),
        at=local(row.recorded_at),
        reason=row.change_reason or "",
        voided=voided(row, people),
    )
