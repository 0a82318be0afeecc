"""A date explains itself in the same words wherever it stands: lists, record, review, and on the command line."""

import re
from datetime import date
from html import unescape

import pytest

from clinic.domain.vocabulary import Symptom
from clinic.interop import plan
from clinic.services import items, overrides
from clinic.services.overrides import MoveItem
from clinic.store import records
from clinic.store.patients import Patient
from tests.conftest import MONDAY
from tests.factories import make_control, make_course, make_patient


@pytest.fixture
def patient(work, clock):
    """Alendronic acid since 18 January 2022, seen last in October 2025; a doctor moved the DXA."""
    doctor = work("doctor")
    patient = make_patient(doctor)
    make_course(doctor, patient, started_on=date(2022, 1, 18))
    make_control(doctor, patient, date(2025, 10, 20))
    items.refresh(doctor, patient)
    dxa = MoveItem(patient.id, "dxa.before_review", None, date(2027, 1, 4), date(2026, 12, 7), "Zij is dan toch hier.")
    overrides.move(doctor, dxa)
    return doctor.session.get(Patient, patient.id)


def words(page):
    """What a reader reads, without markup."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


def told(work, patient, lang):
    """What the command line says of each date, by its code: why, and what stands behind it."""
    unit = work("doctor")
    answer = plan.answer(records.load(unit.session, patient.id), MONDAY, lang, unit.protocol)
    unit.session.rollback()
    lines = [line.strip() for line in plan.table(answer, lang).splitlines()]
    found = {one["code"]: one["why"] for one in answer["due"]}
    return {
        code: (why, next(x for x in lines if x.startswith(why)).removeprefix(why).strip())
        for code, why in found.items()
    }


def read(client, lang, *addresses):
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = lang
    return [words(client.get(address)) for address in addresses]


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_the_same_words_on_list_record_review_and_command_line(work, patient, sign_in, lang):
    doctor = sign_in("doctor")
    record, review = f"/patients/{patient.id}", f"/patients/{patient.id}/reviews/new"
    due = told(work, patient, lang)
    listed, record, review, queue = read(doctor, lang, "/worklist?list=to-plan", record, review, "/reviews")
    for code, pages in {
        "control.yearly": (listed, record),
        "dxa.before_review": (record,),
        "review.end_of_course": (record, review, queue),
    }.items():
        for page in pages:
            assert all(part in page for part in due[code])


def test_a_moved_date_says_both_that_it_was_moved_and_why_it_was_computed(work, patient):
    why, whence = told(work, patient, "nl")["dxa.before_review"]
    assert why.startswith("Op 23-11-2026 door een arts verplaatst; berekend was 04-01-2027.")
    assert "geen DXA in de 12 maanden ervoor" in why
    assert whence == "Regel S1, protocol default-2026.1. Bron: FMS-richtlijn 2022."


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_red_alert_says_its_rule_source_and_version_wherever_it_stands(work, patient, sign_in, lang):
    unit = work("doctor")
    patient = unit.session.get(Patient, patient.id)
    make_control(unit, patient, date(2026, 3, 2), height_mm=1590)
    make_control(unit, patient, date(2026, 11, 16), symptoms={Symptom.JAW_OR_MOUTH: {"present": True}})
    make_control(unit, patient, date(2026, 11, 17), height_mm=1560)
    items.refresh(unit, patient)
    unit.session.commit()
    table = plan.table(plan.answer(records.load(unit.session, patient.id), MONDAY, lang, unit.protocol), lang)
    record, note = f"/patients/{patient.id}", f"/patients/{patient.id}/alerts/jaw_or_mouth/note"
    unit.session.rollback()
    pages = read(sign_in("doctor"), lang, "/worklist?list=alarms", "/reviews", record)
    said = {
        "nl": ("Gemeld op 16-11-2026; nog geen notitie van een arts.", "patiëntenfolder, productinformatie"),
        "en": ("Reported on 16-11-2026; no doctor's note yet.", "patients' leaflet, product information"),
    }
    why, source = said[lang]
    for text in (*pages, *read(sign_in("doctor"), lang, note), " ".join(table.split())):
        before, _, behind = text.partition(why)
        assert before
        rule = "Regel §5, protocol default-2026.1. Bron: " if lang == "nl" else (
            "Rule §5, protocol default-2026.1. Source: "
        )  # fmt: skip
        assert f"{rule}{source}." in behind
    assert all("Siminoski." in page for page in pages)
