"""A letter about one of two courses of a drug that began on one stored day tells of the right one."""

from __future__ import annotations

from datetime import date

import pytest

from clinic.store.treatments import CourseStop
from tests.letters.test_kinds import course, facts
from tests.letters.test_sentences import START


def ended(course_id: int, on: date) -> CourseStop:
    return CourseStop(course_id=course_id, stopped_on=on, stop_precision="year", reason="switch")


@pytest.mark.parametrize("stopped", [1, 2])
def test_the_drug_that_is_used_is_the_one_that_runs(stopped: int) -> None:
    courses = (course(id=1), course(id=2))
    assert facts(courses=courses, stops=(ended(stopped, START),))["course"]["id"] == 3 - stopped


@pytest.mark.parametrize("last", [1, 2])
def test_what_was_stopped_is_told_as_the_one_that_ended_last(last: int) -> None:
    courses = tuple(course(id=n, indication=f"reden {n}") for n in (1, 2))
    later = date(START.year + 1, 2, 3)
    told = facts(courses=courses, stops=(ended(3 - last, START), ended(last, later)))["stopped"]
    assert (told["indication"], told["stopped_on"]) == (f"reden {last}", later.isoformat())
