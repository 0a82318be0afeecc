"""A call with an alarm symptom in a browser: from the phone to the doctor on duty and his note; in both languages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from clinic.domain.vocabulary import Symptom
from clinic.services import contacts, duties, items
from clinic.services.contacts import SaveContact
from clinic.services.duties import PutOnDuty
from clinic.services.work import Work
from tests.browser.test_sign_in import barriers
from tests.factories import make_course, make_patient

A_MINUTE = 60_000
SAYS = {
    "nl": {"contact": "Tussentijds contact", "save": "Contact opslaan", "about": "Waar het over gaat",
           "empty": "Vul in een paar woorden in", "jaw": "Klachten van kaak of mond", "reached": "dienstdoende arts",
           "waits": "Alarmsymptomen die op een arts wachten", "mine": "u hebt dienst", "sign": "Notitie ondertekenen",
           "referred": "naar tandarts of chirurg", "as": "Ondertekenen als", "noted": "De notitie is ondertekend",
           "call": "telefonisch contact", "out": "Uitloggen",
           "kept": "Het contact is opgeslagen"},
    "en": {"contact": "Interim contact", "save": "Save the contact", "about": "What it is about",
           "empty": "Say in a few words", "jaw": "Jaw or mouth complaints", "reached": "doctor on duty",
           "waits": "Alarm symptoms that wait for a doctor", "mine": "you are on duty", "sign": "Sign a note",
           "referred": "to dentist or surgeon", "as": "Sign as", "noted": "The note is signed", "call": "call",
           "out": "Sign out", "kept": "The contact is saved"},
}  # fmt: skip


@pytest.mark.parametrize("language", SAYS)
def test_a_call_reaches_the_doctor_on_duty_and_ends_with_his_note(
    enter: Callable[..., Page], work: Callable[..., Work], language: str
) -> None:
    nurse, doctor = work("nurse"), work("doctor")
    patient = make_patient(nurse, own_name="Belstra")
    make_course(nurse, patient)
    items.refresh(nurse, patient)
    nurse.session.commit()
    on_duty = PutOnDuty(doctor.actor.id, "+31612345678", date(2026, 11, 23), date(2026, 11, 29))
    duties.put(work("manager"), on_duty)
    says = SAYS[language]

    page = enter("secretary", language)
    page.goto(page.url.rstrip("/") + f"/patients/{patient.id}")
    page.get_by_role("link", name=says["contact"]).click()
    assert barriers(page) == []
    page.get_by_role("button", name=says["save"]).click()
    expect(page.get_by_text(says["empty"]).first).to_be_visible()
    assert barriers(page) == []
    page.get_by_label(says["about"], exact=True).fill("Wondje in de mond na trekken van een kies")
    page.get_by_label(says["jaw"]).check()
    page.get_by_role("button", name=says["save"]).dblclick()
    expect(page.get_by_text(says["reached"]).first).to_be_visible()

    page.get_by_role("button", name=says["out"]).click()
    page = enter("doctor", language)
    expect(page.get_by_role("heading", name=says["waits"])).to_be_visible()
    expect(page.get_by_text(says["mine"])).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("link", name=says["sign"]).click()
    page.get_by_text(says["referred"]).click()
    page.locator("#back_on").fill("7-12-2026")
    page.locator("#text").fill("Verwezen naar de kaakchirurg.")
    assert barriers(page) == []
    page.get_by_role("button", name=says["as"]).click()
    expect(page.get_by_text(says["noted"]).first).to_be_visible()
    expect(page.locator(".due", has_text=says["call"])).to_contain_text("07-12-2026")


@pytest.mark.parametrize("language", SAYS)
def test_a_call_is_recorded_in_a_few_keys(enter: Callable[..., Page], work: Callable[..., Work], language: str) -> None:
    nurse = work("nurse")
    patient = make_patient(nurse, own_name="Belstra")
    make_course(nurse, patient)
    items.refresh(nurse, patient)
    nurse.session.commit()
    page = enter("secretary", language)
    page.wait_for_load_state()
    keys = page.keyboard
    keys.press("/")
    keys.type("bels")
    expect(page.get_by_role("option").first).to_be_visible()
    keys.press("ArrowDown")
    keys.press("Enter")
    page.wait_for_url(f"**/patients/{patient.id}")
    page.wait_for_load_state()
    keys.press("c")
    page.wait_for_url("**/contacts/new")
    page.wait_for_load_state()
    keys.type("Vraagt of zij de tabletten mag stoppen.")
    keys.press("Control+Enter")
    page.wait_for_url(f"**/patients/{patient.id}")
    expect(page.get_by_text(SAYS[language]["kept"])).to_be_visible()


@pytest.mark.parametrize("language", SAYS)
def test_an_alarm_comes_up_on_a_first_page_that_stands_open(
    enter: Callable[..., Page], work: Callable[..., Work], language: str
) -> None:
    patient = make_patient(work("nurse"), own_name="Belstra")
    work("nurse").session.commit()
    page = enter("doctor", language)
    page.clock.install()  # the browser's own clock: nobody waits a minute
    page.goto("/")
    page.wait_for_load_state()
    contacts.save(work("nurse"), SaveContact(patient.id, "call", symptoms=(Symptom.JAW_OR_MOUTH,)))
    page.clock.run_for(A_MINUTE)
    expect(page.get_by_role("heading", name=SAYS[language]["waits"])).to_be_visible()
    assert barriers(page) == []
