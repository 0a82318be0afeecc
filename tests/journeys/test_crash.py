"""The browser is gone in the middle of a sentence: what was typed stands in the form when it is opened again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from clinic.services import items, rights
from clinic.services.rights import SaveStatement
from clinic.services.work import Work
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from tests.factories import make_course
from tests.letter_makers import drafted

DRAFT_LEAVES_AFTER = 1000  # ms after the last key
FORMS = {
    "control": ("nurse", "/patients/{patient}/controls/new", "#note"),
    "review": ("doctor", "/patients/{patient}/reviews/new", "#reason"),
    "contact": ("nurse", "/patients/{patient}/contacts/new", "#words"),
    "statement": ("nurse", "/patients/{patient}/rights", "#text"),
    "correction of a statement": ("nurse", "/patients/{patient}/rights/statements/1", "#text"),
    "letter": ("nurse", "/letters/{letter}", "#added"),
}
TYPED = "Midden in een zi"


@pytest.fixture
def keys(work: Callable[..., Work]) -> dict[str, int]:
    """A patient in treatment with a letter that waits for its words, and a statement."""
    nurse = work("nurse")
    letter: Letter = drafted(nurse)
    found = {"patient": letter.patient_id, "letter": letter.id}
    patient = nurse.session.get_one(Patient, letter.patient_id)
    make_course(nurse, patient)
    items.refresh(nurse, patient)
    nurse.session.commit()
    rights.save_statement(work("nurse"), SaveStatement(found["patient"], date(2026, 11, 23), "Eerst dit."))
    return found


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_browser_that_crashes_loses_nothing_of_what_was_typed(
    enter: Callable[..., Page], keys: dict[str, int], form: tuple[str, str, str]
) -> None:
    role, path, field = form
    page, here = enter(role), path.format(**keys)
    page.clock.install()  # the browser's own clock, so that a busy machine is no fault
    page.goto(here)
    page.locator(field).fill(TYPED)
    with page.expect_response(lambda answer: answer.url.endswith("/draft")) as kept:
        page.clock.run_for(DRAFT_LEAVES_AFTER)
    assert kept.value.ok
    expect(page.locator("[data-draft-state]")).to_contain_text("concept bewaard")
    again = page.context.new_page()
    page.close()  # as a crash: nothing is asked and nothing more is sent
    again.goto(here)
    expect(again.locator(field)).to_have_value(TYPED)
    expect(again.get_by_text("Dit is uw concept")).to_be_visible()
