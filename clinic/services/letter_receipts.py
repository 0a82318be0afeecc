"""What the hospital's gateways say of the letters they took: delivered, or why not; from a folder in the outbox.

A gateway that knows writes an empty file `KEY.delivered`, or `KEY.failed` with the reason on its first line; KEY is the
name of the folder of a letter, or of one copy, for which alone it counts. A receipt counts once, under any number of
workers: the letter is locked meanwhile.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from clinic.security.audit import Action
from clinic.services import copies, copy_failures, work
from clinic.services.letter_post import key_of
from clinic.services.letter_queue import bounce, sender
from clinic.services.letter_states import find, move
from clinic.services.work import Work
from clinic.store import restores
from clinic.store.copies import LetterCopy, of_letter
from clinic.store.letters import Letter

RECEIPTS, TAKEN = "receipts", ".taken"
DELIVERED, FAILED = ".delivered", ".failed"
SAY_SOMETHING = {DELIVERED: ("sent",), FAILED: ("sent", "delivered")}  # of what is in one of these states
LONGEST = 300
log = logging.getLogger("clinic.letters")
NO_REASON = "Niet bezorgd; de ontvanger gaf geen reden."


def take_in(engine: Engine, outbox: Path, clock: Callable[[], datetime]) -> int:
    """Read what lies there; how many letters it told something new of."""
    with Session(engine.execution_options(writes=False)) as session:
        if restores.unconfirmed_since(session.connection()):
            return 0
    lying = sorted(path for path in (outbox / RECEIPTS).glob("*.*") if path.suffix in (DELIVERED, FAILED))
    return sum(tried(engine, path, clock()) for path in lying)


def tried(engine: Engine, path: Path, at: datetime) -> bool:
    """One receipt; one that cannot be read, or whose letter has a fault, lies there for the next round."""
    try:
        return one(engine, path, at)
    except DBAPIError:
        raise
    except Exception as fault:  # its words, and the name of a file from elsewhere, could name a patient
        log.error("a receipt stays: %s", type(fault).__name__)
        return False


def one(engine: Engine, path: Path, at: datetime) -> bool:
    """One receipt; of a letter that is not known, or that came back already, it is only put aside.

    The gateway may answer before the letter is said to have left: such a receipt lies there for the next round.
    """
    letter_id = letter_of(engine, path.stem)
    told = False
    if letter_id is None:
        log.warning("a receipt is of no letter that is known")  # its name, from elsewhere, could name a patient
    else:
        with work.begin(engine, sender(engine, letter_id), at) as unit:
            if comes_early(unit, letter_id, path.stem):
                return False
            told = count(unit, letter_id, path)
    put_aside(path)
    return told


def letter_of(engine: Engine, key: str) -> int | None:
    """The letter of a folder: its reference, followed by the copy, and by a number when that leaves once more."""
    reference = "-".join(key.split("-")[:2])
    with Session(engine.execution_options(writes=False)) as session:
        return session.scalar(select(Letter.id).where(Letter.reference == reference))


def comes_early(work: Work, letter_id: int, key: str) -> bool:
    """Whether what leaves under this name is still in the queue: handed over, and stopped before that was kept."""
    letter = find(work, letter_id)
    names = [(copy.state, copies.key_of(letter, copy)) for copy in of_letter(work.session, letter_id)]
    return ("queued", key) in [(letter.state, key_of(letter)), *names]


def count(work: Work, letter_id: int, path: Path) -> bool:
    """Let a receipt count for what left under this name: the letter, or one of its copies."""
    letter = find(work, letter_id)
    copy = next((one for one in of_letter(work.session, letter_id) if copies.key_of(letter, one) == path.stem), None)
    if copy is not None:
        return count_copy(work, copy, path)
    if letter.state not in SAY_SOMETHING[path.suffix] or key_of(letter) != path.stem:
        log.warning("a receipt says nothing new of letter %s, which is %s", letter_id, letter.state)
        return False
    if path.suffix == DELIVERED:
        move(work, letter, "delivered", Action.LETTER_SENT)
    else:
        bounce(work, letter, reason_in(path))
    work.commit()
    return True


def count_copy(work: Work, copy: LetterCopy, path: Path) -> bool:
    """The same for a copy; its letter stays as it is."""
    if copy.state not in SAY_SOMETHING[path.suffix]:
        log.warning("a receipt says nothing new of a copy of letter %s, which is %s", copy.letter_id, copy.state)
        return False
    if path.suffix == DELIVERED:
        copy_failures.arrived(work, copy)
    else:
        copy_failures.bounce(work, copy, reason_in(path))
    work.commit()
    return True


def reason_in(path: Path) -> str:
    """Why it was not delivered, in the gateway's words."""
    first = path.read_text(encoding="utf-8", errors="replace")[:LONGEST].strip().splitlines()
    return "".join(sign for sign in first[0] if sign.isprintable()) if first else NO_REASON


def put_aside(path: Path) -> None:
    """It was read; whoever was quicker has moved it already."""
    aside = path.parent / TAKEN
    aside.mkdir(mode=0o700, exist_ok=True)
    with suppress(FileNotFoundError):
        path.replace(aside / path.name)
