"""What goes on paper: a day with why each patient comes, and the coming week for when the system is down."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clinic.domain.calendar import add_days
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import dose_list
from clinic.services.dose_list import DueDose
from clinic.services.work import Work
from clinic.store import agenda, alarms
from clinic.store.audit import AuditEntry
from clinic.store.dose_list import due_doses
from clinic.store.due import DueItem

DAYS_AHEAD = 7
TOO_OLD = timedelta(hours=36)
"""A night's list may be late by half a day; older, and the next morning has none."""


@dataclass(frozen=True, slots=True)
class Visit:
    """An appointment with the patient's due items of its day, what she comes for first."""

    found: Any
    due: tuple[DueItem, ...]


@dataclass(frozen=True, slots=True)
class Ahead:
    """The coming week: appointments by day, doses due until then, and the doctors on duty."""

    days: dict[date, list[Visit]]
    doses: list[DueDose]
    duties: Sequence[Any]

    def patient_ids(self) -> list[int]:
        """Everybody who is on it."""
        coming = (visit.found.Appointment.patient_id for visits in self.days.values() for visit in visits)
        return sorted({*coming, *(dose.item.patient_id for dose in self.doses)})


def day(work: Work, on: date, action: Action = Action.LIST_PRINTED) -> list[Visit]:
    """The visits of a day, printed or exported; who is on the list is written down."""
    work.needs(May.READ_LISTS)
    found = visits(work.session, on, on)
    shown = sorted({visit.found.Appointment.patient_id for visit in found})
    work.note(action, subject="list:day", details={"day": on.isoformat()}, shown=shown)
    return found


def ahead(session: Session, today: date) -> Ahead:
    """Today and the seven days after it; what is late to be given is on it too."""
    last = add_days(today, DAYS_AHEAD)
    days: dict[date, list[Visit]] = {add_days(today, step): [] for step in range(DAYS_AHEAD + 1)}
    for visit in visits(session, today, last):
        days[visit.found.Appointment.on_date].append(visit)
    doses = dose_list.told(session, due_doses(session, today, last, most=None))
    return Ahead(days, doses, [duty for duty in alarms.duties(session, today) if duty.Duty.from_on <= last])


def visits(session: Session, first: date, last: date) -> list[Visit]:
    """Appointments in order of time, each with what is due for the patient."""
    rows = agenda.of_days(session, first, last)
    due = items_of(session, {row.Appointment.patient_id for row in rows})
    return [Visit(row, relevant(row.Appointment, due[row.Appointment.patient_id])) for row in rows]


def items_of(session: Session, patient_ids: set[int]) -> dict[int, list[DueItem]]:
    """What is due or booked for these patients, by patient, the earliest first; letters are no visit."""
    rows = session.scalars(
        select(DueItem)
        .where(DueItem.patient_id.in_(patient_ids), DueItem.code.not_like("letter.%"))
        .order_by(DueItem.due_on, DueItem.id)
    )
    found: dict[int, list[DueItem]] = defaultdict(list)
    for row in rows:
        found[row.patient_id].append(row)
    return found


def relevant(appointment: Any, items: Sequence[DueItem]) -> tuple[DueItem, ...]:
    """The item she is booked for, then what is open on that day."""
    booked = [item for item in items if (item.code, item.subject) == (appointment.item_code, appointment.item_subject)]
    rest = [item for item in items if item not in booked and item.opens_on <= appointment.on_date]
    return (*booked, *rest)


def last_written(session: Session) -> datetime | None:
    """When the week's list was last put in its folder."""
    return session.scalar(select(func.max(AuditEntry.at)).where(AuditEntry.action == Action.PAPER_WRITTEN))
