"""What was changed of a patient herself, as lines of her history; and the ways from her record to her data."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from flask import url_for

from clinic.security.permissions import May
from clinic.services.glucocorticoids import plain_dose
from clinic.services.record import PatientRecord
from clinic.store.patients import Glucocorticoid, PatientChange
from clinic.web.language import gettext as _
from clinic.web.page import may
from clinic.web.patient_words import shown
from clinic.web.presenters import day
from clinic.web.record_page import Act

Told = tuple[date, str, str, str, str, str | None, str | None]  # as record_history.entry takes them
MOST_FIELDS = 3


def change_lines(found: PatientRecord, lang: str) -> Iterator[Told]:
    """Changes with old and new, and periods on glucocorticoids."""
    patient_id = found.patient.id
    changes = url_for("patients.changes", patient_id=patient_id)
    for row in found.rows.get(PatientChange, []):
        change = shown(row, found.users.get(row.by, ""), lang)
        fields = [f"{name}: {old} → {new}" for name, old, new in change.lines[:MOST_FIELDS]]
        more = ["…"] if len(change.lines) > MOST_FIELDS else []
        summary = ", ".join([*fields, *more, change.by])
        yield change.on, "details", "pencil-square", _("Details changed"), summary, None, changes
    for row in found.rows[Glucocorticoid]:
        what = _("Glucocorticoids: %(mg)s mg a day", mg=plain_dose(row))
        summary = _("until %(day)s", day=day(row.until_on)) if row.until_on else _("goes on")
        href = url_for("patients.glucocorticoids", patient_id=patient_id)
        yield row.from_on, "treatment", "capsule", what, summary, row.void_reason, href


def patient_acts(patient_id: int) -> tuple[Act, ...]:
    """To her data and to her status, for who may change them."""
    if not may(May.EDIT_PATIENT):
        return ()
    return (
        Act(_("Interim contact"), url_for("contacts.new", patient_id=patient_id), "telephone", key="c"),
        Act(_("Change details"), url_for("patients.edit", patient_id=patient_id), "pencil"),
        Act(_("Status"), url_for("patients.status", patient_id=patient_id), "person"),
    )
