"""Undoing a merge: what goes back, what was recorded since, and where that belongs."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField
from wtforms.validators import InputRequired, Length

from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import merges, splits
from clinic.services.splits import SplitPatients
from clinic.services.work import Stale, Work
from clinic.store.merges import open_merge
from clinic.store.patients import Patient
from clinic.web import merge_view, who
from clinic.web.errors import show_on_form
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES, sentence
from clinic.web.units import reading, writing

SENTENCES |= {
    "split_later_first": lambda: _("Number %(number)s was itself merged into another one later. Split that first."),
    "split_torn": lambda: _(
        "Something recorded since the merge belongs to both numbers at once. Correct or void it first."
    ),
}


class SplitForm(FlaskForm):
    """Why, and what the page showed; what goes along is a tick for each."""

    seen = HiddenField()
    reason = StringField(
        _l("Why these are two patients"), validators=[InputRequired(_l("Give a reason.")), Length(max=200)]
    )


@needs(May.MERGE_PATIENTS)
def show(patient_id: int) -> ResponseReturnValue:
    """What a split would do."""
    with reading() as work:
        losing = who.numbered(work, patient_id)
        if losing.merged_into_id is None:
            return redirect(url_for("patients.record", patient_id=patient_id))
        work.note(Action.PATIENT_OPENED, patient_id)
        return page(work, SplitForm(formdata=None), losing)


@needs(May.MERGE_PATIENTS)
def save(patient_id: int) -> ResponseReturnValue:
    """Split, or say why not."""
    form = SplitForm()
    with writing() as work:
        losing = who.numbered(work, patient_id)
        if not form.validate_on_submit() and losing.merged_into_id is not None:
            return page(work, form, losing), 422
        command = SplitPatients(patient_id, form.seen.data or "", form.reason.data or "", request.form.getlist("goes"))
        try:
            found = splits.split(work, command)
        except LookupError:
            abort(404)
        except RuleBroken as broken:
            show_on_form(form, broken)
            return page(work, form, losing), 422
        except Stale:
            return overtaken(work, form, patient_id), 422
        flash(_("The numbers are split."), "ok")
        if found.bsn_moved and losing.bsn is None:
            flash(bsn_stays(), "soon")
    return redirect(url_for("patients.record", patient_id=patient_id), 303)


def bsn_stays() -> str:
    """Why the BSN does not go back."""
    return str(_("The BSN was changed since the merge and stays as it is. Check the BSN of both numbers."))


def overtaken(work: Work, form: SplitForm, patient_id: int) -> str:
    """Somebody recorded something meanwhile: it is listed now, what was typed and ticked is kept."""
    work.session.rollback()
    form.form_errors.append(_("Something was recorded under this number meanwhile; look again and save."))
    form.seen.data = None
    return page(work, form, who.numbered(work, patient_id))


def page(work: Work, form: SplitForm, losing: Patient) -> str:
    """Each row that goes back, and each that somebody has to place."""
    found = open_merge(work.session, losing.id)
    if found is None:
        abort(404)
    kept, plan = work.session.get_one(Patient, found.kept_id), splits.planned(work, found)
    form.seen.data = form.seen.data or merges.seen(kept)
    return render_template(
        "merges/split.html", form=form, **merge_view.told(work, losing), stays=kept, bsn=found.bsn_moved,
        bsn_stays=bsn_stays() if found.bsn_moved and splits.bsn_changed(work, found) else "",
        problems=[sentence(one) for one in splits.problems(work, kept, plan)],
        back=[merge_view.row_words(row) for row in plan.back], along=[merge_view.row_words(row) for row in plan.along],
        asked=merge_view.group_words(plan.asked), ticked=request.form.getlist("goes"),
    )  # fmt: skip
