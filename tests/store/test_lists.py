"""The lists in SQL say what the rules say, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.orm import Session

from clinic.domain import due as rules
from clinic.domain.items import DueItem as RuleItem
from clinic.domain.items import Why
from clinic.services.worklists import DUE_LISTS, GROUPS
from clinic.store import list_counts, lists
from clinic.store.due import DueItem
from clinic.store.fact_lists import NAMES, WantedFacts
from clinic.store.lists import Wanted
from clinic.store.patients import Patient
from clinic.store.tables import Base
from tests.laws import register

TODAY = date(2026, 11, 23)
NOBODY_DUE = frozenset({"due_items", "alerts", "appointments"})


def item(patient_id: int, code: str, due: int, late: int = 0, opens: int | None = None, very: int | None = None,
         backlog: bool = False) -> dict[str, Any]:  # fmt: skip
    """An item by days from today."""
    opens = min(due, late) - 10 if opens is None else opens
    dates = {"due_on": due, "opens_on": opens, "late_after": late}
    day = {name: TODAY + timedelta(days) for name, days in dates.items()}
    very_late = None if very is None else TODAY + timedelta(very)
    key = {"patient_id": patient_id, "code": code, "subject": day["due_on"], "number": 1}
    return key | day | {"very_late_after": very_late, "backlog": backlog, "why": {}, "source": "x", "protocol": "1"}


@pytest.fixture
def clinic(session: Session) -> Session:
    """Two patients with nothing due yet."""
    register.fill(session.connection(), leave_out=NOBODY_DUE)
    return session


def counts(session: Session, asked: Sequence[Wanted], day: date) -> list[int]:
    return [standing.counted for standing in list_counts.read(session, asked, day)]


def put(session: Session, *rows: dict[str, Any]) -> None:
    session.execute(insert(DueItem), list(rows))


def as_rule(row: DueItem) -> RuleItem:
    return RuleItem(row.code, row.due_on, row.opens_on, row.late_after, row.very_late_after, row.subject,
                    Why("x", {}), row.source, row.backlog)  # fmt: skip


def test_status_and_rank_in_sql_are_those_of_the_rules_around_every_boundary(clinic: Session) -> None:
    around = (-2, -1, 0, 1, 2)
    number = 0
    cases = []
    for code, opens, late, very, backlog in product(
        ("dose.denosumab", "control.yearly"), around, around, (None, *around), (True, False)
    ):
        if opens <= late and (very is None or very >= late):
            number += 1
            cases.append(item(1, code, late, late, opens, very, backlog) | {"number": number})
    put(clinic, *cases)
    rows = clinic.execute(select(DueItem, lists.status_on(DueItem, TODAY), lists.rank_on(DueItem, TODAY))).all()
    assert len(rows) == len(cases) > 100
    for row, status, rank in rows:
        assert (status, rank) == (rules.status(as_rule(row), TODAY), rules.rank(as_rule(row), TODAY))
        for each in lists.RANKS:
            hit = clinic.scalar(select(DueItem.id).where(DueItem.id == row.id, lists.in_rank(DueItem, each, TODAY)))
            assert (hit is not None) == (each == rank)


def test_a_patient_stands_once_where_her_first_item_puts_her(clinic: Session) -> None:
    put(clinic, item(1, "control.yearly", -5, 5), item(1, "dxa.mid_course", -90, -30))
    put(clinic, item(2, "control.yearly", -60, -4))
    found = lists.places(clinic, Wanted(), TODAY, None, 10)
    assert [(place[0], place[3], place[2]) for place in found] == [(3, 1, "dxa.mid_course"), (3, 2, "control.yearly")]


def test_denosumab_stands_above_all_and_backlog_below_what_is_open(clinic: Session) -> None:
    put(clinic, item(1, "control.yearly", -900, -800, -999, -700, backlog=True), item(2, "control.yearly", 3, 9))
    assert [place[3] for place in lists.places(clinic, Wanted(), TODAY, None, 10)] == [2, 1]
    put(clinic, item(1, "dose.denosumab", 3, 3, backlog=True))
    assert [place[3] for place in lists.places(clinic, Wanted(), TODAY, None, 10)] == [1, 2]


def test_the_next_page_goes_on_where_the_last_one_ended(clinic: Session) -> None:
    put(clinic, item(1, "control.yearly", -60, -4), item(2, "control.yearly", 3, 9))
    first = lists.places(clinic, Wanted(), TODAY, None, 1)
    rest = lists.places(clinic, Wanted(), TODAY, first[0], 10)
    assert [place[3] for place in first + rest] == [1, 2]
    assert lists.places(clinic, Wanted(), TODAY, rest[-1], 10) == []


def test_a_page_passes_over_whom_an_earlier_page_showed_by_another_item(clinic: Session) -> None:
    put(clinic, item(1, "control.yearly", -60, -4), item(1, "dxa.mid_course", -50, -4), item(2, "lab.x", -55, -4))
    one = lists.places(clinic, Wanted(), TODAY, None, 1)
    two = lists.places(clinic, Wanted(), TODAY, one[0], 1)
    assert [place[3] for place in one + two] == [1, 2]
    assert lists.places(clinic, Wanted(), TODAY, two[0], 1) == []


def test_items_of_one_day_stand_in_the_order_in_which_a_page_goes_on(clinic: Session) -> None:
    codes = ("control.x_y", "control.xa", "dxa.z", "dxaa")  # a full stop and a low line come before letters
    for number, code in enumerate(codes):
        put(clinic, item(1 + number % 2, code, -50, -4))
    first = lists.places(clinic, Wanted(), TODAY, None, 1)
    rest = lists.places(clinic, Wanted(), TODAY, first[0], 10)
    assert [(place[2], place[3]) for place in first + rest] == [("control.x_y", 1), ("control.xa", 2)]
    walked = lists.walk(clinic, (3,), Wanted(), TODAY, None, 10)
    assert [place[2] for place in walked] == sorted(codes)


def test_a_patient_with_many_items_does_not_cut_the_page_short(clinic: Session) -> None:
    many = [item(1, f"control.{number}", -90 + number, -4) for number in range(9)]
    put(clinic, *many, item(2, "control.yearly", -3, 5))
    assert [place[3] for place in lists.places(clinic, Wanted(), TODAY, None, 2)] == [1, 2]


def test_a_count_is_as_long_as_its_list(clinic: Session) -> None:
    put(clinic, item(1, "control.yearly", -60, -4), item(1, "dxa.mid_course", -60, -4))
    put(clinic, item(2, "letter.after_dxa", -9, -9))
    asked = [
        Wanted(),
        Wanted(ranks=(3,)),
        Wanted(kinds=("dxa",)),
        Wanted(drug="denosumab"),
        Wanted(nurse_ids=(77,)),
        Wanted(not_doctors=(77,)),
    ]
    lengths = [len(lists.places(clinic, wanted, TODAY, None, 100)) for wanted in asked]
    assert counts(clinic, asked, TODAY) == lengths == [1, 1, 1, 0, 0, 1]


def test_an_item_with_a_booking_is_no_longer_to_plan_and_still_late(clinic: Session) -> None:
    put(clinic, item(1, "control.yearly", -60, -4))
    booking = register.plain(Base.metadata.tables["appointments"]) | {
        "kind": "control", "state": "booked", "item_code": "control.yearly", "on_date": TODAY,
        "item_subject": TODAY - timedelta(60),
    }  # fmt: skip
    clinic.execute(insert(Base.metadata.tables["appointments"]).values(**booking))
    assert lists.places(clinic, Wanted(unbooked=True), TODAY, None, 10) == []
    assert [row.booked_on for row in lists.items_of(clinic, [1], Wanted(ranks=(3,)), TODAY)] == [TODAY]


def test_the_order_of_a_page_comes_from_an_index(clinic: Session) -> None:
    if clinic.get_bind().dialect.name != "sqlite":
        return
    for rank in lists.RANKS:
        for backlog in lists.BACKLOG.get(rank, (True, False)):
            plan = plan_of(clinic, lists.step(rank, Wanted(), False, backlog).params(day=TODAY, most=51))
            assert any("INDEX ix_due_items" in line for line in plan), plan
            assert not any("SCAN due_items" in line for line in plan), plan
            assert rank == 1 or not any("TEMP B-TREE" in line for line in plan), plan  # few doses are open at once


@pytest.mark.parametrize("name", list(DUE_LISTS))
def test_counting_a_list_reads_ranges_of_indexes(clinic: Session, name: str) -> None:
    if clinic.get_bind().dialect.name != "sqlite":
        return
    plan = plan_of(clinic, list_counts.reading((DUE_LISTS[name],)).params(day=TODAY))
    assert not any("SCAN due_items" in line for line in plan), plan


@pytest.mark.parametrize("wanted", [*DUE_LISTS.values(), *(WantedFacts(name, TODAY, 1) for name in NAMES)], ids=str)
def test_where_one_patient_stands_is_asked_of_her_rows_alone(clinic: Session, wanted: Wanted | WantedFacts) -> None:
    if clinic.get_bind().dialect.name != "sqlite":
        return
    plan = plan_of(clinic, list_counts.placing((wanted,)).params(patients=[1], day=TODAY))
    whole = [f"SCAN {table}" for table in ("due_items", "patients", "alerts", "controls", "scans", "courses")]
    assert not any(words in line for words in whole for line in plan), plan


def test_the_patients_of_a_nurse_are_counted_from_her_own_and_not_from_the_register(clinic: Session) -> None:
    put(clinic, item(1, "control.yearly", -60, -4), item(2, "dxa.mid_course", -90, -30))
    clinic.execute(update(Patient).where(Patient.id == 2).values(regular_nurse_id=1))
    hers = [replace(wanted, nurse_ids=(1,)) for wanted in (DUE_LISTS["mine"], Wanted(kinds=("control",)))]
    lengths = [len(lists.places(clinic, wanted, TODAY, None, 100)) for wanted in hers]
    assert counts(clinic, hers, TODAY) == lengths
    assert lengths[0] == 2 - clinic.scalars(select(Patient.regular_nurse_id)).all().count(None)
    if clinic.get_bind().dialect.name == "sqlite":
        plan = plan_of(clinic, list_counts.reading((hers[0],)).params(day=TODAY))
        assert any("ix_patients_regular_nurse_id" in line for line in plan), plan


def plan_of(session: Session, statement: Any) -> list[str]:
    walk = statement.compile(session.connection(), compile_kwargs={"literal_binds": True})
    return [str(row[3]) for row in session.execute(text(f"EXPLAIN QUERY PLAN {walk}"))]


def test_every_item_of_the_backlog_stands_in_one_group_and_nothing_else_does(clinic: Session) -> None:
    codes = ("dose.denosumab", "dose.zoledronic_acid", "review.class_limit", "dxa.after_fracture", "control.yearly")
    put(clinic, *(item(1, code, -90, -4, backlog=True) for code in codes), item(2, "review.class_limit", -9, -4))
    found = {name: [row.code for row in lists.items_of(clinic, [1, 2], DUE_LISTS[name], TODAY)] for name in GROUPS}
    assert found == {
        "backlog-injections": ["dose.denosumab", "dose.zoledronic_acid"],
        "backlog-ten-years": ["review.class_limit"],
        "backlog-fracture": ["dxa.after_fracture"],
        "backlog-rest": ["control.yearly"],
    }
    assert counts(clinic, [DUE_LISTS[name] for name in GROUPS], TODAY) == [1, 1, 1, 1]
    assert {code for codes in GROUPS.values() for code in codes} == set(lists.CODES)
