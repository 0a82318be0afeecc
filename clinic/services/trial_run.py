"""A trial run to its end: several processes compare parts of the register, one writes down what they find."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from multiprocessing import get_context
from threading import Thread
from time import sleep
from typing import NamedTuple

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from clinic.domain.protocol import Protocol
from clinic.services import trials
from clinic.services.giving_way import giving_way
from clinic.services.items import Row
from clinic.services.trials import Span
from clinic.store.base import Json, make_engine
from clinic.store.protocols import ProtocolTrial


class Desk(NamedTuple):
    """What a process compares with."""

    engine: Engine
    protocol: Protocol
    today: date


STEPS_BACK = 10
DESKS: list[Desk] = []  # one in each process, laid out when it starts


def lay_out(url: str, protocol: Protocol, today: date) -> None:
    """Open a connection of this process's own, and leave with the run that started it, also when that is killed.

    It reckons with what those who serve leave it of the processors, and so does not hold up who saves.
    """
    os.nice(STEPS_BACK)
    Thread(target=leave_with, args=(os.getppid(), os.getppid, os._exit), daemon=True).start()
    DESKS[:] = [Desk(make_engine(url).execution_options(writes=False), protocol, today)]


def leave_with(run: int, parent: Callable[[], int], leave: Callable[[int], object]) -> None:
    """A process whose run is gone would wait for work for ever."""
    while parent() == run:
        sleep(1)
    leave(1)


def compared(span: Span) -> tuple[Json, list[Row]]:
    """One part of the register."""
    desk = DESKS[0]
    with Session(desk.engine) as session:
        return trials.compare(session, span, desk.protocol, desk.today)


def run(url: str, trial_id: int, clock: Callable[[], datetime], processes: int = 2) -> None:
    """Compare the whole register; whatever goes wrong is written down with the trial and told."""
    with opened(url) as session:
        with looking(session) as beside:
            trial = beside.get_one(ProtocolTrial, trial_id)
            parts, protocol, today = trials.spans(beside), trials.protocol_of(trial), trial.on_date
        try:
            with get_context("fork").Pool(processes, lay_out, (url, protocol, today)) as pool:
                for states, changes in pool.imap_unordered(compared, parts):
                    with giving_way():
                        trials.keep(session, trial_id, states, changes, clock())
        except Exception as problem:
            session.rollback()
            trials.finish(session, trial_id, clock(), type(problem).__name__)
            raise
        trials.finish(session, trial_id, clock())


@contextmanager
def opened(url: str) -> Iterator[Session]:
    """A session of this run's own."""
    engine = make_engine(url)
    try:
        with Session(engine.execution_options(writes=True)) as session:
            yield session
    finally:
        engine.dispose()


@contextmanager
def looking(session: Session) -> Iterator[Session]:
    """A session beside this one that only reads: nobody who saves waits for it."""
    with Session(session.get_bind().execution_options(writes=False)) as beside:
        yield beside
