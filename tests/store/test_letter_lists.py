"""Letters by state: counts that are those of the lists, and pages that follow each other without gap or repeat."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from clinic.services import letter_lists as listed
from clinic.store import letter_lists
from clinic.store.letters import Letter, LetterSubject
from tests.factories import make_patient

TODAY = date(2026, 11, 23)


def wait(work, number, state="draft", first=date(2026, 11, 20)):
    """So many letters in a state, two due each day."""
    patient = make_patient(work)
    rows = [
        Letter(patient_id=patient.id, kind="gp", state=state, due_on=first + timedelta(days=place // 2), template="t",
               facts={}, drafted_at=work.now, drafted_by=work.actor.id, remark="x")
        for place in range(number)
    ]  # fmt: skip
    work.session.add_all(rows)
    work.session.flush()
    return rows


def walk(work, state, most):
    """The ids on each page."""
    after, pages = None, []
    while True:
        page = listed.show(work, state, after, most)
        pages.append([line.row.id for line in page.lines])
        if page.after is None:
            return pages
        after = page.after


def test_pages_follow_each_other_with_the_longest_due_first(work):
    nurse = work("nurse")
    rows = wait(nurse, 7)
    pages = walk(nurse, "draft", 3)
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [number for page in pages for number in page] == [row.id for row in rows]


def test_what_is_gone_stands_newest_first(work):
    nurse = work("nurse")
    rows = wait(nurse, 5, "withdrawn")
    assert [number for page in walk(nurse, "withdrawn", 2) for number in page] == [row.id for row in reversed(rows)]


def test_each_state_is_counted_and_what_should_have_left(work):
    nurse = work("nurse")
    wait(nurse, 8)
    wait(nurse, 2, "returned", date(2026, 12, 1))
    counted, overdue = listed.counts(nurse)
    assert (counted["draft"], counted["returned"], counted["sent"]) == (8, 2, 0)
    assert overdue == 6
    on_its_way = nurse.session.scalars(select(Letter).where(Letter.state == "draft").order_by(Letter.due_on)).first()
    on_its_way.authorised_by, on_its_way.authorised_at = nurse.actor.id, nurse.now
    on_its_way.text, on_its_way.text_sha256, on_its_way.envelope, on_its_way.channel = "Geachte", "x", {}, "post"
    on_its_way.state = "queued"  # what is stuck in the queue has not left either
    nurse.session.flush()
    assert listed.counts(nurse)[1] == 6


def test_a_letter_says_once_what_it_is_about(work):
    nurse = work("nurse")
    [row] = wait(nurse, 1)
    for about, on in (("control", TODAY), ("control", date(2026, 11, 20)), ("review", TODAY)):
        nurse.session.add(LetterSubject(letter_id=row.id, about=about, about_on=on, patient_id=row.patient_id))
    nurse.session.flush()
    assert letter_lists.told_of(nurse.session, [row.id]) == {row.id: ["control", "review"]}


def test_who_was_on_the_list_is_written_down_once(work):
    nurse = work("nurse")
    rows = wait(nurse, 3)
    listed.show(nurse, "draft")
    [entry] = nurse.entries
    assert (entry.subject, entry.shown) == ("letters:draft", [rows[0].patient_id])
