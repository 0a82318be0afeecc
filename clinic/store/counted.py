"""Counts of lists, kept while nothing changes: every change leaves a log line, so the log says when to count."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import Pool, func, select
from sqlalchemy.orm import Session

from clinic.security.audit import LOOKS
from clinic.store import lists
from clinic.store.audit import AuditEntry
from clinic.store.lists import Wanted

MOST_KEPT = 200
Asked = tuple[tuple[Wanted, ...], date]


@dataclass
class Kept:
    """Counts that hold up to a line of the log."""

    line: int = 0
    counts: OrderedDict[Asked, list[int]] = field(default_factory=OrderedDict)


_kept: WeakKeyDictionary[Pool, Kept] = WeakKeyDictionary()
_lock = Lock()


def of(session: Session, asked: Sequence[Wanted], day: date) -> list[int]:
    """The counts of these lists on a day.

    SQLite has one writer at a time, so log lines appear in the order of their numbers and none is overlooked.
    PostgreSQL gives no such promise; there the lists are counted each time.
    """
    bind = session.connection()
    if bind.dialect.name != "sqlite":
        return lists.counts(session, asked, day)
    line = session.scalar(select(func.max(AuditEntry.id))) or 0
    key = (tuple(asked), day)
    with _lock:
        kept = _kept.setdefault(bind.engine.pool, Kept())
        if changed_since(session, kept.line):
            kept.counts.clear()
        kept.line = line
        if key not in kept.counts:
            kept.counts[key] = lists.counts(session, asked, day)
        kept.counts.move_to_end(key)
        while len(kept.counts) > MOST_KEPT:
            kept.counts.popitem(last=False)
        return kept.counts[key]


def changed_since(session: Session, line: int) -> bool:
    """Whether anything but a look stands in the log after this line."""
    later = select(AuditEntry.id).where(AuditEntry.id > line, AuditEntry.action.not_in(LOOKS))
    return session.scalar(later.limit(1)) is not None
