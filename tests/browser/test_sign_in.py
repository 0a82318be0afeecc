"""Everybody signs in by keyboard, in her own language, and leaves again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from clinic.security.permissions import Role
from tests.browser_fixtures import LiveServer

TODAY = {"nl": "Vandaag", "en": "Today"}
LEAVE = {"nl": "Uitloggen", "en": "Sign out"}
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def barriers(page: Page) -> list[str]:
    """What stands in the way of somebody who uses the page otherwise (WCAG 2.2 AA), once it has come whole."""
    page.wait_for_load_state("load")
    show_whole(page)
    found: dict[str, Any] = Axe().run(page, options=WCAG).response
    return [f"{rule['id']}: {node['target']}" for rule in found["violations"] for node in rule["nodes"]]


def show_whole(page: Page) -> None:
    """As tall a window as the page: else the bar at the foot lies over a field, until one scrolls."""
    size = page.viewport_size
    assert size is not None
    tall = page.evaluate("document.documentElement.scrollHeight")
    if tall > size["height"]:
        page.set_viewport_size({"width": size["width"], "height": tall})


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser itself complains of: a script or style that the policy refuses, a missing file."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    return said


@pytest.mark.parametrize("language", TODAY)
@pytest.mark.parametrize("role", Role)
def test_every_role_signs_in_and_out_in_both_languages(
    enter: Callable[..., Page], complaints: list[str], role: Role, language: str
) -> None:
    page = enter(role, language)
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.get_by_role("link", name=TODAY[language]).first).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("button", name=LEAVE[language]).click()
    page.wait_for_url("**/sign-in")
    page.goto("/")
    expect(page.locator("[name=password]")).to_be_visible()
    assert [text for text in complaints if "401" not in text] == []


def test_a_wrong_password_is_told_at_the_field(page: Page, live_server: LiveServer) -> None:
    name, _password = live_server.account("nurse")
    page.goto("/sign-in")
    page.locator("[name=username]").fill(name)
    page.locator("[name=password]").fill("niet dit wachtwoord")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Gebruikersnaam en wachtwoord horen niet bij elkaar.").first).to_be_visible()
    assert barriers(page) == []


@pytest.mark.parametrize("width", [390, 1280])
def test_the_first_page_needs_no_sideways_scrolling(enter: Callable[..., Page], width: int) -> None:
    page = enter("nurse")
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
