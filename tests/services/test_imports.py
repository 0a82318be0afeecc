"""GLOW500 comes in: 500 real women, made-up practices and courses; twice is once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic.interop import imports as interop
from clinic.interop import mapping, tables
from clinic.security.permissions import Role
from clinic.services import imports, items
from clinic.services.imports import Import, Outcome
from clinic.services.work import NotAllowed, Work
from clinic.store.controls import Control
from clinic.store.due import DueItem
from clinic.store.patients import Patient
from clinic.store.practices import Gp
from clinic.store.settings import ImportReceipt
from clinic.store.treatments import Course

ROOT = Path(__file__).parents[2]
FILES = {"practices": "glow-practices", "patients": "glow500", "courses": "glow-courses"}
Start = Callable[..., Work]


def glow(kind: str, change: tuple[str, str] = ("", "")) -> Import:
    """A file of GLOW by its own mapping; `change` replaces a text in it once."""
    content = (ROOT / "tests" / "data" / f"{FILES[kind]}.csv").read_text().replace(*change, 1).encode()
    told = (ROOT / "docs" / "mappings" / f"glow-{kind}.toml").read_bytes()
    parsed = interop.parse(tables.read(content, "file.csv"), mapping.parse(told, interop.FIELDS))
    return Import(parsed, f"{FILES[kind]}.csv", "0" * 64)


def bring_in(work: Start, *kinds: str) -> list[Outcome]:
    """The manager commits these files."""
    return [imports.commit(work(Role.MANAGER), glow(kind)) for kind in kinds]


def counts(outcome: Outcome) -> tuple[int, int, int, int]:
    """Added, changed, unchanged, refused."""
    return outcome.added, outcome.changed, outcome.unchanged, outcome.refused


def test_every_woman_with_a_course_has_her_items_and_the_others_have_nothing_planned(
    work: Start, session: Session
) -> None:
    practices, patients, courses = bring_in(work, "practices", "patients", "courses")
    assert [counts(outcome) for outcome in (practices, patients, courses)] == [
        (127, 0, 0, 0), (500, 0, 0, 0), (351, 0, 0, 0),
    ]  # fmt: skip
    treated = set(session.scalars(select(Course.patient_id)))
    planned = set(session.scalars(select(DueItem.patient_id)))
    idle = set(session.scalars(select(Patient.id).where(Patient.nothing_planned)))
    everybody = session.scalars(select(Patient)).all()
    assert len(treated) == 351
    assert treated == planned
    assert idle == {patient.id for patient in everybody} - treated
    assert items.differences(session, everybody[:50], work(Role.MANAGER).today) == []


def test_the_same_files_again_change_nothing(work: Start, session: Session) -> None:
    bring_in(work, "practices", "patients", "courses")
    again = bring_in(work, "practices", "patients", "courses")
    assert [counts(outcome) for outcome in again] == [(0, 0, 127, 0), (0, 0, 500, 0), (0, 0, 351, 0)]
    assert session.scalar(select(func.count()).select_from(Control)) == 500


def test_trying_out_says_what_would_become_late_and_writes_nothing(work: Start, session: Session) -> None:
    bring_in(work, "practices", "patients")
    tried = imports.try_out(work(Role.MANAGER), glow("courses"))
    assert counts(tried) == (351, 0, 0, 0)
    assert tried.planned == 351
    assert tried.late["review.end_of_course"] > 0
    assert session.scalar(select(func.count()).select_from(Course)) == 0
    assert session.scalar(select(func.count()).select_from(ImportReceipt)) == 2
    committed = imports.commit(work(Role.MANAGER), glow("courses"))
    assert committed.late == tried.late


def test_implausible_women_come_in_and_are_flagged(work: Start) -> None:
    (patients,) = bring_in(work, "patients")
    flagged = {(c.row - 1, c.code) for c in patients.complaints if c.code != "gp_unknown"}
    assert flagged == {
        (161, "measurement_unusual"), (281, "measurement_unusual"), (430, "measurement_unusual"),
        (128, "bmi_unusual"), (161, "bmi_unusual"), (325, "bmi_unusual"), (349, "bmi_unusual"),
    }  # fmt: skip


def test_a_practice_without_address_comes_in_with_a_complaint(work: Start, session: Session) -> None:
    (practices,) = bring_in(work, "practices")
    assert [(c.row, c.code) for c in practices.complaints] == [(47, "no_address")]
    gp = session.scalars(select(Gp).where(Gp.import_key == "glow-77")).one()
    assert not gp.practice.has_address


def test_another_height_on_the_second_day_corrects_the_first(work: Start, session: Session) -> None:
    bring_in(work, "practices", "patients")
    changed = imports.commit(work(Role.MANAGER), glow("patients", ("1,1,14,0,62,70.3,158,", "1,1,14,0,62,70.3,159,")))
    assert counts(changed) == (0, 1, 499, 0)
    patient = session.scalars(select(Patient).where(Patient.number == "GLOW1")).one()
    heights = session.execute(select(Control.height_mm, Control.stands).where(Control.patient_id == patient.id))
    assert {tuple(row) for row in heights} == {(1580, False), (1590, True)}


def test_a_course_that_now_has_a_stop_gets_it_and_one_that_overlaps_stays_out(work: Start) -> None:
    bring_in(work, "practices", "patients", "courses")
    line = "3,alendronic_acid,2026-09-30,5,,,,"
    stopped = imports.commit(
        work(Role.MANAGER), glow("courses", (line, "3,alendronic_acid,2026-09-30,5,2026-11-01,patient_wish,,"))
    )
    assert counts(stopped) == (0, 1, 350, 0)
    other = imports.try_out(
        work(Role.MANAGER), glow("courses", ("4,risedronic_acid,2025-11-05", "4,alendronic_acid,2026-01-05"))
    )
    assert counts(other) == (0, 0, 350, 1)
    assert [(c.row, c.code) for c in other.complaints] == [(3, "courses_overlap")]


def test_only_the_manager_imports(work: Start) -> None:
    with pytest.raises(NotAllowed):
        imports.try_out(work(Role.NURSE), glow("practices"))
