"""Closing a day: what still hangs is looked at by somebody, and what stays behind says why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services.work import Work
from clinic.store import alarms, day_facts
from clinic.store.settings import DayClosing


@dataclass(frozen=True, slots=True)
class Left:
    """What of a day is not done: unfinished controls, appointments, alarm symptoms that no doctor looked at."""

    drafts: Sequence[Any]
    appointments: Sequence[Any]
    alarms: Sequence[Any]

    @property
    def counts(self) -> dict[str, int]:
        """How much of each kind."""
        missed = sum(row.state == "no_show" for row in self.appointments)
        return {
            "drafts": len(self.drafts),
            "unsettled": len(self.appointments) - missed,
            "missed": missed,
            "alarms": len(self.alarms),
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
    found = Left(
        day_facts.unfinished(work.session, work.now),
        day_facts.unsettled(work.session, work.today),
        [row for row in alarms.unsigned(work.session, work.today, work.now) if not row.seen],
    )
    shown = {row.patient_id for rows in (found.drafts, found.appointments, found.alarms) for row in rows}
    if shown:
        work.note(Action.PATIENT_LISTED, subject="list:day_left", shown=sorted(shown))
    return found


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
