"""The clinic's Excel of 1,400 rows is in and on the worklist; each reading says what stays out and why."""

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

FILES = {"practices": clinic_list.PRACTICES}
PARTS = ("practices", "patients", "courses", "history")


def part(kind):
    """The list by one of its mappings."""
    told = mapping.parse(Path(f"docs/mappings/list-{kind}.toml").read_bytes(), interop.FIELDS)
    file = FILES.get(kind, clinic_list.FILE)
    content = file.read_bytes()
    return Import(interop.parse(tables.read(content, file.name), told), file.name, hashlib.sha256(content).hexdigest())


def test_the_list_that_is_shipped_is_the_one_that_is_made(tmp_path):
    clinic_list.write(tmp_path / "list.xlsx")
    content = clinic_list.FILE.read_bytes()
    assert tables.read(content, "list.xlsx") == tables.read((tmp_path / "list.xlsx").read_bytes(), "list.xlsx")
    assert len(tables.read(content, "list.xlsx").rows) == 1400
    clinic_list.write_practices(tmp_path / "practices.csv")
    assert clinic_list.PRACTICES.read_text(encoding="utf-8") == (tmp_path / "practices.csv").read_text(encoding="utf-8")


@pytest.fixture
def outcomes(work):
    """The manager brings the four parts in."""
    return {kind: imports.commit(work("manager"), part(kind)) for kind in PARTS}


def test_how_many_come_in_and_how_many_stay_out_is_known_and_twice_is_once(outcomes, work, session):
    came_in = {kind: (outcome.added, outcome.refused) for kind, outcome in outcomes.items()}
    assert came_in == {
        "practices": (36, 0), "patients": (1377, 18), "courses": (1368, 27), "history": (1323, 77),
    }  # fmt: skip
    said = {complaint.code for outcome in outcomes.values() for complaint in outcome.complaints}
    assert {mess.says for mess in clinic_list.MESSES if "_" in mess.says} | {"row_again", "row_again_differs"} <= said
    matched = [one for one in outcomes["patients"].told if one.code == "gp_matched"]
    assert sum(one.params["patients"] for one in matched) > 1000
    assert session.scalar(select(func.count()).select_from(Patient).where(Patient.gp_id.is_not(None))) > 1000
    flagged = Counter(complaint.level for outcome in outcomes.values() for complaint in outcome.complaints)
    assert flagged == {"refused": 124, "check": 77}
    again = [imports.commit(work("manager"), part(kind)) for kind in PARTS]
    assert [(outcome.added, outcome.changed) for outcome in again] == [(0, 0)] * len(PARTS)
    patients = session.scalars(select(Patient).limit(100)).all()
    assert items.differences(session, patients, work("manager").today) == []
    assert session.scalar(select(func.count(DueItem.patient_id.distinct()))) > 1300
    assert session.scalar(select(func.count()).select_from(Scan)) > 2000
