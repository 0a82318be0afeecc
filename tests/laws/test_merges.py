"""Nothing about a patient is left behind when two numbers are merged, and a split puts everything back."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from clinic.security.permissions import Role
from clinic.services.merges import bring, hang
from clinic.services.splits import planned
from clinic.services.work import Actor, Work
from clinic.store.merges import MOVES, STAYS, Merge, rows_of
from clinic.store.tables import Base
from clinic.wording.merges import KINDS
from tests.laws import register

MOVING = {table.__tablename__ for table in MOVES}
PATIENTS = Base.metadata.tables["patients"]


def about_patients() -> set[str]:
    """Every table whose rows name a patient."""
    return {
        table.name
        for table in Base.metadata.sorted_tables
        if "patient_id" in table.columns or any(key.column.table is PATIENTS for key in table.foreign_keys)
    }


def test_every_table_about_a_patient_comes_along_with_a_merge_or_says_why_it_stays() -> None:
    assert about_patients() - MOVING - set(STAYS) == set()
    assert (MOVING | set(STAYS)) - about_patients() == set()
    assert MOVING & set(STAYS) == set()


def test_the_page_of_a_merge_has_a_word_for_everything_that_comes_along() -> None:
    assert MOVING - set(KINDS) == set()


def whose(session: Session) -> dict[str, list[Any]]:
    """The patient of every row that comes along, and of what the letters tell."""
    return {
        name: list(session.scalars(select(Base.metadata.tables[name].c.patient_id)))
        for name in sorted(MOVING | {"letter_subjects", "letter_copies"})
    }


@pytest.mark.both
def test_one_of_everything_comes_along_and_goes_back(database: Engine) -> None:
    with database.begin() as connection:
        register.fill(connection)
    with Session(database) as session:
        work = Work(session, Actor(1, "x", "x", Role.SECRETARY), register.TIME, register.DAY)
        session.execute(update(Merge).values(kept_id=2, losing_id=1))
        merge = session.get_one(Merge, 1)
        bring(work, merge)
        assert {owner for owners in whose(session).values() for owner in owners} == {2}
        plan = planned(work, merge)
        assert (plan.along, plan.asked, plan.torn) == ([], [], [])
        hang(work, [row.key for row in plan.back], 1)
        assert {owner for owners in whose(session).values() for owner in owners} == {1}
        assert len(rows_of(session, [1])) == len(MOVING)
        session.rollback()
