"""A list as it is exported: to its end, in the order of the pages."""

from datetime import date

from clinic.services import items, worklists
from clinic.services.worklists import Ask
from clinic.store.audit import AuditEntry
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
