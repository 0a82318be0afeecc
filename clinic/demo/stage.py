"""Where the made-up clinic is told: its people, one transaction, and a clock that is set back to each day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any, TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from clinic.domain.errors import RuleBroken
from clinic.services.work import Actor, Work, local_day

Command = TypeVar("Command", bound=Any)


@dataclass(frozen=True)
class Cast:
    """Who acts in the stories."""

    nurse: Actor
    doctor: Actor
    secretary: Actor
    colleague: Actor | None = None
    """Another nurse, where the clinic has one."""


@dataclass
class Stage:
    """The cast and the unit of work that all of them share, one after the other."""

    cast: Cast
    work: Work
    now: datetime

    @classmethod
    def at(cls, session: Session, cast: Cast, now: datetime) -> Stage:
        """A stage on which it is now, until the clock is set."""
        return cls(cast, Work(session, cast.nurse, now, local_day(now)), now)

    @property
    def today(self) -> date:
        """The last day that can be told of."""
        return local_day(self.now)

    def on(self, day: date, who: Actor) -> Work:
        """The unit of work of somebody on a day, at nine by universal time; never later than now."""
        self.work.today = min(day, self.today)
        self.work.now = min(datetime.combine(self.work.today, time(9)), self.now)
        self.work.actor = who
        return self.work


@contextmanager
def one_transaction(engine: Engine) -> Iterator[Session]:
    """A session whose every commit is a savepoint: the services run as ever, and all is kept at the end or nothing."""
    with (
        engine.execution_options(writes=True).begin() as connection,
        Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session,
    ):
        yield session


def surely(save: Callable[[Work, Command], int], work: Work, command: Command) -> int:
    """Save, and when the program asks whether something unusual is right, say that it is."""
    try:
        return save(work, command)
    except RuleBroken as asked:
        if asked.field != "confirm":
            raise
        answered = tuple(getattr(question, "token", question) for question in asked.params["questions"])
        return save(work, replace(command, confirmed=answered))
