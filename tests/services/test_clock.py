"""A clock that cannot be believed is found by the log and by the seconds that went by; a right one is never refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from clinic.security.audit import Action
from clinic.services.clock import AHEAD, BACK, LONGEST_SILENCE, Watch, Wrong, behind
from clinic.services.work import Work
from clinic.store.audit import AuditEntry
from tests.conftest import MONDAY_MORNING

SECOND, HOUR, YEAR = timedelta(seconds=1), timedelta(hours=1), timedelta(365)


def written(session: Session, action: Action, at: datetime) -> None:
    """A line of the log."""
    session.add(AuditEntry(at=at, action=action))
    session.commit()


@pytest.fixture
def log(work: Callable[..., Work]) -> Session:
    """A register in which somebody was registered on Monday morning."""
    session = work("nurse").session
    written(session, Action.PATIENT_REGISTERED, MONDAY_MORNING)
    return session


@pytest.mark.parametrize(
    ("clock", "counted", "found"),
    [
        (timedelta(0), 0, None),
        (timedelta(minutes=5), 300, None),
        (-30 * SECOND, 300, None),  # a time server put it back a little
        (timedelta(minutes=-5), 300, Wrong.BEHIND),
        (-YEAR, 300, Wrong.BEHIND),
        (AHEAD, 0, None),  # a virtual machine was paused
        (AHEAD + 10 * SECOND, 0, Wrong.AHEAD),
        (YEAR, 0, Wrong.AHEAD),
        (timedelta(10), 864_000, None),  # nobody worked for ten days
    ],
)
def test_a_clock_is_held_against_the_log_and_the_seconds_that_went_by(log, clock, counted, found) -> None:
    watch = Watch()
    assert watch.wrong(log, MONDAY_MORNING, 1000.0) is None
    assert watch.wrong(log, MONDAY_MORNING + clock, 1000.0 + counted) is found


@pytest.mark.parametrize(("clock", "found"), [(-BACK, None), (-BACK - SECOND, Wrong.BEHIND), (YEAR, None)])
def test_a_process_that_just_began_knows_the_log_alone(log, clock, found) -> None:
    assert Watch().wrong(log, MONDAY_MORNING + clock, 5.0) is found


@pytest.mark.parametrize(("action", "heard"), [
    (Action.PATIENT_CHANGED, True), (Action.CLOCK_CONFIRMED, True), (Action.RESTORED, True),
    (Action.PATIENT_OPENED, False), (Action.SIGNED_IN, False),
])  # fmt: skip
def test_who_opens_the_clinic_far_past_all_that_anybody_did_asks_a_person(log, action, heard) -> None:
    late, watch = MONDAY_MORNING + LONGEST_SILENCE, Watch(opens=True)
    assert Watch(opens=True).wrong(log, late, 5.0) is None
    assert watch.wrong(log, late + SECOND, 5.0) is Wrong.AHEAD
    written(log, action, late)  # people read on, an operator says that it is right
    assert watch.wrong(log, late + 2 * SECOND, 6.0) is (None if heard else Wrong.AHEAD)
    assert watch.wrong(log, MONDAY_MORNING + HOUR, 7.0) is (Wrong.BEHIND if action is Action.PATIENT_CHANGED else None)


def test_an_empty_register_is_opened_by_any_clock(session) -> None:
    assert Watch(opens=True).wrong(session, MONDAY_MORNING + YEAR, 5.0) is None


def test_it_is_believed_again_when_it_is_right_again_whatever_was_looked_at_meanwhile(log) -> None:
    watch = Watch()
    assert watch.wrong(log, MONDAY_MORNING, 0.0) is None
    written(log, Action.PATIENT_OPENED, MONDAY_MORNING + YEAR)
    assert watch.wrong(log, MONDAY_MORNING + YEAR, 10.0) is Wrong.AHEAD
    assert watch.wrong(log, MONDAY_MORNING + 20 * SECOND, 20.0) is None
    assert Watch().wrong(log, MONDAY_MORNING + 20 * SECOND, 20.0) is None


def test_a_clock_that_was_ahead_is_put_right_before_anything_was_changed(log) -> None:
    watch = Watch()
    assert watch.wrong(log, MONDAY_MORNING + HOUR, 0.0) is None
    assert watch.wrong(log, MONDAY_MORNING + SECOND, 1.0) is None


def test_while_the_count_agrees_the_log_is_not_asked(log, database) -> None:
    watch = Watch()
    assert watch.wrong(log, MONDAY_MORNING, 0.0) is None
    written(log, Action.PATIENT_CHANGED, MONDAY_MORNING + YEAR)  # another machine, whose clock is wrong
    assert watch.wrong(log, MONDAY_MORNING + HOUR, 3600.0) is None


def test_an_operator_says_that_a_clock_is_right_after_a_long_pause(log) -> None:
    watch = Watch()
    assert watch.wrong(log, MONDAY_MORNING, 0.0) is None
    written(log, Action.CLOCK_CONFIRMED, MONDAY_MORNING - HOUR)  # of an earlier time that it was wrong
    paused = MONDAY_MORNING + timedelta(3)
    assert watch.wrong(log, paused, 60.0) is Wrong.AHEAD
    written(log, Action.CLOCK_CONFIRMED, paused)
    assert watch.wrong(log, paused + SECOND, 61.0) is None
    assert watch.wrong(log, paused + 2 * YEAR, 62.0) is Wrong.AHEAD


def test_an_operator_says_that_a_clock_is_right_after_lines_were_dated_wrong(log) -> None:
    written(log, Action.PATIENT_CHANGED, MONDAY_MORNING + YEAR)
    assert behind(log, MONDAY_MORNING) is Wrong.BEHIND
    written(log, Action.CLOCK_CONFIRMED, MONDAY_MORNING)
    assert behind(log, MONDAY_MORNING) is None
    written(log, Action.PATIENT_CHANGED, MONDAY_MORNING + HOUR)
    assert behind(log, MONDAY_MORNING) is Wrong.BEHIND
