"""The named cases of the protocol, facts and answer a line: the rules and `clinic plan` give each answer exactly."""

from datetime import date

import pytest

from clinic.interop import facts, plan, selftest

CASES = selftest.cases()
WORDS = ("why", "source")


def without_words(answer):
    for item in (*answer["due"], *answer["alerts"]):
        for name in WORDS:
            assert item.pop(name)
    answer.pop("criteria")
    answer.pop("protocol")
    return answer


def test_every_case_is_here():
    assert len(CASES) == 258
    assert len({case["name"] for case in CASES}) == 258


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(case):
    found = plan.answer(facts.record(case["facts"]), date.fromisoformat(case["on"]), "nl")
    assert without_words(found) == case["answer"]


@pytest.mark.parametrize("case", CASES[::7], ids=[case["name"] for case in CASES[::7]])
def test_the_order_of_facts_does_not_matter(case):
    turned = {name: value[::-1] if isinstance(value, list) else value for name, value in case["facts"].items()}
    found = plan.answer(facts.record(turned), date.fromisoformat(case["on"]))
    assert without_words(found) == case["answer"]
