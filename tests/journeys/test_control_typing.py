"""What the form of a control says while it is typed: the same as the server says, and right at the field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from clinic.services import items
from clinic.services.work import Work
from tests.browser.test_sign_in import barriers
from tests.factories import make_control, make_course, make_patient


@pytest.fixture
def form(enter: Callable[..., Page], work: Callable[..., Work]) -> Page:
    """The form of a control of somebody with two earlier ones, in Dutch."""
    nurse = work("nurse")
    patient = make_patient(nurse)
    make_course(nurse, patient, started_on=date(2023, 8, 14))
    make_control(nurse, patient, date(2023, 11, 20), height_mm=1612, weight_g=64_200)
    make_control(nurse, patient, date(2025, 11, 24), height_mm=1594, weight_g=59_000)
    items.refresh(nurse, patient)
    nurse.session.commit()
    page = enter("nurse")
    page.goto(f"/patients/{patient.id}/controls/new")
    return page


def outputs(page: Page) -> dict[str, str]:
    """What stands in the outputs, by name."""
    found: list[list[str]] = page.locator("[data-out]").evaluate_all(
        "all => all.map(one => [one.dataset.out, one.textContent])"
    )
    return {name: text for name, text in found if name != "said"}  # of readings apart the server's error says it


@pytest.mark.parametrize(
    "typed",
    [
        {"height_1": "158,6", "height_2": "158,8", "weight": "58,3"},
        {"height_1": "158,6", "height_2": "185,8", "weight": "58,3"},
        {"height_1": "158.5", "height_2": "158,6", "weight": "64,1"},
        {"height_1": "219", "weight": "30"},
        {"weight": "700", "dairy_portions": "2", "calcium_mg": "500"},
        {"dairy_portions": "3"},
        {"calcium_mg": "500", "dairy_portions": "twee"},
    ],
)
def test_what_is_said_while_typing_is_what_the_server_works_out(form: Page, typed: dict[str, str]) -> None:
    for name, text in typed.items():
        form.locator(f"#{name}").fill(text)
    while_typing = outputs(form)
    assert while_typing["bmi-previous"] != ""
    form.route("**/measure.js*", lambda route: route.fulfill(body="", content_type="text/javascript"))
    with form.expect_navigation():
        form.keyboard.press("Control+Enter")  # the kind is not chosen, so the form comes back
    expect(form.locator("#errors")).to_be_visible()
    assert outputs(form) == while_typing


@pytest.mark.parametrize("width", [1280, 900, 390])
def test_what_is_wrong_with_a_reading_stands_under_it_and_goes_when_it_is_mended(form: Page, width: int) -> None:
    form.set_viewport_size({"width": width, "height": 1600})
    form.locator("#height_1").fill("158,6")
    form.locator("#height_2").fill("185,8")
    form.locator("#weight").fill("700")
    said = form.locator("[data-out=said]")
    expect(said).to_have_text("Meting 2 wijkt 27,2 cm af. Klopt die?")
    assert right_below(form, "#height_2", "[data-out=said]")
    with form.expect_navigation():
        form.keyboard.press("Control+Enter")
    for name in ("height_2", "weight"):
        assert right_below(form, f"#{name}", f"#{name}-error")
    expect(said).to_have_text("")  # once is enough
    assert barriers(form) == []
    form.locator("#height_2").fill("158,8")
    expect(form.locator("#height_2-error")).to_have_count(0)
    expect(form.locator("#height_2")).not_to_have_attribute("aria-invalid", "true")
    expect(form.locator("#weight-error")).to_be_visible()


def right_below(page: Page, field: str, told: str) -> bool:
    """Whether what is told begins at most ten pixels below the field's row, and not right of its fields."""
    box, text = page.locator(field).bounding_box(), page.locator(told).bounding_box()
    assert box is not None
    assert text is not None
    return 0 <= text["y"] - (box["y"] + box["height"]) <= 10 and text["x"] <= box["x"] + 1


