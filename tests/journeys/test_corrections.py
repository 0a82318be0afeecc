"""A control is corrected after its letter left, then voided; the privacy officer answers; in both languages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from clinic.security.permissions import Role
from clinic.services import controls
from clinic.services.work import Work
from clinic.store.letters import Letter
from tests.browser.test_sign_in import barriers
from tests.letter_makers import sent, sign, with_gp
from tests.services.test_corrections import ANSWERED, DAY, SaveControl

SAYS = {
    "nl": {"save": "Verbetering opslaan", "choose": "kies hoe de huisarts", "next": "vermelden in de volgende brief",
           "saved": "De controle is opgeslagen", "after": "na de brief van", "void": "Ongeldig maken",
           "out": "Uitloggen", "breaches": "Mogelijke datalekken", "reported": "gemeld",
           "keep": "Besluit vastleggen",
           "must": "Schrijf op wat er is gedaan", "kept": "Het besluit is vastgelegd", "reason": "Reden"},
    "en": {"save": "Save the correction", "choose": "choose how the GP", "next": "mention in the next letter",
           "saved": "The control is saved", "after": "after the letter of", "void": "Void", "out": "Sign out",
           "breaches": "Possible data breaches", "reported": "reported", "keep": "Keep the decision",
           "must": "Say what was done", "kept": "The decision is kept", "reason": "Reason"},
}  # fmt: skip


@pytest.mark.parametrize("language", SAYS)
def test_a_correction_reaches_the_gp_and_a_void_the_privacy_officer(
    enter: Callable[..., Page], work: Callable[..., Work], tmp_path: Path, language: str
) -> None:
    nurse = work(Role.NURSE)
    patient = with_gp(nurse)
    command = SaveControl(patient.id, DAY, "clinic", "first", heights_mm=(1587,), weight_g=58300, symptoms=ANSWERED)
    control_id = controls.save(nurse, command)
    letter = nurse.session.scalars(select(Letter)).one()
    sent(work(Role.SECRETARY), sign(work(Role.DOCTOR), letter), tmp_path)
    says = SAYS[language]

    page = enter("nurse", language)
    page.set_viewport_size({"width": 1280, "height": 2600})  # no bar over a field
    page.goto(f"/patients/{patient.id}/controls/{control_id}/edit")
    page.locator("#weight").fill("59,1")
    page.locator("#reason").fill("Typefout.")
    page.get_by_role("button", name=says["save"]).click()
    expect(page.get_by_text(says["choose"]).first).to_be_visible()
    expect(page.locator("#weight")).to_have_value("59,1")
    assert barriers(page) == []
    page.get_by_text(says["next"]).click()
    page.get_by_role("button", name=says["save"]).dblclick()
    expect(page.get_by_text(says["saved"])).to_be_visible()
    page.goto(f"/patients/{patient.id}/controls/{control_id + 1}")
    expect(page.get_by_text(says["after"])).to_be_visible()
    page.locator("#reason").fill("Verkeerde patiënt.")
    page.get_by_role("button", name=says["void"], exact=True).click()
    page.get_by_role("button", name=says["out"]).click()

    page = enter("privacy_officer", language)
    expect(page.get_by_role("heading", name=says["breaches"])).to_be_visible()
    assert barriers(page) == []
    page.goto("/breaches")
    assert barriers(page) == []
    page.get_by_text(says["reported"], exact=True).click()
    page.get_by_role("button", name=says["keep"]).click()
    expect(page.get_by_text(says["must"]).first).to_be_visible()
    page.locator("[name=remark]").fill("Gemeld bij de AP.")
    page.get_by_role("button", name=says["keep"]).dblclick()
    expect(page.get_by_text(says["kept"])).to_be_visible()
