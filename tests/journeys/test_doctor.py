"""A doctor's job in a browser: find who waits for a decision, weigh, sign, see what is next; in both languages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from clinic.security.audit import Action
from clinic.services import items
from clinic.services.work import Work
from tests.browser.test_sign_in import barriers
from tests.browser_fixtures import PASSWORD
from tests.factories import make_control, make_course, make_patient

SAYS = {
    "nl": {"lists": "Werklijst", "reviews": "Beoordelingen", "review": "Beoordelen", "criteria": "Criteria van de poli",
           "missing": "Ontbreekt", "spine": "Recente wervelfoto of VFA", "unknown": "onbekend",
           "suffices": "dit volstaat", "next": "Verder: bekijk",
           "go_on": "Doorgaan", "sign": "Ondertekenen als", "until": "Vul in tot wanneer.",
           "signed": "Het besluit is ondertekend", "end": "Besluit einde behandelduur", "note": "Notitie ondertekenen",
           "noted": "De notitie is ondertekend",
           "no_action": "gezien, geen actie nodig"},
    "en": {"lists": "Worklist", "reviews": "Reviews", "review": "Review", "criteria": "The clinic's criteria",
           "missing": "Missing", "spine": "Recent spine image", "unknown": "unknown",
           "suffices": "this suffices", "next": "Next: see what",
           "go_on": "Continue", "sign": "Sign as", "until": "Fill in until when.",
           "signed": "The decision is signed", "end": "Review at the end of the course", "note": "Sign a note",
           "noted": "The note is signed", "no_action": "seen, no action"},
}  # fmt: skip


@pytest.mark.parametrize("language", SAYS)
def test_a_decision_from_the_worklist_to_the_next_review(
    enter: Callable[..., Page], work: Callable[..., Work], language: str
) -> None:
    nurse = work("nurse")
    patient = make_patient(nurse, partner_prefix="de", partner_name="Vries", name_order="partner_own")
    make_course(nurse, patient, started_on=date(2022, 1, 18))
    told = {"thigh_or_groin_pain": {"present": True}}
    make_control(nurse, patient, date(2026, 11, 20), height_mm=1587, weight_g=58300, missed_doses=0, symptoms=told)
    items.refresh(nurse, patient)
    nurse.note(Action.CONTROL_SAVED, patient.id)
    nurse.commit()
    says = SAYS[language]
    page = enter("doctor", language)
    page.set_viewport_size({"width": 1280, "height": 2200})

    page.get_by_role("link", name=says["lists"], exact=True).click()
    page.get_by_role("link", name=says["reviews"]).first.click()
    page.get_by_role("link", name="de Vries-Jansen").first.click()
    page.get_by_role("link", name=says["note"]).click()
    assert barriers(page) == []
    page.locator("#text").fill("X-femur 23-11-2026: geen afwijking.")
    page.get_by_text(says["no_action"]).click()
    page.get_by_role("button", name=says["sign"]).click()
    expect(page.get_by_text(says["noted"]).first).to_be_visible()

    page.locator(".due").get_by_role("link", name=says["review"], exact=True).first.click()
    expect(page.get_by_role("heading", name=says["criteria"])).to_be_visible()
    expect(page.get_by_role("heading", name=says["missing"])).to_be_visible()
    expect(page.get_by_text(says["spine"]).first).to_be_visible()
    expect(page.locator(".weigh .unknown").first).to_contain_text(says["unknown"])
    expect(page.locator(".decision :checked")).to_have_count(0)
    expect(page.locator("#until")).to_be_hidden()
    assert barriers(page) == []

    for box in page.get_by_label(says["suffices"]).all():
        box.check()
    page.locator(".decision").get_by_text(says["go_on"], exact=True).click()
    expect(page.locator("#until")).to_be_visible()
    expect(page.locator("#next_drug")).to_be_hidden()
    page.locator("#reason").fill("T-score heup nog −2,6; verdraagt de tabletten goed.")
    page.locator("#next_control").fill("22-11-2027")
    page.locator("#next_dxa").fill("1-10-2029")
    page.locator("#prescriber").fill("huisarts")
    page.get_by_role("button", name=says["next"]).click()
    expect(page.get_by_text(says["until"]).first).to_be_visible()
    expect(page.locator("#reason")).to_have_value("T-score heup nog −2,6; verdraagt de tabletten goed.")
    assert barriers(page) == []

    page.locator("#until").fill("18-01-2032")
    page.get_by_role("button", name=says["next"]).click()
    expect(page.locator("#follows")).to_contain_text("18-01-2032")
    page.locator("#follows summary").click()
    expect(page.locator("#follows .letter-text")).to_contain_text("verdraagt de tabletten goed")
    assert barriers(page) == []
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name=says["sign"]).dblclick()
    expect(page.get_by_text(says["signed"]).first).to_be_visible()
    card = page.locator(".due", has_text=says["end"])
    expect(card).to_contain_text("18-01-2032")
    expect(page.locator("#history")).to_contain_text("verdraagt de tabletten goed")
    assert barriers(page) == []
