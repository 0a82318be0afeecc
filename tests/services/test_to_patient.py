"""A letter to the patient is begun from what is recorded of her today, by who may write it."""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal

import pytest

from clinic.domain.errors import RuleBroken
from clinic.letters.text import sha256
from clinic.security.audit import Action
from clinic.services import letter_states, to_patient
from clinic.services.patient_letter_facts import greeting, recipient
from clinic.services.work import NotAllowed
from clinic.store.appointments import Appointment
from clinic.store.audit import AuditEntry
from clinic.store.letters import Letter
from clinic.store.scans import Scan, ScanValue
from clinic.store.settings import ClinicSettings
from tests.factories import make_course, make_patient
from tests.letter_makers import TODAY

HOME = {"street": "Lange Laan", "house_number": "3", "postcode": "8598 AB", "town": "Oudeterp"}


def known(work, **given):
    """A patient at home, in a clinic that can be rung."""
    if work.session.get(ClinicSettings, 1) is None:
        work.session.add(ClinicSettings(id=1, phone="0513 200000"))
    return make_patient(work, **HOME | given)


def booked(work, patient, on=TODAY + timedelta(days=8), **given):
    """An appointment of hers."""
    told = {"kind": "control", "state": "booked", "at_time": time(10, 30), "booked_at": work.now, "booked_by": 1}
    row = Appointment(patient_id=patient.id, on_date=on, form_token=f"{patient.id}-{on}", **told | given)
    work.session.add(row)
    work.session.flush()
    return row


def codes(work, patient):
    """What can be written to her."""
    return [kind.code for kind in to_patient.offered(work, patient)]


def test_a_secretary_invites_her_and_the_invitation_is_frozen_at_once(work):
    secretary = work("secretary")
    patient = known(secretary, own_prefix="de", own_name="Vries", initials="A.")
    booked(secretary, patient)
    letter_id = to_patient.make(secretary, patient.id, "control")
    assert to_patient.make(secretary, patient.id, "control") == letter_id
    letter = secretary.session.get(Letter, letter_id)
    assert "Uw afspraak is op dinsdag 1 december 2026 om 10.30 uur." in letter.text
    assert "Geachte mevrouw De Vries," in letter.text
    page = letter_states.frozen_page(secretary, letter)
    assert (sha256(page), sha256(letter.text)) == (letter.pdf_sha256, letter.text_sha256)
    assert (letter.state, letter.kind, letter.reference) == ("authorised", "patient.control", f"B2026-{letter.id:06d}")
    told = secretary.session.query(AuditEntry).filter_by(patient_id=patient.id).all()
    assert [(line.action, line.details) for line in told] == [
        (Action.LETTER_TO_PATIENT, {"kind": "control"}), (Action.LETTER_AUTHORISED, {"state": "authorised"}),
    ]  # fmt: skip


def test_what_is_offered_follows_from_the_record_and_the_role(work):
    nurse = work("nurse")
    patient = known(nurse)
    assert codes(nurse, patient) == []
    make_course(nurse, patient, started_on=date(2025, 3, 10))
    scan = Scan(
        patient_id=patient.id, made_on=date(2026, 10, 12), received_on=TODAY, recorded_at=nurse.now, recorded_by=1
    )
    scan.sites = [ScanValue(site="total_hip", t_score=Decimal("-2.0"))]
    nurse.session.add(scan)
    booked(nurse, patient, TODAY - timedelta(days=7), state="no_show", settled_at=nurse.now)
    nurse.session.flush()
    assert codes(nurse, patient) == ["control", "dxa", "missed", "result", "treatment"]
    assert codes(work("secretary"), patient) == ["control", "dxa", "missed"]
    patient.status, patient.status_on = "declined", TODAY
    assert codes(nurse, patient) == []


def test_who_came_after_all_is_not_reminded(work):
    nurse = work("nurse")
    patient = known(nurse)
    booked(nurse, patient, TODAY - timedelta(days=7), state="no_show", settled_at=nurse.now)
    assert codes(nurse, patient) == ["missed"]
    booked(nurse, patient, TODAY - timedelta(days=2), state="attended", settled_at=nurse.now)
    assert codes(nurse, patient) == []


def test_a_secretary_does_not_write_results_or_treatment(work):
    secretary = work("secretary")
    patient = known(secretary)
    for kind in ("result", "treatment"):
        with pytest.raises(NotAllowed):
            to_patient.make(secretary, patient.id, kind)


@pytest.mark.parametrize(
    ("given", "phone", "why"),
    [({"street": None}, "0513 200000", "to_patient_address"), ({}, "", "to_patient_phone")],
)
def test_without_an_address_or_a_number_to_ring_no_letter_is_made(work, given, phone, why):
    nurse = work("nurse")
    nurse.session.add(ClinicSettings(id=1, phone=phone))
    patient = known(nurse, **given)
    booked(nurse, patient)
    with pytest.raises(RuleBroken, match=why):
        to_patient.make(nurse, patient.id, "control")


def test_nothing_is_made_of_nothing_nor_for_who_left(work):
    nurse = work("nurse")
    patient = known(nurse, sex="male", town=None)
    with pytest.raises(RuleBroken, match="to_patient_nothing"):
        to_patient.make(nurse, patient.id, "missed")
    assert greeting(patient).startswith("Geachte heer ")
    assert recipient(patient)["lines"][0].startswith("De heer ")
    assert not recipient(patient)["complete"]
