"""Every page that a role can reach by links, without barriers (WCAG 2.2 AA) and without scrolling sideways.

`make test` opens each page with the first role that reaches it; ACCESS=every (`make soak`) with every role, in both
languages, at 320 px and at 200 % zoom as well.
"""

from __future__ import annotations

import gzip
import os
import re
import threading
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Error, Page, expect
from sqlalchemy import update
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from clinic.app import create_app
from clinic.security.permissions import Role
from clinic.store.users import User
from config import Settings
from tests.bench.served import signed_in
from tests.browser.test_sign_in import barriers
from tests.browser_fixtures import LiveServer

EVERY = os.environ.get("ACCESS") == "every"
LANGUAGES = ("nl", "en")
SIZES = {"desk": (1280, 2600), "320 px": (320, 2600), "200 %": (640, 1300)}
AT_LEAST = {Role.NURSE: 25, Role.DOCTOR: 25, Role.SECRETARY: 20, Role.MANAGER: 8, Role.PRIVACY_OFFICER: 4}
"""Pages that each role must reach, so that a crawl which goes nowhere fails."""

MOST_BYTES = 150_000
MOVING = """() => [...document.querySelectorAll("*")].flatMap(of => ["", "::before", "::after"].flatMap(part => {
  const style = getComputedStyle(of, part || null);
  const lasts = times => times.split(",").some(time => parseFloat(time) > 0);
  const moves = lasts(style.transitionDuration) || (style.animationName !== "none" && lasts(style.animationDuration));
  return moves ? [of.tagName + "." + of.className + part] : [];
}))"""
"""Whatever on a page would move: a part with a transition or an animation that takes any time."""

CUT_OFF = """() => [...document.querySelectorAll("body *")].filter(part => {
  const box = part.getBoundingClientRect(), outside = box.width > 1 && box.right > window.innerWidth + 1;
  return outside && part.textContent.trim() && !part.closest("svg, .scroll-x");
}).map(part => part.tagName + "." + part.className)"""
"""Words beyond the right edge of a page that does not scroll sideways: nobody knows that they are there."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, demo_register: Callable[[Path], str]) -> Iterator[LiveServer]:
    """The demo clinic, served."""
    folder = tmp_path_factory.mktemp("access")
    app = create_app(Settings(demo_register(folder), "k" * 32, folder, secure_cookies=False))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield LiveServer(f"http://127.0.0.1:{server.server_port}", app)
    server.shutdown()
    thread.join()
    server.server_close()
    app.extensions["engine"].dispose()


@pytest.fixture(scope="module")
def seen() -> set[str]:
    """The pages that were opened, by their rule."""
    return set()


def come_in(browser: Browser, served: LiveServer, role: Role, language: str, size: str) -> Page:
    """A window of somebody with this role."""
    with Session(served.app.extensions["engine"]) as session:
        session.execute(update(User).values(language=language))
        session.commit()
    name, value = signed_in(served.app, str(served.app.extensions["engine"].url), role).split("=", 1)
    width, height = SIZES[size]
    context = browser.new_context(
        base_url=served.url, viewport={"width": width, "height": height}, reduced_motion="reduce"
    )
    context.add_cookies([{"name": name, "value": value, "url": served.url}])
    return context.new_page()


def rule_of(served: LiveServer, path: str) -> str | None:
    """The page an address leads to; None when it is no page of ours."""
    try:
        found = served.app.url_map.bind("localhost").match(path)
    except Exception:
        return None
    return found[0]


def opened(page: Page, path: str) -> list[str] | None:
    """Open an address and say where its links lead; None when it answers with a file."""
    try:
        answer = page.goto(path)
    except Error as why:
        if "Download is starting" not in why.message:
            raise
        return None
    assert answer is not None
    assert answer.status == 200, path
    if not answer.headers["content-type"].startswith("text/html"):
        return None
    found: list[str] = page.locator("a[href^='/']").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    return found


def links(page: Page, path: str) -> list[str]:
    """Where the links of a page lead that was looked at before: its words are enough, nothing is drawn."""
    return [unescape(link) for link in re.findall(r'<a\b[^>]*\shref="(/[^"]*)"', page.request.get(path).text())]


def pages(page: Page, served: LiveServer, known: set[str]) -> Iterator[str]:
    """Open each page that links lead to, once; say its address when it is a new one."""
    waiting, met = ["/"], set()
    while waiting:
        path = waiting.pop(0)
        rule = rule_of(served, urlsplit(path).path)
        if rule is None or rule in met:
            continue
        met.add(rule)
        new = rule not in known
        found = opened(page, path) if new else links(page, path)
        if found is None:
            continue
        waiting.extend(dict.fromkeys(link.split("#")[0] for link in found))
        if new:
            known.add(rule)
            yield path


def sideways(page: Page) -> bool:
    """Whether the page itself scrolls sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1"))


