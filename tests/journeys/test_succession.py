"""A GP stops and her patients move to the successor, but for one; channels come from a file; in both languages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from clinic.security.permissions import Role
from clinic.services.work import Work
from clinic.store.practices import Gp
from tests.browser.test_sign_in import barriers
from tests.factories import make_patient
from tests.letter_makers import with_gp

SAYS = {
    "nl": {"to move": "2 patiënten over te zetten", "all but": "Overzetten, behalve wie is aangevinkt",
           "moved": "1 patiënt heeft nu de opvolger", "left": "1 patiënt over te zetten",
           "save": "Opslaan", "show": "Tonen wat er verandert", "bring": "Invoeren", "mail": "500000777"},
    "en": {"to move": "2 patients to move", "all but": "Move all but those ticked",
           "moved": "1 patient has the successor now", "left": "1 patient to move",
           "save": "Save", "show": "Show what would change", "bring": "Bring it in", "mail": "500000777"},
}  # fmt: skip


@pytest.mark.parametrize("language", SAYS)
def test_a_secretary_moves_the_patients_of_a_gp_who_stopped(
    enter: Callable[..., Page], work: Callable[..., Work], language: str
) -> None:
    secretary = work(Role.SECRETARY)
    gp = secretary.session.get_one(Gp, with_gp(secretary).gp_id)
    successor = Gp(practice_id=gp.practice_id, family_name="Dijkstra", kind="gp")
    secretary.session.add(successor)
    secretary.session.flush()
    make_patient(secretary, gp_id=gp.id, own_name="Belstra")
    secretary.session.commit()
    says = SAYS[language]

    page = enter("secretary", language)
    page.goto(f"/practices/{gp.practice_id}/gps/{gp.id}")
    page.locator("#stopped_on").fill("1-11-2026")
    page.get_by_label("Dijkstra").check()
    assert barriers(page) == []
    with page.expect_navigation():  # to go elsewhere at once would call the saving off
        page.get_by_role("button", name=says["save"]).click()
    page.goto(f"/practices/{gp.practice_id}")
    page.get_by_role("link", name=says["to move"]).click()
    assert barriers(page) == []
    page.locator("tr", has_text="Belstra").get_by_role("checkbox").check()
    page.get_by_role("button", name=says["all but"]).dblclick()
    expect(page.get_by_text(says["moved"])).to_be_visible()
    expect(page.get_by_role("link", name=says["left"])).to_be_visible()


@pytest.mark.parametrize("language", SAYS)
def test_a_manager_fills_in_channel_and_mailbox_from_a_file(
    enter: Callable[..., Page], work: Callable[..., Work], tmp_path: Path, language: str
) -> None:
    secretary = work(Role.SECRETARY)
    patient = with_gp(secretary)
    secretary.session.commit()
    channels = tmp_path / "channels.csv"
    channels.write_text("AGB_PRAKTIJK;VERZENDWIJZE;POSTBUS\n01951000;edifact;500000777\n", encoding="utf-8")
    says = SAYS[language]

    page = enter(Role.MANAGER, language)
    page.goto("/imports/")
    page.locator("#file").set_input_files(channels)
    page.locator("#mapping").set_input_files(Path("docs/mappings/channels.toml"))
    page.get_by_role("button", name=says["show"]).click()
    expect(page.get_by_text(says["mail"])).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("button", name=says["bring"], exact=True).dblclick()
    page.wait_for_url("**/imports/1")
    secretary.session.refresh(patient.gp.practice)
    assert patient.gp.practice.mailbox == says["mail"]
