"""Lists and their counts, kept while nothing changes: every change leaves a log line, so the log says when to read."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import RLock
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Integer, Pool, bindparam, exists, func, select
from sqlalchemy.orm import Session

from clinic.security.audit import LOOKS
from clinic.store.audit import AuditEntry

MOST_KEPT = 200
T = TypeVar("T")


@dataclass
class Kept:
    """What was read, and the line of the log up to which it holds."""

    line: int = 0
    found: OrderedDict[Hashable, Any] = field(default_factory=OrderedDict)


_kept: WeakKeyDictionary[Pool, Kept] = WeakKeyDictionary()
_lock = RLock()  # what is read anew may itself ask for what is kept


def kept(session: Session, key: Hashable, anew: Callable[[], T]) -> T:
    """What stands under this key, which names all it depends on but the register; read `anew` when that changed.

    SQLite has one writer at a time, so log lines appear in the order of their numbers and none is overlooked.
    PostgreSQL gives no such promise; there it is read each time.
    """
    bind = session.connection()
    if bind.dialect.name != "sqlite":
        return anew()
    with _lock:
        held = _kept.setdefault(bind.engine.pool, Kept())
        line, changed = since(session, held.line)
        if changed:
            held.found.clear()
        held.line = line
        if key not in held.found:
            held.found[key] = anew()
        held.found.move_to_end(key)
        while len(held.found) > MOST_KEPT:
            held.found.popitem(last=False)
        return cast(T, held.found[key])


def since(session: Session, line: int) -> tuple[int, bool]:
    """The log's last line, and whether anything but a look was written after the line given."""
    last, changed = session.execute(SINCE, {"line": line}).one()
    return last or 0, bool(changed)


# asked by every page of a list, so put together once
LATER = exists().where(
    AuditEntry.id > bindparam("line", type_=Integer), *(AuditEntry.action != look for look in sorted(LOOKS))
)
SINCE = select(func.max(AuditEntry.id), select(LATER).scalar_subquery())
