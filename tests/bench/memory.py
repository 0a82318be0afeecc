"""What processes need of the memory together: each page counted once, shared among those that hold it (PSS)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import Any

EVERY_SECONDS = 0.5
PROC = Path("/proc")


def most_of(work: Callable[..., Any], *words: Any) -> float:
    """Do this in a process of its own, as the server does; the most MB that it and those it started held together."""
    process, most = get_context("spawn").Process(target=work, args=words), 0.0
    process.start()
    while process.exitcode is None:
        process.join(EVERY_SECONDS)
        most = max(most, sum(map(held_mb, family(process.pid))))
    if process.exitcode:
        raise RuntimeError(f"{work.__name__} ended with {process.exitcode}")
    return most


def family(pid: int | None) -> Iterator[int]:
    """A process and all it started that still run."""
    if pid is None:
        return
    yield pid
    for started in PROC.glob(f"{pid}/task/*/children"):
        for child in told(started).split():
            yield from family(int(child))


def held_mb(pid: int) -> float:
    """The memory of a process, of a page that several share its part; 0 when it is gone."""
    lines = told(PROC / str(pid) / "smaps_rollup").splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:")), 0.0)


def peak_mb() -> float:
    """The most that this process itself held at once.

    `ru_maxrss` would not do: a process starts with that of who started it, here the bench with all it measured before.
    """
    lines = told(PROC / "self" / "status").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


def told(path: Path) -> str:
    """What the system says of a process; nothing when it ended."""
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
