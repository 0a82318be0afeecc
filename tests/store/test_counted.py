"""A count that was kept is never older than the register."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from clinic.security.audit import Action
from clinic.store import counted, list_counts
from clinic.store.audit import AuditEntry
from clinic.store.due import DueItem
from clinic.store.lists import Wanted
from tests.laws import register
from tests.store.test_lists import NOBODY_DUE, TODAY, item, plan_of

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC).replace(tzinfo=None)
ASKED = (Wanted(ranks=(1, 2, 3)),)


@pytest.fixture
def clinic(session: Session) -> Session:
    """Two patients with nothing due yet."""
    register.fill(session.connection(), leave_out=NOBODY_DUE | {"audit_entries"})
    return session


def log(session: Session, action: Action, patient_id: int | None = None) -> None:
    session.add(AuditEntry(at=NOON, action=action, patient_id=patient_id))
    session.flush()


def counts(session: Session, day: date = TODAY) -> list[int]:
    return counted.kept(session, (ASKED, day), lambda: [one.counted for one in list_counts.read(session, ASKED, day)])


def test_a_logged_change_is_counted_at_once(clinic: Session) -> None:
    assert counts(clinic) == [0]
    clinic.execute(insert(DueItem), [item(1, "control.yearly", -60, -4)])
    log(clinic, Action.CONTROL_SAVED)
    assert counts(clinic) == [1]


def test_a_look_does_not_make_the_lists_be_counted_anew(clinic: Session) -> None:
    assert counts(clinic) == [0]
    clinic.execute(insert(DueItem), [item(1, "control.yearly", -60, -4)])  # nobody may do this without a log line
    log(clinic, Action.PATIENT_OPENED)
    kept_on_sqlite = clinic.get_bind().dialect.name == "sqlite"
    assert counts(clinic) == ([0] if kept_on_sqlite else [1])
    log(clinic, Action.FACT_SAVED)
    log(clinic, Action.PATIENT_OPENED)
    assert counts(clinic) == [1]


def test_tomorrow_is_counted_apart(clinic: Session) -> None:
    clinic.execute(insert(DueItem), [item(1, "control.yearly", -60, 0)])
    log(clinic, Action.CONTROL_SAVED)
    assert [counts(clinic), counts(clinic, TODAY + timedelta(1))] == [[0], [1]]


def told(session: Session, key: str, again: bool = True) -> str:
    """How it came to stand there."""
    changed = (lambda was, whose: f"{was}, then {sorted(whose)}") if again else None
    return counted.kept(session, ("told", key), lambda: "read", changed)


def test_of_a_few_patients_who_were_changed_each_list_hears_by_itself(clinic: Session) -> None:
    if clinic.get_bind().dialect.name != "sqlite":
        return
    assert [told(clinic, key) for key in "ab"] == ["read"] * 2
    log(clinic, Action.CONTROL_SAVED, 1)
    log(clinic, Action.PATIENT_OPENED, 2)
    assert told(clinic, "a") == "read, then [1]"
    log(clinic, Action.DRAFT_SAVED, 2)
    log(clinic, Action.LETTER_DRAFTED, 2)
    assert [told(clinic, key) for key in "ab"] == ["read, then [1], then [2]", "read, then [1, 2]"]
    assert told(clinic, "a") == "read, then [1], then [2]"
    log(clinic, Action.CONTROL_SAVED, 1)
    assert told(clinic, "a", again=False) == "read"


@pytest.mark.parametrize("lines", [
    [(Action.CONTROL_SAVED, 1), (Action.REVIEW_SIGNED, 1)],
    [(Action.CONTROL_SAVED, None)],
    [(Action.DRAFT_SAVED, 1 + number % 2) for number in range(counted.MOST_LINES + 1)],
])  # fmt: skip
def test_when_it_may_be_anybody_a_list_is_read_anew(clinic: Session, lines: list[tuple[Action, int | None]]) -> None:
    told(clinic, "a")
    for action, patient_id in lines:
        log(clinic, action, patient_id)
    assert told(clinic, "a") == "read"


def test_of_many_patients_who_were_changed_a_list_is_read_anew(
    clinic: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(clinic, "a")
    monkeypatch.setattr(counted, "MOST_CHANGED", 1)
    for patient_id in (1, 2):
        log(clinic, Action.CONTROL_SAVED, patient_id)
    assert told(clinic, "a") == "read"


def test_what_changed_is_read_from_the_end_of_the_log(clinic: Session) -> None:
    if clinic.get_bind().dialect.name == "sqlite":
        plan = plan_of(clinic, counted.SINCE.params(line=1))
        assert any("audit_entries USING INTEGER PRIMARY KEY" in line for line in plan), plan
        assert not any("ix_audit" in line for line in plan), plan
