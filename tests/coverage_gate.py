"""What `make test` measures: the rules, the doors and the services, by the tests that run them on SQLite.

Branches have to be covered whole (`fail_under` in pyproject.toml). The same tests on PostgreSQL, the browser and the
laws would run the same lines again and only cost time, so the measuring rests while they run.

What such a test left in a memo is forgotten after it: a measured test that came later in the same process would find
the answer there, and which tests share a process is chance.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterator
from functools import _lru_cache_wrapper, lru_cache

import pytest
from coverage import Coverage
from xdist.workermanage import NodeManager

GATED = ("clinic.domain", "clinic.security", "clinic.services")
PATIENCE = 120  # s
MEASURED = {"domain", "interop", "letters", "services", "store", "web"}


def pytest_configure() -> None:
    """A server that a test starts is not measured: it would be slow, and what it ran is not what a test asked.

    A process of the suite writes down what it measured when it ends; one that takes long is waited for.
    """
    NodeManager.EXIT_TIMEOUT = PATIENCE
    for name in ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"):
        if "PYTEST_XDIST_WORKER" in os.environ:
            os.environ.pop(name, None)


def counts(item: pytest.Item) -> bool:
    """Whether a test is measured."""
    folder = item.path.relative_to(item.config.rootpath).parts[1]
    params = item.callspec.params if hasattr(item, "callspec") else {}
    return folder in MEASURED and params.get("database_kind") != "postgresql"


def found() -> Iterator[_lru_cache_wrapper[object]]:
    """Every memo of the modules that are gated."""
    for name, module in list(sys.modules.items()):
        if name.startswith(GATED):
            yield from (thing for thing in vars(module).values() if isinstance(thing, _lru_cache_wrapper))


@lru_cache(maxsize=1)
def memos() -> tuple[_lru_cache_wrapper[object], ...]:
    """They are all imported by the time the first test runs, so they are looked for once."""
    return tuple(found())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, bool, bool]:
    """Let the measuring rest during a test that does not count; without `coverage run` there is none."""
    running = Coverage.current()
    if running is None or counts(item):
        return (yield)
    collector = running._collector  # `running.start` looks through all that was imported: some 60 ms, for each test
    collector.stop()
    try:
        return (yield)
    finally:
        for memo in memos():
            memo.cache_clear()
        collector.start()
