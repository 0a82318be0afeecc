"""Which doctor is on duty: kept by the manager; without one the responsible doctor is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services.settings import doctors
from clinic.services.work import Work
from clinic.store import absences, alarms
from clinic.store.settings import Duty

LONGEST = 100  # days; a longer duty is a slip of the pen


@dataclass(frozen=True, slots=True)
class PutOnDuty:
    """Which doctor, from which day to which, under which number."""

    doctor_id: int
    phone: str
    from_on: date
    until_on: date


def coming(work: Work) -> list[Any]:
    """Duties that are not over."""
    work.needs(May.EDIT_SETTINGS)
    return list(alarms.duties(work.session, work.today))


def put(work: Work, command: PutOnDuty) -> None:
    """Keep a duty; the one entered last holds where two overlap. Said twice it is kept once."""
    work.needs(May.EDIT_SETTINGS)
    names = {doctor.id: doctor.name for doctor in doctors(work.session)}
    if command.doctor_id not in names:
        raise RuleBroken("doctor_id", "doctor_unknown")
    if command.until_on < command.from_on:
        raise RuleBroken("until_on", "closure_ends_before")
    if command.until_on < work.today:
        raise RuleBroken("until_on", "closure_is_over")
    if (command.until_on - command.from_on).days >= LONGEST:
        raise RuleBroken("until_on", "closure_too_long", most=LONGEST)
    refuse_away(work, command)
    said = (command.doctor_id, command.phone or None, command.from_on, command.until_on)
    if any((row.Duty.doctor_id, row.Duty.phone, row.Duty.from_on, row.Duty.until_on) == said for row in coming(work)):
        return
    row = Duty(doctor_id=said[0], phone=said[1], from_on=said[2], until_on=said[3])
    work.session.add(row)
    work.session.flush()
    told = f"{names[row.doctor_id]}, {row.from_on} – {row.until_on}"
    work.note(Action.SETTINGS_CHANGED, subject=f"duty:{row.id}", details={"changes": {"on_duty": [None, told]}})
    work.commit()


def refuse_away(work: Work, command: PutOnDuty) -> None:
    """Who is away cannot be on duty: alarm symptoms would reach nobody."""
    for row in absences.coming(work.session, command.from_on):
        if row.Absence.user_id == command.doctor_id and row.Absence.from_on <= command.until_on:
            raise RuleBroken("doctor_id", "duty_away", until=f"{row.Absence.until_on:%d-%m-%Y}")


def withdraw(work: Work, duty_id: int) -> None:
    """She is not on duty after all; LookupError when there is no such duty that stands."""
    work.needs(May.EDIT_SETTINGS)
    row = work.session.scalar(select(Duty).where(Duty.id == duty_id, Duty.withdrawn_at.is_(None)))
    if row is None:
        raise LookupError(duty_id)
    row.withdrawn_at = work.now
    told = f"{row.from_on} – {row.until_on}"
    work.note(Action.SETTINGS_CHANGED, subject=f"duty:{row.id}", details={"changes": {"on_duty": [told, None]}})
    work.commit()
