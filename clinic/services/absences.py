"""Who is away, who takes her place, and whose queue somebody works through on a day."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action
from clinic.security.permissions import May, Role
from clinic.services.work import Work
from clinic.store import absences, alarms
from clinic.store.absences import Absence
from clinic.store.users import User

DEPUTISED = (Role.DOCTOR, Role.NURSE)
"""Who has patients of her own, and so a queue that somebody else can work through."""
LONGEST = 366  # days; leave that lasts longer is a change of staff


@dataclass(frozen=True, slots=True)
class GoAway:
    """Who is away from which day to which, and who takes her place; without a deputy everybody does."""

    user_id: int
    deputy_id: int | None
    from_on: date
    until_on: date


@dataclass(frozen=True, slots=True)
class Queue:
    """Whose work comes to a person on a day: `mine` are their ids, `for_` the colleagues she stands in for."""

    mine: tuple[int, ...]
    for_: tuple[Any, ...] = ()
    elsewhere: tuple[int, ...] = ()
    """Doctors whose queue is somebody else's today; whoever is not among them may find hers with everybody."""
    shared: tuple[int, ...] = ()
    """Colleagues of her role who are away with nobody in their place: theirs is everybody's."""


def colleagues(work: Work) -> list[User]:
    """The doctors and nurses at work, by name."""
    of_role = User.role.in_([role.value for role in DEPUTISED])
    return list(work.session.scalars(select(User).where(of_role, User.active.is_(True)).order_by(User.name, User.id)))


def coming(work: Work) -> Sequence[Any]:
    """Absences that are not over."""
    work.needs(May.ENTER_ABSENCE)
    return absences.coming(work.session, work.today)


def everybodys(work: Work) -> bool:
    """Whether she enters anybody's absence; who has a queue of her own enters that alone."""
    return work.actor.role not in DEPUTISED


def put(work: Work, command: GoAway) -> None:
    """Keep an absence; said twice it is kept once."""
    work.needs(May.ENTER_ABSENCE)
    if not everybodys(work) and command.user_id != work.actor.id:
        raise RuleBroken("user_id", "absence_not_yours")
    people = {user.id: user for user in colleagues(work)}
    if command.user_id not in people:
        raise RuleBroken("user_id", "absence_nobody")
    check_days(work, command)
    standing = absences.coming(work.session, command.from_on)
    if any(same(row.Absence, command) for row in standing):
        return
    if any(overlaps(row.Absence, command) and row.Absence.user_id == command.user_id for row in standing):
        raise RuleBroken("from_on", "absence_overlaps")
    check_deputy(command, people, standing)
    check_duty(work, command)
    row = Absence(
        user_id=command.user_id, deputy_id=command.deputy_id, from_on=command.from_on, until_on=command.until_on,
        entered_by=work.actor.id, entered_at=work.now,
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    deputy = people[command.deputy_id].name if command.deputy_id else "–"
    told = f"{people[command.user_id].name}, {command.from_on} – {command.until_on}, {deputy}"
    work.note(Action.ABSENCE_CHANGED, subject=f"absence:{row.id}", details={"changes": {"absence": [None, told]}})
    work.commit()


def check_days(work: Work, command: GoAway) -> None:
    """From a day to the same or a later one, not over yet, and not a slip of the pen."""
    if command.until_on < command.from_on:
        raise RuleBroken("until_on", "closure_ends_before")
    if command.until_on < work.today:
        raise RuleBroken("until_on", "closure_is_over")
    if (command.until_on - command.from_on).days >= LONGEST:
        raise RuleBroken("until_on", "closure_too_long", most=LONGEST)


def check_deputy(command: GoAway, people: dict[int, User], standing: Sequence[Any]) -> None:
    """A deputy is another person of the same role who is there."""
    if command.deputy_id is None:
        return
    deputy = people.get(command.deputy_id)
    if deputy is None or deputy.role != people[command.user_id].role or command.deputy_id == command.user_id:
        raise RuleBroken("deputy_id", "deputy_other")
    away = [row for row in standing if row.Absence.user_id == deputy.id and overlaps(row.Absence, command)]
    if away:
        raise RuleBroken("deputy_id", "deputy_away", until=f"{away[0].Absence.until_on:%d-%m-%Y}")


def check_duty(work: Work, command: GoAway) -> None:
    """Who is on duty cannot be away: alarm symptoms would reach nobody."""
    for row in alarms.duties(work.session, command.from_on):
        if row.Duty.doctor_id == command.user_id and overlaps(row.Duty, command):
            days = (f"{day:%d-%m-%Y}" for day in (row.Duty.from_on, row.Duty.until_on))
            raise RuleBroken("from_on", "absence_on_duty", **dict(zip(("since", "until"), days, strict=True)))


def overlaps(row: Any, command: GoAway) -> bool:
    """Whether two spans share a day."""
    return bool(row.from_on <= command.until_on and command.from_on <= row.until_on)


def same(row: Absence, command: GoAway) -> bool:
    """Whether this was said before."""
    return (row.user_id, row.deputy_id, row.from_on, row.until_on) == (
        command.user_id, command.deputy_id, command.from_on, command.until_on,
    )  # fmt: skip


def withdraw(work: Work, absence_id: int) -> None:
    """She is there after all, or comes back sooner; LookupError when there is no such absence that stands."""
    work.needs(May.ENTER_ABSENCE)
    row = work.session.scalar(select(Absence).where(Absence.id == absence_id, Absence.withdrawn_at.is_(None)))
    if row is None or not (everybodys(work) or row.user_id == work.actor.id):
        raise LookupError(absence_id)
    row.withdrawn_at = work.now
    told = f"{work.session.get_one(User, row.user_id).name}, {row.from_on} – {row.until_on}"
    work.note(Action.ABSENCE_CHANGED, subject=f"absence:{row.id}", details={"changes": {"absence": [told, None]}})
    work.commit()


def queue(work: Work) -> Queue:
    """Whose work comes to the person who asks today; read once in a unit of work.

    Of somebody away it goes to her deputy; without one, or when she is away too or left, to everybody of her role.
    """
    held = work.session.info
    if "queue" not in held:
        held["queue"] = queue_anew(work) if work.actor.role in DEPUTISED else Queue((work.actor.id,))
    return cast(Queue, held["queue"])


def queue_anew(work: Work) -> Queue:
    """The same from the absences of the day."""
    me = work.actor.id
    away = {row.Absence.user_id: row for row in absences.away(work.session, work.today)}
    at_work = absences.at_work(work.session, work.actor.role.value)
    there = at_work - away.keys()
    mine = tuple(row for row in away.values() if holder(row, there) == me)
    ids = {me, *(row.Absence.user_id for row in mine)}
    everybodys = {user_id for user_id, row in away.items() if holder(row, there) is None}
    elsewhere, shared = at_work - ids - everybodys, at_work & everybodys
    return Queue(tuple(sorted(ids)), mine, tuple(sorted(elsewhere)), tuple(sorted(shared)))


def holder(row: Any, there: Set[int]) -> int | None:
    """Who has the queue of somebody away; None when everybody has, as her deputy is not there or left."""
    return row.Absence.deputy_id if row.Absence.deputy_id in there else None
