"""Fractures, spine images and laboratory values: kept, asked about, corrected, voided."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import FractureSite, StartPrecision
from clinic.services import findings, results
from clinic.services.findings import SaveFracture, SaveImage, SaveLab, Vertebra
from clinic.services.work import NotAllowed, Stale
from clinic.store import records
from clinic.store.due import DueItem, RedAlert
from clinic.store.scans import Fracture, Lab, SpineImage
from tests.factories import make_course, make_patient

TODAY = date(2026, 11, 23)


@pytest.fixture
def nurse(work):
    return work("nurse")


@pytest.fixture
def patient(nurse):
    patient = make_patient(nurse)
    make_course(nurse, patient)
    return patient


@pytest.fixture
def wrist(patient):
    return SaveFracture(
        patient_id=patient.id, form_token="wrist", on=date(2026, 10, 5), precision=StartPrecision.DAY,
        site=FractureSite.WRIST, low_energy=None,
    )  # fmt: skip


@pytest.fixture
def image(patient):
    return SaveImage(patient_id=patient.id, form_token="image", on=TODAY, technique="vfa", new_fracture=False)


@pytest.fixture
def lab(patient):
    return SaveLab(patient_id=patient.id, form_token="lab", on=TODAY, creatinine=74)


def codes(session):
    return set(session.scalars(select(DueItem.code)))


def test_a_fracture_of_unknown_cause_asks_for_dxa_image_and_review(nurse, session, wrist):
    findings.save_fracture(nurse, wrist)
    assert {"dxa.after_fracture", "spine_image.after_fracture", "review.after_fracture"} <= codes(session)
    assert "fracture_on_treatment" in session.scalars(select(RedAlert.code)).all()


def test_knowing_the_cause_later_needs_no_reason_and_gives_the_dates_back(nurse, session, wrist):
    first = findings.save_fracture(nurse, wrist)
    second = findings.save_fracture(nurse, replace(wrist, form_token="2", corrects=first, low_energy=False))
    assert session.get(Fracture, second).change_reason == results.FILLED_IN
    assert "review.after_fracture" not in codes(session)


def test_a_form_sent_again_with_something_else_or_after_it_was_voided_is_looked_at(nurse, wrist, image, lab):
    for save, sent, other in (
        (findings.save_fracture, wrist, {"low_energy": False}),
        (findings.save_image, image, {"technique": "x_ray"}),
        (findings.save_lab, lab, {"creatinine": 84}),
    ):
        first = save(nurse, sent)
        assert save(nurse, sent) == first
        with pytest.raises(Stale) as stale:
            save(nurse, replace(sent, **other))
        assert stale.value.args == (first,)
    findings.void(nurse, Lab, lab.patient_id, first, "andere patiënt")
    with pytest.raises(Stale):
        findings.save_lab(nurse, lab)


def test_an_image_that_answered_a_request_and_is_sent_again_is_one(nurse, image):
    findings.save_image(nurse, replace(image, form_token="asked", requested_on=date(2026, 11, 2), on=None,
                                       technique=None, new_fracture=None))  # fmt: skip
    assert findings.save_image(nurse, image) == findings.save_image(nurse, image)


def test_a_fracture_that_stands_already_is_asked_about(nurse, wrist):
    first = findings.save_fracture(nurse, wrist)
    assert findings.save_fracture(nurse, wrist) == first
    twin = replace(wrist, form_token="twin")
    with pytest.raises(RuleBroken) as broken:
        findings.save_fracture(nurse, twin)
    assert broken.value.code == "confirm"
    asked = tuple(broken.value.params["questions"])
    assert findings.save_fracture(nurse, replace(twin, confirmed=asked)) != first


def test_an_image_satisfies_and_its_vertebrae_are_kept(nurse, session, wrist, image):
    findings.save_fracture(nurse, wrist)
    seen = (Vertebra("Th12", 2, True), Vertebra("L1", None, False))
    saved = findings.save_image(nurse, replace(image, new_fracture=True, vertebrae=seen))
    assert session.get(SpineImage, saved).findings == [
        {"level": "Th12", "genant": 2, "new": True}, {"level": "L1", "genant": None, "new": False}]  # fmt: skip
    assert "spine_image.after_fracture" not in codes(session)


def test_an_image_that_was_asked_for_is_no_image_until_it_is_made(nurse, session, wrist, image):
    findings.save_fracture(nurse, wrist)
    asked = replace(image, form_token="asked", requested_on=date(2026, 11, 2), on=None, technique=None)
    first = findings.save_image(nurse, asked)
    assert findings.save_image(nurse, asked) == first
    assert "spine_image.after_fracture" in codes(session)
    assert records.load(session, image.patient_id).spine_images == ()

    made = session.get(SpineImage, findings.save_image(nurse, image))
    assert (made.supersedes_id, made.requested_on, made.on_date) == (first, date(2026, 11, 2), TODAY)
    assert made.change_reason == results.FILLED_IN
    assert "spine_image.after_fracture" not in codes(session)
    again = replace(image, form_token="again", on=date(2026, 11, 20))
    assert session.get(SpineImage, findings.save_image(nurse, again)).supersedes_id is None


@pytest.mark.parametrize(
    ("typed", "kept"), [("", "bij voorkeur links"), ("deels beoordeelbaar", "deels beoordeelbaar")]
)
def test_an_image_answers_a_request_that_was_noted_on_without_being_asked_why(nurse, session, image, typed, kept):
    asked = replace(image, form_token="asked", requested_on=date(2026, 11, 2), on=None, new_fracture=None)
    findings.save_image(nurse, replace(asked, technique="x_ray", note="bij voorkeur links"))
    sent = replace(image, note=typed)
    saved = findings.save_image(nurse, sent)
    made = session.get(SpineImage, saved)
    assert (made.note, made.technique, made.change_reason) == (kept, "vfa", results.FILLED_IN)
    assert findings.save_image(nurse, sent) == saved  # pressed twice
    with pytest.raises(Stale):
        findings.save_image(nurse, replace(image, note="rechts beoordeeld"))


def test_laboratory_values_are_kept_as_they_are(nurse, session, lab):
    full = replace(lab, calcium=Decimal("2.36"), vitamin_d=68, egfr=71, pth=Decimal("5.2"))
    row = session.get(Lab, findings.save_lab(nurse, full))
    assert (row.calcium_mmol_l, row.vitamin_d_nmol_l, row.creatinine_umol_l, row.egfr, row.pth_pmol_l) == (
        Decimal("2.36"), 68, 74, 71, Decimal("5.2"))  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"calcium": Decimal("0.99")}, "calcium"), ({"calcium": Decimal("5.01")}, "calcium"),
        ({"vitamin_d": 2}, "vitamin_d"), ({"vitamin_d": 501}, "vitamin_d"),
        ({"creatinine": 9}, "creatinine"), ({"creatinine": 1501}, "creatinine"),
        ({"egfr": 0}, "egfr"), ({"egfr": 201}, "egfr"),
        ({"pth": Decimal("0.0")}, "pth"), ({"pth": Decimal("300.1")}, "pth"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_at_its_field(nurse, lab, changed, field):
    with pytest.raises(RuleBroken) as broken:
        findings.save_lab(nurse, replace(lab, **changed))
    assert (broken.value.field, broken.value.code) == (field, "out_of_range")


@pytest.mark.parametrize(
    "changed",
    [{"calcium": Decimal("1.99")}, {"calcium": Decimal("2.76")}, {"vitamin_d": 19}, {"creatinine": 10},
     {"creatinine": 201}, {"egfr": 14}, {"pth": Decimal("15.1")}],
)  # fmt: skip
def test_what_is_unusual_is_asked_once(nurse, lab, changed):
    with pytest.raises(RuleBroken) as broken:
        findings.save_lab(nurse, replace(lab, **changed))
    assert broken.value.code == "confirm"
    assert findings.save_lab(nurse, replace(lab, **changed, confirmed=tuple(broken.value.params["questions"])))


def test_what_else_is_refused(nurse, wrist, image, lab):
    cases = [
        (findings.save_lab, replace(lab, creatinine=None), "lab_empty"),
        (findings.save_lab, replace(lab, on=date(2026, 11, 24)), "result_in_future"),
        (findings.save_fracture, replace(wrist, on=date(1952, 12, 31)), "before_birth"),
        (findings.save_fracture, replace(wrist, level="Th12"), "level_without_vertebra"),
        (findings.save_image, replace(image, vertebrae=(Vertebra("L1", 1, True),)), "new_vertebra_but_no_new_fracture"),
        (findings.save_image, replace(image, vertebrae=(Vertebra("L1", 1, False),) * 2), "vertebra_twice"),
        (findings.save_image, replace(image, on=None), "image_without_day"),
        (findings.save_image, replace(image, on=None, requested_on=date(2026, 11, 24)), "result_in_future"),
        (findings.save_image, replace(image, requested_on=TODAY, on=date(2026, 11, 20)), "stage_too_early"),
    ]
    for save, command, code in cases:
        with pytest.raises(RuleBroken) as broken:
            save(nurse, command)
        assert broken.value.code == code


def test_a_voided_result_counts_nowhere_and_is_corrected_no_more(nurse, session, wrist):
    saved = findings.save_fracture(nurse, wrist)
    findings.void(nurse, Fracture, wrist.patient_id, saved, "wrong patient")
    assert "review.after_fracture" not in codes(session)
    with pytest.raises(Stale):
        findings.save_fracture(nurse, replace(wrist, form_token="x", corrects=saved))
    with pytest.raises(Stale):
        findings.void(nurse, Fracture, wrist.patient_id, saved, "again")


@pytest.mark.parametrize("role", ["secretary", "manager", "privacy_officer"])
def test_other_roles_record_no_results(work, wrist, image, lab, role):
    stranger = work(role)
    for save, command in (
        (findings.save_fracture, wrist), (findings.save_image, image), (findings.save_lab, lab)):  # fmt: skip
        with pytest.raises(NotAllowed):
            save(stranger, command)


def test_a_lab_result_saved_again_as_it_stands_is_no_new_version(nurse, session, lab):
    first = findings.save_lab(nurse, lab)
    assert findings.save_lab(nurse, replace(lab, form_token="again", corrects=first)) == first
    assert session.scalars(select(Lab.id)).all() == [first]
