"""A day in a browser: what she needs, a colleague's control finished, and the day closed; in both languages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time

import pytest
from playwright.sync_api import Page, expect

from clinic.services import appointments, control_drafts, items
from clinic.services.appointment_checks import Slot
from clinic.services.appointments import Book, Of
from clinic.services.work import Work
from clinic.store.appointments import Appointment
from tests.browser.test_sign_in import barriers
from tests.factories import make_control, make_course, make_patient

SAYS = {
    "nl": {"height": "Lengte 14 maanden oud", "busy": "is bezig sinds", "take": "Controle overnemen", "no": "Nee",
           "finish": "Afronden en brief klaarzetten", "next": "Volgende:", "measured": "gemeten door Test doctor",
           "close": "Dag afsluiten", "why": "Waarom dit mag blijven liggen", "must": "Schrijf op waarom",
           "closed": "De dag is afgesloten", "came": "Toch verschenen", "today": "Vandaag"},
    "en": {"height": "Height 14 months old", "busy": "is busy since", "take": "Take over the control", "no": "No",
           "finish": "Finish and prepare the letter", "next": "Next:", "measured": "measured by Test doctor",
           "close": "Close the day", "why": "Why this may stay behind", "must": "Say why this may",
           "closed": "The day is closed", "came": "Came after all", "today": "Today"},
}  # fmt: skip


@pytest.mark.parametrize("language", SAYS)
def test_a_nurse_finishes_a_colleagues_control_and_closes_the_day(
    enter: Callable[..., Page], work: Callable[..., Work], language: str
) -> None:
    nurse, doctor = work("nurse"), work("doctor")
    booked = []
    for number, name in enumerate(("Belstra", "Dantuma")):
        patient = make_patient(nurse, own_name=name)
        make_course(nurse, patient)
        make_control(nurse, patient, date(2025, 9, 1), height_mm=1650, weight_g=65000)
        items.refresh(nurse, patient)
        slot = Slot("control", date(2026, 11, 23), time(9 + number, 20), "Route 42")
        row = nurse.session.get(Appointment, appointments.book(nurse, Book(patient.id, slot, f"book-{number}")))
        booked.append(row)
    appointments.arrive(nurse, Of(booked[0].patient_id, booked[0].id, booked[0].version))
    appointments.missed(nurse, Of(booked[1].patient_id, booked[1].id, booked[1].version), 1, "")
    typed = {"form_token": ["form-1"], "on": ["23-11-2026"], "kind": ["clinic"], "height_1": ["165,0"],
             "weight": ["65"], "appointment": [str(booked[0].id)]}  # fmt: skip
    control_drafts.keep(doctor, booked[0].patient_id, "form-1", typed)
    says = SAYS[language]

    page = enter("nurse", language)
    expect(page.get_by_text(says["height"]).first).to_be_visible()
    expect(page.get_by_text(says["busy"])).to_be_visible()
    assert barriers(page) == []
    page.get_by_role("button", name=says["came"]).click()
    page.get_by_role("button", name=says["take"]).click()
    expect(page.locator("#height_1")).to_have_value("165,0")
    for symptom in ("swallowing_or_retrosternal", "thigh_or_groin_pain", "jaw_or_mouth"):
        page.locator(f"label[for=symptom_{symptom}-1]").click()
    page.get_by_role("button", name=says["finish"]).first.click()
    expect(page.get_by_text(says["next"])).to_contain_text("10:20")
    assert barriers(page) == []
    page.get_by_role("link", name=says["today"], exact=True).first.click()

    page.get_by_role("link", name=says["close"]).click()
    assert barriers(page) == []
    page.get_by_role("button", name=says["close"]).click()
    expect(page.get_by_text(says["must"]).first).to_be_visible()
    assert barriers(page) == []
    page.get_by_label(says["why"]).fill("Komt straks nog.")
    page.get_by_role("button", name=says["close"]).dblclick()
    expect(page.get_by_text(says["closed"])).to_be_visible()
