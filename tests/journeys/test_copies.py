"""The secretary lets a nursing home's doctor receive copies; the letter names him and both envelopes are shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from clinic.services import copies, copy_failures, letter_sending
from clinic.services.copies import AddCopy
from clinic.services.work import Work
from clinic.store.copies import of_letter
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


def test_a_copy_that_came_back_is_mended_and_sent_again(
    enter: Callable[..., Page], work: Callable[..., Work], tmp_path: Path
) -> None:
    """The home has another mailbox: from the first page to the practice, back, and sent to the new one."""
    begun = work("nurse")
    letter = drafted(begun, channel="secure_mail")
    home = Practice(name="De Linden", town="Hengelo", channel="secure_mail", mailbox="oud@zorg")
    begun.session.add(Gp(practice=home, kind="elderly_care", initials="J.", prefix="de", family_name="Boer"))
    begun.session.flush()
    copies.add(work("secretary"), AddCopy(letter.patient_id, 2, "medebehandelaar"))
    sign(work("doctor"), letter)
    secretary = work("secretary")
    letter_sending.queue(secretary, letter_sending.parcel(secretary, letter))
    letter_sending.deliver(secretary, letter.id, tmp_path / "outbox")
    [copy] = of_letter(secretary.session, letter.id)
    copy_failures.bounce(secretary, copy, "Postbus bestaat niet meer.")
    secretary.commit()

    page = enter("secretary", "nl")
    page.get_by_role("link", name="Afschriften niet afgeleverd").click()
    expect(page.get_by_text("Postbus bestaat niet meer.")).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("link", name="Praktijk aanpassen").click()
    page.locator("#mailbox").fill("nieuw@zorg")
    page.locator("#content").get_by_role("button", name="Opslaan").click()
    page.goto("/letters/copies")
    page.get_by_role("link", name="Opnieuw proberen").click()
    expect(page.get_by_text("Gaat nu naar: De Linden")).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("button", name="Opnieuw verzenden").click()
    expect(page.get_by_text("Het afschrift is verzonden.")).to_be_visible()
    assert barriers(page) == []
    page.goto("/letters/copies")
    expect(page.get_by_text("Voor zover bekend is elk afschrift aangekomen.")).to_be_visible()
