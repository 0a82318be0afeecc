"""The page on which a patient's status is changed: what it ends is said before it is saved."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import PatientStatus
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import leaving, letters, patient_status
from clinic.services.leaving import CHOICES, Hanging
from clinic.services.work import Stale, Work
from clinic.store.patients import Patient
from clinic.web import language, presenters, reported, who
from clinic.web.appointment_words import item_label, kind_labels
from clinic.web.back import back_or, back_path
from clinic.web.errors import show_on_form
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.patient_status_form import HANGS, StatusForm, now_said
from clinic.web.patient_words import choice_words
from clinic.web.record_history import letter_states
from clinic.web.units import reading, writing

SENTENCES |= {
    "active_without_day": lambda: _("Leave the date empty: who is followed has no day of leaving."),
    "status_without_day": lambda: _("Fill in since when."),
    "status_without_source": lambda: _("Fill in from whom you heard it."),
    "birth_date_differs": lambda: _("This is not the date of birth of this patient. Is it the right patient?"),
    "status_undone_because": lambda: _("Say why the clinic follows this patient again."),
    "hanging_unchosen": lambda: _("Choose for everything that still hangs what becomes of it."),
    "no_letter_after_death": lambda: _("After a death no letter names what was due: choose that it ends."),
    "status_day_impossible": lambda: _("This date must lie between the date of birth and today."),
    "handover_only_after_leaving": lambda: _("A handover belongs to a patient who moved, was transferred or declines."),
    "handover_incomplete": lambda: _("A handover tells three things: confirmed on, next injection on, given by."),
    "handover_ahead": lambda: _("The handover is confirmed on a day up to today."),
}


@needs(May.EDIT_PATIENT)
def edit(patient_id: int) -> ResponseReturnValue:
    """The status as it stands."""
    with reading() as work:
        patient = who.found(work, patient_id)
        form = StatusForm(language.current(), formdata=None)
        form.fill(patient, patient_status.fingerprint(patient))
        report = reported.told(work, patient_id) if reported.wanted() else None
        if report:
            form.on.data, form.source.data = report["on"], report["source"]
        if patient.status == PatientStatus.ACTIVE and request.args.get("status") in set(PatientStatus):
            form.status.data = request.args["status"]  # what was heard on the telephone
        work.note(Action.PATIENT_OPENED, patient_id)
        return page(work, form, patient)


@needs(May.EDIT_PATIENT)
def save(patient_id: int) -> ResponseReturnValue:
    """Keep it, what is due follows; then back to the list she was called from, or to her record."""
    form = StatusForm(language.current())
    with writing() as work:
        patient = who.found(work, patient_id)
        if not form.validate_on_submit():
            return page(work, form, patient), 422
        try:
            patient_status.set_status(work, form.command(patient_id))
        except RuleBroken as broken:
            show_on_form(form, broken)
            return page(work, form, patient), 422
        except Stale as stale:
            work.session.rollback()
            patient = who.found(work, patient_id)
            form.seen.data = patient_status.fingerprint(patient)
            return page(work, form, patient, stale=str(stale)), 422
    flash(_("The status is saved."), "ok")
    return redirect(back_or(url_for("patients.record", patient_id=patient_id)), 303)


def hangs(one: Hanging, lang: str) -> dict[str, Any]:
    """One thing that hangs in words, with what can be done with it."""
    row = one.row
    day = presenters.day
    if one.kind == "item":
        what, more = item_label(row.code, lang), _("due date %(day)s", day=day(row.due_on))
    elif one.kind == "appointment":
        what, more = kind_labels()[row.kind], " ".join(part for part in (day(row.on_date), row.place) if part)
    else:
        what = _("Letter %(number)s", number=row.reference or row.id)
        more = _("sent %(day)s", day=day(row.sent_on)) if row.sent_on else letter_states()[row.state]
    words = choice_words()
    return {"key": HANGS + one.key, "what": what, "more": more, "options": [(c, words[c]) for c in CHOICES[one.kind]]}


def page(work: Work, form: StatusForm, patient: Patient, **more: Any) -> str:
    """The form, with what stands and the appointments that nobody cancels by herself."""
    lang = language.current()
    found = leaving.hanging(work, patient)
    return render_template(
        "patients/status.html", form=form, patient_id=patient.id, now=now_said(patient, lang),
        active=patient.status == PatientStatus.ACTIVE, hanging=[hangs(one, lang) for one in found], chosen=request.form,
        end_told=letters.end_was_told(work, patient),
        again=[presenters.day(row.on_date) for row in leaving.cancelled_at_leaving(work, patient)],
        reported=reported.told(work, patient.id), denosumab=patient_status.had_denosumab(work, patient.id), **more,
        band=who.band(patient), back=back_path(),
    )  # fmt: skip