def test_a_day_that_cannot_be_or_is_not_the_protocols_is_said_once_it_is_typed(form: Page) -> None:
    said = {name: form.locator(f"#{name}-said") for name in ("on", "next_control", "next_call")}
    form.locator("#on").fill("24-11-2026")
    form.keyboard.press("Tab")
    expect(said["on"]).to_have_text("De datum van een controle kan niet in de toekomst liggen.")
    form.locator("#on").fill("23-11-2026")
    expect(said["on"]).to_have_text("")
    form.locator("#next_control").fill("1-3-2027")
    form.locator("#next_call").fill("23-11-2026")
    form.keyboard.press("Tab")
    expect(said["next_call"]).to_have_text("Een afspraak ligt na de controle.")
    expect(said["next_control"]).to_have_text("")  # its window hangs on the kind of control
    form.locator("label[for=kind-0]").click()
    expect(said["next_control"]).to_contain_text("28-09-2027 tot en met 18-01-2028")
    expect(form.get_by_text("Protocol: 23-11-2027")).to_be_visible()
    form.locator("label[for=kind-2]").click()
    expect(said["next_control"]).to_contain_text("29-09-2026 tot en met 19-01-2027")
    expect(form.get_by_text("Protocol: 24-11-2026")).to_be_visible()
    expect(form.get_by_text("Protocol: 23-11-2027")).to_be_hidden()
    assert barriers(form) == []
    form.locator("label[for=kind-0]").click()
    form.locator("#next_control_why").fill("op reis")
    form.keyboard.press("Tab")
    expect(said["next_control"]).to_have_text("")
    form.locator("#next_control_why").fill("")
    with form.expect_navigation():
        form.keyboard.press("Control+Enter")
    expect(form.locator("#next_control_why-error")).to_contain_text("28-09-2027 tot en met 18-01-2028")
    expect(form.locator("#next_call-error")).to_be_visible()
    expect(said["next_call"]).to_have_text("")  # once is enough
    form.locator("#next_control").fill("1-4-2027")
    form.keyboard.press("Tab")
    expect(form.locator("#next_control_why-error")).to_have_count(0)
    expect(said["next_control"]).to_contain_text("28-09-2027 tot en met 18-01-2028")
    form.locator("#next_call").fill("1-2-2027")
    expect(form.locator("#next_call-error")).to_have_count(0)


def test_what_a_control_still_lacks_is_named_without_a_press(form: Page) -> None:
    lacks = form.locator("[data-open]")
    expect(lacks).to_contain_text("nog open: soort, lengte, gewicht, pijn achter het borstbeen")
    form.locator("label[for=kind-0]").click()
    form.locator("#height_2").fill("158,6")
    form.locator("#weight_not_measured").fill("rolstoel")
    form.locator("label[for=symptom_thigh_or_groin_pain-1]").click()
    form.locator("label[for=symptom_jaw_or_mouth-1]").click()
    expect(lacks).to_have_text("nog open: pijn achter het borstbeen of bij slikken")
    form.locator("label[for=kind-1]").click()  # by phone nothing of this is asked
    expect(lacks).to_have_text("niets meer open")
    form.locator("label[for=kind-0]").click()
    form.locator("label[for=symptom_swallowing_or_retrosternal-1]").click()
    expect(lacks).to_have_text("niets meer open")
    with form.expect_navigation():
        form.keyboard.press("Control+Enter")
    expect(form.get_by_text("De controle is opgeslagen")).to_be_visible()


def test_what_needs_no_answer_is_no_stop_for_the_keyboard(form: Page) -> None:
    form.locator("#side_effects_none").focus()
    form.keyboard.press("Tab")
    expect(form.locator("#side_effects-0")).to_be_focused()
    form.keyboard.press("Shift+Tab")
    form.keyboard.press("Space")
    form.keyboard.press("Tab")  # none: past the nine chips
    expect(form.locator("#symptom_swallowing_or_retrosternal-0")).to_be_focused()
    form.locator("#next_control").focus()
    form.keyboard.press("Tab")  # a day that is not agreed has no reason
    expect(form.locator("#next_dxa")).to_be_focused()
    form.keyboard.type("1-3-2027")
    form.keyboard.press("Tab")
    expect(form.locator("#next_dxa_why")).to_be_focused()
