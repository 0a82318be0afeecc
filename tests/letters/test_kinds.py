"""Each kind of letter: what it is called, what it says by sex and drug, and what it must carry."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from clinic.domain import record as r
from clinic.domain.protocol import DEFAULT
from clinic.domain.vocabulary import Drug, LetterAbout, PatientStatus, ReviewOutcome, Sex, StopReason
from clinic.letters import kinds
from clinic.letters.compose import Rows, Told, compose
from clinic.letters.sentences import document
from clinic.letters.text import text_of
from clinic.store.appointments import Appointment
from clinic.store.reviews import Review
from clinic.store.scans import Scan, ScanValue
from clinic.store.treatments import Course, CourseStop
from clinic.wording.labels import label
from tests.letters.test_sentences import CLINIC, GP, PATIENT, PEOPLE, START, TODAY, control, flat

BY_SEX = {
    Sex.FEMALE: {"name": "mw. A. de Vries-Jansen", "her": "uw patiënte", "she": "patiënte"},
    Sex.MALE: {"name": "dhr. B. de Boer", "her": "uw patiënt", "she": "patiënt"},
}


def course(drug=Drug.ALENDRONIC_ACID, **given):
    """A course with all that a letter asks for."""
    told = {"id": 1, "drug": str(drug), "dose": "70 mg", "schedule": "1× per week", "started_on": START,
            "start_precision": "day", "planned_years": Decimal(5), "controls_by": "clinic"}  # fmt: skip
    return Course(**told | given)


def facts(*subjects, courses=(), stops=(), sex=Sex.FEMALE, replaces=(), status=None, **rows):
    """The facts of a letter about these subjects."""
    ended = {row.course_id: row.stopped_on for row in stops}
    record = r.Record(
        patient=r.Patient(sex, date(1953, 3, 14), START, status or PatientStatus.ACTIVE, TODAY if status else None),
        courses=tuple(
            r.Course(Drug(x.drug), x.started_on, x.planned_years, stopped_on=ended.get(x.id),
                     stop_reason=StopReason.SWITCH if x.id in ended else None)
            for x in courses
        ),
        reviews=tuple(r.Review(x.on_date, ReviewOutcome(x.outcome), x.until_on, x.effective_on)
                      for x in rows.get("reviews", ())),
    )  # fmt: skip
    patient = PATIENT | BY_SEX[sex] | {"prescriber": "huisarts"}
    patient |= {"status": str(status), "status_on": TODAY.isoformat()} if status else {}
    found = Rows(courses=courses, stops=stops, **rows)
    return compose(Told(TODAY, record, found, subjects, patient, GP, CLINIC, PEOPLE, replaces=replaces), DEFAULT)


def said(told):
    """The letter of these facts on one line."""
    return flat(text_of(document(told)))


def started(drug, sex=Sex.FEMALE, **given):
    """A letter about the start of a course today."""
    row = course(drug, started_on=TODAY, **given)
    return facts((LetterAbout.START, TODAY, 1), courses=[row], sex=sex)


@pytest.mark.parametrize("sex", list(Sex))
@pytest.mark.parametrize("drug", list(Drug))
def test_a_start_is_told_by_sex_and_drug(drug, sex):
    told = started(drug, sex, dose="x mg", schedule="volgens schema")
    assert document(told).subject.startswith("Start behandeling osteoporose – " + BY_SEX[sex]["name"])
    text = said(told)
    assert f"Bij {BY_SEX[sex]['her']} is op 23-11-2026 " in text
    assert "x mg, volgens schema gestart voor 5 jaar." in text
    assert "patiënte" not in text or sex == Sex.FEMALE


def test_a_switch_names_the_drug_it_came_after():
    old = course(Drug.RISEDRONIC_ACID)
    new = course(id=2, started_on=TODAY)
    stop = CourseStop(course_id=1, stopped_on=TODAY, stop_precision="day", reason="switch")
    told = facts((LetterAbout.START, TODAY, 2), courses=[old, new], stops=[stop])
    assert "alendroninezuur 70 mg, 1× per week gestart voor 5 jaar, na risedroninezuur." in said(told).lower()


@pytest.mark.parametrize(
    ("kind", "attempts", "sentence"),
    [
        ("control", 0, "Op 16 november 2026 is uw patiënt niet verschenen voor controle."),
        ("phone", 3, "voor de telefonische controle. Pogingen om patiënt te bereiken: 3."),
        ("dxa", 1, "niet verschenen voor de DXA."),
        ("review", 1, "niet verschenen bij de arts voor de beoordeling."),
        ("infusion", 1, "niet verschenen voor het infuus of de injectie."),
    ],
)
def test_who_did_not_come_is_told_with_the_attempts(kind, attempts, sentence):
    missed = Appointment(id=4, on_date=date(2026, 11, 16), kind=kind, attempts=attempts)
    told = facts((LetterAbout.NO_SHOW, missed.on_date, 4), courses=[course()], missed=[missed], sex=Sex.MALE)
    assert sentence in said(told)
    assert "Betreft: Gemiste afspraak osteoporose" in said(told)


@pytest.mark.parametrize(
    ("outcome", "name"),
    [
        ("continue", "Besluit behandelduur osteoporose: doorgaan"),
        ("stop", "Besluit behandelduur osteoporose: stoppen"),
        ("switch", "Besluit behandelduur osteoporose: ander middel"),
        ("postpone", "Besluit behandelduur osteoporose: uitgesteld"),
        ("break_on", "Besluit osteoporose: behandelpauze voortgezet"),
        ("restart", "Besluit osteoporose: opnieuw starten"),
    ],
)
def test_a_decision_says_in_its_subject_what_was_decided_and_is_a_doctors(outcome, name):
    review = Review(id=3, course_id=1, on_date=TODAY, outcome=outcome, until_on=date(2032, 1, 18), effective_on=TODAY,
                    reason="T-score −2,5", prescriber="huisarts")  # fmt: skip
    told = facts((LetterAbout.REVIEW, TODAY, 3), courses=[course()], reviews=[review])
    assert document(told).subject.startswith(f"{name} – ")
    assert all(kind.doctors_alone for kind in kinds.kinds_of(told))


def test_a_correction_says_so_first_and_names_the_letter_it_replaces():
    replaced = {"reference": "B2026-000012", "sent_on": "2026-11-10"}
    told = facts((LetterAbout.CONTROL, TODAY, 1), courses=[course()], controls=[control()], replaces=[replaced])
    assert document(told).subject.startswith("Correctie: Controle osteoporose")
    assert "Deze brief vervangt onze brief B2026-000012 van 10-11-2026." in said(told)


def test_the_end_hands_over_exposure_planned_end_and_the_dates_of_the_protocol():
    told = facts((LetterAbout.END, TODAY, 9), courses=[course()], status=PatientStatus.TRANSFERRED)
    text = said(told)
    assert "OVERDRACHT Gebruikt, zonder onderbrekingen die niet meetellen: alendroninezuur 4,8 jaar." in text
    assert "Gepland einde van alendroninezuur: 18-01-2027." in text
    assert "Volgens ons protocol zou volgen: " in text
    assert "besluit einde behandelduur: 18-01-2027" in text


def test_without_a_treatment_there_is_nothing_to_hand_over():
    text = said(facts((LetterAbout.END, TODAY, 9), status=PatientStatus.DECLINED))
    assert "Volgens ons protocol zou volgen: niets gepland." in text
    assert "Gebruikt, zonder onderbrekingen die niet meetellen: geen bisfosfonaat vastgelegd." in text
    assert "Gepland einde" not in text


def gone(*subjects, status=PatientStatus.TRANSFERRED, drug=Drug.ALENDRONIC_ACID, prescriber="huisarts", **given):
    """The words of a letter about somebody who is followed no more."""
    rows = {name: given.pop(name) for name in ("stops", "controls", "reviews") if name in given}
    told = facts(*(subjects or [(LetterAbout.END, TODAY, 9)]), courses=[course(drug, **given)], status=status, **rows)
    return said(told | {"patient": told["patient"] | {"prescriber": prescriber}})


TAKES_OVER = "het besluit over de behandelduur is dan aan wie de behandeling overneemt."


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, f"1. Alendroninezuur 70 mg, 1× per week blijven voorschrijven tot 18-01-2027; {TAKES_OVER}"),
        ({"started_on": date(2021, 5, 18)}, "1. Alendroninezuur 70 mg, 1× per week blijven voorschrijven; het geplande "
         "einde (18-05-2026) is verstreken, het besluit over de behandelduur is aan wie de behandeling overneemt."),
        ({"planned_years": None}, "1. Alendroninezuur 70 mg, 1× per week blijven voorschrijven; een gepland einde is "
         "niet vastgelegd, het besluit over de behandelduur is aan wie de behandeling overneemt."),
        ({"drug": Drug.DENOSUMAB}, "blijven voorschrijven; ons protocol kent bij denosumab geen behandelpauze: niet "
         "staken zonder besluit van wie het overneemt. 2. Ons berichten wie de injectie denosumab geeft"),
    ],
)  # fmt: skip
def test_who_takes_over_and_prescribes_is_asked_to_go_on(given, says):
    text = gone(**given)
    assert says in text
    assert "Voorschrijver: huisarts." in text
    assert "niets gevraagd" not in text
    assert "zonder bericht van ons" not in text


def test_what_was_chosen_for_the_letter_is_asked_of_the_gp_whoever_prescribes():
    told = facts((LetterAbout.END, TODAY, 9), courses=[course()], status=PatientStatus.TRANSFERRED)
    told |= {"named": [{"code": "dxa.before_review", "due_on": "2027-01-04"}]}
    text = said(told | {"patient": told["patient"] | {"prescriber": "internist"}})
    assert "1. Nog te doen: DXA vóór besluit, streefdatum 04-01-2027. Voorschrijver: internist." in text
    assert "niets gevraagd" not in text


def test_the_end_says_with_what_she_is_to_come_back_sooner():
    sooner = "Eerder terug (bij ons of bij wie de controle overneemt) bij: een nieuwe fractuur, een alarmsymptoom"
    assert sooner in gone()
    assert "een creatinineklaring onder 35 ml/min." in gone()


LEFT = [
    (PatientStatus.MOVED, "Wij volgen uw patiënte niet meer sinds 23-11-2026: verhuisd, controle elders."),
    (PatientStatus.DECEASED, "Uw patiënte is overleden op 23-11-2026."),
]


@pytest.mark.parametrize(("status", "says"), LEFT)
def test_a_fact_from_before_she_left_is_told_with_her_treatment_of_that_day_and_why_she_is_followed_no_more(
    status, says
):
    text = gone((LetterAbout.CONTROL, TODAY, 1), status=status, controls=[control()])
    treatment = (
        "Behandeling op die dag: alendroninezuur 70 mg, 1× per week, sinds 18-01-2022; gepland einde 18-01-2027."
    )
    assert f"{says} {treatment}" in text
    assert "Er is geen behandeling vastgelegd" not in text
    assert "Indicatie: " in text


def test_of_who_died_nothing_is_asked_and_nobody_is_to_come_back():
    text = gone((LetterAbout.CONTROL, TODAY, 1), status=PatientStatus.DECEASED, controls=[control()])
    assert "Van u wordt nu niets gevraagd." in text
    assert [word for word in ("voorschrijven", "Voorschrijver", "Eerder terug", "WIJ VRAGEN") if word in text] == []


def test_who_left_lacks_nothing_that_nobody_can_record_any_more():
    told = facts((LetterAbout.CONTROL, TODAY, 1), courses=[course(planned_years=None)], controls=[control()],
                 status=PatientStatus.MOVED)  # fmt: skip
    assert lacking(told) == set()


def test_in_a_break_she_is_told_to_come_back_sooner_as_in_a_treatment():
    stop = CourseStop(course_id=1, stopped_on=date(2026, 3, 2), stop_precision="day", reason="planned_break")
    told = facts((LetterAbout.CONTROL, TODAY, 1), courses=[course()], stops=[stop], controls=[control()])
    assert "Eerder terug bij: een nieuwe fractuur" in said(told)
    left = gone((LetterAbout.CONTROL, TODAY, 1), stops=[stop], controls=[control()])
    assert "Er liep toen geen behandeling; alendroninezuur is gestopt op 02-03-2026" in left


UNTIL = date(2029, 1, 18)


@pytest.mark.parametrize(
    ("years", "reviews", "says"),
    [
        pytest.param(None, (), "niet vastgelegd", id="nobody recorded a duration"),
        pytest.param(None, (("continue", UNTIL),), "18-01-2029", id="a doctor decided to go on until a day"),
        pytest.param(Decimal(5), (), "18-01-2027", id="the duration is recorded"),
    ],
)
def test_a_hand_over_names_the_planned_end_that_was_recorded_or_says_that_none_was(years, reviews, says):
    decided = [Review(id=n, course_id=1, on_date=date(2026, 1, 18), outcome=outcome, until_on=until, reason="x")
               for n, (outcome, until) in enumerate(reviews)]  # fmt: skip
    told = facts((LetterAbout.END, TODAY, 9), courses=[course(planned_years=years)], reviews=decided,
                 status=PatientStatus.TRANSFERRED)  # fmt: skip
    assert f"Gepland einde van alendroninezuur: {says}." in said(told)
    assert lacking(told) == set()


def test_an_end_of_follow_up_of_somebody_who_is_followed_lacks_its_hand_over():
    assert "handover" in lacking(facts((LetterAbout.END, TODAY, 9), courses=[course()]))


def lacking(told):
    """The codes of what is missing."""
    return {need.code for need in kinds.missing(told)}


def test_a_letter_with_all_it_must_carry_lacks_nothing():
    assert lacking(started(Drug.ALENDRONIC_ACID)) == set()
    assert lacking(facts((LetterAbout.CONTROL, TODAY, 1), courses=[course()], controls=[control()])) == set()


@pytest.mark.parametrize(
    ("given", "code"),
    [({"planned_years": None}, "planned_end"), ({"dose": None}, "dose"), ({"schedule": ""}, "dose")],
)
def test_what_is_not_recorded_of_a_start_is_asked_for(given, code):
    assert lacking(started(Drug.ALENDRONIC_ACID, **given)) == {code}


def without_prescriber(told):
    """The same of a patient of whom nobody recorded who prescribes."""
    return told | {"patient": told["patient"] | {"prescriber": None}}


@pytest.mark.parametrize(
    ("on", "next_drug", "says"),
    [(TODAY, None, "polikliniek"), (date(2020, 1, 1), "alendronic_acid", "polikliniek"),
     (date(2020, 1, 1), None, "huisarts")],
)  # fmt: skip
def test_the_last_decision_about_her_treatment_says_who_prescribes_in_every_letter(on, next_drug, says):
    signed = [
        Review(
            id=place, course_id=1, on_date=on, outcome="continue", until_on=UNTIL, next_drug=next_drug, prescriber=who
        )
        for place, who in ((4, "polikliniek"), (3, "internist"))
    ]
    told = facts((LetterAbout.CONTROL, TODAY, 1), courses=[course()], controls=[control()], reviews=signed)
    assert f"Voorschrijver: {says}." in said(told)


def test_who_prescribes_keeps_back_a_start_and_a_decision_and_no_other_letter():
    review = Review(id=3, course_id=1, on_date=TODAY, outcome="continue", until_on=date(2032, 1, 18), reason="x")
    decision = facts((LetterAbout.REVIEW, TODAY, 3), courses=[course()], reviews=[review])
    seen = facts((LetterAbout.CONTROL, TODAY, 1), courses=[course()], controls=[control()])
    assert lacking(without_prescriber(started(Drug.ALENDRONIC_ACID))) == {"prescriber"}
    assert lacking(without_prescriber(decision)) == {"prescriber"}
    assert lacking(without_prescriber(seen)) == set()
    assert "Voorschrijver: niet vastgelegd." in said(without_prescriber(seen))


def test_the_end_of_repeats_is_asked_for_only_when_the_gp_writes_them():
    told = facts((LetterAbout.CONTROL, TODAY, 1), courses=[course(planned_years=None)], controls=[control()])
    assert lacking(told) == {"planned_end"}
    assert lacking(told | {"patient": told["patient"] | {"prescriber": "internist"}}) == set()


def test_a_next_visit_and_a_t_score_are_asked_for():
    told = facts((LetterAbout.CONTROL, TODAY, 1), courses=[course()], controls=[control()])
    assert lacking(told | {"items": []}) == {"next_visit"}
    assert lacking(told | {"items": [{"code": "agreed.review"}]}) == set()
    elsewhere = facts((LetterAbout.CONTROL, TODAY, 1), courses=[course(controls_by="gp")], controls=[control()])
    assert lacking(elsewhere | {"items": []}) == set()
    scan = Scan(id=5, made_on=TODAY, received_on=TODAY)
    scan.sites = [ScanValue(site="total_hip", bmd_mg_cm2=700)]
    assert lacking(facts((LetterAbout.DXA, TODAY, 5), courses=[course()], scans=[scan])) == {"values"}


def test_a_letter_about_what_no_longer_stands_is_not_authorised():
    assert lacking(facts((LetterAbout.START, TODAY, 7))) == {"fact"}
    assert document(facts((LetterAbout.START, TODAY, 7))).subject.startswith("Bericht osteoporose")


def reviewed(outcome, drug, sex):
    """A letter about a decision on a treatment with this drug."""
    review = Review(id=3, course_id=1, on_date=TODAY, outcome=outcome, until_on=date(2032, 1, 18), effective_on=TODAY,
                    reason="T-score −2,5", prescriber="huisarts", next_drug="zoledronic_acid")  # fmt: skip
    return facts((LetterAbout.REVIEW, TODAY, 3), courses=[course(drug)], reviews=[review], sex=sex)


def of_each_kind(drug, sex):
    """A letter of each kind about a treatment with this drug."""
    missed = Appointment(id=4, on_date=TODAY, kind="control", attempts=1)
    seen = {"courses": [course(drug)], "controls": [control()], "sex": sex}
    yield facts((LetterAbout.CONTROL, TODAY, 1), **seen)
    yield facts((LetterAbout.CONTROL, TODAY, 1), **seen, replaces=[{"reference": "B1", "sent_on": "2026-11-10"}])
    yield facts((LetterAbout.NO_SHOW, TODAY, 4), courses=[course(drug)], missed=[missed], sex=sex)
    yield facts((LetterAbout.END, TODAY, 9), courses=[course(drug)], status=PatientStatus.TRANSFERRED, sex=sex)
    yield from (reviewed(outcome, drug, sex) for outcome in ReviewOutcome)


@pytest.mark.parametrize("sex", list(Sex))
@pytest.mark.parametrize("drug", list(Drug))
def test_every_kind_names_the_drug_and_speaks_of_her_or_him(drug, sex):
    for told in of_each_kind(drug, sex):
        text = said(told)
        assert label(drug, "nl").lower() in text.lower()
        assert BY_SEX[sex]["name"] in text
        assert BY_SEX[sex]["her"] in text
        assert sex == Sex.FEMALE or "patiënte" not in text
        assert drug != Drug.DENOSUMAB or "niet herhalen zonder" not in text or "zoledroninezuur" in text.lower()
