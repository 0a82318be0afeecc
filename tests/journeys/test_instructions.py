"""The sheets of instructions: each word they point at is on the screen, each is one page; their pictures are made here.

INSTRUCTIONS=docs/instructions (`make instructions`) keeps what is made: the pictures, and the sheets as PDF.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator
from html import unescape
from io import BytesIO
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser
from pypdf import PdfReader
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from clinic.app import create_app
from clinic.demo import loader
from clinic.letters.instructions import LANGUAGES, SHEETS, sheet_pdf, source
from clinic.security.permissions import Role
from clinic.services import appointments
from clinic.services.appointments import Of
from clinic.services.work import Actor, begin
from clinic.store.appointments import Appointment
from clinic.store.users import User
from clinic.web.units import now
from config import Settings
from tests.conftest import MONDAY
from tests.web_fixtures import session_token

EACH = [(role, lang) for role in Role for lang in LANGUAGES]
SHOWN = {
    Role.NURSE: "/#h-day",
    Role.DOCTOR: "/worklist?list=reviews#content",
    Role.SECRETARY: "/worklist?list=to-book#content",
    Role.MANAGER: "/accounts",
    Role.PRIVACY_OFFICER: "/log#content",
}
SIZE = {"width": 1000, "height": 380}
MOST_BYTES = 80_000
RECORD = r'href="(/patients/\d+)\?back'
# the pages on which a role finds the words of its sheet: addresses, and links followed from the page before
TRAILS = {
    Role.NURSE: ("/", r'href="(/patients/\d+/controls/new\?[^"]*)"', "/", RECORD, r'href="([^"]*/contacts/new[^"]*)"',
                 "/worklist", "/doses", "/call-list"),
    Role.DOCTOR: ("/", "/worklist?list=reviews", RECORD, r'href="([^"]*/reviews/new[^"]*)"',
                  "/letters?state=to_authorise", r'(?s).*href="(/letters/\d+)"'),
    Role.SECRETARY: ("/", RECORD, "/worklist?list=to-book", r'href="(/patients/\d+/appointments/new[^"]*)"',
                     "/letters?state=authorised", "/practices", "/call-list"),
    Role.MANAGER: ("/", "/accounts", "/accounts/new", "/accounts/1", "/imports/", "/settings", "/settings/duties"),
    Role.PRIVACY_OFFICER: ("/", "/breaches", "/requests", "/restrictions", "/log-reviews", "/log"),
}  # fmt: skip


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory, demo_register: Callable[..., str]) -> Iterator[Flask]:
    """The demo clinic on Monday morning, with the first patient in the waiting room."""
    folder = tmp_path_factory.mktemp("demo")
    with time_machine.travel(f"{MONDAY}T09:00:00+00:00", tick=True):
        url = demo_register(folder, str(MONDAY))
        app = create_app(Settings(url, "k" * 32, folder, demo=True, secure_cookies=False))
        first_arrives(app)
        yield app
        app.extensions["engine"].dispose()


def first_arrives(app: Flask) -> None:
    """So that a control can be started."""
    with Session(app.extensions["engine"]) as session:
        nurse = session.scalars(select(User).where(User.username == "nurse")).one()
        booked = select(Appointment).where(Appointment.state == "booked", Appointment.staff_id == nurse.id)
        row = session.scalars(booked.order_by(Appointment.on_date, Appointment.at_time).offset(1)).first()
        assert row is not None
        of = Of(row.patient_id, row.id, row.version)
    with begin(app.extensions["engine"], Actor(nurse.id, nurse.name, nurse.function, Role.NURSE), now()) as work:
        appointments.arrive(work, of)


def speak(app: Flask, lang: str) -> None:
    """Everybody reads this language."""
    with app.extensions["engine"].begin() as connection:
        connection.execute(update(User).values(language=lang))


def signed_in(app: Flask, role: Role) -> FlaskClient:
    """A browser without pictures."""
    client = app.test_client()
    token = session_token(app.extensions["engine"], role)
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = token, True
    return client


def screen(client: FlaskClient, trail: tuple[str, ...]) -> str:
    """Every word on the pages of a trail."""
    told, page = "", ""
    for step in trail:
        found = re.search(step, page)
        assert step.startswith("/") or found, f"{step} is on no page before it"
        answer = client.get(step if step.startswith("/") else unescape(found[1]))
        assert answer.status_code == 200, step
        page = answer.text
        told += " " + re.sub(r"<[^>]*>", " ", page)
    return " ".join(unescape(told).split())


@pytest.mark.parametrize(("role", "lang"), EACH)
def test_every_word_a_sheet_points_at_stands_on_the_screen(clinic: Flask, role: Role, lang: str) -> None:
    client = signed_in(clinic, role)  # before everybody reads this language: it may be a new account
    speak(clinic, lang)
    told = screen(client, TRAILS[role])
    pointed = re.findall(r"\*([^*]+)\*", source(role, lang).read_text(encoding="utf-8"))
    assert len(pointed) > 10
    assert [label for label in pointed if not re.search(rf"(?<!\w){re.escape(label)}(?!\w)", told)] == []


@pytest.mark.parametrize(
    ("lang", "told"),
    [("nl", ("Verzoeken van patiënten", "Vernietigen", "arts weegt", "Beoordelingen van het logboek")),
     ("en", ("Requests of patients", "Destruction", "doctor weighs", "Reviews of the log"))],
)  # fmt: skip
def test_the_privacy_officer_reads_of_requests_destruction_and_the_monthly_review(
    lang: str, told: tuple[str, ...]
) -> None:
    page = " ".join(PdfReader(BytesIO(sheet_pdf(Role.PRIVACY_OFFICER, lang))).pages[0].extract_text().split())
    assert [words for words in told if words not in page] == []


@pytest.mark.parametrize(("role", "lang"), EACH)
def test_its_picture_can_be_taken_and_is_small(clinic: Flask, browser: Browser, role: Role, lang: str) -> None:
    speak(clinic, lang)
    server = make_server("127.0.0.1", 0, clinic, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        taken = picture(browser, f"http://127.0.0.1:{server.server_port}", role)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    keep(f"img/{role.value}.{lang}.png", taken)
    assert (SHEETS / "img" / f"{role.value}.{lang}.png").stat().st_size <= MOST_BYTES


def picture(browser: Browser, address: str, role: Role) -> bytes:
    """What this role sees, always the same size."""
    name, password = next((name, word) for who, name, word, _called in loader.DEMO_SIGN_INS if who is role)
    context = browser.new_context(base_url=address, viewport=SIZE, color_scheme="light", reduced_motion="reduce")
    page = context.new_page()
    page.goto("/sign-in")
    page.locator("[name=username]").fill(name)
    page.locator("[name=password]").fill(password)
    page.locator("[name=password]").press("Enter")
    page.wait_for_url(lambda url: not url.endswith("/sign-in"))
    page.goto(SHOWN[role])
    taken = page.screenshot()
    context.close()
    return taken


def keep(name: str, content: bytes) -> None:
    """Where `make instructions` asked for it."""
    folder = os.environ.get("INSTRUCTIONS")
    if folder:
        (Path(folder) / name).write_bytes(content)


@pytest.mark.parametrize(("role", "lang"), EACH)
def test_a_sheet_is_one_page_that_a_screen_reader_reads(role: Role, lang: str) -> None:
    page = sheet_pdf(role, lang)
    assert len(PdfReader(BytesIO(page)).pages) == 1
    keep(f"{role.value}.{lang}.pdf", page)


def test_everybody_finds_the_sheets_from_the_first_page_her_own_first(clinic: Flask) -> None:
    speak(clinic, "en")
    for role in Role:
        client = signed_in(clinic, role)
        assert 'href="/instructions"' in client.get("/").text
        found = re.findall(r'href="(/instructions/[^"]+)"', client.get("/instructions").text)
        assert len(found) == len(EACH)
        assert found[0].startswith(f"/instructions/{role.value}/")
        answer = client.get(found[0])
        assert answer.mimetype == "application/pdf"
        assert answer.data.startswith(b"%PDF")
    assert signed_in(clinic, Role.NURSE).get("/instructions/janitor/nl.pdf").status_code == 404
