"""The one door before every record: who does not treat a patient whose record is restricted says why, or stays out."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from flask import Blueprint, Flask, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy import Connection
from wtforms import HiddenField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from clinic.domain.errors import RuleBroken
from clinic.domain.restricted import EmergencyReason
from clinic.security.guard import needs
from clinic.security.permissions import May, allows
from clinic.services import restrictions
from clinic.services.restrictions import HOURS, OpenInEmergency, Way
from clinic.services.work import local_time
from clinic.store.restrictions import of_letters, of_request, of_run, stays
from clinic.web import back, language, who
from clinic.web.errors import show_on_form, typed, write_down_refusal
from clinic.web.keys import key
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.units import engine, now, writing
from clinic.wording.labels import label

bp = Blueprint("restricted", __name__, url_prefix="/patients/<int:patient_id>/emergency")
SENTENCES |= {
    "letter_restricted": lambda: _("The record is restricted: somebody who opens it sends or prints the letter."),
    "emergency_words": lambda: _("Say in a few words what is the matter: %(shortest)s signs or more.", shortest=10),
}

BESIDE = ("merges",)
"""Where the record of a second patient is laid beside the first."""
TICKED = ("print_runs.begin", "letter_series.authorise")
"""What is done with the whole text of letters that were ticked."""
WHOSE = {
    "patient_id": lambda _store, key: [key],
    "letter_id": lambda store, key: of_letters(store, [key]),
    "request_id": of_request,
}
"""The keys in an address that name a patient, and whom."""
FILE = "print_runs.print_file"


class Closed(Exception):
    """This record is restricted, and whoever asks for it does not treat the patient; the argument is her key."""


class EmergencyForm(FlaskForm):
    """Why somebody has to be in this record now."""

    reason = RadioField(_l("Reason"), validators=[InputRequired(_l("Choose a reason."))])
    words = StringField(
        _l("What is the matter"), validators=[InputRequired(_l("Say what is the matter.")), Length(max=500)]
    )
    form_token = HiddenField()
    back = HiddenField()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        lang = language.current()
        self.reason.choices = [SelectChoice(reason.value, label(reason, lang)) for reason in EmergencyReason]


def register(app: Flask) -> None:
    """Stand before every route about one patient, and say on its page that an emergency opened it."""
    app.register_error_handler(Closed, ask_why)
    app.jinja_env.globals["emergency_until"] = lambda: g.get("emergency_until", "")

    @app.before_request
    def stop_at_a_closed_record() -> None:
        if request.blueprint != bp.name and wants_in():
            look_at()


def wants_in() -> bool:
    """Whether somebody asks for what only who reads records may have; everybody else is refused elsewhere."""
    act = getattr(current_app.view_functions.get(request.endpoint or ""), "needs", None)
    about_one = WHOSE.keys() & (request.view_args or {}) or request.endpoint in (*TICKED, FILE)
    if not about_one or not isinstance(act, May) or not current_user.is_authenticated:
        return False
    return allows(current_user.role, act) and allows(current_user.role, May.READ_PATIENT)


def about(store: Connection) -> list[int]:
    """Whose records are asked for."""
    given: dict[str, Any] = request.view_args or {}
    if request.endpoint in TICKED:
        return list(of_letters(store, request.values.getlist("letter", type=key)))
    if request.endpoint == FILE:
        return list(of_run(store, given["run_id"]))
    name = next(name for name in WHOSE if name in given)
    found = list(WHOSE[name](store, given[name]))
    return [*found, request.values.get("other", 0, type=key)] if request.blueprint in BESIDE else found


def look_at() -> None:
    """Stop at the first record that is closed to this person; remember what an emergency opened."""
    opened = set()
    with engine().connect() as bare:  # no session of the ORM: every page about a patient pays for this
        store = bare.execution_options(writes=False)
        for patient_id in about(store):
            way = restrictions.way_in(store, patient_id, current_user.id, now())
            if way is Way.CLOSED:
                raise Closed(stays(store, patient_id))
            if isinstance(way, datetime):
                opened |= {patient_id, stays(store, patient_id)}
                g.emergency, g.emergency_until = frozenset(opened), local_time(way).strftime("%H:%M")


def ask_why(closed: Closed) -> ResponseReturnValue:
    """Refused, and written down; the page has the way in for an emergency."""
    write_down_refusal(closed.args[0])
    form = EmergencyForm(formdata=None)
    form.form_token.data = secrets.token_hex(16)
    form.back.data = request.full_path.rstrip("?") if request.method == "GET" else ""
    return page(closed.args[0], form, typed() if request.method == "POST" else []), 403


def page(patient_id: int, form: EmergencyForm, kept: list[tuple[str, str]]) -> str:
    """What a restricted record is, and the form; nothing of the record."""
    return render_template(
        "restrictions/closed.html", patient_id=patient_id, form=form, kept=kept, hours=HOURS.seconds // 3600
    )


@bp.post("")
@needs(May.READ_PATIENT)
def enter(patient_id: int) -> ResponseReturnValue:
    """Let her in for some hours, with her reason."""
    form = EmergencyForm()
    with writing() as work:
        who.found(work, patient_id)
        if form.validate_on_submit():
            reason = EmergencyReason(form.reason.data)
            command = OpenInEmergency(patient_id, reason, form.words.data or "", form.form_token.data or "")
            try:
                restrictions.open_in_emergency(work, command)
            except RuleBroken as broken:
                show_on_form(form, broken)
            else:
                return redirect(back.back_or(url_for("patients.record", patient_id=patient_id)), 303)
        return page(patient_id, form, []), 422
