"""A doctor goes away and a colleague finds her work; a nurse authorises by mandate; a patient stopped herself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from clinic.security.permissions import Role
from clinic.services import items
from clinic.services.work import Work
from clinic.store.users import User
from tests.browser.test_sign_in import barriers
from tests.browser_fixtures import PASSWORD
from tests.factories import make_course, make_patient

SAYS = {
    "nl": {"enter": "Afwezigheid invullen", "save": "Opslaan", "kept": "De afwezigheid is opgeslagen.",
           "stands_in": "U neemt waar voor dr. M. Mulder", "mine": "Mijn beoordelingen", "list": "Te bevestigen",
           "confirm": "Bevestigen", "given": "Het mandaat is opgeslagen."},
    "en": {"enter": "Enter an absence", "save": "Save", "kept": "The absence is saved.",
           "stands_in": "You stand in for dr. M. Mulder", "mine": "My reviews", "list": "To confirm",
           "confirm": "Confirm", "given": "The mandate is saved."},
}  # fmt: skip


@pytest.fixture
def her_patient(work: Callable[..., Work]) -> int:
    """A patient of a colleague, with a review that is due and a treatment that runs."""
    begun = work("doctor")
    user = User(
        username="mulder", name="dr. M. Mulder", function="internist", role=Role.DOCTOR.value, may_authorise=True,
        created_at=begun.now, density="comfortable", single_keys=True, active=True,
    )  # fmt: skip
    begun.session.add(user)
    begun.session.flush()
    patient = make_patient(begun, own_name="Terpstra", regular_doctor_id=user.id)
    make_course(begun, patient, started_on=begun.today.replace(year=begun.today.year - 5))
    items.refresh(begun, patient)
    begun.session.commit()
    return patient.id


@pytest.mark.parametrize("language", SAYS)
def test_a_deputy_finds_the_work_of_who_is_away(enter: Callable[..., Page], her_patient: int, language: str) -> None:
    says = SAYS[language]
    doctor = enter("doctor", language)
    doctor.goto("/worklist?list=my-reviews")
    expect(doctor.get_by_text("Terpstra")).to_have_count(0)
    doctor.context.clear_cookies()

    secretary = enter("secretary", language)
    secretary.goto("/account")
    secretary.get_by_role("link", name=says["enter"]).click()
    secretary.locator("#user_id").select_option(label="dr. M. Mulder")
    secretary.locator("#deputy_id").select_option(label="Test doctor")
    secretary.locator("#from_on").fill("23-11-2026")
    secretary.locator("#until_on").fill("29-11-2026")
    assert barriers(secretary) == []
    secretary.get_by_role("button", name=says["save"]).click()
    expect(secretary.get_by_text(says["kept"])).to_be_visible()
    assert barriers(secretary) == []
    secretary.context.clear_cookies()

    doctor = enter("doctor", language)
    expect(doctor.get_by_text(says["stands_in"])).to_be_visible()
    doctor.get_by_role("link", name=says["mine"]).first.click()
    expect(doctor.get_by_text("Terpstra").first).to_be_visible()
    assert barriers(doctor) == []


@pytest.mark.parametrize("language", SAYS)
def test_the_manager_gives_a_mandate(enter: Callable[..., Page], work: Callable[..., Work], language: str) -> None:
    work("doctor")
    says = SAYS[language]
    manager = enter("manager", language)
    manager.goto("/settings/mandates")
    fits = "all => all.every(one => one.scrollWidth <= one.clientWidth)"
    assert manager.locator(".seg label").evaluate_all(fits), "one choice runs into the next"
    manager.locator("[name=about][value=control]").check(force=True)
    manager.locator("#doctor_id").select_option(label="Test doctor")
    manager.locator("#from_on").fill("23-11-2026")
    assert barriers(manager) == []
    mandate = manager.locator("form", has=manager.locator("#doctor_id"))
    mandate.get_by_role("button", name=says["save"]).click()
    assert barriers(manager) == []
    manager.locator("#once-password").fill(PASSWORD)  # who may authorise is no act for a screen left open
    manager.locator("#once-password").press("Enter")
    expect(manager.get_by_text(says["given"])).to_be_visible()
    assert barriers(manager) == []


@pytest.mark.parametrize("language", SAYS)
def test_a_nurse_hears_that_she_stopped_herself_and_a_doctor_settles_it(
    enter: Callable[..., Page], work: Callable[..., Work], her_patient: int, language: str
) -> None:
    says = SAYS[language]
    nurse = enter("nurse", language)
    nurse.goto(f"/patients/{her_patient}/courses/1/stop")
    nurse.locator("#stopped_on").fill("09-2026")
    nurse.locator("[name=stop_reason][value=patient_wish]").check(force=True)
    nurse.locator("#explanation").fill("bang voor de kaak")
    nurse.locator("#doctor_id").select_option(label="Test doctor, doctor")
    assert barriers(nurse) == []
    nurse.locator("main form button.btn-primary").click()
    nurse.locator("main form button.btn-primary").click()
    expect(nurse.get_by_text("09-2026").first).to_be_visible()
    nurse.context.clear_cookies()

    doctor = enter("doctor", language)
    waits = doctor.get_by_role("region", name=says["list"])
    expect(waits.get_by_text("bang voor de kaak").first).to_be_visible()
    waits.get_by_role("button", name=says["confirm"]).click()
    expect(doctor.get_by_role("region", name=says["list"])).to_have_count(0)
