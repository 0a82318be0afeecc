"""A secretary in a browser: a patient registered and found while typing, her GP chosen; both languages, on a phone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from clinic.services.work import Work
from clinic.store.practices import Gp, Practice
from tests.browser.test_sign_in import barriers
from tests.factories import make_patient

SAYS = {
    "nl": {"new": "Nieuwe patiënt", "register": "Inschrijven", "look": "Naam tonen", "name": "Mw. A. de Vries-Jansen",
           "female": "vrouw", "same": "Al ingeschreven?", "done": "De patiënt is ingeschreven.", "find": "Zoeken",
           "change": "Gegevens wijzigen", "save": "Opslaan", "saved": "De gegevens zijn opgeslagen.",
           "moved": "Verhuisd, controle elders", "status": "De status is opgeslagen."},
    "en": {"new": "New patient", "register": "Register", "look": "Show the name", "name": "Ms A. de Vries-Jansen",
           "female": "female", "same": "Already in the register?", "done": "The patient is registered.", "find": "Find",
           "change": "Change details", "save": "Save", "saved": "The details are saved.",
           "moved": "Moved, followed elsewhere", "status": "The status is saved."},
}  # fmt: skip


@pytest.fixture
def practice(work: Callable[..., Work]) -> None:
    """A practice with a GP, and a patient who looks like the new one."""
    secretary = work("secretary")
    make_patient(secretary, number="4000001")
    place = Practice(name="Praktijk De Linde", town="Oudeterp", channel="post")
    secretary.session.add(Gp(kind="gp", family_name="Bakker", practice=place))
    secretary.session.commit()


@pytest.mark.parametrize("language", SAYS)
def test_a_secretary_registers_finds_and_changes_a_patient(
    enter: Callable[..., Page], practice: None, language: str
) -> None:
    says = SAYS[language]
    page = enter("secretary", language)
    page.set_viewport_size({"width": 1280, "height": 2200})
    page.goto("/patients")
    page.get_by_role("link", name=says["new"]).click()
    assert barriers(page) == []
    page.get_by_role("button", name=says["register"]).click()
    expect(page.locator("#errors")).to_be_focused()
    for name, text in (("number", "4071826"), ("initials", "A."), ("own_name", "Jansen"), ("partner_prefix", "de"),
                       ("partner_name", "Vries"), ("birth_date", "14-3-1953")):  # fmt: skip
        page.locator(f"#{name}").fill(text)
    page.locator("#name_order").select_option("partner_own")
    page.get_by_text(says["female"], exact=True).click()
    page.get_by_role("button", name=says["look"]).click()
    expect(page.locator("#named")).to_contain_text(says["name"])
    page.get_by_role("button", name=says["register"]).click()
    expect(page.get_by_text(says["same"])).to_be_visible()
    assert barriers(page) == []
    page.locator("#anyway").check()
    page.get_by_role("button", name=says["register"]).click()
    expect(page.get_by_text(says["done"])).to_be_visible()
    page.get_by_role("link", name=says["change"]).click()
    page.locator("#gp_q").fill("linde")
    page.locator("#content").get_by_role("button", name=says["find"]).click()
    page.get_by_label("Bakker, Praktijk De Linde, Oudeterp").check()
    page.get_by_role("button", name=says["save"]).click()
    expect(page.get_by_text(says["saved"])).to_be_visible()


def test_the_search_while_typing_opens_a_record_by_keyboard_on_a_phone(
    enter: Callable[..., Page], practice: None
) -> None:
    page = enter("nurse", "nl")
    page.set_viewport_size({"width": 390, "height": 800})
    page.locator("#find-q").press_sequentially("jans")
    expect(page.locator(".found [role=option]")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    assert barriers(page) == []
    page.keyboard.press("Enter")
    expect(page.get_by_text("4000001")).to_be_visible()
    assert "jans" not in page.url


@pytest.mark.parametrize("language", SAYS)
def test_who_moved_gets_her_status_on_a_phone(enter: Callable[..., Page], practice: None, language: str) -> None:
    says = SAYS[language]
    page = enter("secretary", language)
    page.set_viewport_size({"width": 390, "height": 1600})
    page.goto("/patients/1/status")
    assert barriers(page) == []
    page.get_by_label(says["moved"]).check()
    page.get_by_role("button", name=says["save"]).click()
    expect(page.locator("#on-error")).to_be_visible()
    page.locator("#on").fill("20-11-2026")
    page.locator("#source").fill("mw. Jansen")
    page.locator("#birth_date").fill("14-03-1953")
    page.get_by_role("button", name=says["save"]).click()
    expect(page.get_by_text(says["status"])).to_be_visible()
    for address in ("/patients/1/edit", "/patients/1/glucocorticoids", "/patients/1/changes", "/practices",
                    "/practices/1", "/practices/1/gps/1"):  # fmt: skip
        page.goto(address)
        assert barriers(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_phone_too_says_that_a_patient_died(enter: Callable[..., Page], work: Callable[..., Work]) -> None:
    secretary = work("secretary")
    patient = make_patient(secretary, status="deceased", status_on=date(2026, 10, 30))
    secretary.session.commit()
    page = enter("secretary")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/patients/{patient.id}/copies")
    expect(page.locator(".idband").get_by_text("Overleden 30-10-2026")).to_be_visible()
