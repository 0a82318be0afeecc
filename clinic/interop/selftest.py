"""The named cases of the protocol: facts and expected answer, beside what the rules answer now."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from clinic.domain.protocol import DEFAULT, Protocol
from clinic.interop import facts, plan

CASES = Path(__file__).with_name("cases.ndjson")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """One case: its name and day, and each line that was expected or computed; `right` when they are the same."""

    name: str
    on: date
    expected: tuple[str, ...]
    computed: tuple[str, ...]
    right: bool


@lru_cache
def cases() -> tuple[Json, ...]:
    """The cases as shipped."""
    return tuple(json.loads(line) for line in CASES.read_text("utf-8").splitlines())


def run(protocol: Protocol = DEFAULT) -> Iterator[Result]:
    """Every case by these rules; the expected answers are those of the default protocol."""
    for case in cases():
        on = date.fromisoformat(case["on"])
        found = without_words(plan.answer(facts.record(case["facts"]), on, "en", protocol))
        expected, computed = tuple(lines(case["answer"])), tuple(lines(found))
        yield Result(case["name"], on, expected, computed, found == case["answer"])


def without_words(answer: Json) -> Json:
    """An answer as the cases have it: reasons, sources, criteria and version are told in words elsewhere."""
    for item in (*answer["due"], *answer["alerts"]):
        del item["why"], item["source"]
    return {name: value for name, value in answer.items() if name not in ("criteria", "protocol")}


def lines(answer: Json) -> Iterator[str]:
    """An answer as short lines."""
    if answer["course"]:
        yield f"{answer['course']['drug']}: planned end {answer['course']['planned_end']}"
    yield f"exposure: {answer['exposure']['class_days']} d"
    for item in answer["due"]:
        very_late = item["very_late_after"] or "–"
        window = f"opens {item['opens_on']}, late after {item['late_after']}, very late after {very_late}"
        yield f"{item['code']}: {item['due_on']} ({item['status']}{', backlog' if item['backlog'] else ''}; {window})"
    for alert in answer["alerts"]:
        yield f"{alert['code']}: {alert['level']} since {alert['since']}"
    if answer["nothing_planned"]:
        yield "nothing planned"
