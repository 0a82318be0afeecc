"""A control with the hands on the keyboard: few keys, the draft in time, the network gone and back; the keys shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from clinic.services import items
from clinic.services.work import Work
from clinic.store.controls import Control, ControlDraft
from clinic.store.patients import Patient
from clinic.store.reviews import AlertNote
from tests.browser.test_sign_in import barriers
from tests.factories import make_control, make_course, make_patient

MOST_KEYS = 45  # beyond numbers, for an ordinary control
DRAFT_LEAVES_AFTER = 1000  # ms after the last key; on the server within two seconds
SAYS = {
    "nl": {"kept": "concept bewaard", "failed": "nog niet bewaard", "saved": "De controle is opgeslagen",
           "away": "het netwerk is weg", "keys": "Toetsen", "recent": "Patiënten die u het laatst opende"},
    "en": {"kept": "draft kept", "failed": "not kept yet", "saved": "The control is saved",
           "away": "the network is gone", "keys": "Keys", "recent": "Patients you opened last"},
}  # fmt: skip


class Hands:
    """Hands on a keyboard that count their presses, numbers apart."""

    def __init__(self, page: Page) -> None:
        self.page, self.pressed = page, 0

    def press(self, *keys: str) -> None:
        """Press keys one after another."""
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed += 1

    def type(self, number: str) -> None:
        """A measured number; not counted."""
        self.page.keyboard.type(number)

    def to(self, name: str) -> None:
        """Tab until the field of this name has the focus."""
        for _step in range(3 * MOST_KEYS):
            if self.page.evaluate("document.activeElement.name") == name:
                return
            self.press("Tab")
        raise AssertionError(f"{name} is not reached by Tab")


@pytest.fixture
def patient_id(work: Callable[..., Work]) -> int:
    nurse = work("nurse")
    patient = make_patient(nurse, own_name="Belstra")
    make_course(nurse, patient)
    make_control(nurse, patient, date(2025, 11, 24), height_mm=1594, weight_g=59000)
    items.refresh(nurse, patient)
    nurse.session.commit()
    return patient.id


@pytest.mark.parametrize("language", SAYS)
def test_an_ordinary_control_takes_few_keys(
    enter: Callable[..., Page], work: Callable[..., Work], patient_id: int, language: str
) -> None:
    page = enter("nurse", language)
    page.goto(f"/patients/{patient_id}")
    hands = Hands(page)
    hands.press("n")
    page.wait_for_url("**/controls/new")
    page.wait_for_load_state()
    hands.to("kind")
    hands.press("Space")
    for name, number in (("height_1", "158,6"), ("height_2", "158,8"), ("weight", "58,9")):
        hands.to(name)
        hands.type(number)
    for symptom in ("swallowing_or_retrosternal", "thigh_or_groin_pain", "jaw_or_mouth"):
        hands.to(f"symptom_{symptom}")
        hands.press("ArrowRight")  # from yes to no, which chooses it
    hands.press("Control+Enter")
    expect(page.get_by_text(SAYS[language]["saved"])).to_be_visible()
    assert page.locator("[name=symptom_jaw_or_mouth]").count() == 0, "the record is shown"
    assert hands.pressed <= MOST_KEYS


def test_the_draft_leaves_for_the_server_a_second_after_the_last_key(
    enter: Callable[..., Page], patient_id: int
) -> None:
    page = enter("nurse")
    page.clock.install()  # the browser's own clock, so that a busy machine is no fault
    page.goto(f"/patients/{patient_id}/controls/new")
    page.locator("#note").press_sequentially("Loopt")
    with page.expect_response("**/controls/draft") as kept:
        page.clock.run_for(DRAFT_LEAVES_AFTER)
    assert kept.value.ok


@pytest.mark.parametrize("language", SAYS)
def test_a_network_that_goes_and_comes_back_loses_and_doubles_nothing(
    enter: Callable[..., Page], work: Callable[..., Work], patient_id: int, language: str
) -> None:
    says = SAYS[language]
    page = enter("nurse", language)
    page.goto(f"/patients/{patient_id}/controls/new")
    page.locator("#note").fill("Loopt met de hond.")
    expect(page.get_by_text(says["kept"])).to_be_visible()
    page.context.set_offline(True)
    page.locator("#note").fill("Loopt elke dag met de hond.")
    expect(page.get_by_text(says["failed"])).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text(says["away"])).to_be_visible()
    expect(page.locator("#note")).to_have_value("Loopt elke dag met de hond.")
    page.context.set_offline(False)
    expect(page.get_by_text(says["kept"])).to_be_visible()
    session = work("nurse").session
    assert session.scalars(select(ControlDraft.typed)).one()["note"] == ["Loopt elke dag met de hond."]
    session.rollback()  # it would keep the page from writing
    for symptom in ("swallowing_or_retrosternal", "thigh_or_groin_pain", "jaw_or_mouth"):
        page.locator(f"label[for=symptom_{symptom}-1]").click()
    page.locator("label[for=kind-0]").click()
    page.locator("#height_1").fill("158,6")
    page.locator("#weight").fill("58,9")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text(says["saved"])).to_be_visible()
    assert session.scalar(select(func.count()).select_from(Control)) == 2  # last year's and this one, not doubled
    assert session.scalar(select(func.count()).select_from(ControlDraft)) == 0


@pytest.mark.parametrize("language", SAYS)
def test_a_row_of_the_worklist_leads_to_a_control_by_keys_alone(
    enter: Callable[..., Page], patient_id: int, language: str
) -> None:
    page = enter("nurse", language)
    page.goto("/worklist?list=to-plan")
    page.wait_for_load_state()
    page.keyboard.press("j")
    page.keyboard.press("n")
    page.wait_for_url(f"**/patients/{patient_id}/controls/new")


@pytest.mark.parametrize("language", SAYS)
def test_a_doctors_note_is_signed_with_ctrl_enter_from_where_it_is_written(
    enter: Callable[..., Page], work: Callable[..., Work], patient_id: int, language: str
) -> None:
    nurse = work("nurse")
    symptoms = {"jaw_or_mouth": {"present": True}}
    make_control(nurse, nurse.session.get_one(Patient, patient_id), date(2026, 11, 20), symptoms=symptoms)
    items.refresh(nurse, nurse.session.get_one(Patient, patient_id))
    nurse.session.commit()
    page = enter("doctor", language)
    page.goto(f"/patients/{patient_id}/alerts/jaw_or_mouth/note")
    page.locator("#text").fill("Geen wondje; tandarts belt maandag.")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")  # the outcome is asked for, and what was typed stays
    expect(page.locator("#text")).to_have_value("Geen wondje; tandarts belt maandag.")
    page.locator("[name=outcome][value=seen_no_action]").check(force=True)
    page.locator("#text").press("Control+Enter")
    page.wait_for_url(lambda url: "/note" not in url)
    assert nurse.session.scalars(select(AlertNote.text)).all() == ["Geen wondje; tandarts belt maandag."]
    nurse.session.rollback()


@pytest.mark.parametrize("language", SAYS)
def test_single_keys_can_be_switched_off(enter: Callable[..., Page], patient_id: int, language: str) -> None:
    says = SAYS[language]
    page = enter("nurse", language)
    page.goto("/account")
    with page.expect_navigation():
        page.locator("[name=single_keys][value='0']").click()
    page.goto(f"/patients/{patient_id}")
    page.wait_for_load_state()
    for key in ("n", "?", "/"):
        page.keyboard.press(key)
    assert page.url.endswith(f"/patients/{patient_id}")
    assert page.get_by_role("dialog").count() == 0
    assert page.evaluate("document.activeElement === document.body"), "the search has no focus"
    page.locator("a[data-keys]").click()
    expect(page.get_by_role("dialog").get_by_role("heading", name=says["keys"])).to_be_visible()


@pytest.mark.parametrize("language", SAYS)
def test_a_question_mark_shows_the_keys_and_an_empty_search_whom_one_opened_last(
    enter: Callable[..., Page], patient_id: int, language: str
) -> None:
    says = SAYS[language]
    page = enter("nurse", language)
    page.goto(f"/patients/{patient_id}")
    page.wait_for_load_state()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog").get_by_role("heading", name=says["keys"])).to_be_visible()
    assert barriers(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.goto("/worklist")
    page.wait_for_load_state()
    page.keyboard.press("/")
    expect(page.get_by_role("listbox", name=says["recent"]).get_by_text("Belstra")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/patients/{patient_id}")
    page.wait_for_load_state()
    page.keyboard.press("/")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**/patients/{patient_id}/controls/new")
    page.goto("/account/keys")
    expect(page.get_by_role("heading", name=says["keys"])).to_be_visible()
    assert barriers(page) == []
