"""A nurse's job in a browser: find the patient, record the control, see when the next one is due; in both languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from clinic.services import items
from clinic.services.work import Work
from tests.browser.test_sign_in import barriers
from tests.factories import make_control, make_course, make_patient

SAYS = {
    "nl": {"new": "Nieuwe controle", "finish": "Afronden en brief klaarzetten",
           "wrong": "Bedoelt u 158,8?", "saved": "opgeslagen",
           "clinic": "Poli", "no": "Nee", "loss": "−0,7", "kept": "concept bewaard", "copy": "Kopiëren voor EPD",
           "letter": "Huisartsbrief", "limit": "Lengteverlies 2,3 cm", "bmi": "23,1"},
    "en": {"new": "New control", "finish": "Finish and prepare the letter",
           "wrong": "Did you mean 158.8?", "saved": "saved",
           "clinic": "Clinic", "no": "No", "loss": "−0.7", "kept": "draft kept", "copy": "Copy for EPD",
           "letter": "GP letter", "limit": "Height loss 2.3 cm", "bmi": "23.1"},
}  # fmt: skip
ASKED = ("swallowing_or_retrosternal", "thigh_or_groin_pain", "jaw_or_mouth")


@pytest.mark.parametrize("language", SAYS)
def test_a_control_from_search_to_the_next_date(
    enter: Callable[..., Page], work: Callable[..., Work], language: str
) -> None:
    nurse = work("nurse")
    patient = make_patient(nurse, partner_prefix="de", partner_name="Vries", name_order="partner_own")
    make_course(nurse, patient)
    make_control(nurse, patient, date(2025, 11, 24), height_mm=1594, weight_g=59000)
    items.refresh(nurse, patient)
    nurse.session.commit()
    says = SAYS[language]
    page = enter("nurse", language)
    page.set_viewport_size({"width": 1280, "height": 2200})  # the whole form in view: nothing lies under the save bar

    page.keyboard.press("/")
    page.keyboard.type("vries")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="de Vries-Jansen").click()
    assert barriers(page) == []
    page.get_by_role("link", name=says["new"]).click()
    assert barriers(page) == []

    page.locator("label", has_text=says["clinic"]).first.click()
    page.locator("#height_1").fill("158,6")
    page.locator("#height_2").fill("185,8")
    page.locator("#weight").fill("58,3")
    page.locator("#note").fill("Loopt dagelijks met de hond.")
    for symptom in ASKED:
        page.locator(f"#symptom_{symptom}").get_by_text(says["no"], exact=True).click()
    page.get_by_role("button", name=says["finish"]).click()
    expect(page.get_by_text(says["wrong"]).first).to_be_visible()
    expect(page.locator("#note")).to_have_value("Loopt dagelijks met de hond.")
    expect(page.locator("#height_2")).to_have_value("185,8")
    assert barriers(page) == []

    page.locator("#height_2").fill("158,8")
    expect(page.locator("[data-out=height-previous]")).to_have_text(says["loss"])
    expect(page.locator("[data-out=spread]")).to_contain_text("2")
    expect(page.locator("[data-out=loss]")).to_have_text("")
    page.locator("#height_1").fill("157,1")
    page.locator("#height_2").fill("157,1")
    expect(page.locator("[data-out=loss]")).to_contain_text(says["limit"])
    page.locator("#height_1").fill("158,6")
    page.locator("#height_2").fill("158,8")
    page.locator("#weight").fill("583")  # no BMI is worked out from what cannot be
    expect(page.locator("[data-out=bmi]")).to_have_text("—")
    page.locator("#weight").fill("58,3")
    expect(page.locator("[data-out=bmi]")).to_have_text(says["bmi"])
    page.keyboard.press("Control+s")
    expect(page.get_by_text(says["kept"])).to_be_visible()
    page.get_by_role("button", name=says["finish"]).dblclick()
    expect(page.get_by_text(says["saved"]).first).to_be_visible()
    expect(page.get_by_text("23-11-2027").first).to_be_visible()
    expect(page.get_by_text(says["letter"]).first).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("link", name="23-11-2026").first.click()
    expect(page.get_by_label(says["copy"])).to_have_value(re.compile("Lengte: 158,7 cm"))
    assert barriers(page) == []
