"""The queue of letters: what is tried again by itself, cancelled before it leaves, confirmed, or came back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, Select, func, literal, or_, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from clinic.domain.errors import RuleBroken
from clinic.letters.cause import kept
from clinic.security.audit import Action
from clinic.security.permissions import May, Role
from clinic.services import copies, corrections, items, overtaken, work
from clinic.services.facts import need_reason
from clinic.services.held_back import hold_back
from clinic.services.letter_post import gone
from clinic.services.letter_sending import Outcome, again, deliver
from clinic.services.letter_states import find, move
from clinic.services.letter_waits import wake
from clinic.services.letters_held import HELD
from clinic.services.work import Actor, Work
from clinic.store import restores
from clinic.store.copies import LetterCopy
from clinic.store.letters import OUT, STATES, Letter
from clinic.store.patients import Patient
from clinic.store.users import User

AT_ONCE = 500
NOT_OUT = tuple(state for state in STATES if state not in OUT)
"""Asked for by what it is not, the state of a letter is no way in: the index of states leads to all that were sent."""
log = logging.getLogger("clinic.letters")


def due(session: Session, at: datetime) -> list[int]:
    """The letters whose turn it is, the longest waiting first; then those that are out with a copy that has not left.

    Each of the two reads what waits and nothing of all that was ever sent.
    """
    now = or_(Letter.next_try_at.is_(None), Letter.next_try_at <= at)
    mine = select(Letter.id).where(Letter.state == "queued", now)
    stayed = select(Letter.id).where(Letter.id.in_(with_copies(at)), Letter.state.not_in(NOT_OUT))
    both = (query.order_by(Letter.queued_at, Letter.id).limit(AT_ONCE) for query in (mine, stayed))
    return [letter_id for query in both for letter_id in session.scalars(query)]


def with_copies(at: datetime) -> Select[int]:
    """The letters of which a copy waits whose turn it is."""
    turn = or_(LetterCopy.next_try_at.is_(None), LetterCopy.next_try_at <= at)
    waiting = literal("queued", literal_execute=True)  # said outright: an index of some rows serves no other question
    return select(LetterCopy.letter_id).where(LetterCopy.state == waiting, turn)


def leaving(work: Work) -> int:
    """How many letters are about to leave for the first time."""
    work.needs(May.SEND_LETTER)
    query = select(func.count()).select_from(Letter).where(Letter.state == "queued", Letter.tries == 0)
    return work.session.scalar(query) or 0


def run(engine: Engine, outbox: Path, clock: Callable[[], datetime]) -> list[Outcome]:
    """Try each letter whose turn it is, in a unit of work of its own, on the name of who sent it.

    Nothing leaves from a restored register that nobody has looked at yet. Whatever keeps one letter keeps that one
    alone, unless it is the database.
    """
    with Session(engine.execution_options(writes=False)) as session:
        if restores.unconfirmed_since(session.connection()):
            return []
    wake(engine, clock())
    with Session(engine.execution_options(writes=False)) as session:
        waiting = due(session, clock())
    return [tried(engine, letter_id, outbox, clock()) for letter_id in waiting]


def tried(engine: Engine, letter_id: int, outbox: Path, at: datetime) -> Outcome:
    """One letter; a fault that nobody foresaw is told by its kind, because its words could name a patient."""
    try:
        return one(engine, letter_id, outbox, at)
    except DBAPIError:
        raise
    except Exception as fault:
        log.error("letter %s stays in the queue: %s", letter_id, type(fault).__name__)
        return counted(engine, letter_id, outbox, at, type(fault).__name__)


def counted(engine: Engine, letter_id: int, outbox: Path, at: datetime, fault: str) -> Outcome:
    """A try that ended in a fault is a try: after the usual number the letter waits for a person, who sees why."""
    with work.begin(engine, sender(engine, letter_id), at) as unit:
        letter = find(unit, letter_id)
        if letter.state != "queued":  # somebody else let it go meanwhile
            return Outcome(letter_id, False, "letter_waits")
        return again(unit, letter, kept("unforeseen", fault=fault), gone(letter, outbox))


def one(engine: Engine, letter_id: int, outbox: Path, at: datetime) -> Outcome:
    """One letter, or the copies that stayed behind when it left, whatever who sent them may do by now."""
    with work.begin(engine, sender(engine, letter_id), at) as unit:
        outcome = deliver(unit, letter_id, outbox)
        if outcome == Outcome(letter_id, True, "letter_state"):  # it was out already
            copies.deliver(unit, unit.session.get_one(Letter, letter_id), outbox)
    return outcome


def sender(engine: Engine, letter_id: int) -> Actor:
    """Who sent a letter; of those from before the queue, who authorised it."""
    with Session(engine.execution_options(writes=False)) as session:
        letter = session.get_one(Letter, letter_id)
        user = session.get_one(User, letter.queued_by or letter.authorised_by)
        return Actor(user.id, user.name, user.function, Role(user.role))


def cancel(work: Work, letter_id: int, version: int, outbox: Path) -> bool:
    """Take a letter out of the queue while it has not left, and say whether it is ready to be sent again.

    It is not when what it tells changed meanwhile: it is held back, and what stands of it is drafted anew.
    """
    work.needs(May.SEND_LETTER)
    letter = find(work, letter_id, version)
    if letter.state != "queued":  # from a draft the same step would be an authorisation
        raise RuleBroken("state", "letter_state")
    if gone(letter, outbox):
        raise RuleBroken("state", "letter_left")
    if overtaken.fell(work, letter):
        hold_back(work, letter)
        work.commit()
        return False
    waiting = select(LetterCopy).where(LetterCopy.letter_id == letter_id, LetterCopy.state == "queued")
    for copy in work.session.scalars(waiting).all():  # those that left with it before it came back are disclosures
        copies.hold(work, copy)
    move(
        work, letter, "authorised", Action.LETTER_RETURNED, envelope=None, envelope_sha256=None, channel=None,
        queued_at=None, queued_by=None, failure=None, tries=0, next_try_at=None,
    )  # fmt: skip
    work.commit()
    return True


def confirm(work: Work, letter_id: int, version: int) -> None:
    """The receiver's system said that it has the letter."""
    work.needs(May.SEND_LETTER)
    move(work, find(work, letter_id, version), "delivered", Action.LETTER_SENT)
    work.commit()


def came_back(work: Work, letter_id: int, version: int, why: str, read: bool = False) -> None:
    """A letter that left did not arrive: its fact asks for a letter again, and it waits for a person.

    Read by somebody else, or perhaps, it is also a task for the privacy officer.
    """
    work.needs(May.SEND_LETTER)
    need_reason(why)
    letter = find(work, letter_id, version)
    if letter.state not in HELD:
        raise RuleBroken("state", "letter_state")
    bounce(work, letter, why.strip())
    if read:
        corrections.read_by_another(work, letter, why)
    work.commit()


def bounce(work: Work, letter: Letter, why: str) -> None:
    """It is owed again, and leaves under another name the next time; the caller commits."""
    move(
        work, letter, "returned_by_post" if letter.channel == "post" else "failed", Action.LETTER_FAILED,
        failure=why, sent_on=None, came_back=letter.came_back + 1,
    )  # fmt: skip
    items.refresh(work, work.session.get_one(Patient, letter.patient_id))
