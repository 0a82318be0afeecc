"""Letters under each other: what alarms and what changed first, and one confirmation for those ticked."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count

import pytest
from sqlalchemy import event

from clinic.letters.render import CannotSet
from clinic.security.audit import Action
from clinic.services import letter_series, letter_states, letter_text, letter_waits
from clinic.services.letter_waits import Wait
from clinic.services.work import NotAllowed, Stale
from clinic.store.controls import Control
from clinic.store.imports import ImportedFact
from clinic.store.letter_changes import changed_since
from clinic.store.letters import Letter, LetterSubject
from clinic.store.patients import Patient, PatientChange
from clinic.store.settings import ImportReceipt
from tests.conftest import MONDAY
from tests.factories import make_control, make_course
from tests.letter_makers import drafted, seen, seen_anew, sent, sign, with_gp

FRIDAY = date(2026, 11, 20)
ALARM = {"jaw_or_mouth": {"present": True}}


def offered(work, day=MONDAY, **control):
    """A letter put before the doctor on a day."""
    nurse = work("nurse", today=day)
    patient = with_gp(nurse, name=f"Praktijk {len(nurse.session.identity_map)}")
    letter = nurse.session.get(Letter, seen(nurse, patient, day, **control))
    nurse.commit()
    letter_states.offer(nurse, letter.id, letter.version)
    return letter


def shown(work):
    """The series as this person gets it."""
    return letter_series.series(work)


def test_alarms_stand_first_then_what_changed_then_what_is_due_first(work, session):
    plain, late = offered(work), offered(work, FRIDAY)
    alarming = offered(work, symptoms=ALARM)
    changed = offered(work)
    session.query(Control).filter_by(patient_id=changed.patient_id).one().weight_g = 61000
    session.commit()
    found = shown(work("doctor")).shown
    assert [one.view.letter.id for one in found] == [alarming.id, changed.id, late.id, plain.id]
    assert [one.ordinary for one in found] == [False, False, True, True]
    assert [one.waits for one in found] == [0, 0, 1, 0]


def test_one_confirmation_authorises_what_was_shown_and_keeps_what_changed_meanwhile(work, session):
    letters = [offered(work) for _letter in range(3)]
    doctor = work("doctor")
    ticked = {one.view.letter.id: (one.view.letter.version, one.view.seen) for one in shown(doctor).shown}
    session.query(Control).filter_by(patient_id=letters[1].patient_id).one().weight_g = 61000
    session.get_one(Patient, letters[2].patient_id).gp.practice.street = None
    session.commit()
    done, kept = letter_series.authorise_all(doctor, ticked)
    assert done == 1
    assert [letter.state for letter in letters] == ["authorised", "to_authorise", "to_authorise"]
    assert isinstance(kept[letters[1].id], Stale)
    assert kept[letters[2].id].code == "letter_no_address"
    again = {letters[0].id: ticked[letters[0].id], 999: (1, "")}
    assert letter_series.authorise_all(doctor, again) == (0, {})
    assert not shown(doctor).shown[-1].ready


def test_a_page_that_cannot_be_set_is_named_and_keeps_no_other(work, session, monkeypatch):
    letters = [offered(work) for _letter in range(3)]
    doctor, whole, turn = work("doctor"), letter_states.pdf_of, count(1)
    ticked = {one.view.letter.id: (one.view.letter.version, one.view.seen) for one in shown(doctor).shown}

    def set_page(*given):
        if next(turn) == 2:
            raise CannotSet("unknown font")
        return whole(*given)

    monkeypatch.setattr(letter_states, "pdf_of", set_page)
    _done, kept = letter_series.authorise_all(doctor, ticked)
    assert {letter_id: why.code for letter_id, why in kept.items()} == {letters[1].id: "letter_page"}
    assert [letter.state for letter in letters] == ["authorised", "to_authorise", "authorised"]


def test_fifteen_stand_under_each_other_and_more_follow(work, monkeypatch):
    monkeypatch.setattr(letter_series, "SERIES", 2)
    for _letter in range(3):
        offered(work)
    found = shown(work("doctor"))
    assert (len(found.shown), found.more, found.for_others) == (2, True, 0)


def test_a_nurse_finds_what_her_mandate_names_and_hears_how_many_ask_for_a_doctor(work):
    offered(work)
    found = shown(work("nurse"))
    assert (found.shown, found.for_others, found.more) == ([], 1, False)
    with pytest.raises(NotAllowed):
        shown(work("secretary"))


def test_what_waits_for_something_is_in_no_series(work):
    nurse = work("nurse")
    letter = drafted(nurse)
    letter_waits.wait(nurse, letter.id, letter.version, Wait("other", MONDAY + timedelta(7), "uitslag lab"))
    assert (shown(nurse).shown, shown(nurse).for_others) == ([], 0)


def test_what_corrects_a_letter_that_left_asks_for_a_look_of_its_own(work, session, tmp_path):
    nurse, doctor = work("nurse"), work("doctor")
    letter = sign(doctor, drafted(nurse))
    sent(work("secretary"), letter, tmp_path)
    patient = session.get_one(Patient, letter.patient_id)
    make_course(nurse, patient, started_on=MONDAY - timedelta(400))
    again = session.get_one(Letter, seen_anew(nurse, patient, weight_g=61000))
    nurse.commit()
    letter_states.offer(nurse, again.id, again.version)
    [one] = shown(doctor).shown
    assert (one.view.letter.id, one.changed, one.ordinary) == (again.id, True, False)


TUESDAY = MONDAY + timedelta(1)


@pytest.fixture
def short(monkeypatch):
    """Two letters under each other, so that the third stands far down."""
    monkeypatch.setattr(letter_series, "SERIES", 2)
    monkeypatch.setattr(letter_series, "COMPOSED", 4)


def weighed(work, letter):
    """Her weight of Monday is corrected on Tuesday; the letter of Monday says the old one."""
    nurse = work("nurse", today=TUESDAY)
    row = nurse.session.query(Control).filter_by(patient_id=letter.patient_id).one()
    row.weight_g = 61000
    nurse.note(Action.CONTROL_CORRECTED, letter.patient_id, f"control:{row.id}")
    nurse.commit()


def moved(work, letter):
    """Her GP's practice has another name."""
    secretary = work("secretary", today=TUESDAY)
    practice = secretary.session.get_one(Patient, letter.patient_id).gp.practice
    practice.name = "Het Hof"
    secretary.note(Action.PRACTICE_SAVED, subject=f"practice:{practice.id}")
    secretary.commit()


