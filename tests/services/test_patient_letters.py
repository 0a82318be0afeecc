"""What was made and printed for a patient in one act stands in the hospital's record, once, as it was made."""

from __future__ import annotations

import csv
from datetime import datetime

import pytest
from sqlalchemy import select, update

from clinic import postman
from clinic.letters.text import sha256
from clinic.services import patient_letters, to_patient
from clinic.store.audit import AuditEntry
from clinic.store.patient_letters import PatientLetter
from clinic.store.restores import Restore
from config import Settings
from tests.factories import make_patient
from tests.letter_makers import TODAY

LATER = datetime(2026, 11, 23, 12)  # noqa: DTZ001 - the store keeps UTC without a zone


@pytest.fixture
def made(work, session):
    """Two treatment sheets, of two patients."""
    nurse = work("nurse")
    for name in ("A", "B"):
        patient, page = make_patient(nurse, own_name=name), f"%PDF of {name}".encode()
        session.add(PatientLetter(
            patient_id=patient.id, kind="treatment", made_at=nurse.now, made_by=nurse.actor.id, form_token=name,
            template="patient/1", facts={}, text=name, text_sha256=sha256(name), pdf=page, pdf_sha256=sha256(page),
        ))  # fmt: skip
    rows = session.scalars(select(PatientLetter).order_by(PatientLetter.id)).all()
    session.commit()
    return rows


def filed_at(session, row):
    """When a letter went into the record, as the database has it now."""
    at = session.scalar(select(PatientLetter.filed_at).where(PatientLetter.id == row.id))
    session.commit()
    return at


def filed(database, outbox):
    """A round, while no other unit of work is open."""
    return patient_letters.file_all(database, outbox, lambda: LATER)


def test_each_goes_into_the_record_once_with_its_line(made, session, database, tmp_path):
    assert filed(database, tmp_path) == 2
    told = session.scalars(select(AuditEntry).where(AuditEntry.action == "letter.sent").order_by(AuditEntry.id)).all()
    assert [(line.actor_id, line.patient_id, line.details) for line in told] == [
        (row.made_by, row.patient_id, {"to": "hospital record"}) for row in made
    ]
    session.commit()
    for row in made:
        assert filed_at(session, row) == LATER
        folder = tmp_path / "epd" / row.reference
        assert (folder / f"{row.reference}.pdf").read_bytes() == row.pdf
        index = (folder / f"{row.reference}.csv").read_text(encoding="utf-8")
        assert next(csv.reader([index], delimiter=";"))[1:] == [
            row.reference,
            "behandelblad",
            TODAY.isoformat(),
            f"{row.reference}.pdf",
            sha256(row.pdf),
        ]
    assert filed(database, tmp_path) == 0


def test_a_round_that_was_stopped_after_the_hand_over_doubles_none(made, session, database, tmp_path):
    filed(database, tmp_path)
    folder = tmp_path / "epd" / made[0].reference
    for file in (*folder.iterdir(), folder):  # the hospital took it
        file.unlink() if file.is_file() else file.rmdir()
    session.execute(update(PatientLetter).where(PatientLetter.id == made[0].id).values(filed_at=None))
    session.commit()
    assert filed(database, tmp_path) == 1
    assert not folder.exists()


def test_a_page_that_changed_stays_out_and_is_named(made, session, database, tmp_path, caplog):
    made[0].pdf_sha256 = "0" * 64
    session.commit()
    assert filed(database, tmp_path) == 1
    assert made[0].reference in caplog.text
    assert not (tmp_path / "epd" / made[0].reference).exists()


def test_nothing_is_filed_from_a_restored_register_that_nobody_looked_at(made, session, database, tmp_path):
    session.add(Restore(restored_at=LATER, taken_at=LATER, letters_settled=[], letters_unknown=[]))
    session.commit()
    assert filed(database, tmp_path) == 0


def test_a_folder_that_cannot_be_written_is_tried_again(made, session, database, tmp_path):
    (tmp_path / "full").touch()
    assert filed(database, tmp_path / "full") == 0
    assert filed_at(session, made[0]) is None
    assert filed(database, tmp_path / "place") == 2


def test_the_round_of_the_post_takes_them_along(made, session, database, tmp_path):
    postman.once(database, Settings("sqlite://", "k" * 32, tmp_path))
    assert all(filed_at(session, row) for row in made)


def test_they_stay_readable_as_they_were_and_that_of_another_patient_is_not_found(made, work):
    nurse, whose = work("nurse"), made[0].patient_id
    assert to_patient.of_patient(nurse, whose) == [made[0]]
    assert to_patient.opened(nurse, whose, made[0].id).pdf == made[0].pdf
    for letter_id in (made[1].id, made[1].id + 1):
        with pytest.raises(LookupError):
            to_patient.opened(nurse, whose, letter_id)
