"""An item that a doctor moved: its window goes with it, and another computed date opens the question again."""

import pytest

from clinic.domain.due import due_items, from_facts, outdated
from clinic.domain.facts import Facts
from clinic.domain.protocol import DEFAULT
from clinic.domain.record import Override
from tests.domain.makers import control, course, d, due, patient, record

STARTED = course(start="10-03-2025")
SEEN = (control("12-06-2025"),)


def override(chosen, computed="10-03-2026", code="control.yearly", on="01-12-2025", subject=None):
    return Override(code, subject, d(computed), d(chosen), d(on), "op verzoek")


def moved(*overrides, controls=SEEN, **more):
    return record(STARTED, controls=controls, overrides=overrides, **more)


def test_the_window_goes_along_and_why_names_the_computed_date():
    before, after = (
        next(i for i in due_items(found, d("01-01-2026")) if i.code == "control.yearly")
        for found in (moved(), moved(override("20-04-2026")))
    )
    names = ("due_on", "opens_on", "late_after", "very_late_after")
    assert {(getattr(after, name) - getattr(before, name)).days for name in names} == {41}
    assert (after.why.code, after.why.params["computed"]) == ("moved", d("10-03-2026"))


def test_an_item_that_is_never_very_late_stays_so():
    found = moved(override("20-03-2030", "24-02-2030", "dxa.before_review"))
    item = next(i for i in due_items(found, d("01-01-2026")) if i.code == "dxa.before_review")
    assert (item.due_on, item.very_late_after) == (d("20-03-2030"), None)


@pytest.mark.parametrize(
    ("on", "expected"), [("30-11-2025", ["10-03-2026"]), ("01-12-2025", ["20-04-2026"]), ("02-12-2025", ["20-04-2026"])]
)
def test_it_holds_from_the_day_it_was_signed(on, expected):
    assert due(moved(override("20-04-2026")), on, "control.yearly") == expected


def test_another_computed_date_opens_the_question_again():
    found = moved(override("20-04-2026"), controls=(*SEEN, control("02-02-2026")))
    facts = Facts(found, d("03-02-2026"))
    item = next(i for i in from_facts(facts, DEFAULT) if i.code == "control.yearly")
    assert item.due_on == d("02-02-2027")
    assert outdated(facts, item).chosen_on == d("20-04-2026")


def test_while_it_holds_nothing_is_open():
    facts = Facts(moved(override("20-04-2026")), d("01-01-2026"))
    assert [outdated(facts, item) for item in from_facts(facts, DEFAULT)] == [None] * len(from_facts(facts, DEFAULT))


def test_what_was_backlog_and_is_moved_past_the_registration_is_no_longer():
    who = patient(registered=d("01-05-2026"))
    found = moved(override("20-06-2026"), who=who)
    item = next(i for i in due_items(found, d("01-06-2026")) if i.code == "control.yearly")
    assert not item.backlog


def test_one_who_left_has_nothing_to_move():
    found = moved(override("20-04-2026"), who=patient(status="moved", status_on=d("01-01-2026")))
    assert due(found, "01-02-2026", "control.yearly") == []
