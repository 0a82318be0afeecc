"""Fifty people change one record at once: what was said to be kept counts, and nobody overwrites another."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from itertools import count

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoneFree
from sqlalchemy.orm import Session

from clinic.domain.vocabulary import Sex
from clinic.services import patients
from clinic.services.patients import Change, PatientDetails
from clinic.services.work import Stale, begin
from clinic.store.audit import AuditEntry
from clinic.store.base import make_engine
from clinic.store.patients import Patient, PatientChange
from tests.conftest import MONDAY_MORNING
from tests.factories import make_patient

CLIENTS = 50
EDITS = int(os.environ.get("EDITS", "100"))  # `make soak` takes 10,000

REFUSED = (Stale, OperationalError, NoneFree)  # another was first, or the database is too busy: a page says so


def details_of(patient):
    """What her page would send back unchanged."""
    told = {field.name: getattr(patient, field.name) for field in fields(PatientDetails)}
    return PatientDetails(**told | {"sex": Sex(patient.sex)})


def add_one(engine, actor, patient_id, mark):
    """Open her page, and save the note with a number one higher and a mark of one's own; whether that was kept.

    Without the mark two who typed the same would both be right: what already stands is saved by saying so.
    """
    try:
        with begin(engine, actor, MONDAY_MORNING, writes=False) as work:
            patient = work.session.get(Patient, patient_id)
            seen, details = patients.fingerprint(work, patient), details_of(patient)
        number = int((details.planning_note or "0").partition(" ")[0])
        told = replace(details, planning_note=f"{number + 1} {mark}")
        with begin(engine, actor, MONDAY_MORNING) as work:
            patients.change(work, Change(patient_id, told, seen))
    except REFUSED:
        return False
    return True


def test_no_change_is_lost_when_fifty_change_one_record(work, session, database_url):
    nurse = work("nurse")
    patient = make_patient(nurse)
    session.commit()
    engine, numbers = make_engine(database_url), count(1)

    def client(_number):
        kept = 0
        while (mark := next(numbers)) <= EDITS:
            kept += add_one(engine, nurse.actor, patient.id, mark)
        return kept

    with ThreadPoolExecutor(CLIENTS) as clients:
        kept = sum(clients.map(client, range(CLIENTS)))
    engine.dispose()
    with Session(session.get_bind()) as now:
        assert now.get(Patient, patient.id).planning_note.partition(" ")[0] == str(kept)
        for table, condition in (
            (PatientChange, PatientChange.patient_id == patient.id),
            (AuditEntry, AuditEntry.action == "patient.changed"),
        ):
            assert now.scalar(select(func.count()).select_from(table).where(condition)) == kept
    assert 0 < kept <= EDITS
