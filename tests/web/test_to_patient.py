"""Letters to the patient in the browser: looked at, made, printed; refused in words and by role."""

from __future__ import annotations

import re
from datetime import date, datetime
from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy.orm import Session

from clinic.security.permissions import Role
from clinic.services.work import Actor, Work
from clinic.store.patients import Patient
from clinic.store.settings import ClinicSettings
from tests.conftest import account
from tests.factories import make_course, make_patient

TODAY = date(2026, 11, 23)
HOME = {"street": "Lange Laan", "house_number": "3", "postcode": "8598 AB", "town": "Oudeterp"}


@pytest.fixture
def treated(app):
    """The number of a patient at home whose treatment runs."""
    with Session(app.extensions["engine"]) as session:
        nurse = account(session, Role.NURSE)
        actor = Actor(nurse.id, nurse.name, nurse.function, Role.NURSE)
        work = Work(session, actor, datetime(2026, 11, 23, 9), TODAY)  # noqa: DTZ001 - as the store keeps it
        session.merge(ClinicSettings(id=1, phone="0513 200000"))
        patient = make_patient(work, **HOME)
        make_course(work, patient, dose="70 mg", schedule="1× per week")
        session.commit()
        return patient.id


def token(page):
    """What makes two clicks one letter."""
    return {"form_token": re.search(r'name="form_token" value="(\w+)"', page)[1]}


def test_a_treatment_sheet_is_looked_at_made_once_and_printed(sign_in, treated):
    nurse, at = sign_in("nurse"), f"/patients/{treated}/to-patient"
    assert f'href="{at}/treatment"' in nurse.get(f"/patients/{treated}/letters").text
    page = nurse.get(f"{at}/treatment").text
    assert "Neem de tablet in op een lege maag" in page
    made = nurse.post(f"{at}/treatment", data=token(page))
    assert nurse.post(f"{at}/treatment", data=token(page)).location == made.location
    assert "Behandelblad" in nurse.get(made.location).text
    pdf = nurse.get(f"{made.location}/page.pdf")
    assert pdf.mimetype == "application/pdf"
    assert "Stop nooit met uw medicijn" in " ".join(PdfReader(BytesIO(pdf.data)).pages[0].extract_text().split())
    assert made.location in nurse.get(f"/patients/{treated}/letters").text
    record = nurse.get(f"/patients/{treated}").text
    assert f'href="{made.location}"' in record
    assert "aan de patiënt" in record


def test_a_sign_that_no_page_can_show_is_named(app, sign_in, treated):
    with Session(app.extensions["engine"]) as session:
        session.get(Patient, treated).street = "Lange Laan 🏠"
        session.commit()
    nurse, at = sign_in("nurse"), f"/patients/{treated}/to-patient/treatment"
    refused = nurse.post(at, data=token(nurse.get(at).text))
    assert (refused.status_code, "op de brief staan: 🏠" in refused.text) == (422, True)


def test_what_is_missing_leads_to_the_field_and_keeps_the_letter_back(app, sign_in, treated):
    with Session(app.extensions["engine"]) as session:
        session.get(Patient, treated).street = None
        session.commit()
    nurse, at = sign_in("nurse"), f"/patients/{treated}/to-patient/treatment"
    page = nurse.get(at).text
    assert f'<a href="/patients/{treated}/edit#street">' in page
    assert "Deze brief maken" not in page
    refused = nurse.post(at, data={"form_token": "1"})
    assert refused.status_code == 422
    assert "Het adres van de patiënt is niet volledig" in refused.text


def test_a_secretary_plans_and_does_not_write_about_treatment(sign_in, treated):
    secretary, at = sign_in("secretary"), f"/patients/{treated}/to-patient"
    assert "Uitnodiging voor controle" in secretary.get(f"{at}/control").text
    for door in (secretary.get, secretary.post):
        assert door(f"{at}/treatment").status_code == 403
