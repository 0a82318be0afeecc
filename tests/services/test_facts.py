"""The envelope: stamped, corrected by a new row, voided with a reason; never overwritten."""

from datetime import date

import pytest
from sqlalchemy import select, update

from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action
from clinic.services import facts
from clinic.services.work import Unnoted
from clinic.store import records
from clinic.store.audit import AuditEntry
from clinic.store.controls import Control
from clinic.store.patients import Patient
from tests.factories import make_control, make_patient


def corrected(old, **changed):
    return Control(
        **{
            "on_date": old.on_date, "kind": old.kind, "heights_mm": [], "side_effects": {}, "symptoms": {},
            "note_in_letter": False, "form_token": f"{old.form_token}-again", **changed,
        }
    )  # fmt: skip


def test_a_correction_stands_in_the_place_of_the_old_row(work, session):
    nurse = work("nurse")
    patient = make_patient(nurse)
    old = make_control(nurse, patient, date(2026, 11, 20), height_mm=1858)
    session.flush()
    new = facts.correct(nurse, old, corrected(old, height_mm=1588), "typing error")
    session.flush()
    assert (new.supersedes_id, new.change_reason, new.recorded_by) == (old.id, "typing error", nurse.actor.id)
    session.refresh(old)
    assert not old.stands
    assert old.height_mm == 1858
    assert [c.height_mm for c in records.load(session, patient.id).controls] == [1588]


def test_a_fact_is_corrected_once(work, session):
    nurse = work("nurse")
    patient = make_patient(nurse)
    old = make_control(nurse, patient, date(2026, 11, 20))
    session.flush()
    facts.correct(nurse, old, corrected(old, falls=1), "asked again")
    with pytest.raises(RuleBroken) as broken:
        facts.correct(nurse, old, corrected(old, falls=2, form_token="third"), "asked once more")
    assert broken.value.code == "fact_changed_meanwhile"


def test_a_void_keeps_the_row_and_counts_nowhere(work, session):
    nurse = work("nurse")
    patient = make_patient(nurse)
    wrong = make_control(nurse, patient, date(2026, 11, 20), height_mm=1600)
    session.flush()
    facts.void(nurse, wrong, "wrong patient")
    session.flush()
    assert records.load(session, patient.id).controls == ()
    assert (wrong.height_mm, wrong.void_reason) == (1600, "wrong patient")


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_correction_or_void_says_why(work, session, reason):
    nurse = work("nurse")
    patient = make_patient(nurse)
    control = make_control(nurse, patient, date(2026, 11, 20))
    session.flush()
    with pytest.raises(RuleBroken):
        facts.void(nurse, control, reason)


def test_a_change_that_nobody_noted_is_not_kept(work):
    nurse = work("nurse")
    make_control(nurse, make_patient(nurse), date(2026, 11, 20))
    nurse.session.flush()
    with pytest.raises(Unnoted):
        nurse.commit()


def test_who_waited_for_the_lock_sees_what_the_first_writer_did(work, session):
    nurse = work("nurse")
    patient = make_patient(nurse)
    first = update(Patient).values(facts_version=7).execution_options(synchronize_session=False)
    session.execute(first)
    assert facts.lock_patient(nurse, patient.id).facts_version == 7


def test_a_unit_of_work_that_did_nothing_more_leaves_no_line(work, session):
    nurse = work("nurse")
    nurse.note(Action.PATIENT_SEARCHED)
    for _act in range(2):
        nurse.commit()
    assert len(session.scalars(select(AuditEntry)).all()) == 1
