"""The draft of a control: kept while typing, thrown away, or taken over from a colleague."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from clinic.domain.errors import RuleBroken
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import control_drafts
from clinic.web import controls, who
from clinic.web.drafts import kept_at, quiet
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES, sentence
from clinic.web.units import writing

bp = Blueprint("control_drafts", __name__, url_prefix="/patients/<int:patient_id>/controls/draft")
NOT_TYPED = ("csrf_token", "finish")

SENTENCES |= {
    "draft_taken": lambda: _("%(who)s took this control over. Copy what you still need; it is not kept from here."),
    "draft_alarms": lambda: _(
        "An alarm symptom stands in this draft, and the doctor on duty sees it. Finish the control; was it a mistake, "
        "take the symptom out first: it waits for her note all the same."
    ),
    "draft_of_your_own": lambda: _("You have a draft of this patient yourself; finish it or throw it away first."),
}


@bp.post("")
@needs(May.RECORD_CONTROL)
def keep(patient_id: int) -> ResponseReturnValue:
    """Keep what stands in the form; the script shows the answer, the button leads to the record."""
    typed = {name: values for name, values in request.form.to_dict(flat=False).items() if name not in NOT_TYPED}
    with writing() as work:
        who.found(work, patient_id)
        try:
            control_drafts.keep(work, patient_id, (typed.get("form_token") or [""])[0], typed)
        except RuleBroken as broken:
            return (sentence(broken), 409) if quiet() else controls.again(work, patient_id, broken)
        said = kept_at(work.now)
    if quiet():
        return said
    if request.args.get("take"):
        return redirect(url_for("controls.new", patient_id=patient_id, take=1), 303)
    flash(_("The draft is kept; it counts when the control is finished."), "ok")
    return redirect(url_for("patients.record", patient_id=patient_id), 303)


@bp.post("/discard")
@needs(May.RECORD_CONTROL)
def discard(patient_id: int) -> ResponseReturnValue:
    """Throw the draft away."""
    with writing() as work:
        who.found(work, patient_id)
        try:
            control_drafts.discard(work, patient_id)
        except RuleBroken as broken:
            flash(sentence(broken), "late")
            return redirect(url_for("controls.new", patient_id=patient_id), 303)
    flash(_("The draft is thrown away."), "ok")
    return redirect(url_for("patients.record", patient_id=patient_id), 303)


@bp.post("/<int:draft_id>/take-over")
@needs(May.RECORD_CONTROL)
def take_over(patient_id: int, draft_id: int) -> ResponseReturnValue:
    """Go on with what a colleague began."""
    with writing() as work:
        who.found(work, patient_id)
        try:
            control_drafts.take_over(work, patient_id, draft_id)
        except LookupError:
            abort(404)
        except RuleBroken as broken:
            flash(sentence(broken), "late")
    return redirect(url_for("controls.new", patient_id=patient_id), 303)
