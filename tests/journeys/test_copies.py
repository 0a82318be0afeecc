"""The secretary lets a nursing home's doctor receive copies; the letter names him and both envelopes are shown."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from clinic.services.work import Work
from clinic.store.practices import Gp, Practice
from tests.browser.test_sign_in import barriers
from tests.services.test_letters import drafted, sign

SAYS = {
    "nl": {"copies": "Afschriften van brieven", "find": "Zoeken", "save": "Opslaan", "kept": "Vanaf de volgende brief",
           "for": "Afschrift voor J. de Boer", "send": "Verzenden", "sent": "verzonden"},
    "en": {"copies": "Copies of letters", "find": "Find", "save": "Save", "kept": "From the next letter on",
           "for": "Copy for J. de Boer", "send": "Send", "sent": "sent"},
}  # fmt: skip


@pytest.mark.parametrize("language", SAYS)
def test_a_copy_goes_along(enter: Callable[..., Page], work: Callable[..., Work], language: str) -> None:
    says = SAYS[language]
    begun = work("nurse")
    letter = drafted(begun, channel="secure_mail")
    home = Practice(name="De Linden", street="Laan", house_number="1", postcode="7551 AB", town="Hengelo")
    begun.session.add(Gp(practice=home, kind="elderly_care", initials="J.", prefix="de", family_name="Boer"))
    begun.session.commit()

    page = enter("secretary", language)
    page.goto(f"/patients/{letter.patient_id}/edit")
    page.get_by_role("link", name=says["copies"]).click()
    page.locator("#gp_q").fill("linden")
    page.locator("#content").get_by_role("button", name=says["find"]).click()
    page.get_by_label("Boer, De Linden, Hengelo").check()
    page.locator("#reason").fill("medebehandelaar")
    assert barriers(page) == []
    page.get_by_role("button", name=says["save"]).click()
    expect(page.get_by_text(says["kept"])).to_be_visible()
    assert barriers(page) == []

    sign(work("doctor"), letter)
    work("doctor").session.commit()
    page.goto(f"/letters/check?letter={letter.id}")
    expect(page.get_by_text(says["for"])).to_be_visible()
    assert barriers(page) == []
    with page.expect_navigation():
        page.get_by_role("button", name=says["send"]).click()
    page.goto(f"/letters/{letter.id}")
    expect(page.get_by_text("De Linden").first).to_be_visible()
    assert barriers(page) == []
