"""Heads of the sealed log, written down in another folder than the database: cutting off the log's end then shows.

That a restore took the register back stands there too, signed: whoever has the database writes a line of the log.
"""

from __future__ import annotations

import hmac
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from clinic.store.durable import fresh_line

NAME = "log-anchors.txt"
BACK = "back"
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
class WentBack:
    """A restore: what was sealed until then under higher numbers than this is not in the register any more."""

    seals: int
    at: datetime

    def explains(self, anchor: Anchor) -> bool:
        """Whether this head is of the register that the backup took the place of."""
        return anchor.number > self.seals and anchor.sealed_at <= self.at

    def line(self, key: bytes) -> str:
        """As it stands in the file, signed with the key of the log."""
        told = f"{BACK}\t{self.seals}\t{self.at.isoformat()}"
        return f"{told}\t{hmac.digest(key, told.encode(), 'sha256').hex()}\n"


def read_back(text: str, key: bytes) -> WentBack | None:
    """A restore as a line tells it; None when it is no such line, or not one of ours."""
    parts = text.split("\t")
    try:
        told = WentBack(int(parts[1]), datetime.fromisoformat(parts[2]))
    except (ValueError, IndexError):
        return None
    return told if hmac.compare_digest(told.line(key).encode(), f"{text}\n".encode()) else None


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
        at = anchor.sealed_at.replace(microsecond=0)  # a line keeps whole seconds
        if last and anchor.number <= last.number and at <= last.sealed_at:
            return
        self.add(anchor.line())

    def went_back(self, restore: WentBack, key: bytes) -> None:
        """Add that a restore took the register back."""
        self.add(restore.line(key))

    def add(self, line: str) -> None:
        """Add a line; it is on the disk when this returns."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.path.open("a+", encoding="ascii") as file:
            file.write(fresh_line(file.fileno()) + line)
            file.flush()
            os.fsync(file.fileno())

    def lines(self) -> list[str]:
        """What stands in the file."""
        return self.path.read_text(encoding="utf-8", errors="replace").splitlines() if self.path.exists() else []

    def restores(self, key: bytes) -> set[WentBack]:
        """The restores that were written down with this key."""
        return {told for text in self.lines() if (told := read_back(text, key))}

    def read(self) -> tuple[dict[int, list[Anchor]], list[int]]:
        """The heads by the number of their seal, and which lines of the file cannot be read."""
        held: dict[int, list[Anchor]] = {}
        unreadable: list[int] = []
        for place, text in enumerate(self.lines(), 1):
            if text.startswith(f"{BACK}\t"):
                continue
            try:
                anchor = read_line(text)
            except ValueError:
                unreadable.append(place)
            else:
                held.setdefault(anchor.number, []).append(anchor)
        return held, unreadable
