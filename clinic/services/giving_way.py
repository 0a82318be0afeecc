"""Long work beside people who save: it rests as long as it wrote, so that whoever waits for the one lock gets it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter, sleep


@contextmanager
def giving_way() -> Iterator[None]:
    """Write one part within, then rest: who waits asks again a few times in that time, and finds the lock free."""
    began = perf_counter()
    yield
    sleep(perf_counter() - began)
