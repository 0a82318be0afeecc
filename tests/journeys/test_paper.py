"""What leaves the screen, in a browser: one's own calendar, the list of a day, the letters; in both languages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from io import BytesIO
from pathlib import Path
from urllib.request import urlopen

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from clinic.services import appointments, facts, items
from clinic.services.appointment_checks import Slot
from clinic.services.appointments import Book
from clinic.services.work import Work
from clinic.store.treatments import Dose
from tests.browser.test_sign_in import barriers
from tests.factories import make_course, make_patient

SAYS = {
    "nl": {"make": "Adres maken", "address": "Adres", "title": "Controle op de poli", "account": "Mijn account",
           "since": "Er is een adres sinds", "revoke": "Intrekken", "gone": "werkt niet meer", "list": "Daglijst",
           "day": "Dag", "print": "Om te printen (PDF)", "csv": "CSV-bestand", "excel": "Excel-bestand",
           "must": "Vul de datum in.",
           "file": "daglijst-24-11-2026.csv", "head": "Waarvoor"},
    "en": {"make": "Make an address", "address": "Address", "title": "Control at the clinic", "account": "My account",
           "since": "There is an address since", "revoke": "Revoke", "gone": "no longer works", "list": "Day list",
           "day": "Day", "print": "To print (PDF)", "csv": "CSV file", "excel": "Excel file",
           "must": "Fill in the date.",
           "file": "day-list-24-11-2026.csv", "head": "What for"},
}  # fmt: skip


@pytest.fixture
def booked(work: Callable[..., Work]) -> None:
    """Mrs Belstra comes to the nurse tomorrow at twenty past nine."""
    nurse = work("nurse")
    patient = make_patient(nurse, own_name="Belstra")
    make_course(nurse, patient)
    items.refresh(nurse, patient)
    slot = Slot("control", date(2026, 11, 24), time(9, 20), "Route 42", nurse.actor.id)
    appointments.book(nurse, Book(patient.id, slot, "book-1"))


@pytest.fixture
def late(work: Callable[..., Work]) -> None:
    """Mrs Belstra has a BSN, should have come months ago, and had her last injection too long ago."""
    nurse = work("nurse")
    patient = make_patient(nurse, own_name="Belstra", bsn="999990019")
    course = make_course(nurse, patient, drug="denosumab", planned_years=3, started_on=date(2025, 3, 10))
    nurse.session.flush()
    facts.stamp(nurse, Dose(course_id=course.id, on_date=date(2026, 5, 20)), patient.id)
    items.refresh(nurse, patient)
    nurse.session.commit()


@pytest.mark.parametrize("language", SAYS)
@pytest.mark.parametrize("address", ["/worklist?list=late", "/call-list", "/doses", "/reported"])
def test_a_list_goes_into_a_spreadsheet_as_it_is_shown(
    enter: Callable[..., Page], late: None, address: str, language: str
) -> None:
    says = SAYS[language]
    page = enter("secretary", language)
    page.goto(address)
    assert barriers(page) == []
    for button, kind in ((says["csv"], "csv"), (says["excel"], "xlsx")):
        with page.expect_download() as started:
            page.get_by_role("link", name=button).click()
        assert started.value.suggested_filename.endswith(f".{kind}")
        path = started.value.path()
        cells = read(path) if kind == "csv" else workbook(path)
        assert any("Belstra" in str(cell) for cell in cells) is (address != "/reported")
        assert not any("999990019" in str(cell) for cell in cells)


def workbook(path: Path) -> list[object]:
    """The cells of a workbook."""
    return [cell.value for row in load_workbook(BytesIO(path.read_bytes())).active for cell in row]


def read(path: Path) -> list[str]:
    """The cells of a file with semicolons."""
    return [cell for line in path.read_text(encoding="utf-8-sig").splitlines() for cell in line.split(";")]


@pytest.mark.parametrize("language", SAYS)
def test_a_nurse_takes_her_calendar_along_and_revokes_it(
    enter: Callable[..., Page], booked: None, language: str
) -> None:
    says = SAYS[language]
    page = enter("nurse", language)
    page.goto("/account")
    page.get_by_role("button", name=says["make"]).click()
    assert barriers(page) == []
    address = page.get_by_label(says["address"]).input_value()
    with urlopen(address) as answer:
        calendar = answer.read().decode()
    assert f"SUMMARY:{says['title']}" in calendar
    assert "Belstra" not in calendar
    page.get_by_role("link", name=says["account"]).last.click()
    expect(page.get_by_text(says["since"])).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("button", name=says["revoke"]).click()
    expect(page.get_by_text(says["gone"])).to_be_visible()
    assert page.request.get(address).status == 404


@pytest.mark.parametrize("language", SAYS)
def test_a_secretary_prints_tomorrow_and_opens_it_in_a_spreadsheet(
    enter: Callable[..., Page], booked: None, language: str
) -> None:
    says = SAYS[language]
    page = enter("secretary", language)
    page.get_by_role("link", name=says["list"]).click()
    assert barriers(page) == []
    page.get_by_label(says["day"]).fill("")
    page.get_by_role("button", name=says["print"]).press("Enter")
    expect(page.get_by_text(says["must"]).first).to_be_visible()
    assert barriers(page) == []
    page.get_by_label(says["day"]).fill("24-11-2026")
    with page.expect_download() as started:
        page.get_by_role("button", name=says["csv"]).click()
    assert started.value.suggested_filename == says["file"]
    text = started.value.path().read_text(encoding="utf-8-sig")
    assert says["head"] in text
    assert "Belstra" in text
    made = page.request.get("/day-list/print.pdf?on=24-11-2026")
    assert made.body().startswith(b"%PDF")
