"""Heads of the sealed log, written down in another folder than the database: cutting off the log's end then shows."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

NAME = "log-anchors.txt"
TAIL = 512  # bytes that hold the last line


@dataclass(frozen=True, slots=True)
class Anchor:
    """One head: of which seal, up to which line, when."""

    number: int
    last_id: int
    head: str
    sealed_at: datetime

    def line(self) -> str:
        """As it stands in the file."""
        return f"{self.number}\t{self.last_id}\t{self.head}\t{self.sealed_at.isoformat(timespec='seconds')}\n"


def read_line(text: str) -> Anchor:
    """A line of the file; ValueError when it is none."""
    number, last_id, head, sealed_at = text.split("\t")
    return Anchor(int(number), int(last_id), head, datetime.fromisoformat(sealed_at))


@dataclass(frozen=True, slots=True)
class Anchors:
    """The file of heads in a folder; best on a disk that the database's machine can only add to."""

    folder: Path

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.folder / NAME

    def newest(self) -> int:
        """The number of the last head, 0 without one."""
        if not self.path.exists():
            return 0
        with self.path.open("rb") as file:
            file.seek(max(0, self.path.stat().st_size - TAIL))
            last = file.read().decode(errors="replace").splitlines()[-1:]
        try:
            return read_line(last[0]).number if last else 0
        except ValueError:
            return 0

    def keep(self, anchor: Anchor) -> None:
        """Add a head that is not there yet; it is on the disk when this returns."""
        if anchor.number <= self.newest():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="ascii") as file:
            file.write(anchor.line())
            file.flush()
            os.fsync(file.fileno())

    def read(self) -> tuple[dict[int, Anchor], list[int]]:
        """Every head by the number of its seal, and which lines of the file cannot be read."""
        held: dict[int, Anchor] = {}
        unreadable: list[int] = []
        lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines() if self.path.exists() else []
        for place, text in enumerate(lines, 1):
            try:
                anchor = read_line(text)
            except ValueError:
                unreadable.append(place)
            else:
                held[anchor.number] = anchor
        return held, unreadable
