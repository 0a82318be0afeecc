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
from tests.store.test_lists import NOBODY_DUE, TODAY, item

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC).replace(tzinfo=None)
ASKED = (Wanted(ranks=(1, 2, 3)),)


@pytest.fixture
def clinic(session: Session) -> Session:
    """Two patients with nothing due yet."""
    register.fill(session.connection(), leave_out=NOBODY_DUE | {"audit_entries"})
    return session


def log(session: Session, action: Action) -> None:
    session.add(AuditEntry(at=NOON, action=action))
    session.flush()


def counts(session: Session, day: date = TODAY) -> list[int]:
    return counted.kept(session, (ASKED, day), lambda: list_counts.counts(session, ASKED, day))


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
