"""A list as it is exported: to its end, in the order of the pages."""

from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest
from sqlalchemy import delete, insert

from clinic.security.audit import Action
from clinic.services import in_force, items, worklists
from clinic.services.facts import stamp
from clinic.services.worklists import Ask
from clinic.store import list_counts
from clinic.store.audit import AuditEntry
from clinic.store.controls import ControlDraft
from clinic.store.due import DueItem, RedAlert
from clinic.store.scans import Scan
from clinic.store.treatments import CourseStop
from tests.factories import make_course, make_patient
from tests.store.test_lists import item


def test_an_export_walks_every_page_and_each_is_written_down(work):
    nurse = work("nurse")
    for day in (3, 1, 2):
        patient = make_patient(nurse)
        make_course(nurse, patient, started_on=date(2025, 1, day))
        items.refresh(nurse, patient)
    lines = worklists.whole(nurse, Ask("late"), most=1)
    assert [line.items[0].due_on for line in lines] == [date(2025, 4, 1), date(2025, 4, 2), date(2025, 4, 3)]
    nurse.commit()
    shown = nurse.session.query(AuditEntry.shown).order_by(AuditEntry.id).all()
    assert [row.shown for row in shown] == [[line.person.id] for line in lines]


def test_a_result_is_not_asked_for_before_ten_days_on_which_the_clinic_worked(work, monkeypatch):
    nurse, asked = work("nurse"), Ask("awaited")
    stamp(nurse, Scan(made_on=date(2026, 11, 6)), make_patient(nurse).id)
    assert (worklists.count(nurse, [Ask("late"), asked]), len(worklists.whole(nurse, asked))) == ([0, 1], 1)
    closed = replace(nurse.protocol, extra_holidays=frozenset({date(2026, 11, 16)}))
    monkeypatch.setattr(in_force, "rules", lambda _session: closed)
    assert (worklists.count(nurse, [Ask("late"), asked]), worklists.whole(nurse, asked)) == ([0, 0], [])


def test_a_list_of_a_treatment_holds_whoever_started_it_last_also_after_its_stop(work):
    doctor = work("doctor")
    courses = (
        ("switched", (("risedronic_acid", 2016, 2021), ("alendronic_acid", 2021, None))),
        ("stopped", (("denosumab", 2021, 2026),)),
        ("ahead", (("denosumab", 2021, None), ("alendronic_acid", 2027, None))),
        ("first", (("risedronic_acid", 2027, None),)),
    )
    found = {}
    for who, hers in courses:
        patient = make_patient(doctor)
        found[patient.id] = who
        for drug, start, stop in hers:
            course = make_course(doctor, patient, drug=drug, started_on=date(start, 4, 1))
            doctor.session.flush()
            if stop:
                stamp(doctor, CourseStop(course_id=course.id, stopped_on=date(stop, 4, 1), reason="switch"), patient.id)
        items.refresh(doctor, patient)
        patient.nothing_planned = True
        doctor.session.execute(insert(DueItem), [item(patient.id, "agreed.control", -60, -4)])
    doctor.session.flush()
    for drug, hers in (
        ("risedronic_acid", {"first"}),
        ("alendronic_acid", {"switched"}),
        ("denosumab", {"stopped", "ahead"}),
    ):
        for name in ("late", "unplanned"):
            ask = Ask(name, drug=drug)
            assert {found[line.person.id] for line in worklists.whole(doctor, ask)} == hers
            assert worklists.count(doctor, [ask]) == [len(hers)]
    doctor.session.rollback()


OTHERS = [Ask(name) for name in ("late", "to-plan", "mine", "alarms", "drafts", "denosumab", "unplanned", "upcoming")]


