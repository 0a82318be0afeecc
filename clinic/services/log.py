"""Who looked and what changed, for whoever may ask; that it was asked is written down as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services.work import AMSTERDAM, Work
from clinic.store import log
from clinic.store.base import Json
from clinic.store.log import Line, Wanted
from clinic.store.patients import Patient
from clinic.store.rights import Tombstone
from clinic.store.users import User

PAGE = 50
MOST_EXPORTED = 20_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What the privacy officer asked for; days are the clinic's, the last one included."""

    patient_id: int | None = None
    user_id: int | None = None
    actions: tuple[str, ...] = ()
    first: date | None = None
    last: date | None = None
    shown: bool = False

    def wanted(self) -> Wanted:
        """The same in UTC."""
        return Wanted(
            self.patient_id,
            self.user_id,
            self.actions,
            midnight(self.first) if self.first else None,
            midnight(self.last + timedelta(1)) if self.last else None,
            self.shown,
        )

    def told(self) -> Json | None:
        """What the log keeps of the question itself."""
        told = {
            "user": self.user_id,
            "actions": list(self.actions),
            "first": self.first.isoformat() if self.first else None,
            "last": self.last.isoformat() if self.last else None,
        }
        return {name: value for name, value in told.items() if value} or None


@dataclass(frozen=True, slots=True)
class Page:
    """Lines, and the last of them when there are more."""

    lines: list[Line]
    after: int | None


def midnight(day: date) -> datetime:
    """When a day begins in Amsterdam, in UTC without a zone."""
    return datetime.combine(day, time(), AMSTERDAM).astimezone(UTC).replace(tzinfo=None)


def show(work: Work, asked: Asked, after: int | None = None) -> Page:
    """A page of the log; whose numbers stand on it is written down as shown."""
    work.needs(May.READ_LOG)
    found = page(work, asked.wanted(), after)
    work.note(Action.LOG_READ, asked.patient_id, details=asked.told(), shown=named_in(found.lines))
    return found


def named_in(lines: Sequence[Line]) -> list[int] | None:
    """Of whom these lines tell; None when of nobody."""
    return sorted({line.entry.patient_id for line in lines if line.entry.patient_id is not None}) or None


def page(work: Work, wanted: Wanted, after: int | None) -> Page:
    """So many lines as fit."""
    found = log.lines(work.session, wanted, PAGE + 1, after)
    return Page(found[:PAGE], found[PAGE - 1].entry.id if len(found) > PAGE else None)


def export(work: Work, asked: Asked) -> list[Line]:
    """The newest lines for a spreadsheet; how many went out is written down."""
    work.needs(May.READ_LOG)
    found = log.lines(work.session, asked.wanted(), MOST_EXPORTED)
    details = {"lines": len(found), **(asked.told() or {})}
    work.note(Action.LIST_EXPORTED, asked.patient_id, "list:log", details, named_in(found))
    return found


def looks(work: Work, patient_id: int, shown: bool, after: int | None) -> Page:
    """Who opened or changed one record, and if asked, on whose lists she stood."""
    work.needs(May.READ_PATIENT_LOG)
    work.note(Action.LOG_READ, patient_id)
    return page(work, Wanted(patient_id, shown=shown), after)


def patient_numbered(work: Work, number: str) -> int:
    """The key of the patient with this number, also of one whose record was destroyed: the log of it stays."""
    known = select(Patient.id).where(Patient.number == number)
    destroyed = select(Tombstone.patient_id).where(Tombstone.number == number)
    found = work.session.scalar(known) or work.session.scalar(destroyed)
    if found is None:
        raise RuleBroken("number", "log_number_unknown")
    return found


def names(work: Work) -> dict[int, str]:
    """How accounts are called, for lines that are about one."""
    return dict(work.session.execute(select(User.id, User.name)).all())


def people(work: Work) -> Sequence[User]:
    """Everybody who has or had an account."""
    work.needs(May.READ_LOG)
    return work.session.scalars(select(User).order_by(User.name, User.id)).all()
