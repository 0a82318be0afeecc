"""Finding a patient, her record, who looked in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any, cast

from flask import Blueprint, abort, get_template_attribute, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from clinic.domain.vocabulary import PatientStatus
from clinic.security.audit import Action
from clinic.security.guard import needs
from clinic.security.permissions import May, allows
from clinic.services import record as records
from clinic.services import search as searching
from clinic.services.appointment_checks import ItemKey
from clinic.services.items import NO_SUBJECT
from clinic.services.patients import changes as patient_changes
from clinic.store.merges import Merge
from clinic.store.patients import PatientChange
from clinic.store.proposals import Proposal
from clinic.store.reported_deaths import ReportedDeath
from clinic.store.rights import Statement
from clinic.web import (
    copies,
    day_view,
    glucocorticoids,
    language,
    merge_view,
    merges,
    overview,
    patient_forms,
    patient_letters,
    patient_status,
    presenters,
    proposals,
    reported,
    rights,
    twins_export,
    who,
)
from clinic.web.agenda_view import lines
from clinic.web.back import back_path, to_record
from clinic.web.language import gettext as _
from clinic.web.log import looked_in
from clinic.web.patient_history import patient_acts
from clinic.web.record_view import build
from clinic.web.units import reading, today, writing
from clinic.wording.labels import label

bp = Blueprint("patients", __name__, url_prefix="/patients")
bp.add_url_rule("/new", "new", patient_forms.new)
bp.add_url_rule("", "create", patient_forms.create, methods=["POST"])
bp.add_url_rule("/<int:patient_id>/edit", "edit", patient_forms.edit)
bp.add_url_rule("/<int:patient_id>/edit", "save", patient_forms.save, methods=["POST"])
bp.add_url_rule("/<int:patient_id>/changes", "changes", patient_forms.changes)
bp.add_url_rule("/<int:patient_id>/status", "status", patient_status.edit)
bp.add_url_rule("/<int:patient_id>/status", "set_status", patient_status.save, methods=["POST"])
bp.add_url_rule("/<int:patient_id>/looks/overview", "looks", overview.show)
bp.add_url_rule("/<int:patient_id>/looks/overview.pdf", "looks_pdf", overview.printed)
bp.add_url_rule("/two-numbers", "two_numbers", merges.look_alike)
bp.add_url_rule("/two-numbers/export/<any(csv, xlsx):kind>", "two_numbers_export", twins_export.export)
PERIODS = "/<int:patient_id>/glucocorticoids"
COPIES = "/<int:patient_id>/copies"
bp.add_url_rule(COPIES, "copies", copies.index)
bp.add_url_rule(COPIES, "add_copy", copies.add, methods=["POST"])
bp.add_url_rule(f"{COPIES}/<int:copy_id>/end", "end_copy", copies.end, methods=["POST"])
bp.add_url_rule(PERIODS, "glucocorticoids", glucocorticoids.index)
bp.add_url_rule(PERIODS, "add_period", glucocorticoids.create, methods=["POST"])
bp.add_url_rule(f"{PERIODS}/<int:period_id>", "period", glucocorticoids.edit)
bp.add_url_rule(f"{PERIODS}/<int:period_id>", "correct_period", glucocorticoids.correct, methods=["POST"])
bp.add_url_rule(f"{PERIODS}/<int:period_id>/void", "void_period", glucocorticoids.void, methods=["POST"])


@bp.get("")
@needs(May.FIND_PATIENT)
def index() -> ResponseReturnValue:
    """The page to find a patient; what is looked for is posted, so that it never stands in an address."""
    return render_template("patients/index.html", found=None, text="", lines=[])


@bp.post("/search")
@needs(May.FIND_PATIENT)
def search() -> ResponseReturnValue:
    """Who fits what was typed."""
    text = request.form.get("q", "")[:100]
    with reading() as work:
        found = searching.find(work, text)
        lang, prefix = language.current(), url_for("patients.index")
        shown = [found_line(patient, lang, work.today, prefix) for patient in found.patients]
    return render_template("patients/index.html", found=found, text=text, lines=shown)


@lru_cache(maxsize=4096)
def found_line(patient: Any, lang: str, on: date, prefix: str) -> Markup:
    """Her line of the answer; a function of what stands here alone, so it is rendered once."""
    line = get_template_attribute("patients/_line.html", "line")
    return cast(Markup, line(found_row(patient, lang, on), prefix))


def found_row(patient: Any, lang: str, on: date) -> dict[str, Any]:
    """A patient who was found, in words; a status is named only when she is no longer followed."""
    status = PatientStatus(patient.status)
    gp = " ".join(part for part in (patient.gp_initials, patient.gp_prefix, patient.gp_name) if part)
    gone = status is not PatientStatus.ACTIVE
    return {
        "id": patient.id,
        "name": presenters.display_name(patient, lang),
        "born": presenters.born(patient, lang, on),
        "number": patient.number,
        "formerly": _("formerly %(number)s", number=patient.formerly) if patient.formerly else "",
        "gp": ", ".join(part for part in (gp, patient.practice, patient.practice_town) if part),
        "gone": f"{label(status, lang)} {presenters.day(patient.status_on)}".strip() if gone else "",
    }


@bp.post("/found")
@needs(May.FIND_PATIENT)
def found() -> ResponseReturnValue:
    """The same while typing: a fragment for under the field."""
    with reading() as work:
        text = request.form.get("q", "")[:100]
        recent = not text.strip()
        answer = searching.recent(work) if recent else searching.find(work, text)
        rows = [found_row(patient, language.current(), work.today) for patient in answer.patients]
    return render_template("patients/_found.html", rows=rows, near=answer.how == "near", recent=recent)


@bp.get("/<int:patient_id>")
@needs(May.READ_PATIENT)
def record(patient_id: int) -> ResponseReturnValue:
    """Picture 02: who she is, what is due and why, the course of years, the history."""
    with reading() as work:
        found = records.open_record(work, patient_id)
        if found is None:
            abort(404)
        there = found.there
        found.rows[PatientChange] = patient_changes(work.session, patient_id) if PatientChange in there else []
        page = build(found, language.current(), today(), who.gp_line(found.patient), request.args.get("show", ""))
        page = replace(page, acts=(*page.acts, *patient_acts(patient_id), *patient_letters.acts(patient_id)))
        due = {ItemKey(item.code, item.subject or NO_SUBJECT) for item in found.items}
        appointments = lines(found.agenda, due, language.current())
        after = day_view.after(work, patient_id, language.current()) if request.args.get("seen") else None
        return render_template(
            "patients/record.html", page=page, patient_id=patient_id, appointments=appointments, back=back_path(),
            followed=found.patient.status == PatientStatus.ACTIVE, returns=to_record(patient_id),
            seen=bool(request.args.get("seen")), after=after,
            proposed=proposals.of_patient(work, patient_id, language.current()) if Proposal in there else [],
            reported=reported.told(work, patient_id) if ReportedDeath in there else None,
            statements=rights.told(work, patient_id) if Statement in there else [],
            formerly=merge_view.formerly(work, patient_id) if Merge in there else [],
        )  # fmt: skip


@bp.post("/<int:patient_id>/bsn")
@needs(May.SHOW_BSN)
def show_bsn(patient_id: int) -> ResponseReturnValue:
    """The whole BSN, once; that it was shown is written down first."""
    with writing() as work:
        patient = who.found(work, patient_id)
        work.note(Action.BSN_SHOWN, patient_id)
        work.commit()
        band = who.band(patient, linked=False)
        return render_template("patients/bsn.html", band=band, bsn=patient.bsn, patient_id=patient_id)


@bp.get("/<int:patient_id>/looks")
@needs(May.READ_PATIENT_LOG)
def looked(patient_id: int) -> ResponseReturnValue:
    """Who opened or changed this record, and when; who may not read it sees its number alone."""
    with reading() as work:
        patient = who.numbered(work, patient_id)
        band = None
        if allows(work.actor.role, May.READ_PATIENT):
            band = who.band(patient)
        return render_template("log/looks.html", band=band, number=patient.number, **looked_in(work, patient_id))
