"""Registering a patient and changing her data: duplicates side by side, both versions when somebody was first."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import Sex
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May
from clinic.services import patients
from clinic.services.patients import Change, Register
from clinic.services.work import Stale, Work
from clinic.store.patients import Patient
from clinic.web import language, presenters, who
from clinic.web.errors import ask, show_on_form
from clinic.web.language import gettext as _
from clinic.web.messages import SENTENCES
from clinic.web.patient_form import PatientForm
from clinic.web.patient_words import differing, shown_changes
from clinic.web.units import reading, today, writing

SENTENCES |= {
    "number_taken": lambda: _("This patient number or BSN is somebody else's already."),
    "number_destroyed": lambda: _(
        "The record with this number was destroyed. Ask the privacy officer to release the number."
    ),
    "bsn_taken": lambda: _("This BSN is registered for somebody else already."),
    "bsn_and_reason": lambda: _("There is a BSN; leave the reason for its absence empty."),
    "looks_known": lambda: _("Somebody in the register looks the same. Compare, and tick when this is another person."),
    "birth_impossible": lambda: _("The date of birth must lie between 1900 and today."),
    "registered_impossible": lambda: _("This date must lie between the date of birth and today."),
    "prefix_without_name": lambda: _("Fill in the partner's surname, or leave its prefix empty."),
    "order_without_partner": lambda: _("Without a partner's name only the own name can be in use."),
    "height_without_source": lambda: _("Fill in where this height comes from, for example a passport."),
    "height_unusual": lambda: _("Mostly between %(low)s and %(high)s %(unit)s. Tick when it is right."),
    "gp_unknown": lambda: _("This GP is no longer in the register; choose another."),
    "nurse_unknown": lambda: _("This nurse no longer has an account; choose another."),
}


@needs(May.EDIT_PATIENT)
def new() -> ResponseReturnValue:
    """An empty form."""
    with reading() as work:
        form = PatientForm(work, language.current(), formdata=None)
        form.registered_on.data, form.gp_id.data, form.name_order.data = today(), 0, "own"
        return page(work, form, None)


@needs(May.EDIT_PATIENT)
def create() -> ResponseReturnValue:
    """Register her, show those she looks like, or only look again at what was typed."""
    with writing() as work:
        form = PatientForm(work, language.current())
        if form.look.data:
            return page(work, form, None)
        if not form.validate_on_submit():
            return page(work, form, None), 422
        details = form.details()
        try:
            command = Register(details, form.contact_list(), form.anyway.data, form.sure_of_height())
            patient = patients.register(work, command)
        except RuleBroken as broken:
            return refused(work, form, None, broken)
    flash(_("The patient is registered."), "ok")
    return redirect(url_for("patients.record", patient_id=patient.id), 303)


@needs(May.EDIT_PATIENT)
def edit(patient_id: int) -> ResponseReturnValue:
    """Her data as they stand."""
    with reading() as work:
        patient = who.found(work, patient_id)
        form = PatientForm(work, language.current(), patient, formdata=None)
        form.fill(patient, patients.contacts_of(work, patient_id), patients.fingerprint(work, patient))
        work.note(Action.PATIENT_OPENED, patient_id)
        return page(work, form, patient)


@needs(May.EDIT_PATIENT)
def save(patient_id: int) -> ResponseReturnValue:
    """Keep what was changed."""
    with writing() as work:
        patient = who.found(work, patient_id)
        form = PatientForm(work, language.current(), patient)
        if form.look.data:
            return page(work, form, patient)
        if not form.validate_on_submit():
            return page(work, form, patient), 422
        typed = (form.details(), form.seen.data or "", form.contact_list(), form.drop_bsn.data, form.sure_of_height())
        try:
            patients.change(work, Change(patient_id, *typed))
        except RuleBroken as broken:
            return refused(work, form, patient_id, broken)
        except Stale as stale:
            return overtaken(work, form, patient_id, str(stale))
    flash(_("The details are saved."), "ok")
    return redirect(url_for("patients.record", patient_id=patient_id), 303)


def refused(work: Work, form: PatientForm, patient_id: int | None, broken: RuleBroken) -> ResponseReturnValue:
    """What was typed, why it was not kept, and whom she looks like; that these were shown is written down."""
    work.session.rollback()
    show_on_form(form, broken)
    ask(form, broken)
    alike: list[Patient] = []
    if broken.code in ("looks_known", "number_taken", "bsn_taken"):
        alike = [other for other in patients.lookalikes(work, form.details()) if other.id != patient_id]
        work.note(Action.PATIENT_LISTED, shown=[other.id for other in alike])
        work.commit()
    return page(work, form, who.found(work, patient_id) if patient_id else None, alike=alike, broken=broken.code), 422


def overtaken(work: Work, form: PatientForm, patient_id: int, by: str) -> ResponseReturnValue:
    """Both versions: what was typed in the fields, what stands now above them."""
    work.session.rollback()
    patient = who.found(work, patient_id)
    contacts = patients.contacts_of(work, patient_id)
    stands = patients.words(work, patients.values_of(patient), contacts)
    bsn = patients.bsn_after(form.bsn.data, form.drop_bsn.data, patient)
    told = patients.words(work, form.details().values() | {"bsn": bsn}, form.contact_list())
    form.seen.data = patients.fingerprint(work, patient)
    stale = {"who": by, "lines": differing(stands, told, language.current())}
    return page(work, form, patient, stale=stale), 422


def page(work: Work, form: PatientForm, patient: Patient | None, **more: Any) -> str:
    """The form, with her name as it will be written and those she looks like."""
    lang = language.current()
    form.spare_line()
    band = who.band(patient) if patient else None
    bands = [presenters.idband(other, lang, today(), "", url_for("patients.record", patient_id=other.id))
             for other in more.pop("alike", [])]  # fmt: skip
    return render_template(
        "patients/form.html", form=form, patient=patient, band=band, alike=bands,
        named=named(form, lang), **more,
    )  # fmt: skip


def named(form: PatientForm, lang: str) -> str:
    """Her name as it will be written; without "Mw." or "Dhr." until her sex is chosen."""
    somebody = form.named()
    if somebody is None:
        return ""
    known = form.sex.data in set(Sex)
    somebody.sex = form.sex.data if known else Sex.FEMALE
    written = presenters.display_name(somebody, lang)
    return written if known else written.partition(" ")[2]


@needs(May.READ_PATIENT)
def changes(patient_id: int) -> ResponseReturnValue:
    """Every change to her data: what stood, what stands, who and when."""
    with reading() as work:
        patient = who.found(work, patient_id)
        work.note(Action.PATIENT_OPENED, patient_id)
        return render_template(
            "patients/changes.html", rows=shown_changes(work, patient_id, language.current()),
            band=who.band(patient), patient_id=patient_id,
        )  # fmt: skip
