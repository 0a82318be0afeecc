"""A version of the protocol tried on the register: started behind the page, followed on it, its findings by kind."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from flask_wtf import FlaskForm
from wtforms import HiddenField
from wtforms.validators import InputRequired

from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import protocols, trials
from clinic.services.trials import StartTrial
from clinic.services.work import Work
from clinic.store.protocols import EFFECTS, ProtocolTrial, ProtocolVersion
from clinic.web import background, language, presenters
from clinic.web.fields import iso_day
from clinic.web.keys import key
from clinic.web.presenters import day
from clinic.web.results import local
from clinic.web.units import reading, writing
from clinic.wording import protocol as words

bp = Blueprint("trials", __name__, url_prefix="/protocol")
LOOK_AGAIN_SECONDS = 3
PAGE = 50


class TrialForm(FlaskForm):
    """One press of the button."""

    form_token = HiddenField(validators=[InputRequired()])


@bp.get("/versions/<int:protocol_id>/trial")
@needs(May.TRY_PROTOCOL)
def show(protocol_id: int) -> ResponseReturnValue:
    """The trial that was started last: how far it is, or what it found."""
    with reading() as work:
        version = found(work, protocol_id)
        trial = trials.latest(work.session, protocol_id)
        running = trial is not None and trials.is_running(trial, work.now)
        answer = make_response(page(work, version, trial, running))
        if running:
            answer.headers["Refresh"] = str(LOOK_AGAIN_SECONDS)
        return answer


@bp.post("/versions/<int:protocol_id>/trial")
@needs(May.TRY_PROTOCOL)
def start(protocol_id: int) -> ResponseReturnValue:
    """Put a trial down and start it behind the page; sent twice it is one."""
    form = TrialForm()
    with writing() as work:
        version = found(work, protocol_id)
        if not form.validate_on_submit():
            return page(work, version, trials.latest(work.session, protocol_id), running=False), 422
        before = trials.latest(work.session, protocol_id)
        trial_id = trials.start(work, StartTrial(protocol_id, form.form_token.data))
        if before is None or before.id != trial_id:
            in_background(trial_id)
    return redirect(url_for("trials.show", protocol_id=protocol_id), 303)


def in_background(trial_id: int) -> None:
    """Run it in a process of its own."""
    background.start("protocol", "run-trial", str(trial_id))


@bp.get("/trials/<int:trial_id>/patients")
@needs(May.READ_LISTS)
def patients(trial_id: int) -> ResponseReturnValue:
    """The patients behind a number, for who may see lists."""
    lang, (effect, code) = language.current(), asked()
    with reading() as work:
        trial = work.session.get(ProtocolTrial, trial_id)
        month = month_asked()
        if trial is None or effect not in EFFECTS or month is None:
            abort(404)
        rows = trials.affected(work, trial_id, effect, code, month, request.args.get("after", 0, type=key), PAGE + 1)
        shown = rows[:PAGE]
        work.note(Action.PATIENT_LISTED, subject="list:trial", shown=[patient.id for _, patient in shown])
        more: dict[str, Any] | None = {**request.args.to_dict(), "after": shown[-1][0].id} if len(rows) > PAGE else None
        return render_template(
            "protocol/trial_patients.html", trial=trial, month=month_name(month), rows=[row_of(*row) for row in shown],
            what=words.item_label(code, lang), effect=words.effect_label(effect, lang),
            more=url_for("trials.patients", trial_id=trial_id, **more) if more else None,
        )  # fmt: skip


def found(work: Work, protocol_id: int) -> ProtocolVersion:
    """A version, or 404."""
    try:
        return protocols.found(work.session, protocol_id)
    except LookupError:
        abort(404)


def asked() -> tuple[str, str]:
    """Which effect on which kind of item."""
    return request.args.get("effect", ""), request.args.get("code", "")


def month_asked() -> date | None:
    """Which month."""
    try:
        return iso_day(f"{request.args.get('month', '')}-01")
    except ValueError:
        return None


def page(work: Work, version: ProtocolVersion, trial: ProtocolTrial | None, running: bool) -> str:
    """How far it is, or what it found."""
    effect, code = asked()
    done = trial is not None and trial.finished_at is not None and trial.failed is None
    return render_template(
        "protocol/trial.html", version=version, trial=trial, running=running, done=done,
        form=TrialForm(formdata=None, form_token=secrets.token_urlsafe(16)),
        started=local(trial.started_at) if trial else "",
        table=table(work, trial) if trial and done else None,
        months=months(work, trial, effect, code) if trial and done and effect in EFFECTS else None,
    )  # fmt: skip


def table(work: Work, trial: ProtocolTrial) -> dict[str, Any]:
    """Kinds of item down, effects across; only what was found."""
    lang = language.current()
    counted = {(one.code, one.effect): one for one in trials.summary(work.session, trial.id)}
    effects = [effect for effect in EFFECTS if any(key[1] == effect for key in counted)]
    return {
        "effects": [words.effect_label(effect, lang) for effect in effects],
        "rows": [
            {
                "title": words.item_label(code, lang),
                "cells": [cell(trial, counted.get((code, effect))) for effect in effects],
            }
            for code in dict.fromkeys(key[0] for key in counted)
        ],
    }


def cell(trial: ProtocolTrial, counted: trials.Counted | None) -> dict[str, Any] | None:
    """A number that leads to its months."""
    if counted is None:
        return None
    months = url_for("trials.show", protocol_id=trial.protocol_id, effect=counted.effect, code=counted.code)
    return {"items": counted.items, "patients": counted.patients, "href": f"{months}#months"}


def months(work: Work, trial: ProtocolTrial, effect: str, code: str) -> dict[str, Any]:
    """One kind by month; each leads to the patients."""
    lang = language.current()
    return {
        "title": f"{words.item_label(code, lang)}: {words.effect_label(effect, lang)}",
        "rows": [
            {
                "month": month_name(month),
                "items": number,
                "href": url_for("trials.patients", trial_id=trial.id, effect=effect, code=code, month=f"{month:%Y-%m}"),
            }
            for month, number in trials.months(work.session, trial.id, effect, code)
        ],
    }


def month_name(month: date) -> str:
    """A month in words."""
    return str(format_date(month, "LLLL yyyy"))


def row_of(change: Any, patient: Any) -> dict[str, Any]:
    """One patient with the date that is and that would be."""
    return {
        "name": presenters.display_name(patient, language.current()),
        "number": patient.number,
        "href": url_for("patients.record", patient_id=patient.id),
        "before": day(change.before_on) if change.before_on else "–",
        "after": day(change.after_on) if change.after_on else "–",
    }
