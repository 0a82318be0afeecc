"""What a GP reads: facts that were recorded, in HASP order, in lines of 70 characters, without advice."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from clinic.domain import record as r
from clinic.domain.protocol import DEFAULT
from clinic.domain.vocabulary import ControlKind, Drug, LetterAbout, ReviewOutcome, ScanSite, Sex
from clinic.letters import asked as asking
from clinic.letters.compose import Rows, Told, compose
from clinic.letters.dutch import PRESCRIBERS
from clinic.letters.sentences import document
from clinic.letters.text import WIDTH, text_of
from clinic.store.controls import Control
from clinic.store.reviews import Review
from clinic.store.scans import Fracture, Lab, Scan, ScanValue
from clinic.store.treatments import Course

TODAY, START = date(2026, 11, 23), date(2022, 1, 18)
NO = {"present": False}
ASKED = dict.fromkeys(("swallowing_or_retrosternal", "thigh_or_groin_pain", "jaw_or_mouth"), NO)
PATIENT = {
    "name": "mw. A. de Vries-Jansen", "her": "uw patiënte", "she": "patiënte", "born": "1953-03-14",
    "number": "4071826", "bsn": "999994128", "address": "Lange Laan 3, 8598 AB Oudeterp", "prescriber": None,
    "status": "active", "status_on": None,
}  # fmt: skip
GP = {"gp_id": 1, "lines": ["De Terp", "Mevrouw S. Hoekstra, huisarts"], "salutation": "mevrouw Hoekstra"}
CLINIC = {
    "hospital": "Ziekenhuis Oudeterp", "department": "Osteoporosepolikliniek", "street": "Postbus 1",
    "postcode_town": "8598 ZZ Oudeterp", "phone": "0513 200000", "phone_hours": "ma–vr 8.30–16.30", "email": "",
    "window": [25, 60, 85, 35],
}  # fmt: skip
PEOPLE = {
    "responsible": {"name": "dr. M. Bakker", "function": "internist"},
    "contact": {"name": "S. Postma", "function": "osteoporoseverpleegkundige"},
}
DOCTOR = {"name": "dr. M. Bakker", "function": "internist", "role": "doctor", "at": "23-11-2026 om 15:12"}


def control(**given):
    """A control of today with plain answers."""
    told = {
        "id": 1, "on_date": TODAY, "kind": "clinic", "height_mm": 1587, "weight_g": 58300, "intake_fasting": True,
        "missed_doses": 0, "side_effects": {}, "symptoms": ASKED, "note_in_letter": False,
    }  # fmt: skip
    return Control(**told | given)


def letter(
    controls=(), reviews=(), scans=(), fractures=(), signed=DOCTOR, patient=None, added="", labs=(), before=(), **course
):
    """The text of a letter about these facts, for a woman on alendronic acid since 2022."""
    row = Course(**{
        "id": 1, "drug": "alendronic_acid", "dose": "70 mg", "schedule": "1× per week", "started_on": START,
        "start_precision": "day", "planned_years": Decimal(5), "controls_by": "clinic", "indication": "wervelfractuur",
    } | course)  # fmt: skip
    record = r.Record(
        patient=r.Patient(Sex.FEMALE, date(1953, 3, 14), START),
        courses=(r.Course(Drug(row.drug), row.started_on, row.planned_years),),
        controls=tuple(r.Control(x.on_date, ControlKind(x.kind), height_mm=x.height_mm) for x in controls),
        reviews=tuple(
            r.Review(x.on_date, ReviewOutcome(x.outcome), x.until_on, x.effective_on) for x in (*before, *reviews)
        ),
        scans=tuple(
            r.Scan(
                x.made_on,
                x.received_on,
                x.device,
                sites={ScanSite(v.site): r.ScanSiteValue(v.bmd_mg_cm2, v.t_score) for v in x.sites},
            )
            for x in scans
        ),
    )
    subjects = [(LetterAbout.CONTROL, x.on_date, x.id) for x in controls]
    subjects += [(LetterAbout.REVIEW, x.on_date, x.id) for x in reviews]
    subjects += [(LetterAbout.DXA, x.made_on, x.id) for x in scans]
    rows = Rows(courses=[row], controls=controls, reviews=reviews, scans=scans, fractures=fractures, labs=labs)
    told = Told(TODAY, record, rows, subjects, PATIENT | (patient or {}), GP, CLINIC, PEOPLE, added=added)
    return text_of(document(compose(told, DEFAULT), "B2026-000184", signed))


def flat(text):
    """The text without its line ends."""
    return " ".join(text.split())


def continued(**given):
    """A doctor goes on for years."""
    told = {
        "id": 1, "on_date": TODAY, "course_id": 1, "outcome": "continue", "until_on": date(2032, 5, 18),
        "reason": "Wervelfractuur Th12, T-score −2,5", "prescriber": "huisarts",
    }  # fmt: skip
    return Review(**told | given)


def test_a_control_without_news_is_half_a_page_and_asks_nothing():
    text = letter([control()])
    assert "Van u wordt nu niets gevraagd." in text
    body = text.split("Geachte collega,")[1].split("Met vriendelijke groet,")[0]
    assert len(body.strip().split("\n\n")) == 5
    assert len(body.splitlines()) <= 30
    assert "Betreft: Controle osteoporose - mw. A. de Vries-Jansen, 14-03-1953" in text.splitlines()


def test_no_line_is_longer_than_seventy_characters_and_a_minus_stays_a_minus():
    scan = Scan(id=1, made_on=date(2026, 10, 12), received_on=TODAY)
    scan.sites = [ScanValue(site="femoral_neck", t_score=Decimal("-2.5"), bmd_mg_cm2=588)]
    text = letter([control()], [continued()], [scan], added="Een heel lang woord: " + "x" * 200)
    assert max(len(line) for line in text.splitlines()) <= WIDTH
    assert "femurhals T-score -2,5, BMD 0,588 g/cm²" in flat(text)


def test_a_doctor_writes_to_a_colleague_and_a_nurse_to_the_gp_by_name():
    assert "Geachte collega," in letter([control()])
    assert "Geachte mevrouw Hoekstra," in letter([control()], signed=DOCTOR | {"role": "nurse"})


def test_the_gp_who_prescribes_is_asked_to_go_on_until_the_day_that_was_decided():
    text = flat(letter([control()], [continued()]))
    assert "Controle osteoporose met besluit behandelduur" in text
    assert "BESLUIT Doorgaan met alendroninezuur tot 18-05-2032. Reden: Wervelfractuur Th12, T-score -2,5." in text
    assert "WIJ VRAGEN U 1. Alendroninezuur 70 mg, 1× per week blijven voorschrijven tot 18-05-2032; daarna" in text


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ({"outcome": "stop", "until_on": None, "effective_on": TODAY},
         "1. Alendroninezuur staken per 23-11-2026 en niet meer herhalen."),
        ({"outcome": "switch", "until_on": None, "effective_on": TODAY, "next_drug": "zoledronic_acid",
          "next_years": Decimal(3)},
         "2. Zoledroninezuur vanaf 23-11-2026 voorschrijven voor 3 jaar; daarna niet herhalen zonder bericht van ons."),
    ],
)  # fmt: skip
def test_what_was_decided_is_asked_of_the_gp_who_prescribes(given, asked):
    assert asked in flat(letter(reviews=[continued(**given)]))


@pytest.mark.parametrize(
    "prescriber",
    ["internist", "internist, later de huisarts", None, "niet de huisarts", "huisarts wil het niet", "mw. Hoekstra",
     "internist in overleg met huisarts", "dr. Bakker (internist) of huisarts", "niet de huisarts maar de internist",
     "ziekenhuisarts", "Haar zoon", "rheumatologist, not the GP", "osteoporosepoli"],
)  # fmt: skip
def test_who_prescribes_elsewhere_asks_the_gp_nothing(prescriber):
    text = flat(letter([control()], patient={"prescriber": prescriber}))
    assert f"Van u wordt nu niets gevraagd. Voorschrijver: {prescriber or 'niet vastgelegd'}." in text


@pytest.mark.parametrize(
    "prescriber",
    ["huisarts", "De huisarts", "GP (dr. Hoekstra)", "haar huisarts", "via huisarts", "eigen huisarts", "HA", "h.a.",
     "huisartsenpraktijk De Terp", "mw. Hoekstra, huisarts", "huisarts, niet de internist", "Her own GP",
     "niet de internist maar de huisarts", "huisarts in overleg met internist"],
)  # fmt: skip
def test_a_gp_who_prescribes_is_asked_to_go_on(prescriber):
    assert "blijven voorschrijven tot 18-01-2027" in flat(letter([control()], patient={"prescriber": prescriber}))


def test_of_what_the_pages_offer_the_first_is_the_gp_and_no_other():
    offered = [asking.gp_prescribes({"reviews": [], "patient": {"prescriber": one}}) for one in PRESCRIBERS]
    assert offered == [True, False, False]


def test_what_was_not_asked_is_not_said():
    silent = control(symptoms={}, missed_doses=None, intake_fasting=None, height_mm=None, weight_g=None)
    text = letter([silent])
    assert [word for word in ("Alarmsymptomen", "Gemiste", "Inname", "Lengte") if word in text] == []
    assert "Alarmsymptomen nagevraagd: geen." in flat(letter([control()]))


def test_an_alarm_symptom_is_told_with_its_side_and_a_note_only_when_it_was_meant_for_the_letter():
    thigh = ASKED | {"thigh_or_groin_pain": {"present": True, "side": "left", "weeks": 3}}
    text = flat(letter([control(symptoms=thigh, note="Zoon is ziek.")]))
    assert "Alarmsymptomen: pijn in bovenbeen, heup of lies (links, sinds 3 weken)." in text
    assert "Zoon is ziek." not in text
    assert "Slaapt slecht." in letter([control(note="Slaapt slecht", note_in_letter=True)])


@pytest.mark.parametrize(
    ("drug", "says"),
    [("ibandronic_acid_oral", "geen uur gewacht met eten of drinken en niet een uur rechtop."),
     ("alendronic_acid", "geen half uur gewacht met eten of drinken en niet een half uur rechtop.")],
)  # fmt: skip
def test_what_she_did_otherwise_is_told_by_how_long_her_tablet_asks_to_wait(drug, says):
    assert says in flat(letter([control(intake_wait=False, intake_upright=False)], drug=drug))


def test_of_a_birth_known_to_the_year_no_day_is_written():
    told = letter([control()], patient={"born": "1953-01-01", "born_precision": "year"})
    assert "Betreft: Controle osteoporose - mw. A. de Vries-Jansen, 1953" in told.splitlines()


def test_every_fracture_is_named_as_exactly_as_it_was_recorded():
    found = [
        Fracture(id=1, on_date=date(2021, 1, 1), precision="year", site="vertebra", level="Th12", genant=2),
        Fracture(id=2, on_date=date(2026, 12, 1), precision="day", site="wrist"),
    ]
    text = flat(letter([control()], fractures=found))
    assert "Fracturen: wervel Th12 (Genant 2), 2021." in text
    assert "pols" not in text


def test_dates_to_come_are_those_of_the_items_and_nothing_else():
    text = flat(letter([control()]))
    following = text.split("VERVOLG ")[1].split("Eerder terug bij")[0]
    assert "jaarcontrole: november 2027" in following.lower()
    assert "besluit einde behandelduur: 18-01-2027" in following


def test_nothing_in_a_letter_gives_advice():
    text = flat(letter([control()], [continued()])).lower()
    assert [word for word in ("adviseren", "raden", "overweeg", "aanbevolen", "beter") if word in text] == []


TABLET = "1. Alendroninezuur 70 mg, 1× per week"
PASSED = "en niet staken zonder bericht van ons: het geplande einde (18-05-2026) is verstreken en het besluit volgt."


@pytest.mark.parametrize(
    ("started", "put_off", "asked"),
    [
        pytest.param(date(2022, 1, 18), None,
                     "blijven voorschrijven tot 18-01-2027; daarna niet herhalen zonder bericht van ons.", id="runs"),
        pytest.param(date(2021, 12, 10), date(2027, 5, 10),
                     "blijven voorschrijven tot 10-05-2027: het besluit is tot dan uitgesteld (gepland einde "
                     "was 10-12-2026); daarna niet herhalen zonder bericht van ons.", id="put off"),
        pytest.param(date(2021, 5, 18), date(2026, 11, 1), f"blijven voorschrijven {PASSED}", id="put off and passed"),
        pytest.param(date(2021, 5, 18), None, f"blijven voorschrijven {PASSED}", id="passed"),
        pytest.param(date(2021, 11, 23), None,
                     "blijven voorschrijven en niet staken zonder bericht van ons: het geplande einde (23-11-2026) is",
                     id="the day itself"),
    ],
)  # fmt: skip
def test_repeats_go_on_until_the_decision_and_never_until_a_day_that_passed(started, put_off, asked):
    signed = TODAY if put_off and put_off > TODAY else date(2026, 4, 2)
    reviews = [continued(on_date=signed, outcome="postpone", until_on=put_off)] if put_off else []
    text = letter([control()], reviews, patient={"prescriber": "huisarts"}, started_on=started)
    assert f"{TABLET} {asked}" in flat(text)


def test_a_stop_that_was_decided_before_is_what_the_gp_is_asked_from_then_on():
    stop = continued(on_date=date(2026, 11, 9), outcome="stop", until_on=None, effective_on=date(2026, 12, 1))
    text = flat(letter([control()], before=[stop], patient={"prescriber": "huisarts"}))
    assert f"{TABLET} staken per 01-12-2026 en niet meer herhalen." in text


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        (842, 800, "(-4,99 % sinds 12-10-2024, binnen LSC van 5,0 %)"),
        (800, 760, "(-5,0 % sinds 12-10-2024, afgenomen, meer dan LSC van 5,0 %)"),
        (800, 840, "(+5,0 % sinds 12-10-2024, toegenomen, meer dan LSC van 5,0 %)"),
        (842, 884, "(+4,99 % sinds 12-10-2024, binnen LSC van 5,0 %)"),
        (700, 662, "(-5,4 % sinds 12-10-2024, afgenomen, meer dan LSC van 5,0 %)"),
        (700, 700, "(0,0 % sinds 12-10-2024, binnen LSC van 5,0 %)"),
    ],
)
def test_a_change_is_beyond_the_lsc_as_the_rules_see_it_and_not_as_it_is_rounded(first, second, says):
    scans = []
    for number, (on, value) in enumerate([(date(2024, 10, 12), first), (date(2026, 10, 12), second)], 1):
        scan = Scan(id=number, made_on=on, received_on=on, device="Hologic A")
        scan.sites = [ScanValue(site="total_hip", bmd_mg_cm2=value)]
        scans.append(scan)
    assert says in flat(letter(scans=scans))


def test_of_each_kind_of_blood_result_the_latest_is_told_with_its_day():
    labs = [
        Lab(id=1, on_date=date(2026, 1, 8), creatinine_umol_l=90, vitamin_d_nmol_l=40),
        Lab(id=2, on_date=date(2026, 6, 2), creatinine_umol_l=72, egfr=78, pth_pmol_l=Decimal("6.0")),
        Lab(id=3, on_date=date(2026, 10, 12), vitamin_d_nmol_l=66),
    ]
    told = "Laboratorium 12-10-2026: 25-OH-vitamine D 66 nmol/l; 02-06-2026: creatinine 72 µmol/l, eGFR 78 ml/min, "
    assert f"{told}PTH 6 pmol/l." in flat(letter([control()], labs=labs))


def test_denosumab_is_never_asked_to_be_left_off():
    text = flat(letter([control()], patient={"prescriber": "huisarts"}, drug="denosumab", planned_years=Decimal(10)))
    assert "niet staken zonder bericht van ons" in text
    assert "niet herhalen" not in text
