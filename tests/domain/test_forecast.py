"""The forecast by hand: what is due stands in its month, what comes again follows by its interval, 24 months far."""

from datetime import date

import pytest

from clinic.domain.forecast import Kind, ahead, interval, kind_of
from clinic.domain.protocol import DEFAULT

TODAY = date(2026, 11, 23)
NOV, JAN, LAST = date(2026, 11, 1), date(2027, 1, 1), date(2028, 10, 1)


def told(due=(), items=()):
    found = ahead(dict(due), dict(items), TODAY, DEFAULT)
    due_in = {(str(kind), one.first): n for one in found for kind, n in one.due.items() if n}
    again = {(str(kind), one.first): n for one in found for kind, n in one.again.items() if n}
    return due_in, again


def test_there_are_24_months_from_this_one():
    found = ahead({}, {}, TODAY, DEFAULT)
    assert (len(found), found[0].first, found[-1].first) == (24, NOV, LAST)


def test_what_is_due_stands_in_its_month_and_no_further_than_two_years():
    due = {("control", NOV): 3, ("dxa", LAST): 1, ("dxa", date(2028, 11, 1)): 9, ("review", date(2026, 10, 1)): 4}
    assert told(due)[0] == {("control", NOV): 3, ("dxa", LAST): 1}


@pytest.mark.parametrize(
    ("code", "first", "again"),
    [
        ("control.yearly", JAN, {("control", date(2028, 1, 1)): 2}),
        ("control.early", NOV, {("control", date(2027, 11, 1)): 2}),
        ("control.yearly", date(2025, 3, 1), {("control", date(2027, 11, 1)): 2}),
        ("dose.denosumab", JAN, {("dose", date(*month, 1)): 2 for month in ((2027, 7), (2028, 1), (2028, 7))}),
        ("dose.zoledronic_acid", NOV, {("dose", date(2027, 11, 1)): 2}),
        ("review.end_of_course", NOV, {}),
        ("dxa.before_review", NOV, {}),
    ],
)  # fmt: skip
def test_what_comes_again_follows_by_its_interval(code, first, again):
    assert told((), {(code, first): 2})[1] == again


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("control.early", Kind.CONTROL), ("agreed.control", Kind.CONTROL), ("dxa.after_fracture", Kind.DXA),
        ("agreed.dxa", Kind.DXA), ("dose.denosumab", Kind.DOSE), ("reassess.break", Kind.REVIEW),
        ("course.close", Kind.REVIEW), ("agreed.lab", None), ("letter.control", None), ("pause.check", None),
    ],
)  # fmt: skip
def test_each_item_has_one_kind_or_none(code, kind):
    assert kind_of(code) is kind


def test_only_controls_and_doses_come_again_by_themselves():
    assert [interval(code, DEFAULT) for code in ("control.yearly", "dose.ibandronic_acid_iv", "agreed.dxa")] == [
        12,
        3,
        None,
    ]
