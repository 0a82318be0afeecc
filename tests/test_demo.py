"""The demo clinic: believable, complete, the same each time, and never in a real register."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session
from stdnum.nl import bsn

from clinic import demo
from clinic.demo import large, twice
from clinic.domain.vocabulary import AlertCode, DueCode, PatientStatus
from clinic.security import accounts
from clinic.security.audit import Action
from clinic.security.permissions import Role
from clinic.services import items
from clinic.services.work import local_day
from clinic.store import records
from clinic.store.appointments import Appointment
from clinic.store.audit import AuditEntry
from clinic.store.base import make_engine
from clinic.store.controls import Control
from clinic.store.due import DueItem, RedAlert
from clinic.store.letters import STATES, Letter, LetterPage
from clinic.store.patients import Patient
from clinic.store.reviews import Review, Waiver
from clinic.store.treatments import Course, Dose
from clinic.store.users import User
from clinic.web.units import now

OFF = {DueCode.DXA_MID_COURSE}  # the protocol that is built in does not ask for it
JUDGED = {AlertCode.JAW_OR_MOUTH}  # reported, and cleared by a doctor's note


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory, demo_register: Callable[[Path], str]) -> Iterator[Engine]:
    """The demo clinic, for all who only look."""
    engine = make_engine(demo_register(tmp_path_factory.mktemp("demo")))
    yield engine
    engine.dispose()


def test_every_situation_of_the_protocol_is_there(clinic: Engine) -> None:
    with Session(clinic) as session:
        assert set(session.scalars(select(DueItem.code))) == set(DueCode) - OFF
        assert set(session.scalars(select(RedAlert.code))) == set(AlertCode) - JUDGED
        assert set(session.scalars(select(Letter.state))) == set(STATES)
        assert set(session.scalars(select(Patient.status))) == {str(status) for status in PatientStatus}
        assert set(session.scalars(select(Review.outcome))) >= {"continue", "stop", "postpone"}
        assert list(session.scalars(select(Patient.id).where(Patient.nothing_planned)))
        for table in records.FACTS:
            assert session.scalar(select(func.count()).select_from(table)), f"nothing in {table.__tablename__}"


def test_what_the_rules_read_of_many_is_what_stands_of_each(clinic: Engine) -> None:
    with Session(clinic) as session:
        patients = session.scalars(select(Patient)).all()
        whole = records.known(session, patients).records
        assert records.load_many(session, patients) == whole
        assert any(record.scans and record.scans[0].sites for record in whole.values())


def test_today_is_a_full_day_and_a_few_are_late(clinic: Engine) -> None:
    today = local_day(now())
    with Session(clinic) as session:
        booked = session.scalars(select(Appointment).where(Appointment.on_date == today)).all()
        assert len(booked) >= 10
        assert "no_show" in {row.state for row in booked}
        late = session.scalars(select(DueItem.patient_id).where(DueItem.late_after < today).distinct()).all()
        assert 15 <= len(late) <= 60


def test_each_fact_came_in_by_its_service_on_its_day(clinic: Engine) -> None:
    with Session(clinic) as session:
        for table, action in ((Control, Action.CONTROL_SAVED), (Course, Action.COURSE_SAVED), (Dose, Action.DOSE_SAVED),
                              (Review, Action.REVIEW_SIGNED), (Waiver, Action.ITEM_WAIVED)):  # fmt: skip
            told = select(AuditEntry.patient_id, AuditEntry.at).where(AuditEntry.action == action)
            kept = select(table.patient_id, table.recorded_at).where(table.supersedes_id.is_(None))
            assert sorted(session.execute(told)) == sorted(session.execute(kept)), action
        assert all(at <= now() for at in session.scalars(select(AuditEntry.at)))
        assert not list(session.scalars(select(Control.id).where(Control.on_date > local_day(now()))))


def test_a_demo_that_fails_half_way_leaves_the_register_empty(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_stage: object) -> None:
        raise OSError("no room on the disk")

    monkeypatch.setattr("clinic.demo.agenda.book", broken)
    with pytest.raises(OSError, match="no room"):
        demo.load(database, 3)
    with Session(database) as session:
        assert session.scalar(select(func.count()).select_from(Patient)) == 0
        assert session.scalar(select(func.count()).select_from(User)) == 0


def test_three_hundred_made_up_people_with_test_numbers(clinic: Engine) -> None:
    with Session(clinic) as session:
        patients = session.scalars(select(Patient)).all()
        assert len(patients) == 300 + len(twice.NUMBERS)
        known = [str(patient.bsn) for patient in patients if patient.number not in twice.NUMBERS]
        assert all(bsn.is_valid(number) and number.startswith("9999") for number in known)
        vries = next(patient for patient in patients if (patient.partner_name, patient.own_name) == ("Vries", "Jansen"))
        assert vries.sort_key.startswith("vries")
        assert items.differences(session, patients, local_day(now())) == []


def test_one_second_number_is_merged_and_another_waits_for_somebody_to_look(clinic: Engine) -> None:
    with Session(clinic) as session:
        merged, waiting = (session.scalars(select(Patient).where(Patient.number == n)).one() for n in twice.NUMBERS)
        assert (merged.merged_into_id is None, waiting.merged_into_id is None) == (False, True)


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
        assert len(patients) == 160 + len(twice.NUMBERS)
        assert items.differences(session, patients, local_day(now())) == []
        assert session.scalars(select(Letter.text_sha256).where(Letter.state == "sent")).all()
        pages = select(Letter.patient_id).join(LetterPage, LetterPage.letter_id == Letter.id)
        assert max(session.scalars(pages)) <= 60, "in bulk no pages are kept"
        session.add(Letter(patient_id=patients[0].id, kind="gp", due_on=local_day(now()), template="x", facts={},
                           drafted_at=now(), drafted_by=1))  # fmt: skip
        session.flush()
    assert lines == ["160 of 160 patients"]
