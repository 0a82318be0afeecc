"""The facts beside a review: what was measured stands there, what cannot be compared says so, nothing is left out."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event, select

from clinic.domain.vocabulary import AlarmOutcome, AlertCode
from clinic.services import notes
from clinic.services.facts import stamp
from clinic.services.notes import NoteAlert
from clinic.store.patients import Glucocorticoid
from clinic.store.reviews import Review
from clinic.store.scans import Fracture, Lab, Scan, ScanValue, SpineImage
from clinic.store.treatments import Course, CourseStop, Pause
from tests.factories import make_control, make_course, make_patient


@pytest.fixture
def nurse(work, clock):
    return work("nurse")


@pytest.fixture
def patient(nurse):
    """Alendronic acid since 18 January 2022."""
    patient = make_patient(nurse, recalled_max_height_mm=1680)
    make_course(nurse, patient, started_on=date(2022, 1, 18))
    return patient


@pytest.fixture
def shown(nurse, patient, sign_in):
    """The review as the doctor reads it, without markup; a part of it by the name of its panel."""

    def read(name=""):
        nurse.session.commit()
        page = sign_in("doctor").get(f"/patients/{patient.id}/reviews/new").text
        part = re.search(rf'<section class="panel" id="{name}".*?</section>', page, re.S) if name else None
        return " ".join(re.sub(r"<[^>]+>", " ", part[0] if part else page).split())

    return read


def scan(nurse, patient, made_on, bmd, device="Hologic"):
    row = Scan(made_on=made_on, received_on=made_on, device=device)
    row.sites.append(ScanValue(site="total_hip", bmd_mg_cm2=bmd, t_score=Decimal("-2.4")))
    return stamp(nurse, row, patient.id)


@pytest.mark.parametrize(
    ("latest", "said"),
    [
        (720, "+0,020 (+2,9 %) sinds 03-2024 ±0,035 binnen LSC"),
        (665, "−0,035 (−5,0 %) sinds 03-2024 ±0,035 afgenomen, meer dan LSC"),
        (735, "+0,035 (+5,0 %) sinds 03-2024 ±0,035 toegenomen, meer dan LSC"),
    ],
)
def test_a_change_in_bone_density_stands_beside_what_the_device_can_tell_apart(nurse, patient, shown, latest, said):
    scan(nurse, patient, date(2024, 3, 4), 700)
    scan(nurse, patient, date(2026, 10, 12), latest)
    assert said in re.sub(r"\s+", " ", shown("density"))


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ("Hologic", "Lunar", "niet te vergelijken: geen eerdere BMD op dit toestel"),
        ("Hologic", None, "niet te vergelijken: het toestel is niet vastgelegd"),
    ],
)
def test_what_another_device_measured_is_not_compared(nurse, patient, shown, before, now, said):
    scan(nurse, patient, date(2024, 3, 4), 700, before)
    scan(nurse, patient, date(2026, 10, 12), 600, now)
    assert said in shown("density")


def test_one_dxa_has_nothing_to_be_compared_with(nurse, patient, shown):
    scan(nurse, patient, date(2026, 10, 12), 700)
    assert "geen eerdere BMD om mee te vergelijken" in shown("density")


def test_what_is_not_recorded_is_said(shown):
    page = shown()
    for nothing in (
        "Er is geen DXA-uitslag binnen.", "Er is geen fractuur vastgelegd.", "Er is geen antwoord over inname",
        "Er is niet naar alarmsymptomen gevraagd.", "Er is geen laboratoriumwaarde", "Er zijn er geen vastgelegd.",
        "Er is geen besluit ondertekend.",
    ):  # fmt: skip
        assert nothing in page
    assert "Vroegere maximale lengte zoals de patiënt vertelde 168,0 cm" in page


@pytest.mark.parametrize(
    ("on", "phase"),
    [
        (date(2022, 1, 17), "vóór behandeling"),
        (date(2022, 1, 18), "tijdens behandeling"),
        (date(2026, 11, 1), "tijdens behandeling"),
    ],
)
def test_a_fracture_stands_against_the_treatment(nurse, patient, shown, on, phase):
    stamp(nurse, Fracture(on_date=on, site="vertebra", level="Th12", genant=2), patient.id)
    stamp(nurse, SpineImage(on_date=date(2026, 10, 12), new_fracture=False), patient.id)
    part = shown("fractures")
    assert f"Wervel Th12 graad 2 {phase} {on:%d-%m-%Y}" in part
    assert "geen nieuwe fractuur 12-10-2026" in part


def test_a_fracture_before_any_treatment_or_after_the_stop(work, clock, sign_in):
    nurse = work("nurse")
    patient = make_patient(nurse)
    stamp(nurse, Fracture(on_date=date(2020, 5, 1), precision="year", site="wrist", low_energy=False), patient.id)
    nurse.session.commit()
    page = sign_in("doctor").get(f"/patients/{patient.id}/reviews/new").text
    assert re.search(r"vóór behandeling, hoogenergetisch</small></span><span>2020", page)


def test_a_clearance_just_below_a_limit_is_not_shown_as_the_limit(nurse, patient, shown):
    make_control(nurse, patient, date(2026, 11, 20), weight_g=58_300)
    stamp(nurse, Lab(on_date=date(2026, 11, 20), creatinine_umol_l=117), patient.id)
    assert "gewicht van 20-11-2026 34,7 ml/min" in shown("lab")


def test_answers_laboratory_and_body_stand_with_their_day(nurse, patient, shown):
    make_control(
        nurse, patient, date(2026, 11, 20), height_mm=1587, weight_g=58300, missed_doses=1, intake_fasting=True,
        intake_water=False, doubts=True, falls=2, dental="kies getrokken",
        symptoms={"jaw_or_mouth": {"present": True}, "ear_pain": {"present": False}},
    )  # fmt: skip
    stamp(nurse, Lab(on_date=date(2026, 9, 1), creatinine_umol_l=74, calcium_mmol_l=Decimal("2.38")), patient.id)
    stamp(nurse, Lab(on_date=date(2026, 11, 20), vitamin_d_nmol_l=68), patient.id)
    assert "1 van 2 goed, twijfelt of wil stoppen 1 gemist in 12 weken" in shown("intake")
    safety = shown("safety")
    assert "Klachten van kaak of mond 20-11-2026 aanwezig" in safety
    assert re.search("Oorpijn.* 20-11-2026 nee", safety)
    assert "Gebit 20-11-2026 kies getrokken" in safety
    lab = shown("lab")
    assert "Creatinine 01-09-2026 · 2 maanden oud 74 µmol/l" in lab
    assert "Klaring volgens Cockcroft-Gault, gewicht van 20-11-2026 5" in lab
    assert "deze maand 68 nmol/l" in lab
    body = shown("body")
    assert "Gewicht BMI 23,1 · 20-11-2026 58,3 kg" in body
    assert "Lengte 20-11-2026 · −9,3 cm t.o.v. de vroegere maximale lengte 158,7 cm" in body
    assert "12 maanden 20-11-2026 2" in body


def test_no_complaints_of_thigh_and_jaw_is_said_of_who_was_asked_and_not_of_who_was_referred(
    nurse, work, patient, shown
):  # fmt: skip
    said = "Klachten van bovenbeen of kaak gemeld:"
    make_control(nurse, patient, date(2026, 9, 1), symptoms={"thigh_or_groin_pain": {"present": False}})
    assert f"{said} onbekend" in shown()
    make_control(nurse, patient, date(2026, 10, 1), symptoms={"jaw_or_mouth": {"present": False}})
    assert f"{said} nee." in shown()
    make_control(nurse, patient, date(2026, 11, 20), symptoms={"jaw_or_mouth": {"present": True}})
    reported = f"{said} ja (klachten van kaak of mond 20-11-2026)."
    assert reported in shown()
    signed = {"patient_id": patient.id, "alert": AlertCode.JAW_OR_MOUTH, "text": "Kaakchirurg."}
    notes.note_alert(work("doctor"), NoteAlert(**signed, outcome=AlarmOutcome.REFERRED, back_on=date(2026, 12, 21)))
    assert reported in shown()


def test_a_change_in_weight_and_height_stands_beside_it(nurse, patient, shown):
    make_control(nurse, patient, date(2025, 11, 20), height_mm=1600, weight_g=62000)
    make_control(nurse, patient, date(2026, 11, 20), height_mm=1587, weight_g=58900)
    body = shown("body")
    assert "20-11-2026 · −5,0 % sinds 20-11-2025 58,9 kg" in body
    assert "20-11-2026 · −1,3 cm sinds 20-11-2025" in body


def test_two_weights_of_one_day_are_no_change(nurse, patient, shown):
    make_control(nurse, patient, date(2026, 11, 20), weight_g=55000, form_token="one")
    make_control(nurse, patient, date(2026, 11, 20), weight_g=62000, form_token="two")
    assert "20-11-2026 55,0 kg" in shown("body")
    make_control(nurse, patient, date(2025, 11, 20), weight_g=50000, form_token="three")
    assert "20-11-2026 · +10,0 % sinds 20-11-2025 55,0 kg" in shown("body")


def test_every_treatment_stands_with_why_it_ended_and_what_counts(nurse, patient, shown):
    earlier = make_course(nurse, patient, drug="risedronic_acid", started_on=date(2019, 1, 1), indication="PMO")
    nurse.session.flush()
    stamp(nurse, CourseStop(course_id=earlier.id, stopped_on=date(2021, 1, 1), reason="side_effects"), patient.id)
    for start, end, counts in ((1, 31, False), (100, 160, False), (200, 260, True)):
        begin = date(2019, 1, 1)
        pause = Pause(
            course_id=earlier.id, from_on=begin + timedelta(days=start), until_on=begin + timedelta(days=end),
            counts=counts,
        )  # fmt: skip
        stamp(nurse, pause, patient.id)
    part = shown("treatments")
    assert "netto jaren: risedroninezuur 1,8, alendroninezuur 4,8" in part
    assert re.search(
        "Risedroninezuur.* Bijwerkingen, PMO, onderbroken 02-01-2019 – 01-02-2019 \\(gemiste doses\\)", part
    )
    assert "onderbroken 11-04-2019 – 10-06-2019 (niet meegeteld)" in part
    assert "(meegeteld), netto 671 dagen" in part
    assert "18-01-2022 – loopt" in part
    assert "10 jaar bisfosfonaten" in shown()


def test_an_interruption_that_goes_on_says_so(nurse, patient, shown):
    course = nurse.session.scalars(select(Course)).one()
    stamp(nurse, Pause(course_id=course.id, from_on=date(2026, 11, 1)), patient.id)
    assert "onderbroken 01-11-2026 – loopt nog (niet meegeteld)" in shown("treatments")


def test_bmd_and_z_score_stand_under_the_t_score(nurse, patient, shown):
    row = Scan(made_on=date(2026, 10, 12), received_on=date(2026, 10, 12), device="Hologic")
    row.sites.append(ScanValue(site="total_hip", bmd_mg_cm2=700, t_score=Decimal("-2.4"), z_score=Decimal("-0.8")))
    row.sites.append(ScanValue(site="lumbar_spine", bmd_mg_cm2=840))
    stamp(nurse, row, patient.id)
    scan(nurse, patient, date(2025, 10, 12), 710)
    part = shown("density")
    assert "−2,4 0,700 g/cm² · Z −0,8" in part
    assert "– 0,840 g/cm²" in part


def test_glucocorticoids_and_earlier_decisions(nurse, patient, shown):
    period = Glucocorticoid(from_on=date(2025, 1, 6), mg_per_day=Decimal("7.5"))
    stamp(nurse, period, patient.id)
    decision = Review(
        on_date=date(2026, 5, 4), outcome="postpone", until_on=date(2026, 11, 30), reason="DXA wordt gemaakt.",
        signed_function="internist", form_token="x",
    )  # fmt: skip
    stamp(nurse, decision, patient.id)
    assert "06-01-2025 – loopt nog 7,5 mg per dag" in shown("glucocorticoids")
    part = shown("decisions")
    assert re.search("30-11-2026 DXA wordt gemaakt.*internist 04-05-2026", part)


def facts_of_years(nurse, patient, *years):
    """Facts of every kind in each of these years."""
    for year in years:
        make_control(nurse, patient, date(year, 6, 1), height_mm=1600, weight_g=60000, missed_doses=1)
        scan(nurse, patient, date(year, 5, 4), 700 + year % 7)
        stamp(nurse, Fracture(on_date=date(year, 3, 1), site="wrist"), patient.id)
        stamp(nurse, SpineImage(on_date=date(year, 4, 1), new_fracture=False), patient.id)
        stamp(nurse, Lab(on_date=date(year, 2, 1), creatinine_umol_l=70 + year % 9), patient.id)
        stamp(
            nurse,
            Glucocorticoid(from_on=date(year, 1, 6), until_on=date(year, 2, 6), mg_per_day=Decimal(5)),
            patient.id,
        )
        told = Review(
            on_date=date(year, 5, 8), outcome="postpone", until_on=date(year, 11, 8), reason="DXA wordt gemaakt.",
            signed_function="internist", form_token=f"of {year}",
        )  # fmt: skip
        stamp(nurse, told, patient.id)


def test_the_queries_of_the_page_do_not_grow_with_the_facts(nurse, patient, app, sign_in):
    facts_of_years(nurse, patient, 2021)
    nurse.session.commit()
    doctor, asked = sign_in("doctor"), []
    event.listen(app.extensions["engine"], "before_cursor_execute", lambda *call: asked.append(call[2]))
    url = f"/patients/{patient.id}/reviews/new"
    doctor.get(url)
    few = len(asked)
    facts_of_years(nurse, patient, *range(2012, 2021))
    nurse.session.commit()
    asked.clear()
    page = doctor.get(url).text
    assert page.count("DXA wordt gemaakt.") == 10
    assert len(asked) <= few


def test_each_criterion_leads_to_its_facts(nurse, patient, sign_in):
    nurse.session.commit()
    page = sign_in("doctor").get(f"/patients/{patient.id}/reviews/new").text
    leads = set(re.findall(r'<span><a href="#(\w+)">', page))
    assert leads == {"density", "fractures", "lab", "intake", "safety", "glucocorticoids"}
    assert all(f'id="{name}"' in page for name in leads)