def renamed(work, letter):
    """Her GP is called otherwise."""
    secretary = work("secretary", today=TUESDAY)
    gp = secretary.session.get_one(Patient, letter.patient_id).gp
    gp.family_name = "Hoekstra-Vos"
    secretary.note(Action.PRACTICE_SAVED, subject=f"gp:{gp.id}")
    secretary.commit()


def relocated(work, letter):
    """She lives elsewhere."""
    nurse = work("nurse", today=TUESDAY)
    nurse.session.get_one(Patient, letter.patient_id).town = "Sneek"
    nurse.note(Action.PATIENT_CHANGED, letter.patient_id, f"patient:{letter.patient_id}")
    nurse.commit()


def brought_in(work, letter, table="controls"):
    """An import corrects her weight, by a line of the log that names nobody, as of before."""
    manager = work("manager", today=TUESDAY)
    old = manager.session.query(Control).filter_by(patient_id=letter.patient_id).one()
    new = make_control(manager, manager.session.get_one(Patient, letter.patient_id), MONDAY, weight_g=61000)
    manager.session.flush()
    receipt = ImportReceipt(kind="history", file_name="x", file_sha256="x", at=manager.now, by=manager.actor.id,
                            added=1, changed=0, unchanged=0, refused=0, complaints={})  # fmt: skip
    manager.session.add(receipt)
    manager.session.flush()
    manager.session.add(ImportedFact(kind=table, fact_id=new.id, receipt_id=receipt.id))
    manager.session.query(LetterSubject).filter_by(letter_id=letter.id, fact_id=old.id).one().fact_id = new.id
    manager.note(Action.IMPORTED, subject=f"import:{receipt.id}")
    manager.commit()


