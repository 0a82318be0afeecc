"""Lists that rest on facts, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from clinic.store import alarms, fact_lists, list_counts
from clinic.store.fact_lists import NAMES, WantedFacts
from clinic.store.patients import Patient
from clinic.store.tables import Base
from tests.laws import register
from tests.store.test_lists import plan_of

TODAY = date(2026, 11, 23)  # a Monday
EMPTY = frozenset({"alerts", "scans", "spine_images", "scan_values", "control_drafts", "appointments", "due_items"})


@pytest.fixture
def clinic(session: Session) -> Session:
    """Two patients about whom nothing is open."""
    register.fill(session.connection(), leave_out=EMPTY)
    session.execute(update(Patient).values(nothing_planned=False))
    return session


def put(session: Session, table: str, **values: object) -> None:
    rows = Base.metadata.tables[table]
    session.execute(insert(rows).values(register.plain(rows) | values))


def who(session: Session, name: str, user_id: int = 1, closed: frozenset[date] = frozenset()) -> list[tuple[date, int]]:
    wanted = WantedFacts(name, TODAY, user_id, closed=closed)
    found = fact_lists.places(session, wanted, None, 10)
    [standing] = list_counts.read(session, [wanted], TODAY)
    assert (standing.patients, standing.whole) == ({place[1] for place in found}, True)
    everybody = session.scalars(select(Patient.id)).all()
    here = list_counts.here(session, [wanted], TODAY, everybody)
    assert sorted(here[wanted].values()) == [(0, since, "", patient_id) for since, patient_id in found]
    return found


@pytest.mark.parametrize("name", NAMES)
def test_nobody_stands_on_a_list_without_a_fact(clinic: Session, name: str) -> None:
    assert who(clinic, name) == []


def test_a_patient_with_two_red_alerts_is_one_row_at_the_oldest(clinic: Session) -> None:
    for number, (code, days) in enumerate((("jaw_or_mouth", 3), ("thigh_or_groin_pain", 40)), 1):
        since = TODAY - timedelta(days)
        put(clinic, "alerts", id=number, code=code, level="red", since=since, holds_from=since, holds_until=None)
    amber = {"code": "low_bmi", "level": "amber", "since": TODAY, "holds_from": TODAY, "holds_until": None}
    put(clinic, "alerts", id=3, patient_id=2, **amber)
    assert who(clinic, "alarms") == [(TODAY - timedelta(40), 1)]
    facts = fact_lists.facts_of(clinic, WantedFacts("alarms", TODAY, 1), [1, 2])
    assert [fact.code for fact in facts] == ["thigh_or_groin_pain", "jaw_or_mouth"]


AWAITED = [
    # asked on the day, the clinic's own days off, the status of the patient, and whether it is missing by now
    (date(2026, 11, 9), frozenset(), "active", False),
    (date(2026, 11, 8), frozenset(), "active", True),
    (date(2026, 11, 8), frozenset({date(2026, 11, 16)}), "active", False),
    (date(2026, 11, 6), frozenset({date(2026, 11, 16)}), "active", False),
    (date(2026, 11, 5), frozenset({date(2026, 11, 16)}), "active", True),
    (date(2026, 11, 8), frozenset({date(2026, 11, 15)}), "active", True),  # a Sunday is no working day anyhow
    (date(2026, 10, 8), frozenset(date(2026, 10, 9) + timedelta(days) for days in range(40)), "active", False),
    (date(2026, 10, 1), frozenset(), "deceased", False),
    (date(2026, 10, 1), frozenset(), "moved", False),
    (date(2026, 10, 1), frozenset(), "transferred", False),
    (date(2026, 10, 1), frozenset(), "declined", False),
]


@pytest.mark.parametrize("fact", ["scan", "image"])
@pytest.mark.parametrize(("day", "closed", "status", "listed"), AWAITED)
def test_a_result_is_missing_after_ten_working_days_of_the_clinic_while_she_is_followed(
    clinic: Session, fact: str, day: date, closed: frozenset[date], status: str, listed: bool
) -> None:
    if fact == "scan":
        put(clinic, "scans", made_on=day, received_on=None, discussed_on=None)
    else:
        put(clinic, "spine_images", requested_on=day, on_date=None)
    since = None if status == "active" else TODAY
    clinic.execute(update(Patient).where(Patient.id == 1).values(status=status, status_on=since))
    assert who(clinic, "awaited", closed=closed) == ([(day, 1)] if listed else [])


def test_a_result_that_came_is_no_longer_missing(clinic: Session) -> None:
    put(clinic, "scans", made_on=date(2026, 10, 1), received_on=date(2026, 11, 20), discussed_on=None)
    assert who(clinic, "awaited") == []


def test_a_draft_stands_on_the_list_of_her_who_began_it(clinic: Session) -> None:
    noon = datetime(2026, 11, 20, 12, tzinfo=UTC).replace(tzinfo=None)
    put(clinic, "control_drafts", by=1, saved_at=noon, typed={})
    assert who(clinic, "drafts", 1) == [(date(2026, 11, 20), 1)]
    assert who(clinic, "drafts", 99) == []


def test_nobody_falls_off_the_list(clinic: Session) -> None:
    clinic.execute(update(Patient).where(Patient.id == 2).values(nothing_planned=True))
    assert [patient_id for _since, patient_id in who(clinic, "unplanned")] == [2]


def test_the_next_page_goes_on_where_the_last_ended(clinic: Session) -> None:
    clinic.execute(update(Patient).values(nothing_planned=True))
    wanted = WantedFacts("unplanned", TODAY, 1)
    first = fact_lists.places(clinic, wanted, None, 1)
    rest = fact_lists.places(clinic, wanted, first[0], 10)
    assert [place[1] for place in first + rest] == [1, 2]


def test_who_has_nothing_planned_is_found_without_reading_the_register(clinic: Session) -> None:
    if clinic.get_bind().dialect.name == "sqlite":
        plan = plan_of(clinic, list_counts.reading((WantedFacts("unplanned", TODAY, 1),)))
        assert any("ix_patients_unplanned" in line for line in plan), plan


def test_alarm_symptoms_that_were_taken_down_are_found_without_reading_the_register(clinic: Session) -> None:
    if clinic.get_bind().dialect.name == "sqlite":
        counting = list_counts.reading((WantedFacts("alarms", TODAY, 1),))
        noon = datetime(2026, 11, 23, 12, tzinfo=UTC).replace(tzinfo=None)
        on_pages = alarms.unsigned_ones().params(today=TODAY, drafts_before=noon)
        for statement in (counting, on_pages):
            plan = plan_of(clinic, statement)
            assert any("ix_controls_alarm_left" in line for line in plan), plan
            assert not {"SCAN patients", "SCAN controls"} & set(plan), plan
            assert any(line.startswith("SEARCH controls USING INDEX ix_controls_patient_on") for line in plan), plan
