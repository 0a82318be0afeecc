"""Of whom a list had the year of birth alone: no page, list or file says that she was born on the first day of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from pypdf import PdfReader

from clinic.services import items
from clinic.services.work import Work
from clinic.store.appointments import Appointment
from clinic.store.patients import Patient
from tests.conftest import MONDAY
from tests.factories import make_course
from tests.letter_makers import seen, with_gp
from tests.web.test_patient_forms import form

MADE_UP = "01-01-1953"
KNOWN = "1953 (alleen het jaar is bekend)"
WITH_AGE = "1953 (73, alleen het jaar is bekend)"


@pytest.fixture
def her(work: Callable[..., Work]) -> int:
    """Of 1953, late for her first injection, at the clinic this morning, with a letter in draft."""
    nurse = work("nurse")
    patient: Patient = with_gp(nurse)
    patient.birth_date, patient.birth_precision = date(1953, 1, 1), "year"
    make_course(nurse, patient, drug="denosumab", started_on=date(2026, 5, 1))
    nurse.session.add(Appointment(
        patient_id=patient.id, kind="control", on_date=MONDAY, at_time=time(9, 30), minutes=15, form_token="booked",
        booked_at=nurse.now, booked_by=nurse.actor.id,
    ))  # fmt: skip
    seen(nurse, patient)
    nurse.session.flush()
    items.refresh(nurse, patient)
    nurse.note("course.saved", patient.id)
    nurse.commit()
    return patient.id


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/", WITH_AGE), ("/doses", WITH_AGE), ("/worklist?list=late", WITH_AGE), ("/letters?state=draft", KNOWN),
        ("/letters/check?letter=1", KNOWN), ("/patients/1", KNOWN), ("/patients/1/status", KNOWN),
    ],
)  # fmt: skip
def test_a_page_that_names_her_says_what_is_known(her: int, sign_in: Any, path: str, shown: str) -> None:
    page = sign_in("secretary").get(path).text
    assert shown in page
    assert MADE_UP not in page


@pytest.mark.parametrize("path", ["/patients/search", "/patients/found"])
def test_who_looks_for_her_reads_it_too(her: int, sign_in: Any, path: str) -> None:
    page = sign_in("secretary").post(path, data={"q": "Jansen"}).text
    assert WITH_AGE in page
    assert MADE_UP not in page


@pytest.mark.parametrize("path", ["/doses/export", "/worklist/export", "/day-list/export", "/letters/export"])
def test_a_file_has_what_is_known_as_text(her: int, sign_in: Any, path: str) -> None:
    asked = {"list": "late", "state": "draft", "on": "23-11-2026"}
    answer = sign_in("secretary").get(f"{path}/xlsx", query_string=asked)
    cells = [cell.value for row in load_workbook(BytesIO(answer.data)).active for cell in row]
    assert "1953" in cells


def test_the_sheet_of_a_day_says_it(her: int, sign_in: Any) -> None:
    answer = sign_in("secretary").get("/day-list/print.pdf?on=23-11-2026")
    told = " ".join("".join(page.extract_text() for page in PdfReader(BytesIO(answer.data)).pages).split())
    assert "alleen het jaar" in told
    assert MADE_UP not in told


def test_her_status_changes_when_the_year_is_typed_and_not_the_day_that_nobody_knows(her: int, sign_in: Any) -> None:
    secretary: FlaskClient = sign_in("secretary")
    address = f"/patients/{her}/status"
    told = form(secretary, address, status="deceased", on="20-11-2026", source="dochter")
    assert "Is het de juiste patiënt?" in secretary.post(address, data=told | {"birth_date": MADE_UP}).text
    assert "Is het de juiste patiënt?" not in secretary.post(address, data=told | {"birth_date": "1953"}).text


def test_her_form_shows_the_year_and_takes_the_first_of_january_when_that_is_the_day(her: int, sign_in: Any) -> None:
    secretary = sign_in("secretary")
    shown = form(secretary, f"/patients/{her}/edit")
    assert shown["birth_date"] == "1953"
    told = {"status": "deceased", "on": "22-11-2026", "source": "familie", "birth_date": MADE_UP}
    assert secretary.post(f"/patients/{her}/status", data=told).status_code == 422
    assert secretary.post(f"/patients/{her}/edit", data=shown | {"birth_date": MADE_UP}).status_code == 303
    assert KNOWN not in secretary.get(f"/patients/{her}").text
    assert form(secretary, f"/patients/{her}/edit")["birth_date"] == MADE_UP
    told = secretary.get(f"/patients/{her}/changes").text
    assert f"Geboortedatum: <del>1953</del> → {MADE_UP}" in told
