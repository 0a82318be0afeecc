"""A GP stops and her patients move to the successor, but for one; in both languages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from clinic.security.permissions import Role
from clinic.services.work import Work
from clinic.store.practices import Gp
from tests.browser.test_sign_in import barriers
from tests.factories import make_patient
from tests.letter_makers import with_gp

SAYS = {
    "nl": {"to move": "2 patiënten over te zetten", "all but": "Zet over, behalve wie is aangevinkt",
           "moved": "1 patiënt heeft nu de opvolger", "left": "1 patiënt over te zetten"},
    "en": {"to move": "2 patients to move", "all but": "Move all but those ticked",
           "moved": "1 patient has the successor now", "left": "1 patient to move"},
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
    gp.stopped_on, gp.successor_id = date(2026, 11, 1), successor.id
    secretary.session.commit()
    says = SAYS[language]

    page = enter("secretary", language)
    page.goto(f"/practices/{gp.practice_id}")
    page.get_by_role("link", name=says["to move"]).click()
    assert barriers(page) == []
    page.locator("tr", has_text="Belstra").get_by_role("checkbox").check()
    page.get_by_role("button", name=says["all but"]).dblclick()
    expect(page.get_by_text(says["moved"])).to_be_visible()
    expect(page.get_by_role("link", name=says["left"])).to_be_visible()
