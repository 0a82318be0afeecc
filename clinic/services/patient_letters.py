"""Letters to patients that were made and printed in one act go into the hospital's record, as every other does."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from clinic.letters import channels
from clinic.letters.outbox import NotNow, hand_over
from clinic.letters.text import sha256
from clinic.security.audit import Action, purpose
from clinic.security.permissions import Role
from clinic.services.letter_post import CALLED
from clinic.services.work import by, local_day
from clinic.store import restores
from clinic.store.audit import AuditEntry
from clinic.store.patient_letters import PatientLetter
from clinic.store.patients import Patient
from clinic.store.users import User

AT_ONCE = 500
log = logging.getLogger("clinic.postman")


def file_all(engine: Engine, outbox: Path, clock: Callable[[], datetime]) -> int:
    """Put each letter that is not there yet into the hospital's record; how many went.

    Each in a transaction of its own, with the letter locked: the outbox knows what left, so a stopped round doubles
    none. A page that is not the one that was made stays, and is named; so does all while a restored register waits
    for somebody to look at it. When the folder cannot be written the rest waits for the next round.
    """
    with Session(engine.execution_options(writes=False)) as session:
        if restores.unconfirmed_since(session.connection()):
            return 0
        query = select(PatientLetter.id).where(PatientLetter.filed_at.is_(None)).order_by(PatientLetter.id)
        waiting = session.scalars(query.limit(AT_ONCE)).all()
    try:
        return sum(file(engine, letter_id, outbox, clock()) for letter_id in waiting)
    except NotNow as problem:
        log.error("letters to patients are not in the hospital's record yet: %s", problem)
        return 0


def file(engine: Engine, letter_id: int, outbox: Path, at: datetime) -> bool:
    """One letter, once."""
    with Session(engine.execution_options(writes=True)) as session:
        row = session.get_one(PatientLetter, letter_id, with_for_update=True)
        if sha256(row.pdf) != row.pdf_sha256:
            log.error("the page of %s is not the one that was made; it is kept out of the record", row.reference)
            return False
        number = session.get_one(Patient, row.patient_id).number
        files = channels.in_record(number, row.reference, CALLED[row.kind], local_day(row.made_at), row.pdf)
        hand_over(outbox, channels.RECORD, row.reference, files)
        row.filed_at = at
        session.add(filed_line(session.get_one(User, row.made_by), row, at))
        session.commit()
    return True


def filed_line(maker: User, row: PatientLetter, at: datetime) -> AuditEntry:
    """The line of the log: on the name of who made it, to where others read it."""
    return AuditEntry(
        at=at, action=Action.LETTER_SENT, **by(maker),
        patient_id=row.patient_id, subject=f"patient_letter:{row.id}", details={"to": "hospital record"},
        purpose=purpose(Action.LETTER_SENT, Role(maker.role)),
    )  # fmt: skip
