"""A nurse enters a DXA by keyboard; the page asks about a sign, keeps what was typed, and is open to everybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from clinic.domain.vocabulary import ScanSite
from clinic.security.permissions import Role
from clinic.services import scans
from clinic.services.scans import SaveScan, Site
from clinic.services.work import Work
from tests.browser.test_sign_in import barriers
from tests.factories import make_course, make_patient

EARLIER = date(2024, 10, 12)
PHONE = {"width": 390, "height": 844}


def is_too_wide(page: Page) -> bool:
    """Whether one has to scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


@pytest.fixture
def record(session: Session, work: Callable[..., Work]) -> str:
    """The record of a woman with a DXA of two years ago."""
    nurse = work(Role.NURSE)
    patient = make_patient(nurse)
    make_course(nurse, patient)
    sites = {ScanSite.TOTAL_HIP: Site(812, Decimal("-1.6"))}
    scans.save_scan(nurse, SaveScan(patient_id=patient.id, form_token="e", made_on=EARLIER, received_on=EARLIER,
                                    device="Horizon A", sites=sites))  # fmt: skip
    return f"/patients/{patient.id}"


def test_a_dxa_from_the_record_to_what_changed(enter: Callable[..., Page], record: str) -> None:
    page = enter(Role.NURSE)
    page.goto(record)
    page.get_by_role("link", name="DXA", exact=True).first.click()
    assert barriers(page) == []
    for name, text in {"Gemaakt op": "2-11-2026", "Uitslag ontvangen op": "20-11-2026", "Apparaat": "Horizon A",
                       "Totale heup, BMD": "0,742", "Totale heup, T": "2,1"}.items():  # fmt: skip
        page.get_by_label(name).fill(text)
    page.get_by_label("Totale heup, T").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("klopt het teken?")
    expect(page.get_by_label("Totale heup, T")).to_have_value("2,1")
    assert barriers(page) == []
    page.get_by_label("Totale heup, T").fill("−2,1")
    page.get_by_role("button", name="Opslaan").press("Enter")
    expect(page.locator("body")).to_contain_text("De uitslag is opgeslagen.")
    page.locator("#history").get_by_role("link", name="DXA", exact=True).nth(1).click()
    expect(page.locator("main")).to_contain_text("−8,6 %, afgenomen, meer dan LSC (5,0 %)")
    assert barriers(page) == []


@pytest.mark.parametrize("path", ["scans/new", "scans/1", "scans/1/edit", "spine-images/new", "fractures/new",
                                  "labs/new"])  # fmt: skip
def test_every_page_fits_a_phone(enter: Callable[..., Page], record: str, path: str) -> None:
    page = enter(Role.DOCTOR)
    page.set_viewport_size(PHONE)
    page.goto(f"{record}/{path}")
    assert not is_too_wide(page)
    assert barriers(page) == []


def test_a_fracture_on_an_image_by_keyboard_alone_in_english(enter: Callable[..., Page], record: str) -> None:
    page = enter(Role.NURSE, "en")
    page.goto(f"{record}/spine-images/new")
    page.get_by_label("Made on").fill("12-10-2026")
    page.get_by_label("Made on").press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("Th12")
    page.keyboard.press("Tab")
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.locator("body")).to_contain_text("The result is saved.")
    page.get_by_role("link", name="Spine image", exact=True).last.click()
    expect(page.locator("main")).to_contain_text("New vertebral fracture")
    expect(page.locator("main")).to_contain_text("Th12 (Genant 2)")
