"""Alarm symptoms that wait for a doctor's note: who must see them now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clinic.domain.alarms import DRAFT_WAITS, unseen_too_long
from clinic.security.permissions import Role
from clinic.services.work import Work
from clinic.store import alarms


@dataclass(frozen=True, slots=True)
class Alarms:
    """What this person must see: the symptoms, and the doctor on duty with her number."""

    rows: list[Any]
    doctor: Any | None


def to_see(work: Work) -> Alarms:
    """A doctor sees every symptom at once, everybody else what no doctor looked at for an hour."""
    found = alarms.unsigned(work.session, work.today, work.now - DRAFT_WAITS)
    late = [row for row in found if unseen_too_long(row.since, row.seen, work.now)]
    rows = list(found) if work.actor.role == Role.DOCTOR else late
    return Alarms(rows, alarms.on_duty(work.session, work.today) if rows else None)
