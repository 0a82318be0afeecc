"""A nurse adds a passkey at a browser that knows them, opens a locked screen with it, and comes in the next time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update
from sqlalchemy.orm import Session

from clinic.store.users import UserSession
from tests.browser.test_sign_in import barriers
from tests.browser_fixtures import PASSWORD, LiveServer
from tests.conftest import MONDAY_MORNING


@pytest.fixture
def there(live_server: LiveServer) -> str:
    """The address of this clinic as a browser takes it for passkeys: a name, no number."""
    address = live_server.url.replace("127.0.0.1", "localhost")
    live_server.app.config["SETTINGS"] = replace(live_server.app.config["SETTINGS"], address=address)
    return address


@pytest.fixture
def phone(page: Page) -> None:
    """A device beside the browser whose owner always unlocks it."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    kind = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
            "isUserVerified": True, "automaticPresenceSimulation": True}  # fmt: skip
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": kind})


def leave_alone(live_server: LiveServer) -> None:
    """Let the server think that nobody was there for sixteen minutes."""
    with Session(live_server.app.extensions["engine"]) as session:
        session.execute(update(UserSession).values(seen_at=MONDAY_MORNING - timedelta(minutes=16)))
        session.commit()


def test_she_adds_a_passkey_opens_the_lock_and_comes_in_with_it(
    page: Page, live_server: LiveServer, there: str, phone: None
) -> None:
    name, _password = live_server.account("nurse")
    page.set_viewport_size({"width": 320, "height": 800})
    page.goto(f"{there}/sign-in")
    page.get_by_label("Gebruikersnaam").fill(name)
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator("[name=code]").fill(live_server.code())
    page.keyboard.press("Enter")
    page.wait_for_url(f"{there}/")
    page.goto(f"{there}/account/passkeys")
    assert barriers(page) == []
    page.get_by_label("Naam").fill("werk-telefoon")
    page.get_by_label("Huidig wachtwoord").fill(PASSWORD)
    page.get_by_label("Code").fill(live_server.code(later=1))
    page.keyboard.press("Enter")
    page.wait_for_url("**/passkeys/new")
    assert barriers(page) == []
    page.get_by_role("button", name="Passkey maken").press("Enter")
    page.wait_for_url("**/account/passkeys")
    expect(page.get_by_text("werk-telefoon", exact=True).first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    leave_alone(live_server)
    page.goto(f"{there}/account")
    expect(page.get_by_role("heading", name="Vergrendeld")).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("button", name="Ontgrendelen met een passkey").press("Enter")
    expect(page.get_by_label("Huidig wachtwoord").first).to_be_visible()
    page.clock.install()
    page.reload()
    page.get_by_label("Huidig wachtwoord").first.fill("half getypt")
    leave_alone(live_server)
    page.clock.fast_forward("15:10")
    expect(page.locator("#lock")).to_be_visible()
    assert barriers(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.get_by_role("button", name="Ontgrendelen met een passkey").press("Enter")
    expect(page.locator("#lock")).to_be_hidden()
    expect(page.get_by_label("Huidig wachtwoord").first).to_have_value("half getypt")
    page.get_by_role("button", name="Uitloggen").click()
    page.wait_for_url("**/sign-in")
    assert barriers(page) == []
    page.get_by_role("button", name="Inloggen met een passkey").press("Enter")
    page.wait_for_url(f"{there}/")
    expect(page.get_by_role("link", name="Vandaag").first).to_be_visible()


def test_at_another_address_and_without_scripts_there_is_no_button(
    page: Page, live_server: LiveServer, there: str, enter: Callable[..., Page]
) -> None:
    page.goto("/sign-in")
    expect(page.locator("[name=password]")).to_be_visible()
    expect(page.get_by_role("button", name="Inloggen met een passkey")).to_be_hidden()
    plain = page.context.browser.new_context(java_script_enabled=False)
    bare = plain.new_page()
    bare.goto(f"{there}/sign-in")
    expect(bare.locator("[name=password]")).to_be_visible()
    expect(bare.get_by_text("passkey")).to_be_hidden()
    plain.close()
    enter("nurse").goto("/account/passkeys")
    expect(page.get_by_text(f"op dit adres: {there}")).to_be_visible()
    expect(page.get_by_label("Naam")).to_be_hidden()
