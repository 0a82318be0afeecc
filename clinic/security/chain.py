"""How a line of the log is sealed: a mark for each line, and a head that ties every segment to the one before."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

MARK = 16  # bytes of a mark; shorter than the digest, because a log holds millions
ID = 8
RECORD = ID + MARK


def key_name(key: bytes) -> str:
    """What tells one key from another without giving anything of it away."""
    return hmac.digest(key, b"name of this key", "sha256").hex()[:16]


def plain(value: Any) -> str:
    """Times as text; nothing else in a line needs help."""
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(value)


def canonical(line: Mapping[str, Any]) -> bytes:
    """A line as the same bytes in every database; what it does not hold is left out, so that a column may be added."""
    held = {name: value for name, value in line.items() if value is not None}
    return json.dumps(held, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=plain).encode()


def mark(key: bytes, line: Mapping[str, Any]) -> bytes:
    """What one line must give; its number is part of it, so that two lines cannot change places."""
    return hmac.digest(key, canonical(line), "sha256")[:MARK]


def pack(marks: Iterable[tuple[int, bytes]]) -> bytes:
    """Number and mark of every line of a segment, in order."""
    return b"".join(number.to_bytes(ID, "big") + mark for number, mark in marks)


def unpack(packed: bytes) -> Iterator[tuple[int, bytes]]:
    """The same, read back."""
    for start in range(0, len(packed), RECORD):
        record = packed[start : start + RECORD]
        yield int.from_bytes(record[:ID], "big"), record[ID:]


def head(key: bytes, number: int, previous: str, bounds: tuple[int, int], packed: bytes) -> str:
    """What a segment must give: its place, the head before it, the numbers it spans and the marks in it."""
    told = f"{number}|{previous}|{bounds[0]}|{bounds[1]}|{hashlib.sha256(packed).hexdigest()}"
    return hmac.digest(key, told.encode(), "sha256").hex()
