"""Closing a day: what still hangs is looked at by somebody, and what stays behind says why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services.log import midnight
from clinic.services.work import Work
from clinic.store import alarms, day_facts
from clinic.store.settings import DayClosing


@dataclass(frozen=True, slots=True)
class Left:
    """What of a day is not done: unfinished controls and contacts, appointments, alarm symptoms no doctor looked at."""

    drafts: Sequence[Any]
    contacts: Sequence[Any]
    appointments: Sequence[Any]
    alarms: Sequence[Any]
    counts: dict[str, int]
    """How much there is of each kind; of the first three a page shows no more than so many, today's first."""

    @property
    def more(self) -> dict[str, int]:
        """How many of each are not shown."""
        return {
            "drafts": self.counts["drafts"] - len(self.drafts),
            "contacts": self.counts["contacts"] - len(self.contacts),
            "appointments": self.counts["unsettled"] + self.counts["missed"] - len(self.appointments),
        }

    @property
    def anything(self) -> bool:
        """Whether something is left."""
        return any(self.counts.values())


@dataclass(frozen=True, slots=True)
class CloseDay:
    """The counts the page showed, and why that may stay behind."""

    seen: dict[str, int]
    because: str
    form_token: str


def left(work: Work) -> Left:
    """What of today is not done; whom it names is written down."""
    work.needs(May.PLAN_APPOINTMENT)
    today = midnight(work.today)
    found = Left(
        day_facts.unfinished(work.session, today),
        day_facts.unfinished_contacts(work.session, today),
        day_facts.unsettled(work.session, work.today),
        unseen := [row for row in alarms.unsigned(work.session, work.today, work.now) if not row.seen],
        counted(work, len(unseen)),
    )
    listed = (found.drafts, found.contacts, found.appointments, found.alarms)
    shown = {row.patient_id for rows in listed for row in rows}
    if shown:
        work.note(Action.PATIENT_LISTED, subject="list:day_left", shown=sorted(shown))
    return found


def counted(work: Work, unseen: int) -> dict[str, int]:
    """How much is left of each kind, also of what a page does not show."""
    drafts, contacts = day_facts.open_drafts(work.session)
    states = day_facts.count_unsettled(work.session, work.today)
    return {
        "drafts": drafts,
        "contacts": contacts,
        "unsettled": states.get("booked", 0),
        "missed": states.get("no_show", 0),
        "alarms": unseen,
    }


def close(work: Work, command: CloseDay) -> None:
    """Keep that the day is closed; the same form twice is one closing.

    Raises RuleBroken when something is left without a reason, or when more hangs than the page showed.
    """
    work.needs(May.PLAN_APPOINTMENT)
    if work.session.scalar(select(DayClosing.id).where(DayClosing.form_token == command.form_token)) is not None:
        return
    found = left(work)
    if found.counts != command.seen:
        raise RuleBroken("seen", "day_changed")
    because = command.because.strip()
    if found.anything and not because:
        raise RuleBroken("because", "day_left_because")
    row = DayClosing(
        on_date=work.today,
        closed_at=work.now,
        closed_by=work.actor.id,
        left=found.counts,
        because=because or None,
        form_token=command.form_token,
    )
    work.session.add(row)
    work.note(Action.DAY_CLOSED, subject=f"day:{work.today}", details={"left": found.counts})
    work.commit()
