"""Letters to the patient in the browser: looked at, made, printed; refused in words and by role."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader
from sqlalchemy.orm import Session

from clinic.letters.text import sha256
from clinic.security.permissions import Role
from clinic.services.work import Actor, Work
from clinic.store.letters import Letter
from clinic.store.patient_letters import PatientLetter
from clinic.store.patients import Patient
from clinic.store.scans import Scan, ScanValue
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


def test_a_treatment_sheet_is_read_begun_once_and_printed_when_a_doctor_authorised_it(sign_in, treated):
    nurse, at = sign_in("nurse"), f"/patients/{treated}/to-patient"
    assert f'href="{at}/treatment"' in nurse.get(f"/patients/{treated}/letters").text
    page = nurse.get(f"{at}/treatment").text
    assert "Neem de tablet in op een lege maag" in page
    assert "hij wordt geautoriseerd voordat hij weggaat" in page
    made = nurse.post(f"{at}/treatment")
    assert nurse.post(f"{at}/treatment").location == made.location
    shown = nurse.get(made.location).text
    assert "<h1>Behandelblad</h1>" in shown
    assert "Zoals de patiënt het krijgt" in shown
    assert "Alinea" not in shown
    assert nurse.post(f"{made.location}/offer", data=version(shown)).status_code == 303
    doctor = sign_in("doctor")
    assert "Behandelblad" in doctor.get("/letters/series").text
    assert doctor.post(f"{made.location}/authorise", data=version(doctor.get(made.location).text)).status_code == 303
    pdf = nurse.get(f"{made.location}/page.pdf")
    assert pdf.mimetype == "application/pdf"
    assert "Stop nooit met uw medicijn" in " ".join(PdfReader(BytesIO(pdf.data)).pages[0].extract_text().split())
    assert made.location in nurse.get(f"/patients/{treated}/letters").text
    record = nurse.get(f"/patients/{treated}").text
    assert f'href="{made.location}"' in record
    assert "aan de patiënt, geautoriseerd" in record


def left(app, at, **facts):
    """The letter at this address as if it had left."""
    with Session(app.extensions["engine"]) as session:
        letter = session.get(Letter, int(at.rpartition("/")[2]))
        letter.state, letter.sent_on, letter.envelope, letter.channel = "sent", TODAY, {}, "post"
        letter.facts = letter.facts | facts
        letter.kind = "patient.result" if facts else letter.kind
        session.commit()
        return letter.reference


def test_made_again_after_it_left_the_page_says_when_it_was_sent(app, sign_in, treated):
    nurse, at = sign_in("nurse"), f"/patients/{treated}/to-patient/control"
    assert "is aan patiënt verstuurd" not in nurse.get(at).text
    reference = left(app, nurse.post(at).location)
    page = nurse.get(at).text
    assert "Een brief van deze soort is aan patiënt verstuurd op 23-11-2026:" in page
    assert reference in page


def test_a_result_that_no_longer_stands_is_named_where_it_was_voided_and_on_her_letters(app, sign_in, treated):
    nurse = sign_in("nurse")
    with Session(app.extensions["engine"]) as session:
        scan = Scan(patient_id=treated, made_on=TODAY, received_on=TODAY, recorded_at=datetime(2026, 11, 23, 8),  # noqa: DTZ001
                    recorded_by=1)  # fmt: skip
        scan.sites = [ScanValue(site="total_hip", t_score=Decimal("-2.0"))]
        session.add(scan)
        session.commit()
        scan_id = scan.id
    told = {"on": TODAY.isoformat(), "sites": [{"site": "total_hip", "t": "-2.0", "bmd": None, "change": None}]}
    reference = left(app, nurse.post(f"/patients/{treated}/to-patient/control").location, scan=told, kind="result")
    assert "niet meer in het dossier" not in nurse.get(f"/patients/{treated}/letters").text
    voided = nurse.post(f"/patients/{treated}/scans/{scan_id}/void", data={"reason": "van een ander"})
    assert f"Patiënt heeft brief {reference} met een andere uitslag" in nurse.get(voided.location).text
    page = nurse.get(f"/patients/{treated}/letters").text
    assert f"Patiënt heeft brief {reference} van 23-11-2026 met een uitslag die niet meer in het dossier staat." in page


def version(page):
    """The letter as it was read."""
    seen = re.search(r'name="seen" value="(\w+)"', page)
    return {"version": re.search(r'name="version" value="(\d+)"', page)[1], "seen": seen[1] if seen else ""}


def test_an_invitation_is_ready_in_the_morning_and_says_so_everywhere(app, sign_in, treated):
    secretary = sign_in("secretary")
    made = secretary.post(f"/patients/{treated}/to-patient/control").location
    shown = secretary.get(made).text
    assert "<h1>Uitnodiging voor controle</h1>" in shown
    assert "Nakijken en verzenden" in shown
    assert "geautoriseerd door" not in shown
    assert "Eén bestand maken van 1 brief" in secretary.get("/letters/morning").text
    ready = secretary.get("/letters?state=authorised").text
    assert "Uitnodiging voor controle" in ready
    assert "aan de patiënt" in ready
    with Session(app.extensions["engine"]) as session:
        session.get(Patient, treated).street = "Nieuwe Kade"
        session.commit()
    assert "Het dossier is veranderd nadat deze brief is gemaakt" in secretary.get("/letters/morning").text
    anew = secretary.post(f"{made}/redraft", data=version(shown) | {"reason": "Nieuw adres."}, follow_redirects=True)
    assert "de nieuwe is klaar om te versturen" in anew.text
    again = f"/letters/{int(made.rpartition('/')[2]) + 1}"
    with Session(app.extensions["engine"]) as session:
        session.get(Patient, treated).street = None
        session.commit()
    page = secretary.get(again).text
    assert f'<a href="/patients/{treated}/edit#street">Adres aanpassen</a>' in page
    refused = secretary.post(f"{again}/redraft", data=version(page) | {"reason": "Nog eens."})
    assert refused.status_code == 422
    assert "Nog eens." in refused.text


def test_what_was_made_and_printed_in_one_act_stays_as_it_was(app, sign_in, treated):
    with Session(app.extensions["engine"]) as session:
        page = b"%PDF-1.7"
        session.add(PatientLetter(
            patient_id=treated, kind="dxa", made_at=datetime(2026, 11, 2), made_by=1, form_token="x",  # noqa: DTZ001
            template="patient/1", facts={}, text="Beste", text_sha256=sha256("Beste"), pdf=page,
            pdf_sha256=sha256(page),
        ))  # fmt: skip
        session.commit()
    nurse, here = sign_in("nurse"), f"/patients/{treated}/to-patient/1"
    for page_of in (f"/patients/{treated}", f"/patients/{treated}/letters"):
        assert f'href="{here}"' in nurse.get(page_of).text
    assert "Beste" in nurse.get(here).text
    assert nurse.get(f"{here}/page.pdf").data == b"%PDF-1.7"
    assert nurse.get(f"/patients/{treated}/to-patient/2").status_code == 404


def test_a_sign_that_no_page_can_show_is_named(app, sign_in, treated):
    with Session(app.extensions["engine"]) as session:
        session.get(Patient, treated).street = "Lange Laan 🏠"
        session.commit()
    refused = sign_in("nurse").post(f"/patients/{treated}/to-patient/control")
    assert (refused.status_code, "op de brief staan: 🏠" in refused.text) == (422, True)


def test_what_is_missing_leads_to_the_field_and_keeps_the_letter_back(app, sign_in, treated):
    with Session(app.extensions["engine"]) as session:
        session.get(Patient, treated).street = None
        session.commit()
    nurse, at = sign_in("nurse"), f"/patients/{treated}/to-patient/treatment"
    page = nurse.get(at).text
    assert f'<a href="/patients/{treated}/edit#street">' in page
    assert "Deze brief maken" not in page
    refused = nurse.post(at)
    assert refused.status_code == 422
    assert "Het adres van de patiënt is niet volledig" in refused.text


def test_a_secretary_plans_and_does_not_write_about_treatment(sign_in, treated):
    secretary, at = sign_in("secretary"), f"/patients/{treated}/to-patient"
    assert "Uitnodiging voor controle" in secretary.get(f"{at}/control").text
    for door in (secretary.get, secretary.post):
        assert door(f"{at}/treatment").status_code == 403