def described_anew(work, letter):
    """An import says where she lives."""
    manager = work("manager", today=TUESDAY)
    manager.session.get_one(Patient, letter.patient_id).town = "Sneek"
    manager.session.add(PatientChange(patient_id=letter.patient_id, at=manager.now, by=manager.actor.id,
                                      changes={"town": [None, "Sneek"]}))  # fmt: skip
    manager.note(Action.IMPORTED, subject="import:1")
    manager.commit()


def test_of_a_fact_that_no_import_wrote_the_log_tells(work, short):
    letters = [offered(work) for _letter in range(7)]
    brought_in(work, letters[-1], table="labs")
    assert changed_since(work().session, [letter.id for letter in letters]) == set()


@pytest.mark.parametrize("change", [weighed, moved, renamed, relocated, brought_in, described_anew])
def test_what_changed_far_down_stands_first(work, short, change):
    letters = [offered(work) for _letter in range(7)]
    change(work, letters[-1])
    found = shown(work("doctor", today=TUESDAY))
    assert [one.view.letter.id for one in found.shown] == [letters[-1].id, letters[0].id]
    assert [one.changed for one in found.shown] == [True, False]
    assert found.more


def test_a_date_that_passed_since_brings_a_letter_from_far_down(work, short, session):
    letters = [offered(work) for _letter in range(7)]
    last = letters[-1]
    last.facts = last.facts | {"items": [{"code": "agreed.dxa", "due_on": MONDAY.isoformat()}]}
    session.commit()
    assert shown(work("doctor", today=TUESDAY)).shown[0].view.letter.id == last.id


def test_what_was_taken_over_waits_for_its_turn_and_so_does_what_was_only_looked_at(work, short):
    letters = [offered(work) for _letter in range(7)]
    last, before = letters[-1], letters[-2]
    weighed(work, last)
    nurse = work("nurse", today=TUESDAY + timedelta(1))
    letter_text.take_over(nurse, last.id, last.version)
    nurse.note(Action.PATIENT_OPENED, before.patient_id)
    nurse.note(Action.LETTER_EDITED, before.patient_id, f"letter:{before.id}", {"state": "to_authorise"})
    nurse.note(Action.CALL_SAVED, before.patient_id, "call:1")
    nurse.commit()
    assert changed_since(nurse.session, [last.id, before.id]) == set()
    found = shown(work("doctor", today=TUESDAY + timedelta(1))).shown
    assert [one.view.letter.id for one in found] == [letter.id for letter in letters[:2]]


def test_an_alarm_comes_before_what_changed_and_no_more_letters_are_made_than_were(work, short, monkeypatch):
    letters = [offered(work) for _letter in range(9)]
    alarming = offered(work, symptoms=ALARM)
    for letter in letters[2:]:
        weighed(work, letter)
    made, whole = [], letter_series.view
    monkeypatch.setattr(letter_series, "view", lambda unit, letter_id: made.append(letter_id) or whole(unit, letter_id))
    found = shown(work("doctor", today=TUESDAY)).shown
    assert [one.view.letter.id for one in found] == [alarming.id, letters[2].id]
    assert len(made) == 4


def test_which_letters_may_have_changed_is_asked_in_as_many_questions_for_many_as_for_few(work, session):
    asked = []

    def heard(*words):
        asked.append(words[2])

    def questions(ids):
        asked.clear()
        event.listen(session.bind, "before_cursor_execute", heard)
        found = changed_since(session, ids)
        event.remove(session.bind, "before_cursor_execute", heard)
        return len(asked), found

    few = [offered(work).id]
    many = [*few, *(offered(work).id for _letter in range(6))]
    weighed(work, session.get_one(Letter, many[3]))
    assert (questions(few), questions(many)) == ((3, set()), (3, {many[3]}))
