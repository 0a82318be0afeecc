"""Who was at one patient's record and why, as she may ask it (Wabvpz art. 15e, NEN 7513 ch. 9): by day and person."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from clinic.domain.errors import RuleBroken
from clinic.security.audit import LOOKS, Action, Purpose
from clinic.security.permissions import May
from clinic.services.log import midnight
from clinic.services.work import Work, local_day, local_time
from clinic.store import looks

DAYS_BACK = 365
AN_ACT = frozenset(action.value for action in Action) - frozenset(action.value for action in LOOKS)
AT_A_LETTER = "letter."


class Why(StrEnum):
    """What the register knows of why somebody was at a record."""

    APPOINTMENT = "appointment"
    CALL = "call"
    LETTER = "letter"
    RECORDED = "recorded"
    ON_A_LIST = "on_a_list"
    EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, with what it is about: an appointment's kind and key, a letter's reference and key, a list's name."""

    why: Why
    key: int | None = None
    told: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """Everything one person did at the record on one day; similar lines of a day are one (NEN 7513 ch. 9)."""

    day: date
    actor_id: int | None
    name: str
    function: str
    role: str | None
    first: datetime
    last: datetime
    did: tuple[tuple[str, int], ...]
    """The actions of the log, each with how often, in the order in which they first came."""
    reasons: tuple[Reason, ...]
    refused: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """A period, both days included: who was at the record, and apart from it on whose lists she stood."""

    first: date
    last: date
    opened: list[Visit]
    shown: list[Visit]


Key = tuple[date, int | str | None]
"""A day, and the account or else who typed a command; the program itself is nobody."""


def overview(work: Work, patient_id: int, first: date | None, last: date | None, printed: bool = False) -> Overview:
    """What she is told; that it was asked is written down. RuleBroken when the period ends before it begins."""
    work.needs(May.READ_PATIENT_LOG)
    last = last or work.today
    first = first or last - timedelta(DAYS_BACK)
    if last < first:
        raise RuleBroken("last", "log_period")
    since, until = midnight(first), midnight(last + timedelta(1))
    ids = looks.numbers_of(work.session, patient_id)
    at_record = looks.opened(work.session, ids, since, until)
    on_lists = by_day_and_person(looks.shown(work.session, ids, since, until))
    reasons = reasons_of(work, ids, at_record, (first, last), on_lists)
    opened = [visit(key, rows, reasons[key]) for key, rows in by_day_and_person(at_record).items()]
    shown = [visit(key, rows, lists(rows)) for key, rows in on_lists.items()]
    work.note(Action.LIST_PRINTED if printed else Action.LOG_READ, patient_id, "list:looks" if printed else None)
    return Overview(first, last, newest_first(opened), newest_first(shown))


def newest_first(visits: list[Visit]) -> list[Visit]:
    """The latest day on top."""
    return sorted(visits, key=lambda one: one.last, reverse=True)


def by_day_and_person(rows: Iterable[Any]) -> dict[Key, list[Any]]:
    """The lines of one person on one of the clinic's days."""
    found: dict[Key, list[Any]] = defaultdict(list)
    for row in rows:
        found[local_day(row.at), row.actor_id or row.actor_name].append(row)
    return found


def visit(key: Key, rows: Sequence[Any], reasons: Sequence[Reason]) -> Visit:
    """The lines of one person on one day as one."""
    first = rows[0]
    did = Counter(row.action for row in rows)
    return Visit(
        day=key[0],
        actor_id=first.actor_id,
        name=first.actor_name or first.name or "",
        function=first.actor_function or "",
        role=first.role,
        first=local_time(first.at),
        last=local_time(rows[-1].at),
        did=tuple(did.items()),
        reasons=tuple(dict.fromkeys(reasons)),
        refused=all(row.outcome != "done" for row in rows),
    )


def lists(rows: Iterable[Any]) -> list[Reason]:
    """The lists among these lines; one without a name is an answer to a search."""
    return [Reason(Why.ON_A_LIST, told=(row.subject or "").partition(":")[2]) for row in rows]


def reasons_of(
    work: Work, ids: Sequence[int], rows: Sequence[Any], days: tuple[date, date], on_lists: dict[Key, list[Any]]
) -> dict[Key, list[Reason]]:
    """Why each person was there on each day, as far as the register knows; of some it knows nothing."""
    since, until = midnight(days[0]), midnight(days[1] + timedelta(1))
    called = {(local_day(call.at), call.by) for call in looks.calls(work.session, ids, since, until)}
    came: dict[date, list[Reason]] = defaultdict(list)
    for one in looks.appointments(work.session, ids, *days):
        came[one.on_date].append(Reason(Why.APPOINTMENT, one.id, one.kind))
    references = looks.letters(work.session, sorted(filter(None, map(letter_of, rows))))
    found: dict[Key, list[Reason]] = {}
    for key, mine in by_day_and_person(rows).items():
        told = [Reason(Why.EMERGENCY)] if any(row.purpose == Purpose.EMERGENCY for row in mine) else []
        told += came[key[0]] + ([Reason(Why.CALL)] if key in called else [])
        told += [
            Reason(Why.LETTER, letter, references[letter]) for letter in map(letter_of, mine) if letter in references
        ]
        told += [Reason(Why.RECORDED, told=row.action) for row in mine if recorded(row)]
        found[key] = told or lists(on_lists.get(key, ()))
    return found


def letter_of(row: Any) -> int | None:
    """The key of the letter a line is about."""
    kind, _colon, key = (row.subject or "").partition(":")
    return int(key) if kind == "letter" and key.isdecimal() else None


def recorded(row: Any) -> bool:
    """Whether a line is an act of which no other reason tells."""
    return row.action in AN_ACT and not row.action.startswith((AT_A_LETTER, "call."))
