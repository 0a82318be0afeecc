"""Long work beside people who save: short parts with a rest after each, in which whoever waits gets the lock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter, sleep
from typing import TypeVar

LONG = 0.06  # seconds that a part may take: others wait for no more than one
LONGEST_REST = 0.025  # seconds: whoever waits asks at least every ten milliseconds
Row = TypeVar("Row")


@contextmanager
def giving_way() -> Iterator[None]:
    """Write one part within, then rest: who waits asks again a few times in that time, and finds the lock free."""
    began = perf_counter()
    yield
    sleep(min(perf_counter() - began, LONGEST_REST))


class Pace:
    """How much is written at once: half as much after a part that took long, twice as much after a quick one."""

    def __init__(self, most: int) -> None:
        self.most = self.size = most

    def parts(self, rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
        """The rows in parts, a rest after each."""
        at = 0
        while at < len(rows):
            part = rows[at : at + self.size]
            began = perf_counter()
            with giving_way():
                yield part
                self.took(perf_counter() - began)
            at += len(part)

    def took(self, seconds: float) -> None:
        """Set the next part by how long the last one took."""
        if seconds > LONG:
            self.size = max(1, self.size // 2)
        elif seconds < LONG / 2:
            self.size = min(self.most, self.size * 2)
