"""What a patient is handed on paper is what she is handed as data: no column of hers stands in one of them alone."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Boolean, Column, Date, DateTime, Integer, Numeric, Table, Time

from clinic.domain.protocol import DEFAULT
from clinic.domain.vocabulary import CriterionCode
from clinic.services import dossiers
from clinic.store import dossier
from clinic.store.base import Base, closed_lists
from clinic.store.users import User
from clinic.web.dossier_sheet import BESIDE, DAYS, NAMED_BY, PART_OF, STANDS, WHO, parts_of, section
from clinic.web.dossier_words import SAID, Reader, in_words, words_of
from clinic.web.language import spoken
from clinic.wording import dossier as words

HERS = {table.name: table for table, _rule in dossier.hers([1]) if table.name not in dossiers.LEFT_OUT} | {
    name: Base.metadata.tables[name] for name in dossier.COPIED
}
TOLD = [(table, name) for table in HERS.values() for name in dossiers.columns(table)]
DAY, MOMENT = date(2025, 3, 12), datetime(2025, 3, 12, 9, 41)  # noqa: DTZ001 - the store keeps UTC without a zone
JSON: dict[str, Any] = {
    "heights_mm": [1601, 1603],
    "side_effects": {"nausea": "mild"},
    "symptoms": {"thigh_or_groin_pain": {"present": True, "side": "left", "weeks": 3}, "jaw_or_mouth": {}},
    "findings": [{"level": "Th12", "genant": 2, "new": True}],
    "why": {"code": "control.early", "params": {"start": "2025-03-12"}},
    "changes": {"town": ["Utrecht", "Zeist"], "needs_wheelchair": ["False", "True"]},
    "edited": {"asked": {"words": "In haar eigen woorden", "recorded": "x"}},
    "envelope": {"name": "H. Post", "lines": ["Praktijk Post", "Kade 1"], "channel": "post"},
    "taken": {"town": "Zeist", "contacts": [["Zus", "zus", None]]},
    "seen": {"facts": 3, "protocol": "2022.1", "missing": {"dxa": True},
             "criteria": {CriterionCode.HIP_T: True, CriterionCode.AGE_75: None},
             "values": {CriterionCode.HIP_T: "-2.6", "planned_end": "2030-03-12"}},
    "decision_changes.what": {CriterionCode.HIP_T: [True, False, "-2.6", "-2.4"]},
    "control_drafts.typed": {"note": ["Nog navragen"], "symptom_jaw_or_mouth": ["yes"], "side_effects": ["nausea"]},
    "form_drafts.typed": {"words": ["Nog navragen"], "symptoms": ["jaw_or_mouth"], "form_token": ["t"],
                          "symptoms_beside": ["ear_pain"]},
    "review_drafts.typed": {"reason": ["Nog navragen"], "form_token": ["t"], "until": [""]},
}  # fmt: skip


def sample(table: Table, name: str) -> Any:
    """A value as this column may hold it."""
    if (members := closed_lists(table).get(name)) is not None:
        return str(next(iter(members)))  # type: ignore[call-overload]
    return JSON.get(f"{table.name}.{name}", JSON.get(name)) or of_type(table, table.c[name])


def of_type(table: Table, column: Column[Any]) -> Any:
    """By what a column holds; who did something, and her GP, are names by then."""
    if named(column):
        return f"Naam van {column.name}"
    known = {Boolean: True, DateTime: MOMENT, Date: DAY, Time: time(9, 30), Numeric: Decimal("2.5"), Integer: 7}
    codes = {"waits_for": "dxa", "channel": "post", "item_code": "control.early"}
    return next((value for kind, value in known.items() if isinstance(column.type, kind)),
                codes.get(column.name, f"gezegd bij {column.name}"))  # fmt: skip


def named(column: Column[Any]) -> bool:
    """Whether the walk puts a name in the place of a number."""
    return any(key.column.table.name in (User.__tablename__, "gps") for key in column.foreign_keys)


def shown(table: Table, row: dict[str, Any]) -> str:
    """A row on paper; what belongs to another row stands with that one."""
    reader = Reader("nl", DEFAULT, {(name, 7): f"regel van {name}" for name in HERS})
    if table.name not in PART_OF:
        return str(section(table, [row], {}, reader))
    whole = next(iter(table.c[PART_OF[table.name]].foreign_keys)).column.table
    return str(section(whole, [{"id": 7}], parts_of([(table, [row])]), reader))


@pytest.mark.parametrize("table", HERS.values(), ids=HERS)
@pytest.mark.parametrize("lang", ["nl", "en"])
def test_a_row_says_on_paper_what_it_says_as_data(app: Flask, table: Table, lang: str) -> None:
    row = {name: sample(table, name) for name in dossiers.columns(table)}
    with app.test_request_context(), spoken(lang):
        whole = shown(table, row)
        for name in row:
            less = {other: value for other, value in row.items() if other != name}
            less |= {STANDS: False} if name == STANDS else {}
            assert (shown(table, less) != whole) is words.on_paper(table.name, name), name
        for name, value in row.items():
            if isinstance(value, str) and value.startswith(("gezegd", "Naam")) and words.on_paper(table.name, name):
                assert value in whole, name


def closed() -> list[Any]:
    """Every code that a column of hers may hold."""
    return [pytest.param(table, name, members, id=f"{table.name}.{name}")
            for table in HERS.values() for name, members in closed_lists(table).items()]  # fmt: skip


@pytest.mark.parametrize(("table", "name", "members"), closed())
def test_every_code_has_a_word(app: Flask, table: Table, name: str, members: Any) -> None:
    reader = Reader("nl", DEFAULT, {})
    assert words_of(table, name) or issubclass(members, StrEnum)
    with app.test_request_context(), spoken("nl"):
        said = [in_words(table, name, str(member), reader) for member in members]
    assert len(set(said)) == len(said)
    assert not any("_" in word for word in said)


def test_every_table_and_exception_is_one_of_hers_and_has_its_reason() -> None:
    columns = {name for _table, name in TOLD} | {f"{table.name}.{name}" for table, name in TOLD}
    assert set(words.TABLES) == set(HERS)
    assert set(words.NOT_ON_PAPER) <= columns
    assert all(words.NOT_ON_PAPER.values())
    assert {*words.NAMES, *SAID, *NAMED_BY, *DAYS, *WHO, *BESIDE} <= columns
    assert set(PART_OF) <= set(HERS)
    assert all(set(pair) and all(pair) for pair in (*words.NAMES.values(), *words.TABLES.values()))
