"""An infusion in a browser: what it still needs, that it was given, and back on the list; in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from clinic.services import doses, items
from clinic.services.doses import GiveDose
from clinic.services.facts import stamp
from clinic.services.work import Work
from clinic.store.scans import Lab
from tests.browser.test_sign_in import barriers
from tests.factories import make_course, make_patient

SAYS = {
    "nl": {"list": "Infusen", "old": "te oud, telt vanaf 04-10-2026", "given": "Gegeven",
           "save": "Toediening opslaan", "both": "Vul beide in", "nobody": "In deze dagen is geen toediening nodig."},
    "en": {"list": "Infusions", "old": "too old, counts from 04-10-2026", "given": "Given", "save": "Save the dose",
           "both": "Fill in both", "nobody": "No dose is due in these days."},
}  # fmt: skip


@pytest.mark.parametrize("language", SAYS)
def test_an_infusion_is_seen_to_and_recorded(
    enter: Callable[..., Page], work: Callable[..., Work], language: str
) -> None:
    nurse = work("nurse")
    patient = make_patient(nurse, own_name="Hoekstra", registered_on=date(2025, 11, 1))
    course = make_course(nurse, patient, drug="zoledronic_acid", started_on=date(2025, 12, 3), planned_years=3)
    nurse.session.flush()
    doses.give(nurse, GiveDose(patient.id, course.id, date(2025, 12, 3), "Dagbehandeling", "J. Postma"))
    stamp(nurse, Lab(on_date=date(2026, 8, 1), creatinine_umol_l=82, form_token="lab"), patient.id)
    items.refresh(nurse, patient)
    nurse.session.commit()
    says = SAYS[language]

    page = enter("nurse", language)
    page.get_by_role("link", name=says["list"], exact=True).click()
    expect(page.get_by_text(says["old"])).to_be_visible()
    expect(page.get_by_text("Dagbehandeling, J. Postma")).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("link", name=re.compile(f"{says['given']} ?: .*Hoekstra")).click()
    page.locator("#on").fill("23-11-2026")
    page.locator("#given_where").fill("Huisartsenpraktijk")
    page.locator("#confirmed_by").fill("T. Aukema")
    page.get_by_role("button", name=says["save"]).click()
    expect(page.get_by_text(says["both"]).first).to_be_visible()
    expect(page.locator("#given_where")).to_have_value("Huisartsenpraktijk")
    assert barriers(page) == []
    page.locator("#confirmed_on").fill("23-11-2026")
    page.get_by_role("button", name=says["save"]).dblclick()
    expect(page.get_by_text(says["nobody"])).to_be_visible()
