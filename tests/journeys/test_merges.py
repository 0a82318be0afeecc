"""Two numbers of one patient are merged and split again by a secretary; in both languages, by mouse and keyboard."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from clinic.security.permissions import Role
from clinic.services import items
from clinic.services.work import Work
from tests.browser.test_sign_in import barriers
from tests.factories import make_control, make_course, make_patient

SAYS = {
    "nl": {"two": "Twee nummers", "both": "Beide tonen", "stays": "111 blijft", "merge": "Nummers samenvoegen",
           "reason": "Geef een reden", "merged": "Nummer 222 is met dit nummer",
           "formerly": "voorheen 222",
           "about": "Over nummer 222", "split": "Nummers splitsen", "done": "De nummers zijn gesplitst"},
    "en": {"two": "Two numbers", "both": "Show both", "stays": "111 stays", "merge": "Merge the numbers",
           "reason": "Give a reason", "merged": "Number 222 is merged into this one", "formerly": "formerly 222",
           "about": "About number 222", "split": "Split the numbers", "done": "The numbers are split"},
}  # fmt: skip


@pytest.mark.parametrize("language", SAYS)
def test_two_numbers_become_one_and_two_again(
    enter: Callable[..., Page], work: Callable[..., Work], language: str
) -> None:
    secretary = work(Role.SECRETARY)
    kept, losing = (make_patient(secretary, number=number) for number in ("111", "222"))
    make_control(secretary, kept, date(2026, 9, 12))
    make_course(secretary, losing)
    secretary.session.flush()
    items.refresh_all(secretary, [kept, losing])
    secretary.session.commit()
    says = SAYS[language]

    page = enter("secretary", language)
    page.set_viewport_size({"width": 1280, "height": 2600})  # no bar over a field
    page.goto("/patients")
    page.get_by_role("link", name=says["two"]).click()
    assert barriers(page) == []
    page.goto(f"/patients/{kept.id}/merge")
    assert barriers(page) == []
    page.locator("#number").fill("222")
    page.keyboard.press("Enter")
    expect(page.get_by_text(says["stays"]).first).to_be_visible()
    assert barriers(page) == []
    page.locator("#birth_date").fill("14-03-1953")
    page.get_by_role("button", name=says["merge"]).click()
    expect(page.get_by_text(says["reason"]).first).to_be_visible()
    expect(page.locator("#birth_date")).to_have_value("14-03-1953")
    page.locator("#reason").fill("Na verhuizing opnieuw ingeschreven")
    page.get_by_role("button", name=says["merge"]).dblclick()
    expect(page.get_by_text(says["merged"])).to_be_visible()
    assert barriers(page) == []

    page.goto("/patients")
    page.locator("main #q").fill("222")
    page.keyboard.press("Enter")
    expect(page.get_by_text(says["formerly"]).first).to_be_visible()
    page.goto(f"/patients/{kept.id}")
    page.get_by_role("link", name=says["about"]).click()
    assert barriers(page) == []
    page.get_by_role("link", name=says["split"]).click()
    assert barriers(page) == []
    page.locator("#reason").fill("Toch twee zussen")
    page.get_by_role("button", name=says["split"]).dblclick()
    expect(page.get_by_text(says["done"])).to_be_visible()
