"""A treatment in a browser: started, switched after seeing what changes, by keyboard and on a phone; both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from clinic.services import items
from clinic.services.work import Work
from tests.browser.test_sign_in import barriers
from tests.factories import make_course, make_patient

SAYS = {
    "nl": {"new": "Nieuwe behandeling", "drug": "Alendroninezuur", "save": "Behandeling opslaan", "other": "anders",
           "missing": "Vul het aantal jaren in.", "saved": "De behandeling is opgeslagen.", "switch": "Ander middel",
           "next": "Verder: bekijken wat verandert", "changes": "Dit verandert er",
           "infusion": "Infuus zoledroninezuur",
           "record": "Overgang vastleggen", "done": "De overgang is vastgelegd.", "zoledronic": "Zoledroninezuur"},
    "en": {"new": "New treatment", "drug": "Alendronic acid", "save": "Save the treatment", "other": "otherwise",
           "missing": "Fill in the number of years.", "saved": "The treatment is saved.", "switch": "Switch",
           "next": "Next: see what changes", "changes": "This is what changes", "infusion": "Zoledronic acid infusion",
           "record": "Record the switch", "done": "The switch is saved.", "zoledronic": "Zoledronic acid"},
}  # fmt: skip


def tall(page: Page) -> None:
    """The whole form in view: nothing lies under the save bar."""
    page.set_viewport_size({"width": 1280, "height": 2200})


@pytest.mark.parametrize("language", SAYS)
def test_a_doctor_starts_a_treatment(enter: Callable[..., Page], work: Callable[..., Work], language: str) -> None:
    nurse = work("nurse")
    patient = make_patient(nurse)
    items.refresh(nurse, patient)
    nurse.session.commit()
    says = SAYS[language]
    page = enter("doctor", language)
    tall(page)
    page.goto(f"/patients/{patient.id}")
    page.get_by_role("link", name=says["new"]).click()
    assert barriers(page) == []
    page.get_by_role("link", name=says["drug"]).click()
    expect(page.locator("#years_other")).to_be_hidden()
    page.locator("#started_on").fill("najaar 2024")
    page.get_by_label("70 mg").check()
    page.locator("#years").get_by_label(says["other"]).check()
    expect(page.locator("#years_other")).to_be_visible()
    page.locator("input[name=controls_by]").first.check()
    page.get_by_role("button", name=says["save"]).click()
    expect(page.get_by_text(says["missing"]).first).to_be_visible()
    expect(page.locator("#started_on")).to_have_value("najaar 2024")
    assert barriers(page) == []
    page.locator("#years_other").fill("2,5")
    page.locator("#planned_years_reason").fill("rest van vijf jaar")
    page.get_by_role("button", name=says["save"]).click()
    expect(page.get_by_text(says["saved"])).to_be_visible()
    assert barriers(page) == []


@pytest.mark.parametrize("language", SAYS)
def test_a_switch_is_seen_before_it_is_kept(
    enter: Callable[..., Page], work: Callable[..., Work], language: str
) -> None:
    nurse = work("nurse")
    patient = make_patient(nurse)
    make_course(nurse, patient)
    items.refresh(nurse, patient)
    nurse.session.commit()
    says = SAYS[language]
    page = enter("doctor", language)
    tall(page)
    page.goto(f"/patients/{patient.id}")
    page.get_by_role("link", name=says["switch"], exact=True).click()
    page.get_by_role("link", name=says["zoledronic"]).click()
    assert barriers(page) == []
    page.locator("#stopped_on").fill("20-11-2026")
    page.locator("#started_on").fill("23-11-2026")
    page.get_by_label("5 mg").check()
    page.locator("input[name=years][value='3']").check()
    page.locator("input[name=controls_by]").first.check()
    page.get_by_role("button", name=says["next"]).click()
    expect(page.get_by_role("heading", name=says["changes"])).to_be_visible()
    expect(page.get_by_text(says["infusion"]).first).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("button", name=says["record"]).click()
    expect(page.get_by_text(says["done"])).to_be_visible()


def test_the_forms_need_no_sideways_scrolling_on_a_phone(enter: Callable[..., Page], work: Callable[..., Work]) -> None:
    nurse = work("nurse")
    patient = make_patient(nurse)
    course = make_course(nurse, patient)
    items.refresh(nurse, patient)
    nurse.session.commit()
    page = enter("nurse")
    page.set_viewport_size({"width": 390, "height": 800})
    here = f"/patients/{patient.id}/courses"
    for address in ("", "/new", "/new?drug=alendronic_acid", f"/{course.id}/stop", f"/{course.id}/pause"):
        page.goto(here + address)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        assert barriers(page) == []
