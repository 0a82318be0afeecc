"""A row that is stored at once is in hand as after a flush, in both databases."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import event, inspect, select, update
from sqlalchemy.orm.exc import StaleDataError

from clinic.services.facts import sealed
from clinic.services.work import Unnoted
from clinic.store import put as store
from clinic.store import rights
from clinic.store.controls import Control
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from tests.factories import make_patient

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC).replace(tzinfo=None)


def control(form_token):
    return Control(
        on_date=date(2026, 11, 20), kind="clinic", heights_mm=[1624], height_mm=1624, side_effects={"rash": "mild"},
        symptoms={}, note_in_letter=False, form_token=form_token,
    )  # fmt: skip


def letter(patient, nurse):
    return Letter(
        patient_id=patient.id, kind="gp", state="draft", due_on=date(2026, 11, 27), template="gp-1", facts={},
        drafted_at=NOW, drafted_by=nurse.actor.id,
    )  # fmt: skip


def said(row):
    """What a row holds, but for what tells two apart."""
    names = set(inspect(row).mapper.columns.keys()) - {"id", "form_token"}
    return {name: getattr(row, name) for name in names}


def test_it_holds_what_a_flushed_row_holds_and_is_followed_like_one(work, session):
    nurse = work("nurse")
    patient = make_patient(nurse)
    session.flush()
    flushed, put = (sealed(nurse, control(token), patient.id) for token in ("one", "two"))
    session.add(flushed)
    session.flush()
    store.put(session, put)
    assert inspect(put).persistent
    assert put.id > flushed.id
    assert not inspect(put).unloaded & set(inspect(put).mapper.columns.keys())
    put.note = "later"
    session.flush()
    session.expire_all()
    kept = session.scalars(select(Control).order_by(Control.id)).all()
    assert [row.note for row in kept] == [None, "later"]
    kept[1].note = None
    assert said(kept[0]) == said(kept[1])


def test_what_a_column_presets_is_there_and_a_later_change_counts_from_it(work, session):
    nurse = work("nurse")
    patient = make_patient(nurse)
    session.flush()
    put = letter(patient, nurse)
    store.put(session, put)
    assert (put.tries, put.came_back, put.version, put.envelope) == (0, 0, 1, None)
    put.state = "to_authorise"
    session.flush()
    assert session.execute(select(Letter.state, Letter.version, Letter.envelope)).all() == [("to_authorise", 2, None)]


def test_the_number_of_a_destroyed_letter_is_not_used_again(work, session, monkeypatch):
    nurse = work("nurse")
    patient = make_patient(nurse)
    session.flush()
    monkeypatch.setattr(rights, "beyond", lambda _connection, table, _destroyed: 78 if table is Letter else None)
    put = letter(patient, nurse)
    store.put(session, put)
    assert (put.id, session.scalars(select(Letter.id)).all()) == (78, [78])


def test_a_row_without_a_note_is_not_kept(work, session):
    nurse = work("nurse")
    patient = make_patient(nurse)
    session.flush()
    nurse.entries, session.info["flushed"] = [], False
    store.put(session, letter(patient, nurse))
    with pytest.raises(Unnoted):
        nurse.commit()


def test_a_rollback_lets_go_of_it_and_its_number_is_free(work, session):
    nurse = work("nurse")
    patient = make_patient(nurse)
    session.commit()
    for _time in range(2):
        put = letter(patient, nurse)
        store.put(session, put)
        session.rollback()
        assert inspect(put).transient
    assert session.scalars(select(Letter)).all() == []


def test_a_patient_with_a_fact_more_is_another_version_and_what_waited_of_her_goes_along(work, session):
    nurse = work("nurse")
    her, other = make_patient(nurse), make_patient(nurse)
    session.flush()
    her.town = "Zwolle"
    store.grow(session, [her, other])
    assert not inspect(her).modified
    assert session.info["flushed"]
    her.town = "Meppel"
    session.flush()
    in_hand = [(one.facts_version, one.version, one.town) for one in (her, other)]
    session.expire_all()
    assert [(one.facts_version, one.version, one.town) for one in (her, other)] == in_hand
    assert [facts for facts, _version, _town in in_hand] == [1, 1]


def test_patients_with_a_fact_more_are_written_in_one_order_whatever_order_they_come_in(work, session):
    nurse = work("nurse")
    patients = [make_patient(nurse) for _one in range(3)]
    session.flush()
    asked = []
    event.listen(session.connection(), "before_execute", lambda _conn, _what, rows, *_more: asked.append(rows))
    store.grow(session, [patients[1], patients[2], patients[0]])
    assert [row["whose"] for row in asked[-1]] == [patient.id for patient in patients]
    assert {patient.facts_version for patient in patients} == {1}


def test_who_was_changed_meanwhile_has_no_fact_more(work, session):
    nurse = work("nurse")
    patients = [make_patient(nurse), make_patient(nurse)]
    session.flush()
    other = update(Patient).where(Patient.id == patients[1].id).values(version=Patient.version + 1)
    session.execute(other.execution_options(synchronize_session=False))
    with pytest.raises(StaleDataError):
        store.grow(session, patients)


def test_a_fact_more_goes_with_its_savepoint(work, session):
    nurse = work("nurse")
    patient = make_patient(nurse)
    session.flush()
    before = patient.facts_version, patient.version
    with session.begin_nested() as savepoint:
        store.grow(session, [patient])
        savepoint.rollback()
    assert (patient.facts_version, patient.version) == before
