"""The clinic's Excel of 1,400 rows is in, and on the worklist, after three files that say what stays out and why."""

import hashlib
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select

from clinic.interop import imports as interop
from clinic.interop import mapping, tables
from clinic.services import imports, items
from clinic.services.imports import Import
from clinic.store.due import DueItem
from clinic.store.patients import Patient
from clinic.store.scans import Scan
from tests import clinic_list

CONTENT = clinic_list.FILE.read_bytes()
PARTS = ("patients", "courses", "history")


def part(kind):
    """The list by one of its mappings."""
    told = mapping.parse(Path(f"docs/mappings/list-{kind}.toml").read_bytes(), interop.FIELDS)
    parsed = interop.parse(tables.read(CONTENT, clinic_list.FILE.name), told)
    return Import(parsed, clinic_list.FILE.name, hashlib.sha256(CONTENT).hexdigest())


def test_the_list_that_is_shipped_is_the_one_that_is_made(tmp_path):
    clinic_list.write(tmp_path / "list.xlsx")
    assert tables.read(CONTENT, "list.xlsx") == tables.read((tmp_path / "list.xlsx").read_bytes(), "list.xlsx")
    assert len(tables.read(CONTENT, "list.xlsx").rows) == 1400


@pytest.fixture
def outcomes(work):
    """The manager brings the three parts in."""
    return {kind: imports.commit(work("manager"), part(kind)) for kind in PARTS}


def test_how_many_come_in_and_how_many_stay_out_is_known_and_twice_is_once(outcomes, work, session):
    came_in = {kind: (outcome.added, outcome.refused) for kind, outcome in outcomes.items()}
    assert came_in == {"patients": (1382, 18), "courses": (1373, 27), "history": (1323, 77)}
    said = {complaint.code for outcome in outcomes.values() for complaint in outcome.complaints}
    assert {mess.says for mess in clinic_list.MESSES if "_" in mess.says} <= said
    flagged = Counter(complaint.level for outcome in outcomes.values() for complaint in outcome.complaints)
    assert flagged == {"refused": 124, "check": 54}
    again = [imports.commit(work("manager"), part(kind)) for kind in PARTS]
    assert [(outcome.added, outcome.changed) for outcome in again] == [(0, 0)] * 3
    patients = session.scalars(select(Patient).limit(100)).all()
    assert items.differences(session, patients, work("manager").today) == []
    assert session.scalar(select(func.count(DueItem.patient_id.distinct()))) > 1300
    assert session.scalar(select(func.count()).select_from(Scan)) > 2000
