"""A daughter phones that her mother died: the right patient, what hangs, and back again; in both languages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time

import pytest
from playwright.sync_api import Page, expect

from clinic.services import appointments, items
from clinic.services.appointment_checks import Slot
from clinic.services.appointments import Book
from clinic.services.work import Work
from tests.browser.test_sign_in import barriers
from tests.factories import make_course, make_patient

SAYS = {
    "nl": {"save": "Opslaan", "wrong": "Is het de juiste patiënt?", "choose": "Kies bij alles wat nog openstaat",
           "saved": "De status is opgeslagen", "why": "Schrijf op waarom de poli", "gone": "Afgezegd toen",
           "cancelled": "zeg af"},
    "en": {"save": "Save", "wrong": "Is it the right patient?", "choose": "Choose for everything that still hangs",
           "saved": "The status is saved", "why": "Say why the clinic follows", "gone": "Cancelled when",
           "cancelled": "cancel it"},
}  # fmt: skip


@pytest.mark.parametrize("language", SAYS)
def test_a_death_is_recorded_for_the_right_patient_and_undone(
    enter: Callable[..., Page], work: Callable[..., Work], language: str
) -> None:
    secretary = work("secretary")
    patient = make_patient(secretary, own_name="Belstra")
    make_course(secretary, patient)
    items.refresh(secretary, patient)
    slot = Slot("dxa", date(2026, 12, 8), time(9, 20), "Radiologie")
    appointments.book(secretary, Book(patient.id, slot, "dxa"))
    says = SAYS[language]

    page = enter("secretary", language)
    page.goto(f"/patients/{patient.id}")
    page.get_by_role("link", name="Status", exact=True).click()
    assert barriers(page) == []
    page.locator("[name=status][value=deceased]").check()
    page.locator("[name=on]").fill("20-11-2026")
    page.locator("[name=source]").fill("dochter, telefonisch")
    page.locator("[name=birth_date]").fill("14-3-1935")
    page.get_by_role("button", name=says["save"]).click()
    expect(page.get_by_text(says["wrong"]).first).to_be_visible()
    expect(page.locator("[name=source]")).to_have_value("dochter, telefonisch")
    assert barriers(page) == []
    page.locator("[name=birth_date]").fill("14-3-1953")
    page.get_by_role("button", name=says["save"]).click()
    expect(page.get_by_text(says["choose"]).first).to_be_visible()
    for choice in ("cancel", "ends"):
        for option in page.locator(f"input[type=radio][value={choice}]").all():
            option.check()
    page.get_by_role("button", name=says["save"]).dblclick()
    expect(page.get_by_text(says["saved"])).to_be_visible()

    page.goto(f"/patients/{patient.id}/changes")
    expect(page.get_by_text(says["cancelled"]).first).to_be_visible()
    assert barriers(page) == []
    page.goto(f"/patients/{patient.id}")
    page.get_by_role("link", name="Status", exact=True).click()
    expect(page.get_by_text(says["gone"])).to_contain_text("08-12-2026")
    assert barriers(page) == []
    page.locator("[name=status][value=active]").check()
    page.locator("[name=on]").fill("")
    page.locator("[name=source]").fill("")
    page.locator("[name=birth_date]").fill("14-3-1953")
    page.get_by_role("button", name=says["save"]).click()
    expect(page.get_by_text(says["why"]).first).to_be_visible()
    page.locator("[name=reason]").fill("Verkeerde patiënt.")
    page.get_by_role("button", name=says["save"]).click()
    expect(page.get_by_text(says["saved"])).to_be_visible()
