"""Where letters leave the clinic's program: folders that the hospital empties; each letter gets there once."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from clinic.letters.cause import kept as kept_as
from clinic.store.base import Json
from clinic.store.durable import fresh_line, kept, put

STAGED, LEFT = ".staged", ".left"
JOURNAL = "letters-sent.jsonl"
"""Beside the outbox, outside the database: what left, so that a restore of yesterday sends nothing twice."""


class CannotLeave(Exception):
    """The letter cannot be handed over as it is; the message is a cause (`cause.py`)."""


class NotNow(CannotLeave):
    """The folder cannot be written at the moment: it is tried again by itself."""


def hand_over(outbox: Path, channel: str, key: str, files: Mapping[str, bytes]) -> None:
    """Put the files of a letter, in a folder of its key, where the hospital takes them: whole, and once.

    A mark says that the folder is whole and about to go; then one rename lets it go. Whoever is stopped in between
    is followed by somebody who finds the mark: with the staged folder still there it goes now, without it it went,
    also when the hospital has emptied its side. Call it with the letter locked.
    """
    try:
        if not has_left(outbox, channel, key):
            stage(outbox, channel, key, files)
        let_go(outbox, channel, key)
    except OSError as error:
        raise NotNow(kept_as("outbox_unwritable", error=error.strerror or "")) from error


def has_left(outbox: Path, channel: str, key: str) -> bool:
    """Whether a letter has gone, or can no longer be held back."""
    return (outbox / LEFT / channel / key).exists()


def stage(outbox: Path, channel: str, key: str, files: Mapping[str, bytes]) -> None:
    """Write the folder beside the hospital's, then its mark."""
    folder, mark = outbox / STAGED / channel / key, outbox / LEFT / channel / key
    for parent in (folder.parent, mark.parent, outbox / channel):
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    for name, content in files.items():
        put(folder / name, content)
    kept(folder)
    put(mark, b"")
    kept(mark.parent)


def let_go(outbox: Path, channel: str, key: str) -> None:
    """The rename; nothing when it was done before."""
    folder = outbox / STAGED / channel / key
    if folder.exists():
        folder.rename(outbox / channel / key)
        kept(outbox / channel)


def blot_out(folder: Path, hers: Callable[[Json], bool]) -> None:
    """Take the envelope out of the journal's lines about somebody, where lines of before still hold her address.

    Each line is written over in its own place and keeps its length: who adds a line meanwhile loses none.
    """
    path = folder / JOURNAL
    if not path.exists():
        return
    try:
        with path.open("r+b") as journal:
            place = 0
            for line in journal.read().splitlines(keepends=True):
                if (told := whole(line)) is not None and told.get("envelope") and hers(told):
                    bare = json.dumps(told | {"envelope": None}, ensure_ascii=False, sort_keys=True).encode()
                    os.pwrite(journal.fileno(), bare.ljust(len(line.rstrip(b"\n"))), place)
                place += len(line)
            os.fsync(journal.fileno())
    except OSError as error:
        raise NotNow(f"Het overzicht van verzonden brieven is niet te beschrijven ({error.strerror}).") from error


def whole(line: bytes) -> Json | None:
    """What a line says; None for one that was torn off."""
    try:
        told: Json = json.loads(line)
    except ValueError:
        return None
    return told


def write_down(folder: Path, told: Json) -> None:
    """A line in the journal of what leaves; without it nothing leaves, because a restore could send it again."""
    line = json.dumps(told, ensure_ascii=False, sort_keys=True)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(folder / JOURNAL, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with open(handle, "a", encoding="utf-8") as journal:
            journal.write(f"{fresh_line(handle)}{line}\n")
            journal.flush()
            os.fsync(handle)
    except OSError as error:
        raise NotNow(kept_as("journal_unwritable", error=error.strerror or "")) from error
