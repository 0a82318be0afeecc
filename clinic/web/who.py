"""Whom a page is about: the patient or 404, her GP on one line, her identity band."""

from __future__ import annotations

from flask import abort, g, url_for

from clinic.services.patients import gp_words
from clinic.services.work import Merged, Work
from clinic.store.patients import Patient
from clinic.web import language, presenters
from clinic.web.units import today


def found(work: Work, patient_id: int) -> Patient:
    """The patient, or 404; Merged when her number was merged into another."""
    patient = numbered(work, patient_id)
    if patient.merged_into_id is not None:
        raise Merged(patient_id)
    return patient


def numbered(work: Work, patient_id: int) -> Patient:
    """The number, also one that was merged into another; or 404."""
    patient = work.session.get(Patient, patient_id)
    if patient is None:
        abort(404)
    return patient


def gp_line(patient: Patient) -> str:
    """The GP and the practice, on one line; empty when none is known."""
    return gp_words(patient.gp) or ""


def band(patient: Patient, linked: bool = True) -> presenters.IdBand:
    """Who she is; her name leads to her record unless that would leave a form. That it was shown is remembered."""
    g.setdefault("banded", set()).add(patient.id)
    url = url_for("patients.record", patient_id=patient.id) if linked else None
    return presenters.idband(patient, language.current(), today(), gp_line(patient), url)
