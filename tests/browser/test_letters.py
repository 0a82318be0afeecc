"""Letters in a browser: what changed taken over with one key, and the clinic's words tried while they are typed."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from clinic.services.work import Work
from clinic.store.controls import Control
from clinic.store.patients import Patient
from clinic.store.settings import ClinicSettings
from tests.browser.test_sign_in import barriers
from tests.factories import make_course
from tests.letter_makers import drafted


@pytest.fixture
def heavier(work: Callable[..., Work]) -> int:
    """A draft about a control of which the weight was put right since; the number of the letter."""
    nurse = work("nurse")
    letter = drafted(nurse)
    make_course(nurse, patient_of(nurse, letter.patient_id), dose="70 mg", schedule="1× per week",
                planned_years=Decimal(5))  # fmt: skip
    nurse.session.query(Control).one().weight_g = 62600
    nurse.session.merge(ClinicSettings(id=1, phone="0513 200000", phone_hours="ma–vr 8.30–16.30"))
    nurse.session.commit()
    return int(letter.id)


def patient_of(work: Work, patient_id: int) -> Patient:
    """Her row, with a home to write to."""
    patient = work.session.get_one(Patient, patient_id)
    patient.street, patient.house_number, patient.postcode, patient.town = "Lange Laan", "3", "8598 AB", "Oudeterp"
    return patient


def test_a_nurse_takes_over_what_changed_by_one_key_and_writes_her_own_words(
    enter: Callable[..., Page], heavier: int
) -> None:
    page = enter("nurse")
    page.goto(f"/letters/{heavier}")
    expect(page.locator("ins").filter(has_text="62,6")).to_be_visible()
    assert barriers(page) == []
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="Gewijzigd in het dossier sinds dit concept")).to_have_count(0)
    page.get_by_text("Bevindingen", exact=True).first.click()
    page.locator("#findings").fill("Zij loopt weer zonder stok.")
    page.get_by_role("button", name="Deze tekst in de brief zetten").click()
    expect(page.locator("pre.letter-text")).to_contain_text("Zij loopt weer zonder stok.")
    page.get_by_role("link", name="Laten wachten").click()
    assert barriers(page) == []


def test_the_clinics_words_are_tried_while_they_are_typed(enter: Callable[..., Page]) -> None:
    page = enter("manager")
    page.goto("/settings/texts/control")
    page.get_by_label("Tekst voor deze brieven").fill("Vragen? Bel {telefoon}")
    expect(page.locator("#tried pre").first).to_contain_text("Vragen? Bel")
    page.get_by_label("Tekst voor deze brieven").fill("Vragen? Bel {bsn}")
    expect(page.locator("#tried")).to_contain_text("Tussen accolades mogen alleen deze namen staan")
    assert barriers(page) == []
