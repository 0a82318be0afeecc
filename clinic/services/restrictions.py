"""Restricted records: who opens them, the way in for an emergency, and the privacy officer's look at it afterwards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.domain.restricted import EmergencyReason, EmergencyVerdict, RestrictionKind
from clinic.security.audit import Action
from clinic.security.permissions import CARE, May, allows
from clinic.services.log import patient_numbered
from clinic.services.work import Stale, Work
from clinic.store import restrictions as store
from clinic.store.restrictions import SHORTEST_WORDS, Admitted, EmergencyOpening, Restriction
from clinic.store.users import User

HOURS = timedelta(hours=4)
"""A part of a working day: who needs the record longer is named by the privacy officer."""
MOST_SHOWN = 100


class Way(Enum):
    """How somebody stands before a record."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class OpenInEmergency:
    """Whose record, why now, in her own words; the form once."""

    patient_id: int
    reason: EmergencyReason
    words: str
    form_token: str


@dataclass(frozen=True, slots=True)
class Restrict:
    """Which number, why, and who else than her regular nurse and doctor opens the record."""

    number: str
    kind: RestrictionKind
    admitted: tuple[int, ...]


def way_in(asked: store.Asked, patient_id: int, user_id: int, now: datetime) -> Way | datetime:
    """Open, closed, or open until a time because of an emergency."""
    if not store.is_closed(asked, patient_id, user_id):
        return Way.OPEN
    return store.open_until(asked, store.stays(asked, patient_id), user_id, now) or Way.CLOSED


def closed_among(work: Work, patient_ids: Collection[int]) -> set[int]:
    """Whose records are not for this carer: of them a list says who and what is due, and no words of the record."""
    if not patient_ids or not allows(work.actor.role, May.READ_PATIENT):
        return set()
    return store.closed_among(work.session, patient_ids, work.actor.id)


def open_in_emergency(work: Work, command: OpenInEmergency) -> None:
    """Let this person into this one record for some hours; the privacy officer looks at it afterwards."""
    work.needs(May.READ_PATIENT)
    words = command.words.strip()
    if len(words) < SHORTEST_WORDS:
        raise RuleBroken("words", "emergency_words", shortest=SHORTEST_WORDS)
    if way_in(work.session, command.patient_id, work.actor.id, work.now) is not Way.CLOSED:
        return  # pressed twice, or the restriction was lifted meanwhile
    row = EmergencyOpening(
        form_token=command.form_token, patient_id=command.patient_id, user_id=work.actor.id,
        reason=command.reason.value, words=words, opened_at=work.now, ends_at=work.now + HOURS,
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    work.actor = replace(work.actor, emergency=frozenset({command.patient_id}))
    work.note(Action.EMERGENCY_OPENED, command.patient_id, f"emergency:{row.id}", {"reason": command.reason.value})
    work.commit()


def restrict(work: Work, command: Restrict) -> None:
    """Close a record to all but those who treat the patient; restricted already, it is restricted anew."""
    work.needs(May.RESTRICT_RECORD)
    patient_id = patient_numbered(work, command.number)
    if not set(command.admitted) <= {user.id for user in colleagues(work)}:
        raise RuleBroken("admitted", "restriction_unknown")
    for before in work.session.scalars(standing_of(patient_id)):
        before.lifted_at, before.lifted_by = work.now, work.actor.id
    row = Restriction(patient_id=patient_id, kind=command.kind.value, marked_at=work.now, marked_by=work.actor.id)
    work.session.add(row)
    work.session.flush()
    work.session.add_all(Admitted(restriction_id=row.id, user_id=user_id) for user_id in sorted(set(command.admitted)))
    noted(work, row, {"kind": row.kind, "admitted": sorted(set(command.admitted))})


def standing_of(patient_id: int) -> Any:
    """What restricts a record now; two, when two restricted numbers were merged."""
    return select(Restriction).where(Restriction.patient_id == patient_id, Restriction.lifted_at.is_(None))


def lift(work: Work, restriction_id: int) -> None:
    """Whoever may open records opens this one again; lifted twice it is lifted once."""
    work.needs(May.RESTRICT_RECORD)
    row = work.session.get(Restriction, restriction_id, with_for_update=True)
    if row is None:
        raise LookupError(restriction_id)
    if row.lifted_at is None:
        row.lifted_at, row.lifted_by = work.now, work.actor.id
        noted(work, row, {"lifted": True})


def noted(work: Work, row: Restriction, details: dict[str, Any]) -> None:
    """Write it down and keep it."""
    work.note(Action.RESTRICTION_CHANGED, row.patient_id, f"restriction:{row.id}", details)
    work.commit()


def judge(work: Work, opening_id: int, verdict: EmergencyVerdict, remark: str) -> None:
    """What the privacy officer found; said twice it is one. Raises Stale when somebody found otherwise."""
    work.needs(May.RESTRICT_RECORD)
    row = work.session.get(EmergencyOpening, opening_id, with_for_update=True)
    if row is None:
        raise LookupError(opening_id)
    said = remark.strip()
    if (row.verdict, row.remark) == (verdict.value, said):
        return
    if row.verdict is not None:
        raise Stale(row.id)
    if verdict is EmergencyVerdict.NOT_JUSTIFIED and not said:
        raise RuleBroken("remark", "emergency_remark")
    row.verdict, row.remark, row.judged_at, row.judged_by = verdict.value, said, work.now, work.actor.id
    work.note(Action.EMERGENCY_JUDGED, row.patient_id, f"emergency:{row.id}", {"verdict": verdict.value})
    work.commit()


def listed(work: Work) -> list[tuple[Any, list[str]]]:
    """Every record that is restricted, with who was named; whose they are is written down as shown."""
    work.needs(May.RESTRICT_RECORD)
    rows = store.standing(work.session)
    seen(work, "restricted", {row.Restriction.patient_id for row in rows})
    named: dict[int, list[str]] = defaultdict(list)
    for restriction_id, name in store.admitted_to(work.session, [row.Restriction.id for row in rows]):
        named[restriction_id].append(name)
    return [(row, named[row.Restriction.id]) for row in rows]


def openings(work: Work) -> Sequence[Any]:
    """Emergencies: those to look at first; whose they are is written down as shown."""
    work.needs(May.RESTRICT_RECORD)
    rows = store.openings(work.session, MOST_SHOWN)
    seen(work, "emergencies", {row.EmergencyOpening.patient_id for row in rows})
    return rows


def seen(work: Work, name: str, patient_ids: set[int]) -> None:
    """Write down who stood on one of the privacy officer's lists."""
    if patient_ids:
        work.note(Action.PATIENT_LISTED, subject=f"list:{name}", shown=sorted(patient_ids))


def waiting(work: Work) -> int:
    """How many emergencies the privacy officer has to look at."""
    work.needs(May.RESTRICT_RECORD)
    return store.waiting(work.session)


def colleagues(work: Work) -> list[User]:
    """Who could be named: everybody at work who opens records, by name."""
    caring = User.role.in_([role.value for role in CARE])
    return list(work.session.scalars(select(User).where(caring, User.active.is_(True)).order_by(User.name, User.id)))
