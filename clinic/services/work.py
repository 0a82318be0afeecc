"""One unit of work: a session, who acts, which day it is, and what was noted; all of it is kept or none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, Table, event, insert
from sqlalchemy.orm import Session

from clinic.domain.protocol import Protocol
from clinic.security.audit import Action, Purpose, purpose
from clinic.security.permissions import May, Role, allows
from clinic.services import in_force
from clinic.store.audit import SOURCE, AuditEntry
from clinic.store.base import Json
from clinic.store.users import User

LINES = cast(Table, AuditEntry.__table__)
WRITE_LINES = insert(LINES)
COLUMNS = frozenset(LINES.columns.keys())
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


class NotAllowed(Exception):
    """The actor's role does not carry this permission."""


class Unnoted(Exception):
    """Something was changed and nobody wrote down what: a fault in the program, so nothing is kept."""


class Stale(Exception):
    """Somebody else changed the row since the page was opened; the message names who and when."""


class Merged(Exception):
    """This number was merged into another one, where everything is kept now; the argument is its key."""


Doctor = tuple[int, str]
"""For whom somebody acts: her account, and what she is called."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the account as it was at the start of the request, detached from the session."""

    id: int
    name: str
    function: str
    role: Role
    may_authorise: bool = False
    on_behalf_of: int | None = None
    on_behalf_name: str | None = None
    address: str | None = None
    trace: str | None = None
    confirmed_at: datetime | None = None
    """When she showed at the identity provider, once more, that it is she."""
    emergency: frozenset[int] = frozenset()
    """The patients whose restricted records stand open to this person because of an emergency."""
    source: str = SOURCE
    """By which program; a command says there who typed it."""

    def purpose(self, action: Action, patient_id: int | None) -> Purpose:
        """What an act was for, as the log has it."""
        if patient_id in self.emergency:
            return Purpose.EMERGENCY
        return purpose(action, self.role)


def by(person: Actor | User) -> dict[str, Any]:
    """Who it was, as a line of the log keeps it: her account, and what she was called and was at that moment."""
    return {
        "actor_id": person.id,
        "actor_name": person.name,
        "actor_function": person.function,
        "role": person.role,
    }


@event.listens_for(Session, "after_flush")
def changed(session: Session, *_: object) -> None:
    """Remember that rows went out, so that a commit without a note is noticed."""
    session.info["flushed"] = True


@dataclass(slots=True)
class Work:
    """What every service receives. `now` is UTC without a zone, `today` the clinic's day."""

    session: Session
    actor: Actor
    now: datetime
    today: date
    entries: list[AuditEntry] = field(default_factory=list)
    kept: bool = False
    """Whether anything was committed."""

    @property
    def flushed(self) -> bool:
        """Whether rows went out that are not yet kept."""
        return bool(self.session.info.get("flushed"))

    @property
    def protocol(self) -> Protocol:
        """The version of the protocol by which the clinic works."""
        return in_force.rules(self.session)

    def needs(self, act: May) -> None:
        """Refuse, for callers that come in by another door than a guarded route."""
        if not allows(self.actor.role, act):
            raise NotAllowed(act)

    def note(
        self,
        action: Action,
        patient_id: int | None = None,
        subject: str | None = None,
        details: Json | None = None,
        shown: Iterable[int] | None = None,
        behalf: Doctor | None = None,
    ) -> None:
        """Write down what is done or looked at; it is stored in the same transaction."""
        doctor, called = behalf or (self.actor.on_behalf_of, self.actor.on_behalf_name)
        self.entries.append(
            AuditEntry(
                at=self.now,
                action=action,
                **by(self.actor),
                on_behalf_of=doctor,
                on_behalf_name=called,
                patient_id=patient_id,
                subject=subject,
                details=details,
                shown=list(shown) if shown is not None else None,
                address=self.actor.address,
                purpose=self.actor.purpose(action, patient_id),
                trace=self.actor.trace,
                source=self.actor.source,
            )
        )

    def commit(self) -> None:
        """Keep everything, or nothing: a change without a note is a fault."""
        self.session.flush()
        if self.flushed and not self.entries:
            raise Unnoted
        if self.entries:
            self.session.execute(WRITE_LINES, as_rows(self.entries))
        self.entries = []
        self.session.commit()
        self.session.info["flushed"] = False
        self.kept = True

    def keep_draft(self) -> None:
        """Keep what is typed on: one line in the log for a draft, not one for every pause in typing."""
        if self.entries:
            self.commit()
        else:
            self.session.commit()


def local_time(at: datetime) -> datetime:
    """The clinic's clock at a UTC time without a zone."""
    return at.replace(tzinfo=UTC).astimezone(AMSTERDAM)


def local_day(now: datetime) -> date:
    """The clinic's day at a UTC time without a zone."""
    return local_time(now).date()


@lru_cache(maxsize=8)
def told(engine: Engine, writes: bool) -> Engine:
    """The engine, told whether its units write; kept, because each request asks for it."""
    bind: Engine = engine.execution_options(writes=writes)
    return bind


@contextmanager
def begin(engine: Engine, actor: Actor, now: datetime, writes: bool = True) -> Iterator[Work]:
    """A unit of work that rolls back whatever its caller did not commit.

    On SQLite a writing unit takes the write lock at once, so that it never fails half way for having read first.
    """
    with Session(told(engine, writes), expire_on_commit=False) as session:
        yield Work(session, actor, now, local_day(now))


def as_rows(entries: list[AuditEntry]) -> list[dict[str, object]]:
    """Lines of the log by column: they are only ever added, so they need none of the ORM's bookkeeping."""
    return [{name: value for name, value in vars(entry).items() if name in COLUMNS} for entry in entries]


def keep_looks(engine: Engine, looks: list[AuditEntry]) -> None:
    """Store the looks of a page that only read; in a short transaction of its own, before the page is shown."""
    if not looks:
        return
    with engine.connect() as bare:
        connection = bare.execution_options(writes=True)
        connection.execute(WRITE_LINES, as_rows(looks))
        connection.commit()
