"""A version on its way into force: offered by the manager, signed by a doctor for a day, followed as it is carried."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, abort, flash, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField
from wtforms.validators import InputRequired

from clinic.domain.errors import RuleBroken
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import activations, protocols, trials
from clinic.services.activations import Approve, Offer
from clinic.services.work import Work
from clinic.store import activations as store
from clinic.store.activations import Activation
from clinic.store.protocols import ProtocolVersion
from clinic.store.users import User
from clinic.web import background, language
from clinic.web.course_form import typed
from clinic.web.errors import show_on_form
from clinic.web.fields import DateField
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES, sentence
from clinic.web.own_passkeys import sure_who_signs
from clinic.web.units import reading, writing
from clinic.wording.protocol import effect_label, item_label

bp = Blueprint("activations", __name__, url_prefix="/protocol")
LOOK_AGAIN_SECONDS = 3

SENTENCES |= {
    "activation_no_draft": lambda: _("Only a draft or a version that was in force before can be offered."),
    "activation_open": lambda: _("Another version is on its way; first that one is brought to its end or taken back."),
    "activation_needs_trial": lambda: _("Try the version on the register first, as its numbers are now."),
    "activation_not_offered": lambda: _("This was settled meanwhile; look again."),
    "protocol_offered": lambda: _("This version is offered for approval; take the offer back to change it."),
}


class OfferForm(FlaskForm):
    """One press of the button."""

    form_token = HiddenField(validators=[InputRequired()])


class ApproveForm(FlaskForm):
    """From which day the version binds, and who says so."""

    binds_on = DateField(_l("Binds from"), validators=[InputRequired(_l("Fill in the date."))])
    password = PasswordField(_l("Your password"), render_kw={"autocomplete": "current-password"})


@bp.get("/versions/<int:protocol_id>/activation")
@needs(May.TRY_PROTOCOL)
def show(protocol_id: int) -> ResponseReturnValue:
    """Where the version stands, what it would change, and what the reader can do."""
    with reading() as work:
        version = found(work, protocol_id)
        form = ApproveForm(formdata=None)
        form.binds_on.data = work.today
        answer = make_response(page(work, version, form))
        row = store.latest(work.session, protocol_id)
        if row is not None and (begins(row, work) or activations.is_running(row, work.now)):
            answer.headers["Refresh"] = str(LOOK_AGAIN_SECONDS)
        return answer


def begins(row: Activation, work: Work) -> bool:
    """Whether an approved version is about to be carried over: its day has come."""
    return row.state == "approved" and row.binds_on is not None and row.binds_on <= work.today


@bp.post("/versions/<int:protocol_id>/activation")
@needs(May.EDIT_SETTINGS)
def offer(protocol_id: int) -> ResponseReturnValue:
    """Offer the version to the doctors; sent twice it is one offer."""
    form = OfferForm()
    with writing() as work:
        version = found(work, protocol_id)
        if not form.validate_on_submit():
            return page(work, version, ApproveForm(formdata=None)), 422
        try:
            activations.offer(work, Offer(protocol_id, form.form_token.data))
        except RuleBroken as broken:
            work.session.rollback()
            return page(work, found(work, protocol_id), ApproveForm(formdata=None), sentence(broken)), 422
    flash(_("The version is offered. A doctor approves it with a date."), "ok")
    return redirect(url_for("activations.show", protocol_id=protocol_id), 303)


@bp.post("/activations/<int:activation_id>/approve")
@needs(May.APPROVE_PROTOCOL)
def approve(activation_id: int) -> ResponseReturnValue:
    """Sign with the password; from today on it starts at once."""
    form = ApproveForm()
    with writing() as work:
        row = opened(work, activation_id)
        protocol_id = row.protocol_id
        if form.validate_on_submit():
            try:
                sign(work, activation_id, form)
            except RuleBroken as broken:
                show_on_form(form, broken)
            else:
                flash(_("The version is approved. The register follows it from its date on."), "ok")
                return redirect(url_for("activations.show", protocol_id=protocol_id), 303)
        work.session.rollback()
        return page(work, found(work, protocol_id), form), 422


def sign(work: Work, activation_id: int, form: ApproveForm) -> None:
    """Sure who signs: approve, and carry it out when its day has come."""
    sure_who_signs(work, form.password.data)
    activations.approve(work, Approve(activation_id, typed(form.binds_on)))
    carry_on(work)


@bp.post("/activations/<int:activation_id>/take-back")
@needs(May.TRY_PROTOCOL)
def take_back(activation_id: int) -> ResponseReturnValue:
    """End an offer or an approval before its day."""
    with writing() as work:
        protocol_id = opened(work, activation_id).protocol_id
        try:
            activations.take_back(work, activation_id)
        except RuleBroken as broken:
            flash(sentence(broken), "late")
        else:
            flash(_("The offer is taken back. Nothing changes for patients."), "ok")
    return redirect(url_for("activations.show", protocol_id=protocol_id), 303)


@bp.post("/activations/<int:activation_id>/go-on")
@needs(May.TRY_PROTOCOL)
def go_on(activation_id: int) -> ResponseReturnValue:
    """Carry on what stopped before its end; pressed twice, the second finds it under way."""
    with writing() as work:
        protocol_id = opened(work, activation_id).protocol_id
        carry_on(work)
    return redirect(url_for("activations.show", protocol_id=protocol_id), 303)


def carry_on(work: Work) -> None:
    """Start what waits, behind the page."""
    if activations.waiting(work.session, work.now, work.today) is not None:
        background.start("protocol", "activate")


def found(work: Work, protocol_id: int) -> ProtocolVersion:
    """A version, or 404."""
    try:
        return protocols.found(work.session, protocol_id)
    except LookupError:
        abort(404)


def opened(work: Work, activation_id: int) -> Activation:
    """An activation, or 404."""
    try:
        return activations.found(work.session, activation_id)
    except LookupError:
        abort(404)


def page(work: Work, version: ProtocolVersion, form: ApproveForm, problem: str = "") -> str:
    """The version with its what-if and its way into force."""
    session, row, lang = work.session, store.latest(work.session, version.id), language.current()
    trial = trials.latest(session, version.id)
    fits = trial is not None and activations.is_whole(trial, version, protocols.active_row(session))
    people = {person for person in (row.offered_by, row.approved_by) if person} if row else set()
    return render_template(
        "protocol/activation.html", version=version, form=form, row=row, trial=trial, fits=fits, problem=problem,
        offer_form=offer_form(), running=row is not None and activations.is_running(row, work.now),
        names={one: session.get_one(User, one).name for one in people}, today=work.today,
        found=[line(one, lang) for one in trials.summary(session, trial.id)] if trial and fits else [],
    )  # fmt: skip


def offer_form() -> OfferForm:
    """The button, with a token so that a double click is one offer."""
    form = OfferForm(formdata=None)
    form.form_token.data = secrets.token_urlsafe(16)
    return form


def line(counted: trials.Counted, lang: str) -> dict[str, Any]:
    """One kind of change in words."""
    return {"what": item_label(counted.code, lang), "effect": effect_label(counted.effect, lang),
            "patients": counted.patients}  # fmt: skip
