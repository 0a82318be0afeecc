"""A served app and a real browser that reaches nothing but this machine."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

from clinic.security import accounts
from clinic.security.permissions import Role
from tests import apps

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # nothing but this machine has an address; a rule costs nothing, asking for each request would also switch off the
    # browser's cache
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
]
PASSWORD = "een lang wachtwoord"
expect.set_options(timeout=15_000)  # a busy machine is no fault; speed is measured by tests/bench alone


@dataclass(frozen=True)
class LiveServer:
    """The app at an address, and accounts to come in with."""

    url: str
    app: Flask

    def account(self, role: Role | str, language: str | None = None) -> tuple[str, str]:
        """User name and password of an account of this role, which has an authenticator app."""
        from sqlalchemy.orm import Session

        from tests.conftest import account

        with Session(self.app.extensions["engine"]) as session:
            user = account(session, Role(role))
            accounts.set_password(user, PASSWORD)
            apps.give(user)
            user.language = language
            session.commit()
            return user.username, PASSWORD

    def code(self, later: int = 0) -> str:
        """What the app of such an account shows now, or some half minutes later."""
        return apps.shows(str(self.app.secret_key), later=later)


def from_memory(app: Flask) -> Callable[..., list[bytes]]:
    """Each answer read whole before it is sent: werkzeug leaves a file open when the browser goes away meanwhile."""

    def answer(environ: Any, start_response: Any) -> list[bytes]:
        body = app(environ, start_response)
        try:
            return [b"".join(body)]
        finally:
            getattr(body, "close", lambda: None)()

    return answer


@pytest.fixture
def live_server(app: Flask) -> Iterator[LiveServer]:
    """The app served over http on loopback, form tokens asked for."""
    app.config["WTF_CSRF_ENABLED"] = True
    server = make_server("127.0.0.1", 0, from_memory(app), threaded=True)
    server.daemon_threads = False  # type: ignore[attr-defined]  # closing waits for what is still being answered
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield LiveServer(f"http://127.0.0.1:{server.server_port}", app)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """One Chromium for the run, Debian's own; the one without a screen costs a third for the same pages."""
    from tests.conftest import cannot_run

    program = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if program is None:
        cannot_run(request.config, "BROWSER", "Chromium is not installed; `make test` installs it if it may.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """A fresh window, in Dutch, at the served app; `page.goto("/")` opens it."""
    context = browser.new_context(base_url=live_server.url, locale="nl-NL", timezone_id="Europe/Amsterdam")
    context.set_default_timeout(10_000)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert faults == [], "the page's own scripts failed"


@pytest.fixture
def enter(page: Page, live_server: LiveServer) -> Callable[..., Page]:
    """`enter("nurse")`: sign in through the page as somebody with that role."""

    def sign_in(role: Role | str, language: str = "nl") -> Page:
        name, password = live_server.account(role, language)
        page.goto("/sign-in")
        page.locator("[name=username]").fill(name)
        page.locator("[name=password]").fill(password)
        page.locator("[name=password]").press("Enter")
        page.wait_for_url("**/second-factor")
        page.locator("[name=code]").fill(live_server.code())
        page.locator("[name=code]").press("Enter")
        page.wait_for_url(lambda url: not url.endswith("/second-factor"))
        return page

    return sign_in


__all__ = ["PASSWORD", "LiveServer", "browser", "enter", "live_server", "page"]
