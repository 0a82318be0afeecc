"""Counts of lists, kept while nothing changes: every change leaves a log line, so the log says when to count."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import Pool, exists, func, select
from sqlalchemy.orm import Session

from clinic.security.audit import LOOKS
from clinic.store.audit import AuditEntry

MOST_KEPT = 200


@dataclass
class Kept:
    """Counts that hold up to a line of the log."""

    line: int = 0
    counts: OrderedDict[Hashable, list[int]] = field(default_factory=OrderedDict)


_kept: WeakKeyDictionary[Pool, Kept] = WeakKeyDictionary()
_lock = Lock()


def kept(session: Session, key: Hashable, anew: Callable[[], list[int]]) -> list[int]:
    """The counts under this key, which names all they depend on but the register; counted `anew` when that changed.

    SQLite has one writer at a time, so log lines appear in the order of their numbers and none is overlooked.
    PostgreSQL gives no such promise; there it is counted each time.
    """
    bind = session.connection()
    if bind.dialect.name != "sqlite":
        return anew()
    with _lock:
        found = _kept.setdefault(bind.engine.pool, Kept())
        line, changed = since(session, found.line)
        if changed:
            found.counts.clear()
        found.line = line
        if key not in found.counts:
            found.counts[key] = anew()
        found.counts.move_to_end(key)
        while len(found.counts) > MOST_KEPT:
            found.counts.popitem(last=False)
        return found.counts[key]


def since(session: Session, line: int) -> tuple[int, bool]:
    """The log's last line, and whether anything but a look was written after the line given."""
    later = exists().where(AuditEntry.id > line, AuditEntry.action.not_in(LOOKS))
    last, changed = session.connection().execute(select(func.max(AuditEntry.id), select(later).scalar_subquery())).one()
    return last or 0, bool(changed)
