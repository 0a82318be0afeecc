"""The demo clinic: believable, complete, the same each time, and never in a real register."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from stdnum.nl import bsn

from clinic import demo
from clinic.demo import large
from clinic.domain.vocabulary import PatientStatus, Symptom
from clinic.security import accounts
from clinic.security.permissions import Role
from clinic.services import items
from clinic.services.work import local_day
from clinic.store.appointments import Appointment
from clinic.store.due import DueItem, RedAlert
from clinic.store.letters import STATES, Letter, LetterPage
from clinic.store.patients import Patient
from clinic.store.users import User
from clinic.web.units import now

CODES = {
    "control.early", "control.yearly", "control.break_yearly", "control.after_pause", "agreed.call",
    "agreed.control", "pause.check", "review.end_of_course", "review.standard", "review.class_limit",
    "reassess.break", "course.close", "review.long_pause", "review.after_fracture", "review.untreated",
    "dxa.after_fracture", "spine_image.after_fracture", "dxa.before_review", "spine_image.before_review",
    "dose.zoledronic_acid", "dose.ibandronic_acid_iv", "dose.denosumab", "lab.before_infusion",
    "letter.after_control", "letter.after_end",
}  # fmt: skip


@pytest.fixture
def clinic(database: Engine) -> Engine:
    """The demo clinic."""
    demo.load(database)
    return database


def test_every_situation_of_the_protocol_is_there(clinic: Engine) -> None:
    with Session(clinic) as session:
        assert set(session.scalars(select(DueItem.code))) >= CODES
        alerts = set(session.scalars(select(RedAlert.code)))
        assert alerts & set(Symptom)
        assert alerts >= {"height_loss_measured", "height_loss_recalled", "bmd_loss", "fracture_on_treatment",
                          "renal_limit", "adherence_low", "weight_loss", "intake_conflict"}  # fmt: skip
        assert set(session.scalars(select(Letter.state))) == set(STATES)
        assert set(session.scalars(select(Patient.status))) == {str(status) for status in PatientStatus}
        assert list(session.scalars(select(Patient.id).where(Patient.nothing_planned)))
        today = local_day(now())
        booked = session.scalars(select(Appointment).where(Appointment.on_date == today)).all()
        assert len(booked) >= 10
        late = session.scalars(select(DueItem.patient_id).where(DueItem.late_after < today).distinct()).all()
        assert 15 <= len(late) <= 60


def test_three_hundred_made_up_people_with_test_numbers(clinic: Engine) -> None:
    with Session(clinic) as session:
        patients = session.scalars(select(Patient)).all()
        assert len(patients) == 300
        assert all(bsn.is_valid(patient.bsn or "") and str(patient.bsn).startswith("9999") for patient in patients)
        vries = next(patient for patient in patients if (patient.partner_name, patient.own_name) == ("Vries", "Jansen"))
        assert vries.sort_key.startswith("vries")
        assert items.differences(session, patients, local_day(now())) == []


def test_one_account_for_each_role_and_its_password_fits(clinic: Engine) -> None:
    with Session(clinic) as session:
        for role, username, password, name in demo.DEMO_SIGN_INS:
            user = session.scalars(select(User).where(User.username == username)).one()
            assert (user.role, user.name) == (role.value, name)
            assert accounts.password_fits(user, password)
            assert password in demo.sign_ins()
    assert {role for role, *_ in demo.DEMO_SIGN_INS} == set(Role)


def test_a_register_with_anybody_in_it_is_left_alone(clinic: Engine) -> None:
    with pytest.raises(demo.NotEmpty):
        demo.load(clinic)


@pytest.mark.both
def test_in_the_large_clinic_the_items_are_what_the_rules_say(database: Engine) -> None:
    lines: list[str] = []
    large.load(database, 160, report=lines.append, stories=60)
    with Session(database) as session:
        patients = session.scalars(select(Patient)).all()
        assert len(patients) == 160
        assert items.differences(session, patients, local_day(now())) == []
        assert session.scalars(select(Letter.text_sha256).where(Letter.state == "sent")).all()
        pages = select(Letter.patient_id).join(LetterPage, LetterPage.letter_id == Letter.id)
        assert max(session.scalars(pages)) <= 60, "in bulk no pages are kept"
        session.add(Letter(patient_id=patients[0].id, kind="control", due_on=local_day(now()), template="x", facts={},
                           drafted_at=now(), drafted_by=1))  # fmt: skip
        session.flush()
    assert lines == ["160 of 160 patients"]
