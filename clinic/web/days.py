"""Close the day: what still hangs with its way out, and why the rest may stay."""

from __future__ import annotations

import json
import secrets
from datetime import datetime
from typing import Any, cast

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField
from wtforms.validators import InputRequired, Length

from clinic.domain.errors import RuleBroken
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import days
from clinic.services.days import CloseDay, Left
from clinic.services.work import Work, local_day, local_time
from clinic.store import day_facts
from clinic.store.patients import Patient
from clinic.web import alarm_rows, language
from clinic.web.appointment_words import clock, kind_labels
from clinic.web.errors import show_on_form
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.presenters import day, display_name, identity
from clinic.web.units import reading, writing

bp = Blueprint("days", __name__, url_prefix="/day")

SENTENCES |= {
    "day_changed": lambda: _("Something changed meanwhile: look at the lists once more, then close the day."),
    "day_left_because": lambda: _("Say why this may stay behind."),
}


class CloseForm(FlaskForm):
    """What the page showed, and why the rest may stay."""

    because = StringField(_l("Why this may stay behind"), validators=[Length(max=500)])
    seen = HiddenField(validators=[InputRequired()])
    form_token = HiddenField(validators=[InputRequired()])

    def command(self) -> CloseDay:
        """The form as the service takes it; what a browser could not have sent counts as nothing seen."""
        try:
            seen = json.loads(self.seen.data or "")
        except ValueError:
            seen = {}
        return CloseDay(seen, self.because.data or "", self.form_token.data or "")


@bp.get("")
@needs(May.PLAN_APPOINTMENT)
def show() -> ResponseReturnValue:
    """What still hangs."""
    with reading() as work:
        return page(work, CloseForm(formdata=None))


@bp.post("/close")
@needs(May.PLAN_APPOINTMENT)
def close() -> ResponseReturnValue:
    """Close the day, or say what to look at."""
    form = CloseForm()
    with writing() as work:
        if form.validate_on_submit():
            try:
                days.close(work, form.command())
            except RuleBroken as broken:
                show_on_form(form, RuleBroken("", broken.code) if broken.field == "seen" else broken)
            else:
                flash(_("The day is closed."), "ok")
                return redirect(url_for("home.index"), 303)
        work.session.rollback()
    with reading() as work:
        return page(work, form), 422


def page(work: Work, form: CloseForm) -> str:
    """The lists of what is left, and the form."""
    found = days.left(work)
    lang = language.current()
    form.seen.data = json.dumps(found.counts)
    form.form_token.data = form.form_token.data or secrets.token_urlsafe(16)
    closed = day_facts.closing(work.session, work.today)
    return render_template(
        "days/close.html", form=form, left=found, lists=lists(found, work, lang), counts=found.counts,
        closed=closed and {"at": clock(closed.DayClosing.closed_at), "who": closed.name,
                           "left": sum(closed.DayClosing.left.values()), "because": closed.DayClosing.because or ""},
    )  # fmt: skip


def lists(found: Left, work: Work, lang: str) -> dict[str, list[dict[str, Any]]]:
    """The rows of each kind in words."""
    return {
        "drafts": [draft_row(row, work, lang) for row in found.drafts],
        "contacts": [contact_row(row, work, lang) for row in found.contacts],
        "appointments": [appointment_row(row, work, lang) for row in found.appointments],
        "alarms": [alarm_rows.row_of(row, work.now, lang) for row in found.alarms],
    }


def person(row: Any, lang: str) -> dict[str, Any]:
    """Whom a row is about."""
    return {
        "id": row.patient_id,
        "name": display_name(cast(Patient, row), lang),
        "about": identity(row, lang),
    }


def draft_row(row: Any, work: Work, lang: str) -> dict[str, Any]:
    """An unfinished control: who began it, since when, and whether that is of an earlier day."""
    return person(row, lang) | typing(row, row.started_at, work) | {"draft_id": row.draft_id}


def contact_row(row: Any, work: Work, lang: str) -> dict[str, Any]:
    """A contact that was typed and not saved: by whom, when last, and whether that is of an earlier day."""
    return person(row, lang) | typing(row, row.saved_at, work) | {"draft_id": row.draft_id}


def typing(row: Any, at: datetime, work: Work) -> dict[str, Any]:
    """Who types it, since when."""
    old = local_day(at) < work.today
    since = f"{day(local_day(at))} {clock(at)}" if old else clock(at)
    return {"who": row.name, "mine": row.by == work.actor.id, "since": since, "old": old}


def appointment_row(row: Any, work: Work, lang: str) -> dict[str, Any]:
    """An appointment of which nobody said what became, or a no-show without anything new."""
    at, past = row.at_time.strftime("%H:%M") if row.at_time else "", row.on_date < work.today
    coming = row.state == "booked" and not past and row.at_time is not None
    return person(row, lang) | {
        "appointment_id": row.appointment_id,
        "kind": kind_labels()[row.kind],
        "at": f"{day(row.on_date)} {at}".strip() if past else at,
        "missed": row.state == "no_show",
        "attempts": row.attempts,
        "to_come": coming and row.at_time > local_time(work.now).time(),
    }
