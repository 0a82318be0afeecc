"""Merging two numbers of one patient: found by number, shown side by side, and what a merged number says."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField
from wtforms.validators import InputRequired, Length

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import StartPrecision
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import merges
from clinic.services.merges import MergePatients
from clinic.services.twins import numbered, pairs, twins
from clinic.services.work import Stale, Work
from clinic.store.patients import Patient
from clinic.web import merge_view, splits, spreadsheet, who
from clinic.web.errors import show_on_form
from clinic.web.fields import BirthField
from clinic.web.keys import KeyField, key
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES, sentence
from clinic.web.units import reading, writing

bp = Blueprint("merges", __name__, url_prefix="/patients/<int:patient_id>")
bp.add_url_rule("/split", "split", splits.show)
bp.add_url_rule("/split", "save_split", splits.save, methods=["POST"])

SENTENCES |= {
    "merge_number_unknown": lambda: _("No patient has this number."),
    "merge_itself": lambda: _("This is the number of the patient on this page; type the other one."),
    "merged_already": lambda: _("Number %(number)s was merged already; look which number stays now."),
    "merge_birth_dates": lambda: _(
        "The dates of birth differ. If they are one patient, correct the mistaken one first."
    ),
    "merge_sexes": lambda: _("The sex differs. If they are one patient, correct the mistaken one first."),
    "merge_bsns": lambda: _(
        "Each number has a BSN of its own. If they are one patient, correct the mistaken one first."
    ),
    "merge_one_deceased": lambda: _(
        "One number says that the patient died and the other does not. Put the status right first."
    ),
    "merge_kept_left": lambda: _(
        "The clinic no longer follows number %(number)s. Keep the other number, or put the status right first."
    ),
    "merge_courses": lambda: _(
        "Treatments overlap: from %(one)s under the number that stays, from %(other)s under the other. A doctor or "
        "nurse corrects, stops or voids one of them first."
    ),
    "merge_copies": lambda: _(
        "Both numbers send a copy of letters to the same recipient. End one of them first (Details, Copies of letters)."
    ),
    "merge_letter": lambda: _("A letter of number %(number)s has not left yet. Send it or withdraw it first."),
    "merge_draft": lambda: _("Somebody has an unfinished control of number %(number)s. It is finished first."),
    "merge_review_draft": lambda: _(
        "%(name)s has an unsigned review of number %(number)s. It is signed or thrown away first."
    ),
    "merge_form": lambda: _(
        "%(name)s typed an interim contact or a statement of number %(number)s and did not save it. It is saved or "
        "thrown away first; at “Close the day” a colleague takes over a contact."
    ),
    "merge_death": lambda: _("A death was reported for number %(number)s. Record or reject it first."),
    "merge_request": lambda: _("A request of number %(number)s has no answer yet. It is answered first."),
}


class FindForm(FlaskForm):
    """The other number."""

    number = StringField(
        _l("Number of the other registration"), validators=[InputRequired(_l("Type a number.")), Length(max=20)]
    )


class MergeForm(FlaskForm):
    """For this patient and no other, and why."""

    other = KeyField()
    seen = HiddenField()
    birth_date = BirthField(_l("Date of birth of this patient"), validators=[InputRequired(_l("Fill in the date."))])
    reason = StringField(
        _l("Why these are one patient"), validators=[InputRequired(_l("Give a reason.")), Length(max=200)]
    )


@bp.get("/merge")
@needs(May.MERGE_PATIENTS)
def show(patient_id: int) -> ResponseReturnValue:
    """Whom to merge with; with the other number known, both side by side."""
    with reading() as work:
        kept = who.found(work, patient_id)
        work.note(Action.PATIENT_OPENED, patient_id)
        if "other" not in request.args:
            return find_page(work, FindForm(formdata=None), kept)
        losing = who.found(work, request.args.get("other", 0, type=key))
        work.note(Action.PATIENT_OPENED, losing.id)
        return page(work, MergeForm(formdata=None), kept, losing)


@bp.post("/merge/find")
@needs(May.MERGE_PATIENTS)
def find(patient_id: int) -> ResponseReturnValue:
    """The other registration by its number; it never stands in an address."""
    form = FindForm()
    with writing() as work:
        kept = who.found(work, patient_id)
        if form.validate_on_submit():
            other = numbered(work, (form.number.data or "").strip())
            if other is not None and other.merged_into_id is None and other.id != kept.id:
                work.commit()
                return redirect(url_for("merges.show", patient_id=patient_id, other=other.id), 303)
            show_on_form(form, unfit(kept, other))
        shown = find_page(work, form, kept)
        work.note(Action.PATIENT_OPENED, patient_id)
        work.commit()
        return shown, 422


def unfit(kept: Patient, other: Patient | None) -> RuleBroken:
    """Why a number that was typed is not one to merge with."""
    if other is None:
        return RuleBroken("number", "merge_number_unknown")
    if other.id == kept.id:
        return RuleBroken("number", "merge_itself")
    return RuleBroken("number", "merged_already", number=other.number)


@bp.post("/merge")
@needs(May.MERGE_PATIENTS)
def save(patient_id: int) -> ResponseReturnValue:
    """Merge, or say why not."""
    form = MergeForm()
    with writing() as work:
        kept, losing = who.numbered(work, patient_id), who.numbered(work, form.other.data or 0)
        number = losing.number
        if not form.validate_on_submit():
            return page(work, form, kept, losing), 422
        try:
            merges.merge(work, command(form, patient_id))
        except RuleBroken as broken:
            show_on_form(form, broken)
            return page(work, form, kept, losing), 422
        except Stale:
            return overtaken(work, form, patient_id), 422
    flash(_("Number %(number)s is merged into this one.", number=number), "ok")
    return redirect(url_for("patients.record", patient_id=patient_id), 303)


def command(form: MergeForm, patient_id: int) -> MergePatients:
    """What was typed."""
    on, precision = form.birth_date.data or (None, StartPrecision.DAY)
    return MergePatients(patient_id, form.other.data or 0, form.seen.data or "", on, form.reason.data or "", precision)


def overtaken(work: Work, form: MergeForm, patient_id: int) -> str:
    """Somebody recorded something meanwhile: both as they stand now, what was typed kept."""
    work.session.rollback()
    form.form_errors.append(_("Something was recorded under one of these numbers meanwhile; look again and save."))
    form.seen.data = None
    return page(work, form, who.found(work, patient_id), who.found(work, form.other.data or 0))


def find_page(work: Work, form: FindForm, kept: Patient) -> str:
    """The number to type, and who looks the same."""
    alike = twins(work, kept)
    return render_template(
        "merges/find.html",
        form=form,
        band=who.band(kept),
        patient_id=kept.id,
        alike=[merge_view.registration(other) for other in alike],
    )


@needs(May.MERGE_PATIENTS)
def look_alike() -> ResponseReturnValue:
    """Every two numbers that look like one patient."""
    with reading() as work:
        found = [[merge_view.registration(who) for who in pair] for pair in pairs(work)]
        exports = [url_for("patients.two_numbers_export", kind=kind) for kind in spreadsheet.KINDS]
        return render_template("merges/twins.html", pairs=found, exports=exports)


def page(work: Work, form: MergeForm, kept: Patient, losing: Patient) -> str:
    """Both numbers, what stands in the way, what will happen."""
    form.other.data = losing.id
    form.seen.data = form.seen.data or merges.seen(kept, losing)
    broken = [sentence(one) for one in merges.problems(work, kept, losing)]
    return render_template(
        "merges/merge.html", form=form, band=who.band(kept), kept=kept, losing=losing, problems=broken,
        person=merge_view.person_lines(work, kept, losing), facts=merge_view.fact_lines(work, kept, losing),
        gaps=merge_view.gap_words(kept, losing), doubled=merge_view.doubled(work, kept, losing), patient_id=kept.id,
    )  # fmt: skip


@bp.get("/merged")
@needs(May.READ_PATIENT)
def merged(patient_id: int) -> ResponseReturnValue:
    """The page of a number that is no longer used: where she goes on."""
    with reading() as work:
        losing = who.numbered(work, patient_id)
        if losing.merged_into_id is None:
            return redirect(url_for("patients.record", patient_id=patient_id))
        work.note(Action.PATIENT_OPENED, patient_id)
        return render_template("merges/merged.html", typed=[], **merge_view.told(work, losing))
