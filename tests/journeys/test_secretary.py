"""A secretary's job in a browser: from the list to a booking, moved, and missed; in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
import time_machine
from playwright.sync_api import Page, expect

from clinic.services import items
from clinic.services.work import Work
from tests.browser.test_sign_in import barriers
from tests.factories import make_control, make_course, make_patient

SAYS = {
    "nl": {"list": "Werklijst", "to book": "Afspraak te maken", "book": "Inplannen", "save": "Afspraak inplannen",
           "late": "blijft dit te laat", "looked": "Ik heb gekeken", "booked": "afspraak 01-12-2026",
           "move": "Afspraak verzetten", "why": "Reden van verzetten", "moved": "verzet", "attempts": "Pogingen om",
           "missed": "Niet verschenen", "record": "Pogingen vastleggen", "two": "niet verschenen, 2 pogingen",
           "after": "na de uiterste datum"},
    "en": {"list": "Worklist", "to book": "To book", "book": "Book", "save": "Book the appointment",
           "late": "it stays late", "looked": "I have looked", "booked": "booked 01-12-2026",
           "move": "Move the appointment", "why": "Why it moves", "moved": "moved", "attempts": "Attempts to reach",
           "missed": "Did not come", "record": "Record the attempts", "two": "did not come, 2 attempts",
           "after": "after the late date"},
}  # fmt: skip


@pytest.mark.parametrize("language", SAYS)
def test_a_control_booked_from_the_list_moved_and_missed(
    enter: Callable[..., Page], work: Callable[..., Work], clock: time_machine.Traveller, language: str
) -> None:
    nurse = work("nurse")
    patient = make_patient(nurse, own_name="Wiersma")
    make_course(nurse, patient, started_on=date(2024, 1, 8))
    make_control(nurse, patient, date(2025, 3, 10))
    items.refresh(nurse, patient)
    nurse.session.commit()
    says = SAYS[language]
    page = enter("secretary", language)
    page.set_viewport_size({"width": 1280, "height": 1800})

    page.get_by_role("link", name=says["list"], exact=True).click()
    page.get_by_role("link", name=says["to book"]).first.click()
    page.locator("select[name=drug]").select_option("alendronic_acid")
    page.locator(".filters button").click()
    list_address = page.url
    page.get_by_role("link", name=re.compile(f"{says['book']} ?: .*Wiersma")).first.click()
    assert barriers(page) == []
    page.locator("#on").fill("1-12-2026")
    page.locator("#at").fill("9.20")
    page.locator("#place").fill("Route 42")
    page.get_by_role("button", name=says["save"]).click()
    expect(page.get_by_text(says["late"]).first).to_be_visible()
    expect(page.locator("#at")).to_have_value("9.20")
    assert barriers(page) == []
    page.get_by_label(says["looked"]).check()
    page.get_by_role("button", name=says["save"]).dblclick()

    expect(page).to_have_url(list_address)
    expect(page.locator("td").get_by_text("Wiersma")).to_have_count(0)
    page.goto("/worklist?list=late")
    expect(page.get_by_text(says["booked"])).to_be_visible()
    page.get_by_role("link", name="Wiersma").first.click()
    expect(page.locator(".due-cards").get_by_text(says["after"])).to_be_visible()
    assert barriers(page) == []

    page.locator("#appointments").get_by_role("link", name="01-12-2026").click()
    assert barriers(page) == []
    page.get_by_role("link", name=says["move"]).click()
    page.locator("#on").fill("2-12-2026")
    page.get_by_label(says["why"]).fill("Kan dinsdag niet.")
    page.get_by_role("button", name=says["move"]).click()
    page.get_by_label(says["looked"]).check()
    page.get_by_role("button", name=says["move"]).click()
    expect(page.locator("#appointments").get_by_text("Kan dinsdag niet.")).to_be_visible()
    expect(page.locator("#appointments").get_by_text(says["moved"], exact=True)).to_be_visible()

    record = page.url
    clock.move_to("2026-12-02T10:00:00+00:00")
    enter("secretary", language).goto(record)
    for attempts, button in (("1", "missed"), ("2", "record")):
        page.locator("#appointments").get_by_role("link", name="02-12-2026").click()
        page.get_by_label(says["attempts"]).fill(attempts)
        page.get_by_role("button", name=says[button]).click()
    expect(page.locator("#appointments").get_by_text(says["two"])).to_be_visible()
    assert barriers(page) == []
    page.goto(list_address)
    expect(page.get_by_role("link", name="Wiersma").first).to_be_visible()
