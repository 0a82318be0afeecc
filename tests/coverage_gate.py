"""What `make test` measures: the rules, the doors and the services, by the tests that run them on SQLite.

Branches have to be covered whole (`fail_under` in pyproject.toml). The same tests on PostgreSQL, the browser and the
laws would run the same lines again and only cost time, so the measuring rests while they run.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest
from coverage import Coverage

MEASURED = {"domain", "interop", "letters", "services", "store", "web"}


def pytest_configure() -> None:
    """A server that a test starts is not measured: it would be slow, and what it ran is not what a test asked."""
    for name in ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"):
        if "PYTEST_XDIST_WORKER" in os.environ:
            os.environ.pop(name, None)


def counts(item: pytest.Item) -> bool:
    """Whether a test is measured."""
    folder = item.path.relative_to(item.config.rootpath).parts[1]
    params = item.callspec.params if hasattr(item, "callspec") else {}
    return folder in MEASURED and params.get("database_kind") != "postgresql"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, bool, bool]:
    """Let the measuring rest during a test that does not count; without `coverage run` there is none."""
    running = Coverage.current()
    if running is None or counts(item):
        return (yield)
    running.stop()
    try:
        return (yield)
    finally:
        running.start()
