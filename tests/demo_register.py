"""The demo clinic of a day, loaded once for all processes of a run: it takes most of a minute."""

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
from tests.database import not_kept


def of_the_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that all processes of a run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def demo_register(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """`demo_register(folder)`: the address of a copy of its own in that folder.

    It is the demo clinic of today, or of the day that a test travelled to, by its name.
    """
    shared = of_the_run(tmp_path_factory)

    def copy_into(folder: Path, day: str = "today") -> str:
        whole = shared / f"demo-{day}.db"
        with whole.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not whole.exists():
                load(whole)
        shutil.copyfile(whole, folder / "clinic.db")
        return f"sqlite:///{folder / 'clinic.db'}"

    return copy_into


def load(whole: Path) -> None:
    """The demo clinic in this file, which appears when it is complete."""
    begun = whole.with_suffix(".begun")
    with not_kept("demo-") as folder:
        url = f"sqlite:///{folder / 'clinic.db'}"
        migrate(url)
        engine = make_engine(url)
        demo.load(engine)
        engine.dispose()
        shutil.copyfile(folder / "clinic.db", begun)
    begun.rename(whole)
