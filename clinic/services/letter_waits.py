"""A draft that waits: for the decision, for a DXA result or for something else, at most until a day."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action
from clinic.security.permissions import May, Role
from clinic.services import work as units
from clinic.services.letter_states import find, move
from clinic.services.work import Actor, Stale, Work, local_day
from clinic.store.letters import WAITS_FOR, Letter
from clinic.store.users import User

LONGEST = timedelta(days=42)  # six weeks, after which somebody is asked (domain/peers.md, 14)


@dataclass(frozen=True, slots=True)
class Wait:
    """For what a letter waits, until which day at most, and why."""

    what: str
    until: date
    why: str


def wait(work: Work, letter_id: int, version: int, command: Wait) -> None:
    """Let a draft wait; it is due on the same day as before, and comes back by itself."""
    work.needs(May.WRITE_LETTER)
    if command.what not in WAITS_FOR:
        raise RuleBroken("what", "letter_wait_what")
    if not work.today < command.until <= work.today + LONGEST:
        raise RuleBroken("until", "letter_wait_until", weeks=LONGEST.days // 7)
    if command.what == "other" and not command.why.strip():
        raise RuleBroken("why", "reason_missing")
    letter = find(work, letter_id, version)
    move(
        work, letter, "waits", Action.LETTER_EDITED, waits_for=command.what, waits_until=command.until,
        remark=command.why.strip() or None,
    )  # fmt: skip
    work.commit()


def resume(work: Work, letter_id: int, version: int) -> None:
    """A person takes the letter up again."""
    work.needs(May.WRITE_LETTER)
    end(work, find(work, letter_id, version))


def end(work: Work, letter: Letter) -> None:
    """It is a draft again."""
    move(work, letter, "draft", Action.LETTER_EDITED, waits_for=None, waits_until=None)
    work.commit()


def wake(engine: Engine, at: datetime) -> int:
    """Make drafts again of the letters whose last day of waiting has come, on the name of who wrote each."""
    day = local_day(at)
    with Session(engine.execution_options(writes=False)) as session:
        query = select(Letter.id, User).join(User, User.id == Letter.drafted_by)
        due = session.execute(query.where(Letter.state == "waits", Letter.waits_until <= day)).all()
        found = [(row.id, Actor(row.User.id, row.User.name, row.User.function, Role(row.User.role))) for row in due]
    for letter_id, actor in found:
        with suppress(RuleBroken, Stale), units.begin(engine, actor, at) as unit:  # somebody was first
            end(unit, find(unit, letter_id))
    return len(found)