def cut_off(page: Page, size: str) -> list[str]:
    """What of the page lies outside a wide window; on a narrow one tabs and menu may scroll."""
    return [f"cut off: {part}" for part in page.evaluate(CUT_OFF)] if size == "desk" else []


@pytest.mark.parametrize("size", SIZES if EVERY else ["desk"])
@pytest.mark.parametrize("language", LANGUAGES if EVERY else ["nl"])
@pytest.mark.parametrize("role", Role)
def test_no_page_has_a_barrier(
    browser: Browser, served: LiveServer, seen: set[str], role: Role, language: str, size: str
) -> None:
    page = come_in(browser, served, role, language, size)
    known: set[str] = set() if EVERY else seen
    before = len(known)
    found = [
        f"{path}: {barrier}"
        for path in pages(page, served, known)
        for barrier in (*barriers(page), *(["scrolls sideways"] if sideways(page) else []), *cut_off(page, size))
    ]
    page.context.close()
    assert found == []
    assert len(known) - before >= (AT_LEAST[role] if EVERY or role is Role.NURSE else 0)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", Role)
def test_the_first_page_weighs_little(browser: Browser, served: LiveServer, role: Role, language: str) -> None:
    """Everything that the first page loads, compressed as a server before the app would: at most 150 kB."""
    page = come_in(browser, served, role, language, "desk")
    weights: dict[str, int] = {}
    page.on("response", lambda answer: weights.update({answer.url: len(gzip.compress(answer.body()))}))
    page.goto("/")
    page.wait_for_load_state("networkidle")
    page.context.close()
    assert any(url.endswith(".css") for url in weights)
    assert sum(weights.values()) <= MOST_BYTES


@pytest.mark.parametrize("role", Role)
def test_who_wants_no_motion_gets_none(browser: Browser, served: LiveServer, role: Role) -> None:
    page = come_in(browser, served, role, "nl", "desk")
    page.goto("/")
    assert page.evaluate(MOVING) == []
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(MOVING) != [], "else nothing was looked for"
    page.context.close()


def test_on_a_phone_a_list_shows_its_filter_its_dates_and_where_one_is(browser: Browser, served: LiveServer) -> None:
    page = come_in(browser, served, Role.NURSE, "nl", "320 px")
    page.goto("/worklist?list=late&drug=alendronic_acid")
    expect(page.locator("#drug")).to_be_visible()
    expect(page.locator("#drug")).to_have_value("alendronic_acid")
    expect(page.locator(".c-due").first).to_be_visible()
    page.goto("/letters?state=withdrawn")
    expect(page.locator(".tabs [aria-current]")).to_be_in_viewport(ratio=1)
    page.goto("/")
    table = page.locator("section[aria-labelledby=h-first]")
    assert table.evaluate("part => part.scrollWidth <= part.clientWidth + 1")
    page.context.close()


def test_on_paper_a_list_says_which_it_is(browser: Browser, served: LiveServer) -> None:
    page = come_in(browser, served, Role.NURSE, "nl", "desk")
    page.goto("/worklist?list=late&drug=alendronic_acid")
    page.emulate_media(media="print")
    title = page.locator("caption")
    assert title.evaluate("part => part.offsetHeight") > 10
    expect(title).to_contain_text("Te laat, alendroninezuur: Patiënten:")
    page.goto("/letters?state=draft")
    expect(title).to_contain_text("Concept · ")
    page.context.close()
