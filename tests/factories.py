"""Rows with only what matters to a test; everything else is some ordinary patient."""

from datetime import date
from itertools import count

from clinic.services import names
from clinic.services.facts import stamp
from clinic.store.controls import Control
from clinic.store.patients import Patient, PatientName
from clinic.store.treatments import Course

NUMBERS = count(4071826)


def make_patient(work, **given):
    """A woman of 73 whom the clinic follows."""
    fields = {
        "number": str(next(NUMBERS)),
        "initials": "A.",
        "own_name": "Jansen",
        "name_order": "own",
        "birth_date": date(1953, 3, 14),
        "birth_precision": "day",
        "sex": "female",
        "status": "active",
        "registered_on": date(2020, 1, 1),
        **given,
    }
    patient = Patient(**fields)
    patient.sort_key = names.sort_key(patient)
    work.session.add(patient)
    work.session.flush()
    work.session.add_all(PatientName(patient_id=patient.id, key=key) for key in sorted(names.keys(patient)))
    return patient


def make_course(work, patient, **given):
    """Alendronic acid for five years."""
    fields = {
        "drug": "alendronic_acid",
        "started_on": date(2025, 3, 10),
        "start_precision": "day",
        "planned_years": 5,
        "controls_by": "clinic",
        **given,
    }
    return stamp(work, Course(**fields), patient.id)


def make_control(work, patient, on, **given):
    """A control at the clinic."""
    fields = {
        "on_date": on,
        "kind": "clinic",
        "heights_mm": [],
        "side_effects": {},
        "symptoms": {},
        "note_in_letter": False,
        "form_token": f"token-{patient.id}-{on}-{next(NUMBERS)}",
        **given,
    }
    return stamp(work, Control(**fields), patient.id)
