"""A nurse starts a treatment in a doctor's name; it is sent back, corrected and confirmed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from clinic.services.work import Work
from tests.browser.test_sign_in import barriers
from tests.factories import make_patient

SAYS = {
    "nl": {"save": "Behandeling opslaan", "wait": "voorgesteld door", "confirm": "Bevestigen", "back": "Terugsturen",
           "list": "Te bevestigen", "correct": "Start verbeteren", "keep": "Verbetering opslaan"},
    "en": {"save": "Save the treatment", "wait": "proposed by", "confirm": "Confirm", "back": "Send back",
           "list": "To confirm", "correct": "Correct the start", "keep": "Save the correction"},
}  # fmt: skip


@pytest.mark.parametrize("language", SAYS)
def test_a_proposal_goes_to_and_fro_until_it_is_right(
    enter: Callable[..., Page], work: Callable[..., Work], language: str
) -> None:
    work("doctor")
    patient = make_patient(work("nurse"), own_name="Terpstra")
    patient_id = patient.id
    work("nurse").session.commit()
    says = SAYS[language]

    nurse = enter("nurse", language)
    nurse.goto(f"/patients/{patient_id}/courses/new?drug=alendronic_acid")
    nurse.locator("#started_on").fill("23-11-2026")
    nurse.locator("[name=regimen]").first.check(force=True)
    nurse.locator("[name=years][value='5']").check(force=True)
    nurse.locator("[name=controls_by][value=clinic]").check(force=True)
    nurse.locator("#doctor_id").select_option(index=1)
    nurse.get_by_role("button", name=says["save"]).click()
    expect(nurse.get_by_text(says["wait"])).to_be_visible()
    assert barriers(nurse) == []

    nurse.context.clear_cookies()
    doctor = enter("doctor", language)
    mine = doctor.get_by_role("region", name=says["list"])
    expect(mine.get_by_text("Terpstra").first).to_be_visible()
    assert barriers(doctor) == []
    mine.get_by_role("link", name=says["back"]).click()
    doctor.locator("#remark").fill("tien jaar, na heupfractuur")
    assert barriers(doctor) == []
    doctor.get_by_role("button", name=says["back"]).click()
    expect(mine).to_have_count(0)

    doctor.context.clear_cookies()
    nurse = enter("nurse", language)
    expect(nurse.get_by_text("tien jaar, na heupfractuur")).to_be_visible()
    nurse.get_by_role("link", name=says["correct"]).click()
    nurse.locator("[name=years][value='10']").check(force=True)
    nurse.locator("#doctor_id").select_option(index=1)
    nurse.locator("#reason").fill("tien jaar afgesproken")
    nurse.get_by_role("button", name=says["keep"]).click()

    nurse.context.clear_cookies()
    doctor = enter("doctor", language)
    mine.get_by_role("button", name=says["confirm"]).dblclick()
    expect(mine).to_have_count(0)
