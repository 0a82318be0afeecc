"""A privacy officer's job in a browser: who looked in a record, who was refused, a file; in both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from clinic.security.audit import Action
from clinic.services.work import Work
from tests.browser.test_sign_in import barriers
from tests.factories import make_patient

SAYS = {
    "nl": {"log": "Logboek", "look": "Opzoeken", "opened": "Dossier geopend",
           "listed": "Op een lijst getoond", "also": "Ook lijsten", "none": "Er is geen patiënt met dit nummer.",
           "refused": "Geweigerd en mislukt", "failed": "Toegang geweigerd", "file": "CSV-bestand", "in": "Ingelogd"},
    "en": {"log": "Log", "look": "Look up", "opened": "Record opened",
           "listed": "Shown on a list", "also": "Also lists", "none": "There is no patient with this number.",
           "refused": "Refused and failed", "failed": "Access refused", "file": "CSV file", "in": "Signed in"},
}  # fmt: skip


@pytest.mark.parametrize("language", SAYS)
@pytest.mark.parametrize("width", [390, 1280])
def test_who_looked_in_a_record(
    enter: Callable[..., Page], work: Callable[..., Work], language: str, width: int
) -> None:
    nurse = work("nurse")
    patient = make_patient(nurse)
    nurse.note(Action.PATIENT_OPENED, patient.id)
    nurse.note(Action.PATIENT_LISTED, subject="list:late", shown=[patient.id])
    nurse.commit()
    says = SAYS[language]
    page = enter("privacy_officer", language)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"/patients/{patient.id}")
    page.goto("/")
    page.get_by_role("link", name=says["log"], exact=True).first.click()
    lines = page.locator("tbody")
    expect(lines).to_contain_text(says["in"])
    assert barriers(page) == []

    page.locator("#number").fill("0")
    page.get_by_role("button", name=says["look"]).click()
    expect(page.locator("#number-error")).to_have_text(says["none"])
    expect(page.locator("#number")).to_have_value("0")
    assert barriers(page) == []

    page.locator("#number").fill(patient.number)
    page.get_by_role("button", name=says["look"]).click()
    expect(lines).to_contain_text(says["opened"])
    expect(lines).to_contain_text("Test nurse")
    expect(lines).not_to_contain_text(says["listed"])
    assert patient.number not in page.url
    page.get_by_label(says["also"]).check()
    page.get_by_role("button", name=says["look"]).click()
    expect(lines).to_contain_text(says["listed"])
    expect(page.get_by_text("Jansen")).to_have_count(0)
    assert barriers(page) == []

    page.get_by_role("link", name=says["refused"]).click()
    expect(lines).to_contain_text(says["failed"])
    assert barriers(page) == []
    with page.expect_download() as download:
        page.get_by_role("link", name=says["file"]).click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert says["failed"] in text
