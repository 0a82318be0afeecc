"""A screen that is left alone locks itself and keeps what was typed on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Page, expect
from sqlalchemy import update
from sqlalchemy.orm import Session

from clinic.store.users import UserSession
from tests.browser.test_sign_in import barriers
from tests.browser_fixtures import PASSWORD, LiveServer
from tests.conftest import MONDAY_MORNING


def test_a_screen_left_alone_hides_itself_and_comes_back_as_it_was(
    page: Page, enter: Callable[..., Page], live_server: LiveServer
) -> None:
    page.clock.install()
    enter("secretary")
    page.goto("/practices/new")
    name = page.locator("main [name=name]")
    name.fill("Praktijk De Sluis")
    page.clock.fast_forward("14:30")
    expect(page.locator("#lock-soon")).to_be_visible()
    name.press("!")
    expect(page.locator("#lock-soon")).to_be_hidden()
    with Session(live_server.app.extensions["engine"]) as session:
        session.execute(update(UserSession).values(seen_at=MONDAY_MORNING - timedelta(minutes=16)))
        session.commit()
    page.clock.fast_forward("15:10")
    expect(page.locator("#lock")).to_be_visible()
    expect(name).to_be_hidden()
    assert barriers(page) == []
    page.keyboard.press("Escape")
    expect(page.locator("#lock")).to_be_visible()
    page.locator("#lock-password").fill("geraden")
    page.keyboard.press("Enter")
    expect(page.locator("#lock-said")).to_have_text("Dit is niet uw wachtwoord.")
    page.locator("#lock-password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#lock")).to_be_hidden()
    expect(name).to_have_value("Praktijk De Sluis!")
