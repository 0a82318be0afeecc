"""The pages of a result, whatever its kind: new, shown with its versions, corrected, voided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import StringField
from wtforms.validators import Length

from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import results
from clinic.services.work import Stale, Work, local_time
from clinic.store.base import Fact
from clinic.store.patients import Patient
from clinic.store.users import User
from clinic.web import language, still_has, to_patient, who
from clinic.web.back import back_or, back_path
from clinic.web.errors import show_on_form
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.result_form import ResultForm
from clinic.web.units import reading, writing

SENTENCES |= {
    "result_in_future": lambda: _("This date lies in the future."),
    "before_birth": lambda: _("This date lies before the patient's birth."),
}
Line = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Kind:
    """What differs between kinds of result: its words, its form, its service."""

    name: str
    path: str
    title: Any
    table: type[Fact]
    form: type[ResultForm]
    fields: str
    save: Callable[[Work, Any], int]
    void: Callable[[Work, int, int, str], None]
    lines: Callable[[Any, str], list[Line]]
    may: May = May.RECORD_RESULT
    shown: str = ""
    beside: Callable[[Work, int, Any, Any], Any] = lambda _work, _patient_id, _row, _form: None


@dataclass(frozen=True, slots=True)
class Version:
    """A version as it is read: what it says, by whom, when, and why it came or went."""

    id: int
    lines: list[Line]
    by: str
    at: str
    reason: str
    voided: str


class VoidForm(FlaskForm):
    """Why a result counts nowhere."""

    reason = StringField(_l("Reason, for example: wrong patient"), validators=[Length(max=200)])


def blueprint(kind: Kind) -> Blueprint:
    """The six ways in to a kind of result."""
    bp = Blueprint(kind.name, __name__, url_prefix=f"/patients/<int:patient_id>/{kind.path}")
    for rule, endpoint, method, act, view in (
        ("/new", "new", "GET", kind.may, new),
        ("", "create", "POST", kind.may, create),
        ("/<int:result_id>", "show", "GET", May.READ_PATIENT, show),
        ("/<int:result_id>/edit", "edit", "GET", kind.may, edit),
        ("/<int:result_id>", "correct", "POST", kind.may, correct),
        ("/<int:result_id>/void", "void", "POST", May.RECORD_RESULT, void),
    ):
        bp.add_url_rule(rule, endpoint, needs(act)(partial(view, kind)), methods=[method])
    return bp


def new(kind: Kind, patient_id: int) -> ResponseReturnValue:
    """The empty form."""
    with reading() as work:
        patient = who.found(work, patient_id)
        work.note(Action.PATIENT_OPENED, patient_id)
        return form_page(kind, work, patient, kind.form(formdata=None), None)


def create(kind: Kind, patient_id: int) -> ResponseReturnValue:
    """Keep a new result."""
    with writing() as work:
        return attempt(kind, work, who.found(work, patient_id), None)


def show(kind: Kind, patient_id: int, result_id: int) -> ResponseReturnValue:
    """What stands, and every version before it."""
    with reading() as work:
        patient = who.found(work, patient_id)
        work.note(Action.PATIENT_OPENED, patient_id)
        return shown(kind, work, patient, result_id, VoidForm(formdata=None))


def edit(kind: Kind, patient_id: int, result_id: int) -> ResponseReturnValue:
    """The form with the version that stands; an older one leads to it, a voided one is only shown."""
    with reading() as work:
        patient = who.found(work, patient_id)
        row = chain(kind, work, patient_id, result_id)[0]
        if row.id != result_id or not row.stands:
            page = "edit" if row.stands else "show"
            return redirect(url_for(f"{kind.name}.{page}", patient_id=patient_id, result_id=row.id))
        work.note(Action.PATIENT_OPENED, patient_id)
        form = kind.form(formdata=None)
        form.prepare(language.current())
        form.load(row)
        return form_page(kind, work, patient, form, row)


def correct(kind: Kind, patient_id: int, result_id: int) -> ResponseReturnValue:
    """Keep a new version of a result."""
    with writing() as work:
        patient = who.found(work, patient_id)
        chain(kind, work, patient_id, result_id)
        return attempt(kind, work, patient, result_id)


def void(kind: Kind, patient_id: int, result_id: int) -> ResponseReturnValue:
    """Let a result count nowhere."""
    form = VoidForm()
    with writing() as work:
        who.found(work, patient_id)
        chain(kind, work, patient_id, result_id)
        if form.validate_on_submit():
            try:
                kind.void(work, patient_id, result_id, form.reason.data or "")
            except RuleBroken as broken:
                show_on_form(form, broken)
            except Stale:
                form.form_errors.append(_("Somebody else changed this meanwhile; look again and save once more."))
            else:
                flash(_("The result is voided: it stays readable and counts nowhere."), "ok")
                to_patient.warn(work, patient_id)
                still_has.warn(work, patient_id)
                return redirect(url_for("patients.record", patient_id=patient_id), 303)
        work.session.rollback()
        return shown(kind, work, who.found(work, patient_id), result_id, form), 422


def attempt(kind: Kind, work: Work, patient: Patient, corrects: int | None) -> ResponseReturnValue:
    """Bind, save and go to the record; else the form again, with everything typed."""
    form, status, stale, seen = kind.form(), 422, False, corrects
    form.prepare(language.current())
    old = work.session.get(kind.table, corrects) if corrects else None
    if form.validate_on_submit():
        command = form.command(form.common(patient.id, corrects), old)
        try:
            kind.save(work, command)
        except RuleBroken as broken:
            form.tell(broken)
        except Stale as known:
            status, stale, seen = 409, True, known.args[0]
            form.renew()
        except LookupError:
            abort(404)
        else:
            flash(_("The result is saved. What is due next stands below."), "ok")
            if corrects:
                to_patient.warn(work, patient.id)
            return redirect(back_or(url_for("patients.record", patient_id=patient.id)), 303)
    work.session.rollback()
    row = chain(kind, work, patient.id, seen)[0] if seen else None
    if corrects and overtaken(row, corrects):
        status, stale = 409, True
    return form_page(kind, work, who.found(work, patient.id), form, row, stale, again=corrects is None), status


def overtaken(latest: Fact | None, corrects: int | None) -> bool:
    """Whether somebody was first to correct this version; whatever else is wrong, the page says so.

    It shows the latest one, so that saved once more what was typed comes in the place of that one.
    """
    return latest is not None and latest.id != corrects


def chain(kind: Kind, work: Work, patient_id: int, result_id: int) -> list[Fact]:
    """The versions of this patient's result, newest first, or 404."""
    try:
        return results.versions(work, kind.table, patient_id, result_id)
    except LookupError:
        abort(404)


