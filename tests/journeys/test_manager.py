"""A manager's job in a browser: name the clinic, let a colleague in, close her account; in both languages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from clinic.security.permissions import Role
from clinic.web.units import now
from tests import apps
from tests.browser.test_sign_in import barriers
from tests.browser_fixtures import PASSWORD, LiveServer

SAYS = {
    "nl": {"settings": "Instellingen", "hospital": "Ziekenhuis", "draw": "Tonen op de tekening", "logo": "Logo",
           "save": "Instellingen opslaan", "saved": "De instellingen zijn opgeslagen.", "keep_logo": "Logo opslaan",
           "seen": "Het logo zoals het nu is", "wrong": "Moet tussen 10 en 120 mm liggen.", "accounts": "Accounts",
           "new": "Nieuw account", "nurse": "verpleegkundige", "make": "Account maken", "role": "Kies een rol.",
           "close": "Niet actief maken", "closed": "niet actief", "set": "Wachtwoord instellen",
           "kept": "Ik heb ze bewaard", "today": "Vandaag", "sure": "Laat eerst zien dat u het bent", "go_on": "Verder",
           "refused": "De tekening bevat <script>."},
    "en": {"settings": "Settings", "hospital": "Hospital", "draw": "Show on the drawing", "logo": "Logo",
           "save": "Save the settings", "saved": "The settings are saved.", "keep_logo": "Save the logo",
           "seen": "The logo as it is now", "wrong": "Must lie between 10 and 120 mm.", "accounts": "Accounts",
           "new": "New account", "nurse": "nurse", "make": "Make the account", "role": "Choose a role.",
           "close": "Make inactive", "closed": "inactive", "set": "Set password",
           "kept": "I have kept them", "today": "Today", "sure": "First show that it is you", "go_on": "Go on",
           "refused": "The drawing holds <script>."},
}  # fmt: skip
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">{}<path d="M0 0h9v9z" style="fill:#0b5e66"/></svg>'


@pytest.mark.parametrize("language", SAYS)
def test_the_clinic_gets_its_name_window_and_logo(enter: Callable[..., Page], language: str, tmp_path: Path) -> None:
    says = SAYS[language]
    page = enter(Role.MANAGER, language)
    page.get_by_role("link", name=says["settings"], exact=True).first.click()
    page.get_by_label(says["hospital"]).fill("Ziekenhuis Oudeterp")
    page.locator("#window_x_mm").fill("5")
    page.get_by_role("button", name=says["save"]).click()
    expect(page.locator("#window_x_mm-error")).to_have_text(says["wrong"])
    expect(page.get_by_label(says["hospital"])).to_have_value("Ziekenhuis Oudeterp")
    assert barriers(page) == []
    page.locator("#window_x_mm").fill("110")
    page.get_by_role("button", name=says["draw"]).click()
    expect(page.locator("svg[role=img] rect[x='110']")).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("button", name=says["save"]).click()
    expect(page.get_by_text(says["saved"])).to_be_visible()

    page.get_by_role("link", name=says["logo"], exact=True).click()
    drawing = tmp_path / "logo.svg"
    drawing.write_text(LOGO.format("<script>alert(1)</script>"))
    page.locator("#logo").set_input_files(drawing)
    page.get_by_role("button", name=says["keep_logo"]).click()
    expect(page.locator("#logo-error")).to_contain_text(says["refused"])
    assert barriers(page) == []
    drawing.write_text(LOGO.format(""))
    page.locator("#logo").set_input_files(drawing)
    page.get_by_role("button", name=says["keep_logo"]).click()
    picture = page.get_by_alt_text(says["seen"])
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
    assert barriers(page) == []


@pytest.mark.parametrize("language", SAYS)
@pytest.mark.parametrize("width", [390, 1280])
def test_a_colleague_is_let_in_and_out(
    enter: Callable[..., Page], live_server: LiveServer, language: str, width: int
) -> None:
    says = SAYS[language]
    page = enter(Role.MANAGER, language)
    page.set_viewport_size({"width": width, "height": 900})
    page.get_by_role("link", name=says["accounts"], exact=True).first.click()
    assert barriers(page) == []
    page.get_by_role("link", name=says["new"]).click()
    page.locator("#username").fill("bakker")
    page.locator("#name").fill("J. Bakker")
    page.locator("#function").fill("regieverpleegkundige")
    page.get_by_role("button", name=says["make"]).click()
    expect(page.get_by_role("heading", name=says["sure"])).to_be_visible()
    assert barriers(page) == []
    page.locator("#once-password").fill(PASSWORD)
    page.get_by_role("button", name=says["go_on"]).click()
    expect(page.locator("#role + .hint, #role ~ .error")).to_contain_text(says["role"])
    expect(page.locator("#function")).to_have_value("regieverpleegkundige")
    assert barriers(page) == []
    page.locator("#role").get_by_text(says["nurse"], exact=True).click()
    page.get_by_role("button", name=says["make"]).dblclick()
    code = page.locator("#code").input_value()
    assert barriers(page) == []

    assert page.context.browser
    colleague = page.context.browser.new_context(base_url=live_server.url, locale=f"{language}-NL").new_page()
    colleague.set_viewport_size({"width": width, "height": 900})
    colleague.goto("/one-time-code")
    colleague.locator("#username").fill("bakker")
    colleague.locator("#code").fill(code)
    colleague.locator("#password").fill("een lang wachtwoord")
    colleague.get_by_role("button", name=says["set"]).click()
    assert barriers(colleague) == []
    secret = colleague.locator("#secret").input_value().replace(" ", "")
    colleague.locator("#code").fill(apps.shows_for(secret, now()))
    colleague.locator("#code").press("Enter")
    expect(colleague.locator(".recovery li")).to_have_count(10)
    assert barriers(colleague) == []
    colleague.get_by_role("link", name=says["kept"]).click()
    expect(colleague.get_by_role("heading", name=says["today"], exact=True)).to_be_visible()

    page.goto("/accounts")
    page.get_by_role("link", name="J. Bakker").click()
    page.get_by_role("button", name=says["close"]).click()
    expect(page.locator(".page-head")).to_contain_text(says["closed"])
    assert barriers(page) == []
    colleague.goto("/")
    expect(colleague.locator("[name=password]")).to_be_visible()
    colleague.context.close()
