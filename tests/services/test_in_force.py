"""The version in force is the one by which everything is computed, from the first fact that is saved under it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from clinic.domain.protocol import DEFAULT
from clinic.interop import protocols as toml
from clinic.security.audit import Action
from clinic.services import in_force, items, record
from clinic.store.due import DueItem
from clinic.store.protocols import ProtocolVersion
from tests.conftest import MONDAY_MORNING
from tests.factories import make_control, make_course, make_patient

OTHER = replace(DEFAULT, name="2027.1", yearly_months=15)


def put_in_force(session, protocol):
    """As an activation does, without what follows from it."""
    retire(session)
    session.add(
        ProtocolVersion(
            name=protocol.name, state="active", toml=toml.dump(protocol), reason="x", made_at=MONDAY_MORNING,
            form_token=protocol.name,
        )
    )  # fmt: skip
    session.commit()


def retire(session):
    session.execute(update(ProtocolVersion).where(ProtocolVersion.state == "active").values(state="retired"))


def test_a_new_register_works_by_the_version_of_the_program(session):
    assert in_force.rules(session) == DEFAULT
    stored = session.scalar(select(ProtocolVersion.toml))
    assert toml.load(stored) == DEFAULT  # a setting that came later has its default, and moves no date
    assert set(stored.splitlines()) <= set(toml.dump(DEFAULT).splitlines())


def test_the_next_fact_that_is_saved_is_reckoned_by_the_version_in_force(work):
    unit = work("nurse")
    patient = make_patient(unit, registered_on=date(2024, 12, 1))
    make_course(unit, patient, started_on=date(2025, 1, 1))
    make_control(unit, patient, date(2025, 11, 1))
    items.refresh(unit, patient)
    unit.note(Action.CONTROL_SAVED, patient.id)
    unit.commit()
    put_in_force(unit.session, OTHER)
    assert items.differences(unit.session, [patient], unit.today) == [patient.id]
    shown = next(item for item in record.open_record(unit, patient.id).items if item.code == "control.yearly")
    items.refresh(unit, patient)
    stored = unit.session.scalar(select(DueItem).where(DueItem.code == "control.yearly"))
    assert (shown.due_on, stored.due_on, stored.protocol) == (date(2027, 2, 1), date(2027, 2, 1), "2027.1")
    assert items.differences(unit.session, [patient], unit.today) == []


def test_a_register_has_one_version_in_force(session):
    session.add(
        ProtocolVersion(name="2027.1", state="active", toml="", reason="x", made_at=MONDAY_MORNING, form_token="x")
    )
    with pytest.raises(IntegrityError):
        session.flush()


def test_without_a_version_in_force_nothing_is_reckoned(session):
    retire(session)
    with pytest.raises(LookupError):
        in_force.rules(session)


def test_who_only_reads_holds_nobody_up(database):
    with Session(database.execution_options(writes=False)) as reader:
        assert in_force.rules(reader) == DEFAULT
        with Session(database) as writer:
            put_in_force(writer, OTHER)
        assert in_force.rules(reader) == DEFAULT
        reader.rollback()
        assert in_force.rules(reader) == OTHER


def test_it_is_asked_for_once_in_a_transaction_whatever_is_flushed_in_between(work):
    unit, asked = work("nurse"), []
    patient = make_patient(unit)
    event.listen(unit.session.bind, "before_cursor_execute", lambda *words: asked.append("FROM protocols" in words[2]))
    for day in (1, 2):
        make_control(unit, patient, date(2025, 11, day))
        items.refresh(unit, patient)
    assert sum(asked) == 1
    unit.session.rollback()
    in_force.rules(unit.session)
    assert sum(asked) == 2
