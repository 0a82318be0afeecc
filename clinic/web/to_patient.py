"""Letters to the patient herself: read and begun; those of before they were authorised are printed as they were."""

from __future__ import annotations

from flask import Blueprint, Response, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from clinic.domain.errors import RuleBroken
from clinic.letters.text import sha256
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May, allows
from clinic.services import to_patient
from clinic.services.work import Work
from clinic.store.patient_letters import PatientLetter
from clinic.web import who
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES, sentence
from clinic.web.units import reading, writing

bp = Blueprint("to_patient", __name__, url_prefix="/patients/<int:patient_id>/to-patient")
KIND = "<any(control, dxa, missed, result, treatment):kind>"

SENTENCES |= {
    "letter_page": lambda: _("The page of this letter cannot be set: ask the manager to look at the logo and texts."),
    "letter_sign": lambda: _("These signs cannot stand on the page: %(signs)s. Write it otherwise."),
    "to_patient_nothing": lambda: _("Nothing in the record asks for this letter now."),
    "to_patient_address": lambda: _("Her address is not complete: fill it in first."),
    "to_patient_left": lambda: _("She is no longer followed here, so no letter goes to her."),
    "letter_record_changed": lambda: _("The record changed after this letter was made: draft the letter anew."),
    "to_patient_phone": lambda: _("The clinic's telephone number is not in the settings: the manager fills it in."),
}


def names() -> dict[str, str]:
    """What each letter is called on a screen."""
    return {
        "control": _("Invitation to a control"),
        "dxa": _("Invitation to a DXA"),
        "missed": _("Reminder after a missed appointment"),
        "result": _("Result of the DXA"),
        "treatment": _("Treatment sheet"),
    }


def warn(work: Work, patient_id: int) -> None:
    """Say that she holds a result that was corrected or voided just now."""
    for letter in to_patient.holds(work, patient_id):
        text = _("The patient has letter %(reference)s with another result: make the new one under Letters.",
                 reference=letter.reference)  # fmt: skip
        flash(text, "late")


@bp.get(f"/{KIND}")
@needs(May.PLAN_APPOINTMENT)
def ask(patient_id: int, kind: str) -> ResponseReturnValue:
    """The letter as it would be made now."""
    with reading() as work:
        work.note(Action.PATIENT_OPENED, who.found(work, patient_id).id)
        return page(work, patient_id, kind)


def page(work: Work, patient_id: int, kind: str) -> str:
    """Its words, and what keeps it from being made; 403 for who may not write such a letter."""
    if not allows(work.actor.role, to_patient.may(kind)):
        abort(403)
    written = to_patient.write(work, patient_id, kind)
    return render_template(
        "to_patient/ask.html", band=who.band(who.found(work, patient_id)), patient_id=patient_id, kind=kind,
        name=names()[kind], written=written, before=to_patient.went_before(work, patient_id, kind),
        lacking=[(code, sentence(RuleBroken("kind", f"to_patient_{code}"))) for code in written.lacking],
    )  # fmt: skip


@bp.post(f"/{KIND}")
@needs(May.PLAN_APPOINTMENT)
def make(patient_id: int, kind: str) -> ResponseReturnValue:
    """Begin it, and lead to it: an invitation is ready to be sent, what tells of her health waits for its doctor."""
    with writing() as work:
        who.found(work, patient_id)
        if not allows(work.actor.role, to_patient.may(kind)):
            abort(403)
        try:
            letter_id = to_patient.make(work, patient_id, kind)
        except RuleBroken as broken:
            work.session.rollback()
            flash(sentence(broken), "late")
            return page(work, patient_id, kind), 422
    return redirect(url_for("letters.show", letter_id=letter_id), 303)


@bp.get("/<int:letter_id>")
@needs(May.READ_PATIENT)
def show(patient_id: int, letter_id: int) -> ResponseReturnValue:
    """A letter that was made: its words, and the page to print."""
    with reading() as work:
        patient = who.found(work, patient_id)
        row = opened(work, patient_id, letter_id)
        return render_template(
            "to_patient/show.html", band=who.band(patient), patient_id=patient_id, letter=row, name=names()[row.kind]
        )


@bp.get("/<int:letter_id>/page.pdf")
@needs(May.READ_PATIENT)
def pdf(patient_id: int, letter_id: int) -> ResponseReturnValue:
    """The page as it was made: a second print has the same bytes."""
    with reading() as work:
        row = opened(work, patient_id, letter_id)
        if sha256(row.pdf) != row.pdf_sha256:
            abort(404)
        headers = {"Content-Disposition": f'inline; filename="{row.reference}.pdf"'}
        return Response(row.pdf, mimetype="application/pdf", headers=headers)


def opened(work: Work, patient_id: int, letter_id: int) -> PatientLetter:
    """A letter of this patient; 404 when she has no such letter."""
    try:
        return to_patient.opened(work, patient_id, letter_id)
    except LookupError:
        abort(404)
