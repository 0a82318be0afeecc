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
def weights() -> tuple[int, int]:
    """In g, of the two earlier controls."""
    return 64_200, 59_000


@pytest.fixture
def form(enter: Callable[..., Page], work: Callable[..., Work], weights: tuple[int, int]) -> Page:
    """The form of a control of somebody with two earlier ones, in Dutch."""
    nurse = work("nurse")
    patient = make_patient(nurse)
    make_course(nurse, patient, started_on=date(2023, 8, 14))
    make_control(nurse, patient, date(2023, 11, 20), height_mm=1612, weight_g=weights[0])
    make_control(nurse, patient, date(2025, 11, 24), height_mm=1594, weight_g=weights[1])
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
    assert of_the_server(form) == while_typing


@pytest.mark.parametrize(
    ("weights", "told"),
    [((72_250, 72_360), ("+0,1", "0,0")), ((72_450, 72_440), ("−0,1", "0,0")), ((72_349, 72_551), ("+0,1", "−0,2"))],
)
def test_weights_of_a_file_in_grams_differ_as_they_are_written(form: Page, told: tuple[str, str]) -> None:
    form.locator("#weight").fill("72,4")
    while_typing = outputs(form)
    assert (while_typing["weight-start"], while_typing["weight-previous"]) == told
    assert of_the_server(form) == while_typing


def of_the_server(form: Page) -> dict[str, str]:
    """What stands in the outputs when the form comes back and no script says it."""
    form.route("**/measure.js*", lambda route: route.fulfill(body="", content_type="text/javascript"))
    with form.expect_navigation():
        form.keyboard.press("Control+Enter")  # the kind is not chosen, so the form comes back
    expect(form.locator("#errors")).to_be_visible()
    return outputs(form)


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
    form.locator("#height_3").fill("185,8")
    expect(said).to_have_text("Meting 3 wijkt 27,0 cm af. Klopt die?")


def test_what_the_server_says_goes_with_the_field_that_was_changed_and_no_other(form: Page) -> None:
    for name, text in {"height_1": "15,8", "height_3": "15,9", "falls": "x", "next_control": "1-3-2027"}.items():
        form.locator(f"#{name}").fill(text)
    form.locator("label[for=kind-0]").click()
    with form.expect_navigation():
        form.keyboard.press("Control+Enter")
    form.locator("#height_3").fill("158,6")
    expect(form.locator("#height_3-error")).to_have_count(0)
    expect(form.locator("#height_1-error")).to_be_visible()
    expect(form.locator("#height_1")).to_have_attribute("aria-describedby", "height_1-error")
    form.locator("#falls").fill("0")
    expect(form.locator(".has-error #falls")).to_have_count(0)
    form.locator("label[for=symptom_jaw_or_mouth-1]").click()
    expect(form.locator("#symptom_jaw_or_mouth-error")).to_have_count(0)
    expect(form.locator("#symptom_thigh_or_groin_pain-error")).to_be_visible()
    form.locator("#next_call").fill("1-2-2027")
    expect(form.locator("#next_control_why-error")).to_be_visible()
    form.locator("label[for=kind-2]").click()  # another window
    expect(form.locator("#next_control_why-error")).to_have_count(0)
    expect(form.locator(".has-error #next_control_why")).to_have_count(0)
    assert form.locator("[aria-describedby]").evaluate_all(
        "all => all.flatMap(one => one.getAttribute('aria-describedby').split(' '))"
        "          .filter(id => !document.getElementById(id))"
    ) == []  # fmt: skip


def test_what_is_wrong_in_a_question_that_goes_further_stays_in_sight_when_the_answer_is_no(form: Page) -> None:
    form.locator("label[for=symptom_thigh_or_groin_pain-0]").click()
    form.locator("#thigh_weeks").fill("zes")
    form.locator("label[for=symptom_thigh_or_groin_pain-1]").click()
    expect(form.locator("#thigh_weeks")).to_be_hidden()
    with form.expect_navigation():
        form.keyboard.press("Control+Enter")
    expect(form.locator("#thigh_weeks")).to_be_visible()
    expect(form.locator("#thigh_weeks-error")).to_be_visible()


@pytest.mark.parametrize(("name", "text"), [("kind", "2"), ("on", "20-11-2026")])
def test_a_window_that_the_server_named_goes_with_the_day_and_the_kind_it_hung_on(
    form: Page, name: str, text: str
) -> None:
    form.locator("#next_control").fill("1-3-2027")
    form.locator("label[for=kind-0]").click()
    with form.expect_navigation():
        form.keyboard.press("Control+Enter")
    expect(form.locator("#next_control_why-error")).to_be_visible()
    if name == "kind":
        form.locator(f"label[for=kind-{text}]").click()
    else:
        form.locator(f"#{name}").fill(text)
    expect(form.locator("#next_control_why-error")).to_have_count(0)


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
    for hangs_on_the_kind in ("next_call", "next_control"):
        expect(said[hangs_on_the_kind]).to_have_text("")
    form.locator("label[for=kind-0]").click()
    expect(said["next_call"]).to_have_text("Een afspraak ligt na de controle.")
    expect(said["next_control"]).to_contain_text("28-09-2027 tot en met 18-01-2028")
    expect(form.get_by_text("telefonische controle: 23-11-2027")).to_be_visible()
    form.locator("label[for=kind-2]").click()
    expect(said["next_control"]).to_contain_text("29-09-2026 tot en met 19-01-2027")
    expect(said["next_call"]).to_have_text("")  # who phoned may be called back that same day
    expect(form.get_by_text("tussentijdse controle: 24-11-2026")).to_be_visible()
    expect(form.get_by_text("telefonische controle: 23-11-2027")).to_be_hidden()
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


