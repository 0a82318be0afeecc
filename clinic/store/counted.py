"""Lists and their counts, kept while nothing changes: every change leaves a log line, so the log says when to read."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Set
from dataclasses import dataclass, field
from threading import RLock
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Integer, Pool, String, bindparam, case, func, literal, select
from sqlalchemy import cast as as_text
from sqlalchemy.orm import Session

from clinic.security.audit import LOOKS, OF_ONE_PATIENT
from clinic.store.audit import AuditEntry

MOST_KEPT = 40  # of long lists about 1 MB each
MOST_CHANGED = 20  # patients; of more a list is read anew as fast
MOST_LINES = 60  # about as many patients leave in the log
T = TypeVar("T")


@dataclass
class Found:
    """What was read, and whose records were changed since."""

    value: Any
    changed: set[int] = field(default_factory=set)


@dataclass
class Kept:
    """What was read, and the line of the log up to which it is known what changed."""

    line: int = 0
    found: OrderedDict[Hashable, Found] = field(default_factory=OrderedDict)

    def until(self, line: int, changed: Set[int] | None) -> None:
        """The log was read up to a line: these patients were changed, or None for anybody."""
        self.line = line
        if changed is None:
            self.found.clear()
        elif changed:
            for found in self.found.values():
                found.changed |= changed


_kept: WeakKeyDictionary[Pool, Kept] = WeakKeyDictionary()
_lock = RLock()  # what is read anew may itself ask for what is kept


def kept(session: Session, key: Hashable, anew: Callable[[], T], again: Callable[[T, Set[int]], T] | None = None) -> T:
    """What stands under this key, which names all it depends on but the register; read `anew` when that changed.

    When a few patients alone were changed, `again` makes of what stood there what stands there now.
    SQLite has one writer at a time, so log lines appear in the order of their numbers and none is overlooked.
    PostgreSQL gives no such promise; there it is read each time.
    """
    bind = session.connection()
    if bind.dialect.name != "sqlite":
        return anew()
    with _lock:
        held = _kept.setdefault(bind.engine.pool, Kept())
        held.until(*since(session, held.line))
        found = held.found.get(key)
        if found is None or (found.changed and (again is None or len(found.changed) > MOST_CHANGED)):
            held.found[key] = Found(anew())
        elif found.changed and again is not None:
            held.found[key] = Found(again(found.value, found.changed))
        held.found.move_to_end(key)
        while len(held.found) > MOST_KEPT:
            held.found.popitem(last=False)
        return cast(T, held.found[key].value)


def since(session: Session, line: int) -> tuple[int, set[int] | None]:
    """The log's last line, and the patients who were changed after the line given; None when it may be anybody."""
    last, lines, others, whose = session.execute(SINCE, {"line": line}).one()
    if others or lines > MOST_LINES:
        return last or 0, None
    return last or 0, {int(patient_id) for patient_id in whose.split(",")} if lines else set()


# asked by every page of a list, so put together once; with a limit, for by an index of its acts all of the log is read
ACT, WHOSE = AuditEntry.action, AuditEntry.patient_id
LINES = (
    select(ACT, WHOSE)
    .where(
        AuditEntry.id > bindparam("line", type_=Integer), ACT.not_in([literal(look.value) for look in sorted(LOOKS)])
    )
    .order_by(AuditEntry.id)
    .limit(MOST_LINES + 1)
    .subquery()
)
OF_ONE = LINES.c.action.in_([literal(act.value) for act in sorted(OF_ONE_PATIENT)]) & LINES.c.patient_id.is_not(None)
SINCE = select(
    select(func.max(AuditEntry.id)).scalar_subquery(),
    func.count(),
    func.count(case((OF_ONE, None), else_=1)),
    func.aggregate_strings(as_text(LINES.c.patient_id, String), ","),
).select_from(LINES)
