"""A letter does not leave with a fracture, spine image or blood result that was corrected or voided since."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from clinic.domain.vocabulary import FractureSite, StartPrecision
from clinic.services import background_letters, controls, findings
from clinic.services.controls import Broken, SaveControl
from clinic.services.findings import SaveFracture, SaveImage, SaveLab
from clinic.store.letters import Letter
from clinic.store.scans import Fracture, Lab, SpineImage
from tests.factories import make_course
from tests.letter_makers import TODAY, seen, sent, sign, with_gp
from tests.services.test_corrections import ANSWERED
from tests.services.test_import_history import bring, take_back
from tests.services.test_overtaken import in_queue, left, round_of

__all__ = ["bring", "take_back"]

HIP = SaveFracture(
    patient_id=1, form_token="a hip", on=date(2026, 1, 5), precision=StartPrecision.DAY, site=FractureSite.HIP,
    low_energy=True,
)  # fmt: skip
BLOOD = SaveLab(patient_id=1, form_token="blood", on=date(2026, 11, 2), creatinine=210)
IMAGE = SaveImage(patient_id=1, form_token="an image", on=date(2026, 11, 3), technique="x_ray", new_fracture=False)
WORDS = {Fracture: "heup, 05-01-2026", Lab: "creatinine 210 µmol/l", SpineImage: "geen nieuwe fractuur"}
SAVE = {Fracture: findings.save_fracture, Lab: findings.save_lab, SpineImage: findings.save_image}
SAID = {Fracture: HIP, Lab: BLOOD, SpineImage: IMAGE}
OTHERWISE = {
    Fracture: {"site": FractureSite.WRIST}, Lab: {"creatinine": 110}, SpineImage: {"new_fracture": True},
}  # fmt: skip
MORE = {Fracture: {"note": "op straat"}, Lab: {"calcium": Decimal("2.35")}, SpineImage: {"note": "matige kwaliteit"}}


@pytest.fixture(params=[Fracture, Lab, SpineImage])
def table(request):
    return request.param


@pytest.fixture
def patient(work):
    begun = work("nurse")
    patient = with_gp(begun)
    make_course(begun, patient, started_on=date(2025, 3, 10))
    begun.session.commit()
    return patient


@pytest.fixture
def found(work, patient, table):
    """Something that the background of her letter tells."""
    return keep(work, table, replace(SAID[table], patient_id=patient.id))


@pytest.fixture
def letter(work, session, patient, found, table):
    """The authorised letter about today's control."""
    begun = work("nurse")
    letter = session.get_one(Letter, seen(begun, patient))
    begun.commit()
    sign(work("doctor"), letter)
    assert WORDS[table] in said(letter)
    return letter


def keep(work, table, command):
    return SAVE[table](work("nurse"), replace(command, confirmed=("creatinine:creatinine=210",)))


def correct(work, table, patient, found, **given):
    told = replace(SAID[table], patient_id=patient.id, corrects=found, form_token="anew", reason="verkeerd gelezen")
    return keep(work, table, replace(told, **given))


def said(letter):
    return " ".join(letter.text.split())


def drafts(session):
    return session.scalars(select(Letter).where(Letter.state == "draft")).all()


@pytest.mark.parametrize("act", ["corrected", "voided"])
def test_what_was_corrected_or_voided_is_taken_out_of_an_authorised_letter(
    work, session, patient, table, found, letter, act
):
    if act == "corrected":
        correct(work, table, patient, found, **OTHERWISE[table])
    else:
        findings.void(work("nurse"), table, patient.id, found, "verkeerde patiënt")
    [draft] = drafts(session)
    assert (letter.state, WORDS[table] in said(draft)) == ("withdrawn", False)
    assert not background_letters.outdated(work(), sign(work("doctor"), draft))


def test_what_a_letter_does_not_tell_or_what_is_new_leaves_it_alone(work, session, patient, table, found, letter):
    correct(work, table, patient, found, **MORE[table])
    keep(work, table, replace(SAID[table], patient_id=patient.id, on=TODAY, form_token="a second one"))
    assert (letter.state, drafts(session)) == ("authorised", [])


def test_in_the_queue_it_is_held_back_in_the_next_round(work, session, patient, table, found, outbox):
    begun = work("nurse")
    seen(begun, patient)
    begun.commit()
    letter = in_queue(work, session, patient.id)
    findings.void(work("nurse"), table, patient.id, found, "verkeerde patiënt")
    assert letter.state == "queued"  # the outbox alone knows whether it left
    assert round_of(session, outbox) == ["letter_overtaken"]
    assert (letter.state, left(outbox), len(drafts(session))) == ("withdrawn", [], 1)


def test_a_fracture_that_was_told_at_a_control_falls_with_it(work, session, patient, tmp_path):
    nurse = work("nurse")
    broken = (Broken(date(2026, 10, 1), FractureSite.WRIST, True),)
    first = SaveControl(patient.id, TODAY - timedelta(days=3), "clinic", "first", weight_g=58300, fractures=broken,
                        height_not_measured="rolstoel", symptoms=ANSWERED)  # fmt: skip
    control_id = controls.save(nurse, first)
    [letter] = drafts(session)
    assert sent(work("secretary"), sign(work("doctor"), letter), tmp_path).sent
    second = session.get_one(Letter, seen(nurse, patient))
    nurse.commit()
    assert "pols, 01-10-2026" in said(sign(work("doctor"), second))
    controls.void_control(nurse, patient.id, control_id, "verkeerde patiënt")
    assert (second.state, ["pols" in said(draft) for draft in drafts(session)]) == ("withdrawn", [False])


def test_a_fracture_of_a_list_that_is_taken_back_falls_out_of_what_was_authorised_since(
    work, session, patient, bring, take_back
):
    outcome = bring(number=patient.number, MIDDEL="Alendroninezuur", FRACTUUR="pols", FRACTUUR_OP="2018")
    nurse = work("nurse")
    letter = session.get_one(Letter, seen(nurse, patient))
    nurse.commit()
    assert "pols, 2018" in said(sign(work("doctor"), letter))
    take_back(outcome)
    assert (letter.state, ["pols" in said(draft) for draft in drafts(session)]) == ("withdrawn", [False])
