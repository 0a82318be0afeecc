"""The rules are pure: a test of them cannot reach a database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest


@pytest.fixture(autouse=True, scope="module")
def no_database() -> Iterator[None]:
    """Refuse every connection while a rule is tested."""

    def refuse(*_words: Any, **_named: Any) -> None:
        raise AssertionError("a test of a rule reached for a database")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", refuse)
        patch.setattr(psycopg, "connect", refuse)
        patch.setattr(psycopg.Connection, "connect", refuse)
        yield
