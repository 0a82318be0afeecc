"""Days on which the clinic is closed, kept by the manager; what falls in them is seen to before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services.dose_list import days_of
from clinic.services.work import Work
from clinic.store.appointments import Appointment
from clinic.store.dose_list import closures
from clinic.store.settings import Closure

LONGEST = 60  # days; a longer one is a slip of the pen


@dataclass(frozen=True, slots=True)
class CloseClinic:
    """The first and the last day, and why."""

    from_on: date
    until_on: date
    reason: str


def coming(work: Work) -> list[Closure]:
    """Closing days that are not over."""
    work.needs(May.EDIT_SETTINGS)
    return list(closures(work.session, work.today))


def close(work: Work, command: CloseClinic) -> None:
    """Keep closing days; said twice they are kept once."""
    work.needs(May.EDIT_SETTINGS)
    if command.until_on < command.from_on:
        raise RuleBroken("until_on", "closure_ends_before")
    if command.until_on < work.today:
        raise RuleBroken("until_on", "closure_is_over")
    if (command.until_on - command.from_on).days >= LONGEST:
        raise RuleBroken("until_on", "closure_too_long", most=LONGEST)
    said = (command.from_on, command.until_on, command.reason)
    if any((row.from_on, row.until_on, row.reason) == said for row in closures(work.session, work.today)):
        return
    row = Closure(from_on=command.from_on, until_on=command.until_on, reason=command.reason)
    work.session.add(row)
    work.session.flush()
    told = f"{command.from_on} – {command.until_on}, {command.reason}"
    work.note(Action.SETTINGS_CHANGED, subject=f"closure:{row.id}", details={"changes": {"closed": [None, told]}})
    work.commit()


def closed_days(work: Work) -> dict[date, str]:
    """The days from today on when the clinic is closed, and why."""
    return {day: row.reason for row in closures(work.session, work.today) for day in days_of(row)}


def booked_on(work: Work, first: date, last: date) -> list[tuple[date, int]]:
    """How many appointments are still to come on which of these days."""
    work.needs(May.EDIT_SETTINGS)
    query = (
        select(Appointment.on_date, func.count())
        .where(Appointment.state == "booked", Appointment.on_date.between(max(first, work.today), last))
        .group_by(Appointment.on_date)
        .order_by(Appointment.on_date)
    )
    return [(day, count) for day, count in work.session.execute(query)]


def withdraw(work: Work, closure_id: int) -> None:
    """The clinic is open after all; the row stays readable. LookupError when there is none that stands."""
    work.needs(May.EDIT_SETTINGS)
    row = work.session.scalar(select(Closure).where(Closure.id == closure_id, Closure.withdrawn_at.is_(None)))
    if row is None:
        raise LookupError(closure_id)
    row.withdrawn_at = work.now
    told = f"{row.from_on} – {row.until_on}, {row.reason}"
    work.note(Action.SETTINGS_CHANGED, subject=f"closure:{row.id}", details={"changes": {"closed": [told, None]}})
    work.commit()
