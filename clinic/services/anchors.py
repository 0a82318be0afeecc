"""Heads of the sealed log, written down in another folder than the database: cutting off the log's end then shows."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from clinic.store.durable import fresh_line

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

    def newest(self) -> Anchor | None:
        """The last head; None without one, or when it cannot be read."""
        if not self.path.exists():
            return None
        with self.path.open("rb") as file:
            file.seek(max(0, self.path.stat().st_size - TAIL))
            last = file.read().decode(errors="replace").splitlines()[-1:]
        try:
            return read_line(last[0]) if last else None
        except ValueError:
            return None

    def keep(self, anchor: Anchor) -> None:
        """Add a head that is not there yet; it is on the disk when this returns. After a restore numbers come again."""
        last = self.newest()
        if last and anchor.number <= last.number and anchor.sealed_at <= last.sealed_at:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.path.open("a+", encoding="ascii") as file:
            file.write(fresh_line(file.fileno()) + anchor.line())
            file.flush()
            os.fsync(file.fileno())

    def read(self) -> tuple[dict[int, list[Anchor]], list[int]]:
        """The heads by the number of their seal, and which lines of the file cannot be read."""
        held: dict[int, list[Anchor]] = {}
        unreadable: list[int] = []
        lines = self.path.read_text(encoding="utf-8", errors="replace").splitlines() if self.path.exists() else []
        for place, text in enumerate(lines, 1):
            try:
                anchor = read_line(text)
            except ValueError:
                unreadable.append(place)
            else:
                held.setdefault(anchor.number, []).append(anchor)
        return held, unreadable
