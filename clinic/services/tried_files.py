"""Files that somebody tried out and did not bring in: they name patients, so none outlives its hours on the disk."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

KEPT = timedelta(hours=8)
FOLDER, LAID_DOWN = "imports", "at"


def of_person(instance: Path, user_id: int) -> Path:
    """Where the files of one person wait for their commit."""
    return instance / FOLDER / str(user_id)


def overdue(instance: Path, now: datetime) -> list[Path]:
    """What waits longer than its hours, of everybody."""
    return [folder for folder in (instance / FOLDER).glob("*/*") if since(folder, now) < now - KEPT]


def since(folder: Path, now: datetime) -> datetime:
    """When a file was laid down; of one that a kill left half written, when its folder was made."""
    try:
        return datetime.fromisoformat((folder / LAID_DOWN).read_text(encoding="ascii"))
    except ValueError:
        return datetime.min  # noqa: DTZ901 - UTC; nobody finds a file that does not say since when it is there
    except FileNotFoundError:
        try:
            return now - timedelta(seconds=now.replace(tzinfo=UTC).timestamp() - folder.stat().st_mtime)
        except FileNotFoundError:
            return now  # another worker was first


def sweep(instance: Path, now: datetime) -> int:
    """Take away what waited too long, whoever laid it down; every worker may."""
    gone = overdue(instance, now)
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)
    return len(gone)
