"""Files that a power cut leaves whole: on the disk before the call returns, and no line that swallows the next one."""

from __future__ import annotations

import os
from pathlib import Path


def put(path: Path, content: bytes) -> None:
    """A file that only the clinic's own account may read, on the disk before this returns."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def kept(path: Path) -> None:
    """What stands in a folder, or in a file that others wrote, is on the disk, too."""
    held = os.open(path, os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)


def fresh_line(handle: int) -> str:
    """What goes before a line that is added: a new line where the last one was torn off, which would swallow it."""
    size = os.fstat(handle).st_size
    return "\n" if size and os.pread(handle, 1, size - 1) != b"\n" else ""
