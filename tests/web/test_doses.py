"""The page of infusions and injections, and the page of closing days."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from openpyxl import load_workbook

from clinic.security.permissions import Role
from clinic.services import appointments, items
from clinic.services.appointment_checks import Slot
from clinic.services.facts import stamp
from clinic.store.scans import Lab
from tests.factories import make_course, make_patient


@pytest.fixture
def injected(work):
    """A patient whose first injection is due today, registered and not yet given."""
    nurse = work(Role.NURSE)
    patient = make_patient(nurse, own_name="Prikstra")
    course = make_course(nurse, patient, drug="denosumab", started_on=nurse.today - timedelta(3))
    lab = Lab(
        on_date=nurse.today - timedelta(9), creatinine_umol_l=82, calcium_mmol_l=Decimal("2.31"), form_token="lab"
    )
    stamp(nurse, lab, patient.id)
    nurse.session.flush()
    items.refresh(nurse, patient)
    nurse.note("course.saved", patient.id)
    nurse.commit()
    return patient, course


def test_the_page_leads_to_the_dose_and_back(sign_in, injected):
    nurse = sign_in("nurse")
    patient, course = injected
    page = nurse.get("/doses").text
    assert "Prikstra" in page
    assert f"/patients/{patient.id}/courses/{course.id}/dose?back=/doses" in page
    answer = nurse.post(
        f"/patients/{patient.id}/courses/{course.id}/dose",
        data={"on": "", "confirmed_by": "T. Aukema", "back": "/doses"},
    )
    assert answer.status_code == 422
    assert "T. Aukema" in answer.text
    assert 'name="back" value="/doses"' in answer.text


def test_who_closes_the_clinic_hears_on_which_of_these_days_somebody_is_expected(sign_in, work):
    started = work(Role.SECRETARY)
    patient = make_patient(started)
    for number, on in enumerate((date(2099, 12, 24), date(2099, 12, 28), date(2099, 12, 28), date(2100, 1, 4))):
        appointments.keep(started, patient.id, Slot("control", on, place="poli"), None, f"t{number}")
    started.session.commit()
    told = {"from_on": "24-12-2099", "until_on": "31-12-2099", "reason": "kerst"}
    page = sign_in("manager").post("/settings/closures", data=told, follow_redirects=True).text
    assert "Er staan al afspraken op: 24-12-2099 (1), 28-12-2099 (2)." in page


def test_closing_days_are_added_and_taken_back(sign_in):
    manager = sign_in("manager")
    bad = manager.post("/settings/closures", data={"from_on": "24-12-2099", "until_on": "23-12-2099", "reason": "x"})
    assert bad.status_code == 422
    assert "De laatste dag ligt vóór de eerste." in bad.text
    assert "24-12-2099" in bad.text
    good = manager.post(
        "/settings/closures", data={"from_on": "24-12-2099", "until_on": "31-12-2099", "reason": "kerst"}
    )
    assert good.status_code == 303
    page = manager.get("/settings/closures").text
    assert "24-12-2099 – 31-12-2099" in page
    assert "De sluitingsdagen zijn opgeslagen.<" in page
    assert manager.post("/settings/closures/1/withdraw").status_code == 303
    assert "24-12-2099" not in manager.get("/settings/closures").text
    assert manager.post("/settings/closures/1/withdraw").status_code == 404


@pytest.mark.parametrize("role", [Role.MANAGER, Role.PRIVACY_OFFICER])
def test_who_has_no_patients_has_no_doses(sign_in, role):
    assert sign_in(role).get("/doses").status_code == 403


def test_the_list_goes_along_as_a_file_and_that_is_written_down(sign_in, injected):
    nurse = sign_in("nurse")
    lines = nurse.get("/doses/export/csv").text.splitlines()
    assert "Prikstra" in lines[1]
    assert ";2,31;" in lines[1]
    heads, row = load_workbook(BytesIO(nurse.get("/doses/export/xlsx").data)).active.iter_rows(values_only=True)
    told = dict(zip(heads, row, strict=True))
    assert (told["Creatinine (µmol/l)"], told["Calcium (mmol/l)"], told["Gewicht (kg)"]) == (82, 2.31, None)
    assert nurse.get("/doses/export/ods").status_code == 404
