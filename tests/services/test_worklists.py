"""A list as it is exported: to its end, in the order of the pages."""

from dataclasses import replace
from datetime import date

from clinic.services import in_force, items, worklists
from clinic.services.facts import stamp
from clinic.services.worklists import Ask
from clinic.store.audit import AuditEntry
from clinic.store.scans import Scan
from tests.factories import make_course, make_patient


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
