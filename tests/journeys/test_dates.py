"""A doctor asks where a date comes from, tries the rules, looks ahead, and moves one date; in both languages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from clinic.services import items
from clinic.services.work import Work
from tests.browser.test_sign_in import barriers
from tests.factories import make_course, make_patient

SAYS = {
    "nl": {"why": "Waarom?", "protocol": "Protocol", "yearly": "Jaarcontrole na de vorige", "try": "benoemde gevallen",
           "right": "Elk geval wordt berekend zoals verwacht", "list": "Werklijst", "ahead": "Vooruitblik",
           "move": "Een streefdatum verplaatsen", "item": "Eerste controle, 18-01-2027", "sign": "Ondertekenen als",
           "same": "Dit is al de berekende datum", "moved": "berekend was 18-01-2027"},
    "en": {"why": "Why?", "protocol": "Protocol", "yearly": "Yearly control after the last", "try": "Try it on",
           "right": "Every case is computed as expected", "list": "Worklist", "ahead": "Forecast",
           "move": "Move a due date", "item": "First control, 18-01-2027", "sign": "Sign as",
           "same": "This is the computed date already", "moved": "computed was 18-01-2027"},
}  # fmt: skip


@pytest.mark.parametrize("language", SAYS)
def test_a_date_is_explained_looked_ahead_at_and_moved(
    enter: Callable[..., Page], work: Callable[..., Work], language: str
) -> None:
    nurse = work("nurse")
    patient = make_patient(nurse)
    make_course(nurse, patient, started_on=date(2026, 10, 18))
    items.refresh(nurse, patient)
    nurse.session.commit()
    says = SAYS[language]
    page = enter("doctor", language)
    page.set_viewport_size({"width": 1280, "height": 1600})

    page.goto(f"/patients/{patient.id}")
    card = page.locator(".due", has_text="18-01-2027").first
    card.get_by_text(says["why"]).click()
    card.get_by_role("link", name="control.early").click()
    expect(page.get_by_role("heading", name=says["protocol"], exact=True)).to_be_visible()
    expect(page.get_by_text(says["yearly"])).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("link", name=says["try"]).click()
    expect(page.get_by_text(says["right"])).to_be_visible()

    page.get_by_role("link", name=says["list"], exact=True).click()
    page.get_by_role("link", name=says["ahead"]).click()
    assert barriers(page) == []
    page.get_by_role("row", name="01-2027").get_by_role("link").first.click()
    page.locator("a[data-open]", has_text="Jansen").click()

    page.get_by_role("link", name=says["move"]).click()
    page.get_by_text(says["item"]).click()
    page.locator("#chosen_on").fill("18-1-2027")
    page.locator("#reason").fill("op wintersport")
    page.get_by_role("button", name=says["sign"]).click()
    expect(page.get_by_text(says["same"]).first).to_be_visible()
    expect(page.locator("#reason")).to_have_value("op wintersport")
    assert barriers(page) == []
    page.locator("#chosen_on").fill("1-2-2027")
    page.get_by_role("button", name=says["sign"]).dblclick()
    expect(page.locator(".due", has_text="01-02-2027").first).to_contain_text(says["moved"])
