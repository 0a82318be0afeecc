"""Two people act in the same moment: the second reads while what the first did is not kept yet."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TypeVar

from sqlalchemy import event
from sqlalchemy.orm import Session

from clinic.services.work import Work, begin

T = TypeVar("T")
A_WHILE = 0.5
"""Seconds before the first keeps what she did: the second has read by then, or waits for her."""


def at_once(unit: Work, first: Callable[[Work], object], second: Callable[[Work], T]) -> T:
    """Both act as who `unit` is, each in a unit of her own; what came of the second. SQLite's one writer waits."""
    unit.session.commit()
    engine, acted = unit.session.get_bind().engine, Event()

    def pause(session: Session) -> None:
        session.flush()
        acted.set()
        Event().wait(A_WHILE)

    def go() -> None:
        with begin(engine, unit.actor, unit.now) as mine:
            event.listen(mine.session, "before_commit", pause)
            first(mine)

    with ThreadPoolExecutor(1) as other:
        done = other.submit(go)
        acted.wait(10)
        try:
            with begin(engine, unit.actor, unit.now) as hers:
                return second(hers)
        finally:
            done.result()
            unit.session.expire_all()
