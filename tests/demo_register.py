"""The demo clinic of today, loaded once for all processes of a run: it takes most of a minute."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from clinic import demo
from clinic.store.base import make_engine
from clinic.store.schema import migrate


@pytest.fixture(scope="session")
def demo_register(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], str]:
    """`demo_register(folder)`: the address of a copy of its own in that folder."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    whole = shared / "demo.db"

    def copy_into(folder: Path) -> str:
        with (shared / "demo.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not whole.exists():
                load(whole)
        shutil.copyfile(whole, folder / "clinic.db")
        return f"sqlite:///{folder / 'clinic.db'}"

    return copy_into


def load(whole: Path) -> None:
    """The demo clinic in this file, which appears when it is complete."""
    begun = whole.with_suffix(".begun")
    url = f"sqlite:///{begun}"
    migrate(url)
    engine = make_engine(url)
    demo.load(engine)
    engine.dispose()
    begun.rename(whole)
