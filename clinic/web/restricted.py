"""The one door before every record: who does not treat a patient whose record is restricted says why, or stays out."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from flask import Blueprint, Flask, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
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
from clinic.store.restrictions import patient_of_letter
from clinic.web import back, language, who
from clinic.web.errors import show_on_form, typed, write_down_refusal
from clinic.web.messages import SENTENCES
from clinic.web.units import engine, now, writing
from clinic.wording.labels import label

bp = Blueprint("restricted", __name__, url_prefix="/patients/<int:patient_id>/emergency")
SENTENCES |= {
    "emergency_words": lambda: _("Say in a few words what is the matter: %(shortest)s signs or more.", shortest=10),
}

BESIDE = ("merges",)
"""Where the record of a second patient is laid beside the first."""


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
            look_at(about())


def wants_in() -> bool:
    """Whether somebody asks for what only who reads records may have; everybody else is refused elsewhere."""
    act = getattr(current_app.view_functions.get(request.endpoint or ""), "needs", None)
    about_one = {"patient_id", "letter_id"} & set(request.view_args or {})
    if not about_one or not isinstance(act, May) or not current_user.is_authenticated:
        return False
    return allows(current_user.role, act) and allows(current_user.role, May.READ_PATIENT)


def about() -> dict[str, int]:
    """The keys in the address by which a patient is known."""
    given: dict[str, int] = request.view_args or {}
    name = "patient_id" if "patient_id" in given else "letter_id"
    found: dict[str, int] = {name: given[name]}
    if request.blueprint in BESIDE:
        found["other"] = request.values.get("other", 0, type=int)
    return found


def look_at(keys: dict[str, int]) -> None:
    """Stop at the first record that is closed to this person; remember what an emergency opened."""
    with Session(engine().execution_options(writes=False)) as store:
        for name, key in keys.items():
            patient_id = patient_of_letter(store, key) if name == "letter_id" else key
            way = restrictions.way_in(store, patient_id or 0, current_user.id, now())
            if way is Way.CLOSED:
                raise Closed(patient_id)
            if isinstance(way, datetime):
                g.emergency, g.emergency_until = patient_id, local_time(way).strftime("%H:%M")


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
