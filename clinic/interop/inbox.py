"""The watched folder: one folder per feed with its mapping; a file is taken when it has come to rest, and put away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

MAPPING = "mapping.toml"
DONE, FAILED = "done", "failed"
TABLES = {".csv", ".xlsx", ".txt"}
REST_SECONDS = 60  # a file that changed since may still be written


@dataclass(frozen=True, slots=True)
class Delivered:
    """A file that was delivered whole, with the mapping of its folder."""

    path: Path
    content: bytes
    mapping: bytes


def delivered(inbox: Path, now: datetime) -> Iterator[Delivered]:
    """Every file that rests, folder by folder, the oldest first: what came later has the last word."""
    for mapping in sorted(inbox.glob(f"*/{MAPPING}")):
        files = [path for path in mapping.parent.iterdir() if is_table(path)]
        for path in sorted(files, key=lambda path: (path.stat().st_mtime, path.name)):
            content = whole(path, now)
            if content is not None:
                yield Delivered(path, content, mapping.read_bytes())


def is_table(path: Path) -> bool:
    """A file to read; hidden and unfinished names (.part, .tmp) are left alone."""
    return path.is_file() and not path.name.startswith(".") and path.suffix.lower() in TABLES


def whole(path: Path, now: datetime) -> bytes | None:
    """The content, unless somebody wrote in it a moment ago or while it was read."""
    before = path.stat()
    if now.replace(tzinfo=UTC).timestamp() - before.st_mtime < REST_SECONDS:
        return None
    content, after = path.read_bytes(), path.stat()
    same = (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, len(content))
    return content if same else None


def put_away(path: Path, where: str, receipt: str, now: datetime) -> Path:
    """Move a file to `done` or `failed` under the time it was read, with a receipt beside it; says where it is."""
    folder = path.parent / where
    folder.mkdir(mode=0o700, exist_ok=True)
    target = folder / f"{now:%Y%m%dT%H%M%S}-{path.name}"
    beside = target.with_name(f"{target.name}.receipt.txt")
    beside.touch(mode=0o600)
    beside.write_text(f"{receipt}\n", encoding="utf-8")
    return path.replace(target)