def test_on_another_day_than_the_page_was_made_for_nothing_is_said_of_the_protocols_dates(form: Page) -> None:
    said, proposal = form.locator("#next_control-said"), form.get_by_text("telefonische controle: 23-11-2027")
    form.locator("label[for=kind-0]").click()
    form.locator("#next_control").fill("1-3-2027")
    form.locator("#on").fill("20-11-2026")
    form.keyboard.press("Tab")
    expect(proposal).to_be_hidden()
    expect(said).to_have_text("")
    form.locator("#next_call").fill("20-11-2026")
    form.keyboard.press("Tab")
    expect(form.locator("#next_call-said")).to_have_text("Een afspraak ligt na de controle.")
    form.locator("#on").fill("23 november 2026")  # the day of the page, in other words
    form.keyboard.press("Tab")
    expect(proposal).to_be_visible()
    expect(said).to_contain_text("28-09-2027 tot en met 18-01-2028")
    form.locator("#on").fill("20-11-2026")
    form.locator("#falls").fill("x")
    with form.expect_navigation():
        form.keyboard.press("Control+Enter")
    expect(form.get_by_text("telefonische controle: 20-11-2027")).to_be_visible()
    expect(form.locator("#next_control_why-error")).to_contain_text("25-09-2027 tot en met 15-01-2028")


@pytest.mark.parametrize(
    "text", ["24-11-2026", "24 nov 2026", "24-November-2026", "1 mrt. 2027", "1 May 2027", "1/okt/2027"]
)
def test_a_month_by_its_name_is_read_while_typing_as_the_server_reads_it(form: Page, text: str) -> None:
    form.locator("#on").fill(text)
    form.keyboard.press("Tab")
    expect(form.locator("#on-said")).to_have_text("De datum van een controle kan niet in de toekomst liggen.")
    with form.expect_navigation():
        form.keyboard.press("Control+Enter")
    expect(form.locator("#on-error")).to_have_text("De datum van een controle kan niet in de toekomst liggen.")


def test_what_a_control_still_lacks_is_named_without_a_press(form: Page) -> None:
    lacks = form.locator("[data-open]")
    expect(lacks).to_contain_text("nog verplicht: soort; lengte; gewicht; pijn achter het borstbeen")
    form.locator("label[for=kind-0]").click()
    form.locator("#height_2").fill("158,6")
    form.locator("#weight_not_measured").fill("rolstoel")
    form.locator("label[for=symptom_thigh_or_groin_pain-1]").click()
    form.locator("label[for=symptom_jaw_or_mouth-1]").click()
    expect(lacks).to_have_text("nog verplicht: pijn achter het borstbeen of bij slikken")
    form.locator("label[for=kind-1]").click()  # by phone the alarm symptoms are asked too
    expect(lacks).to_have_text("nog verplicht: pijn achter het borstbeen of bij slikken")
    form.locator("label[for=kind-2]").click()  # of a contact nothing
    expect(lacks).to_have_text("verplichte velden ingevuld")
    form.locator("label[for=kind-0]").click()
    form.locator("label[for=symptom_swallowing_or_retrosternal-1]").click()
    expect(lacks).to_have_text("verplichte velden ingevuld")
    form.locator("label[for=new_fracture-0]").click()
    expect(lacks).to_have_text("nog verplicht: welk bot; datum van de fractuur")
    form.locator("label[for=new_fracture-1]").click()
    form.locator("#next_control").fill("1-3-2027")
    form.keyboard.press("Tab")
    expect(lacks).to_have_text("nog verplicht: reden: volgende controle afgesproken op")
    form.locator("#next_control_why").fill("op reis")
    expect(lacks).to_have_text("verplichte velden ingevuld")
    with form.expect_navigation():
        form.keyboard.press("Control+Enter")
    expect(form.get_by_text("De controle is opgeslagen")).to_be_visible()


def test_enter_neither_leaves_the_page_nor_loses_what_was_typed(form: Page) -> None:
    form.locator("#height_1").fill("158,6")
    form.keyboard.press("Control+s")
    expect(form.locator("[data-draft-state]")).to_contain_text("concept bewaard")
    address = form.url
    form.reload()  # with the draft come the buttons that throw it away and take over
    expect(form.get_by_role("button", name="Concept weggooien")).to_be_visible()
    form.locator("#height_2").fill("158,8")
    sent: list[str] = []
    form.on("request", lambda request: sent.append(request.url) if request.is_navigation_request() else None)
    for field in ("#height_2", "#kind-0", "#counts_as_full"):
        form.locator(field).focus()
        form.keyboard.press("Enter")
    form.wait_for_timeout(300)
    assert (sent, form.url) == ([], address)
    assert [form.locator(f"#height_{number}").input_value() for number in (1, 2)] == ["158,6", "158,8"]
    with form.expect_navigation():
        form.keyboard.press("Control+Enter")
    expect(form.locator("#errors")).to_be_visible()  # asked to finish, it says what is still missing


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
