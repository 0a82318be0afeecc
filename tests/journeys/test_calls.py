"""Calling in a browser: no answer by one key, a day to call again, a death that ends at the status; both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from clinic.services import items
from clinic.services.work import Work
from tests.browser.test_sign_in import barriers
from tests.factories import make_course, make_patient

SAYS = {
    "nl": {"list": "Te bellen", "vain": "1 vergeefse poging", "when": "Vul in wanneer u terugbelt",
           "kept": "vastgelegd", "phoning": "Ik bel", "you": "u belt"},
    "en": {"list": "To call", "vain": "1 attempt in vain", "when": "Fill in when to call again", "kept": "kept",
           "phoning": "I am phoning", "you": "you are phoning"},
}  # fmt: skip


@pytest.mark.parametrize("language", SAYS)
def test_a_secretary_works_through_the_call_list_with_the_keyboard(
    enter: Callable[..., Page], work: Callable[..., Work], language: str
) -> None:
    nurse = work("nurse")
    for name in ("Belstra", "Dantuma"):
        patient = make_patient(nurse, own_name=name, phone="+31513200001")
        make_course(nurse, patient)
        items.refresh(nurse, patient)
    nurse.session.commit()
    says = SAYS[language]

    page = enter("secretary", language)
    page.get_by_role("link", name=says["list"]).first.click()
    expect(page.get_by_role("heading", name=says["list"])).to_be_visible()
    assert barriers(page) == []
    first, second = page.locator("tbody tr").nth(0), page.locator("tbody tr").nth(1)
    first.get_by_role("button", name=says["phoning"]).click()
    expect(first.get_by_text(says["you"])).to_be_visible()
    page.wait_for_load_state()
    page.keyboard.press("j")
    page.keyboard.press("1")
    expect(first.get_by_text(says["vain"])).to_be_visible()
    page.wait_for_load_state()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("3")
    expect(second.get_by_text(says["when"])).to_be_visible()
    assert barriers(page) == []
    second.locator("[name=call_back_on]").fill("1-12-2026")
    second.locator("[name=outcome][value=call_back]").dblclick()
    expect(page.get_by_text(says["kept"]).first).to_be_visible()
    page.locator("tbody tr").first.locator("[name=outcome][value=deceased]").click()
    expect(page.locator("[name=status][value=deceased]")).to_be_checked()
    assert barriers(page) == []
