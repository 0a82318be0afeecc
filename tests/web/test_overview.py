"""The overview of who looked: names for who works here, functions for the patient, in her language."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader

from clinic.security.audit import Action
from clinic.services.work import Work
from clinic.store.appointments import Appointment
from clinic.store.calls import Call
from clinic.store.patients import Patient
from tests.conftest import MONDAY, MONDAY_MORNING
from tests.letter_makers import drafted

SignIn = Callable[[str], FlaskClient]


@pytest.fixture
def patient(work: Callable[..., Work]) -> Patient:
    """A nurse was there for an appointment, a call and a letter; a doctor for nothing that is known; lists held her."""
    nurse, doctor = work("nurse"), work("doctor")
    letter = drafted(doctor)
    patient = nurse.session.get_one(Patient, letter.patient_id)
    nurse.session.add_all(
        (
            Appointment(patient_id=patient.id, kind="control", on_date=MONDAY, form_token="t", booked_at=MONDAY_MORNING,
                        booked_by=nurse.actor.id),
            Call(patient_id=patient.id, at=MONDAY_MORNING, by=nurse.actor.id, outcome="no_answer", form_token="t"),
        )
    )  # fmt: skip
    nurse.note(Action.PATIENT_OPENED, patient.id)
    nurse.note(Action.PATIENT_OPENED, patient.id)
    nurse.note(Action.LETTER_OPENED, patient.id, f"letter:{letter.id}")
    nurse.note(Action.CONTROL_SAVED, patient.id, "control:1")
    nurse.note(Action.PATIENT_LISTED, subject="list:late", shown=[patient.id])
    nurse.note(Action.PATIENT_LISTED, shown=[patient.id])
    nurse.commit()
    other = work("doctor", MONDAY.replace(day=20))
    other.note(Action.PATIENT_OPENED, patient.id)
    other.commit()
    return patient


def test_the_page_says_who_and_why_and_reasons_lead_on(sign_in: SignIn, patient: Patient) -> None:
    page = sign_in("nurse").get(f"/patients/{patient.id}/looks/overview").text
    for said in ("Test nurse", "Dossier geopend (2×)", "afspraak: Controle op de poli", "telefoongesprek",
                 "brief in voorbereiding", "Controle opgeslagen", "lijst: ", "gevonden bij zoeken, of op een lijst",
                 "geen afspraak, brief of telefoongesprek van die dag bekend",
                 f"/patients/{patient.id}/appointments/1", "/letters/1", "show=calls"):  # fmt: skip
        assert said in page


def test_a_privacy_officer_reads_it_by_number_without_a_way_into_the_record(sign_in: SignIn, patient: Patient) -> None:
    officer = sign_in("privacy_officer")
    page = officer.get(f"/patients/{patient.id}/looks").text
    assert f"/patients/{patient.id}/looks/overview" in page
    page = officer.get(f"/patients/{patient.id}/looks/overview").text
    assert patient.number in page
    assert "Jansen" not in page
    assert 'href="/letters/1"' not in page


@pytest.mark.parametrize(("language", "said", "none"), [
    (None, "Wie heeft in uw dossier gekeken", "geen afspraak, brief of telefoongesprek"),
    ("en", "Who looked in your record", "no appointment, letter or phone call"),
])  # fmt: skip
def test_the_pdf_is_hers_in_her_language_with_functions_and_no_names(
    sign_in: SignIn, patient: Patient, work: Callable[..., Work], language: str | None, said: str, none: str
) -> None:
    nurse = work("nurse")
    nurse.session.get_one(Patient, patient.id).language = language
    manager = work("manager")
    manager.note(Action.REFUSED, patient.id)
    manager.entries[-1].outcome = "refused"
    manager.commit()
    answer = sign_in("nurse").get(f"/patients/{patient.id}/looks/overview.pdf?first=01-11-2026&last=23-11-2026")
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(answer.data)).pages).split())
    for part in (said, none, "20-11-2026", "Jansen", patient.number):
        assert part in text
    assert "Test nurse" not in text
    assert "Test doctor" not in text


def test_a_period_that_ends_before_it_begins_is_said_at_its_field(sign_in: SignIn, patient: Patient) -> None:
    answer = sign_in("nurse").get(f"/patients/{patient.id}/looks/overview?first=23-11-2026&last=01-11-2026")
    assert answer.status_code == 422
    assert "De periode eindigt voor zij begint" in answer.text or "last-error" in answer.text
    assert 'value="01-11-2026"' in answer.text
