"""Where letters leave the clinic's program: a folder that the hospital's mail gateway empties, with a manifest."""

from __future__ import annotations

import json
import os
from pathlib import Path

from clinic.store.base import Json

JOURNAL = "letters-sent.jsonl"
"""Beside the outbox, outside the database: what left, so that a restore of yesterday sends nothing twice."""


class CannotLeave(Exception):
    """The letter could not be handed over; the message says why, in Dutch, for the list of failed letters."""


def hand_over(folder: Path, reference: str, text: str, page: bytes, envelope: Json) -> None:
    """Write the letter's text, page and envelope whole or not at all; the envelope comes last and says it is ready."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        put(folder / f"{reference}.txt", text.encode())
        put(folder / f"{reference}.pdf", page)
        put(folder / f"{reference}.json", json.dumps(envelope, ensure_ascii=False, indent=1).encode())
    except OSError as error:
        raise CannotLeave(f"De map met uitgaande post is niet te beschrijven ({error.strerror}).") from error


def write_down(folder: Path, told: Json) -> None:
    """A line in the journal of what leaves; without it nothing leaves, because a restore could send it again."""
    line = json.dumps(told, ensure_ascii=False, sort_keys=True)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(folder / JOURNAL, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with open(handle, "a", encoding="utf-8") as journal:
            journal.write(f"{line}\n")
            journal.flush()
            os.fsync(handle)
    except OSError as error:
        raise CannotLeave(f"Het overzicht van verzonden brieven is niet te beschrijven ({error.strerror}).") from error


def put(path: Path, content: bytes) -> None:
    """A file that others see only when it is whole; only the clinic's own account may read it."""
    half = path.with_suffix(f"{path.suffix}.half")
    with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)
