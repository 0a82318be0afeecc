"""How many patients a second the rules reckon on one core: the named cases of the protocol, read beforehand.

In a process of its own, as `clinic plan` is one: beside all that a bench has built, the collector of garbage looks
through everything else that is alive whenever the rules have made some thousand values, and that is what one measures.
"""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import date

from clinic.domain import alerts, due, review, treatment
from clinic.domain.facts import Facts
from clinic.domain.protocol import DEFAULT
from clinic.domain.record import Record
from clinic.interop import facts as contract
from clinic.interop import selftest

ROUNDS = 20
A_SECOND = 10_000


def run() -> dict[str, float]:
    """Measure and print the line."""
    alone = [sys.executable, "-m", "tests.bench.rules"]
    a_second = float(subprocess.run(alone, check=True, stdout=subprocess.PIPE, text=True).stdout)
    print(f"rules, in a process of their own: {a_second:.0f} patients a second on one core; at least {A_SECOND}")
    return {"a_second": a_second}


def measure() -> float:
    """Patients a second in the quickest round, by the processor, so that a busy machine lengthens it least."""
    records = [contract.record(case["facts"]) for case in selftest.cases()]
    days = [date.fromisoformat(case["on"]) for case in selftest.cases()]
    reckon_all(records, days)
    return len(records) / min(spent(records, days) for _ in range(ROUNDS))


def spent(records: list[Record], days: list[date]) -> float:
    """Seconds of the processor for one round."""
    began = time.process_time()
    reckon_all(records, days)
    return time.process_time() - began


def reckon_all(records: list[Record], days: list[date]) -> None:
    """All that `clinic plan` works out of each, without its words."""
    for record, on in zip(records, days, strict=True):
        facts = Facts(record, on)
        items = due.from_facts(facts, DEFAULT)
        due.working_order(items, on)
        treatment.exposure(facts, DEFAULT)
        alerts.from_facts(facts, items, DEFAULT)
        review.from_facts(facts, DEFAULT)


if __name__ == "__main__":
    print(measure())