def change(nurse, patient, chance):
    """What a save may do to a patient: other items, an alert or none, a draft or none, something planned or not."""
    session = nurse.session
    for table in (DueItem, RedAlert, ControlDraft):
        session.execute(delete(table).where(table.patient_id == patient.id))
    codes = chance.sample(
        ["control.yearly", "dose.denosumab", "dxa.mid_course", "letter.control"], chance.randint(0, 3)
    )
    for code in codes:
        due = chance.choice((-30, -20, -20, -10, 0, 5, 40))
        days = {"due": due, "late": due + 5, "opens": due - 10, "very": chance.choice((None, due + 15))}
        session.execute(insert(DueItem), [item(patient.id, code, **days, backlog=chance.random() < 0.2)])
    if chance.random() < 0.4:
        since = nurse.today - timedelta(days=chance.randint(0, 3))
        alert = {"code": "jaw_or_mouth", "level": "red", "since": since, "holds_from": since, "why": {}}
        session.execute(insert(RedAlert), [alert | {"patient_id": patient.id, "source": "x", "protocol": "1"}])
    if chance.random() < 0.4:
        token = str(chance.random())
        draft = {"by": nurse.actor.id, "started_at": nurse.now, "saved_at": nurse.now, "typed": {}, "form_token": token}
        session.execute(insert(ControlDraft), [draft | {"patient_id": patient.id}])
    patient.nothing_planned = not codes
    nurse.note(chance.choice((Action.CONTROL_SAVED, Action.DRAFT_SAVED)), patient.id)
    nurse.commit()


def counts_as_read(nurse):
    """The counts, read anew."""
    wanted = [worklists.wanted_of(nurse, one) for one in OTHERS]
    return [standing.counted for standing in list_counts.read(nurse.session, wanted, nurse.today)]


def page_as_read(nurse, ask, after):
    """The page of a list, read anew."""
    page = worklists.page_of(nurse, ask, after, worklists.PAGE)
    return page.lines, page.after


@pytest.fixture
def short(monkeypatch):
    """Pages and long lists of very few patients."""
    for module, name, most in (
        (worklists, "PAGE", 2),
        (list_counts, "MOST_COUNTED", 3),
        (list_counts, "MOST_KNOWN", 5),
    ):
        monkeypatch.setattr(module, name, most)
    list_counts.reading.cache_clear()
    yield
    list_counts.reading.cache_clear()


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.usefixtures("short")
def test_after_each_save_what_is_kept_of_lists_and_counts_is_what_would_be_read(work, seed):
    nurse, chance = work("nurse"), Random(seed)
    patients = [make_patient(nurse, regular_nurse_id=chance.choice((nurse.actor.id, None))) for _number in range(9)]
    for patient in patients:
        change(nurse, patient, chance)
    places = {ask: [None] for ask in OTHERS}
    for _save in range(12):
        for patient in chance.sample(patients, chance.choice((1, 1, 1, 3))):
            change(nurse, patient, chance)
        now = counts_as_read(nurse)
        for ask in OTHERS:
            for after in places[ask][-3:]:
                page, counts = worklists.show_among(nurse, ask, OTHERS, after)
                assert (page.lines, page.after) == page_as_read(nurse, ask, after), (ask, after)
                assert counts == now, (ask, after)
                if page.after is not None and page.after not in places[ask]:
                    places[ask].append(page.after)
        assert worklists.count(nurse, OTHERS) == now


@pytest.mark.usefixtures("short")
def test_a_save_of_somebody_who_stands_nowhere_near_reads_no_page(work, monkeypatch):
    nurse = work("nurse")
    near, far = make_patient(nurse), make_patient(nurse)
    nurse.session.execute(insert(DueItem), [item(near.id, "control.yearly", -30, -20)])
    nurse.note(Action.PATIENT_REGISTERED, near.id)
    nurse.commit()
    before = worklists.show_among(nurse, OTHERS[0], OTHERS)
    nurse.note(Action.CONTROL_SAVED, far.id)
    nurse.commit()
    if nurse.session.get_bind().dialect.name == "sqlite":
        monkeypatch.setattr(worklists, "page_of", None)
        monkeypatch.setattr(list_counts, "read", None)
    assert worklists.show_among(nurse, OTHERS[0], OTHERS) == before
