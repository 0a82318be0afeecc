"""A doctor works through the reviews that wait without going back: by keyboard, passing one over; in both languages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from clinic.services import items
from clinic.services.work import Work
from tests.browser.test_sign_in import barriers
from tests.browser_fixtures import PASSWORD
from tests.factories import make_control, make_course, make_patient

SAYS = {
    "nl": {"menu": "Beoordelen", "first": "Met de eerste beginnen", "place": "Beoordeling 1 van 2", "pass": "Overslaan",
           "because": "Schrijf op waarom", "passed": "Overgeslagen voor vandaag", "suffices": "dit volstaat",
           "next": "Verder: bekijk", "sign": "Ondertekenen als", "last": "vandaag overgeslagen: DXA"},
    "en": {"menu": "To review", "first": "Begin with the first", "place": "Review 1 of 2", "pass": "Pass over",
           "because": "Say why the review", "passed": "Passed over for today", "suffices": "this suffices",
           "next": "Next: see what", "sign": "Sign as", "last": "passed over today: DXA"},
}  # fmt: skip


@pytest.mark.parametrize("language", SAYS)
def test_the_reviews_that_wait_one_after_the_other(
    enter: Callable[..., Page], work: Callable[..., Work], language: str
) -> None:
    nurse = work("nurse")
    for name, start in (("Aker", date(2021, 11, 1)), ("Bos", date(2021, 12, 1))):
        patient = make_patient(nurse, own_name=name)
        make_course(nurse, patient, started_on=start)
        make_control(nurse, patient, date(2026, 11, 20), height_mm=1587, weight_g=58300, missed_doses=0)
        items.refresh(nurse, patient)
    nurse.session.commit()
    says = SAYS[language]
    page = enter("doctor", language)
    page.set_viewport_size({"width": 1280, "height": 2400})
    page.get_by_role("link", name=says["menu"], exact=True).click()
    assert barriers(page) == []
    page.wait_for_load_state("load")
    page.keyboard.press("n")
    expect(page.get_by_text(says["place"])).to_be_visible()
    page.wait_for_load_state("load")  # the keys listen from then on
    page.keyboard.press("j")
    expect(page.locator(".idband")).to_contain_text("Bos")
    page.wait_for_load_state("load")
    page.keyboard.press("k")
    expect(page.locator(".idband")).to_contain_text("Aker")

    page.get_by_role("button", name=says["pass"]).click()
    expect(page.get_by_text(says["because"])).to_be_visible()
    page.locator("#skip_reason").fill("DXA volgt vrijdag")
    page.get_by_role("button", name=says["pass"]).click()
    expect(page.get_by_text(says["passed"])).to_be_visible()
    expect(page.locator(".idband")).to_contain_text("Bos")

    for box in page.get_by_label(says["suffices"]).all():
        box.check()
    page.wait_for_load_state("load")
    page.keyboard.press("1")
    page.locator("#until").fill("1-12-2031")
    page.locator("#reason").fill("Verdraagt de tabletten goed.")
    page.locator("#next_control").fill("22-11-2027")
    page.locator("#next_dxa").fill("1-10-2029")
    page.locator("#prescriber").fill("huisarts")
    with page.expect_navigation():  # a draft that is on its way arrives first
        page.get_by_role("button", name=says["next"]).click()
    assert barriers(page) == []
    page.locator("#password").fill(PASSWORD)
    page.locator("button[name=onward]").click()
    expect(page.locator(".idband")).to_contain_text("Aker")
    page.get_by_role("link", name=says["menu"], exact=True).click()
    expect(page.get_by_text(says["last"])).to_be_visible()
    expect(page.get_by_text("Bos")).to_have_count(0)