def form_page(
    kind: Kind, work: Work, patient: Patient, form: ResultForm, row: Fact | None, stale: bool = False,
    again: bool = False,
) -> str:  # fmt: skip
    """The form; when somebody else was first, her version above what was typed.

    A new one that was sent again corrects what it became, when that stands.
    """
    form.prepare(language.current())
    latest = versions(kind, work, [row])[0] if row else None
    row = None if again and row and not row.stands else row
    return render_template(
        "results/form.html",
        back=back_path(),
        kind=kind,
        form=form,
        band=who.band(patient),
        patient_id=patient.id,
        row=row,
        latest=latest,
        stale=stale,
        again=again,
        beside=kind.beside(work, patient.id, row, form),
    )


def shown(kind: Kind, work: Work, patient: Patient, result_id: int, form: VoidForm) -> str:
    """The page of a result."""
    rows = chain(kind, work, patient.id, result_id)
    return render_template(
        "results/show.html",
        kind=kind,
        form=form,
        band=who.band(patient),
        patient_id=patient.id,
        row=rows[0],
        versions=versions(kind, work, rows),
        beside=kind.beside(work, patient.id, rows[0], None),
    )


def versions(kind: Kind, work: Work, rows: list[Fact]) -> list[Version]:
    """Versions in words."""
    people = {who for row in rows for who in (row.recorded_by, row.voided_by) if who is not None}
    query = select(User.id, User.name).where(User.id.in_(people))
    names = dict(work.session.execute(query).all())
    return [
        Version(
            id=row.id,
            lines=kind.lines(row, language.current()),
            by=names.get(row.recorded_by, ""),
            at=local(row.recorded_at),
            reason=_("filled in later") if row.change_reason == results.FILLED_IN else row.change_reason or "",
            voided=voided(row, names),
        )
        for row in rows
    ]


def voided(row: Fact, names: dict[int, str]) -> str:
    """Who let it count nowhere, when and why; empty when nobody did."""
    if row.voided_at is None:
        return ""
    who = names.get(row.voided_by or 0, "")
    return str(_("Voided by %(who)s, %(at)s: %(why)s", who=who, at=local(row.voided_at), why=row.void_reason))


def local(at: datetime) -> str:
    """A stored time as the clinic's clock showed it."""
    return local_time(at).strftime("%d-%m-%Y %H:%M")
