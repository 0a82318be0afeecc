"""Destruction at a patient's wish (BW 7:455): a doctor weighs, the privacy officer carries out, a tombstone stays.

The one path that takes content out. Her rows go with everything that hangs on them; the log stays, and so does what
has left the clinic. Records whose term is over are listed, and nothing happens to them by itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified

from clinic.domain.calendar import add_months
from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import RequestKind, RequestState
from clinic.letters import outbox
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services.facts import lock_patient
from clinic.services.rights import held
from clinic.services.work import Work
from clinic.store import dossier, restores, retention
from clinic.store.copies import StandingCopy
from clinic.store.letters import ON_ITS_WAY, Letter
from clinic.store.looks import numbers_of
from clinic.store.on_disk import empty_journal
from clinic.store.patient_letters import PatientLetter
from clinic.store.patients import Patient
from clinic.store.rights import RightsRequest, Tombstone
from clinic.store.settings import ImportReceipt

TERM_MONTHS = 20 * 12  # BW 7:454, third paragraph: from the last change
ERASED = "–"
QUOTED = ("number", "bsn", "own_name", "partner_name", "import_key")
"""What tells in a receipt that a line is about her."""


@dataclass(frozen=True, slots=True)
class Destroy:
    """Which request is carried out; the number is typed, so that it is this patient and no other."""

    request_id: int
    number: str
    answer: str
    seen: int


def decide(work: Work, request_id: int, ground: str, seen: int) -> None:
    """A doctor finds that no considerable interest of another, and no law, stands in the way; said twice it is one."""
    work.needs(May.DECIDE_DESTRUCTION)
    row = of_kind(held(work, request_id))
    if (row.decided_by, row.ground) == (work.actor.id, ground.strip()):
        return
    row = held(work, request_id, seen)
    if not ground.strip():
        raise RuleBroken("ground", "destruction_ground")
    row.decided_at, row.decided_by, row.ground = work.now, work.actor.id, ground.strip()
    work.note(Action.DESTRUCTION_DECIDED, row.patient_id, f"request:{row.id}")
    work.commit()


def of_kind(row: RightsRequest) -> RightsRequest:
    """The request, when it is one for destruction; LookupError else."""
    if row.kind != RequestKind.DESTRUCTION:
        raise LookupError(row.id)
    return row


def destroy(work: Work, command: Destroy, instance: Path) -> Tombstone:
    """Erase everything of hers and leave the tombstone; carried out before, nothing is left to do.

    The journal in the instance folder hears of it, so that a backup of before does not bring her back unseen.

    Raises LookupError, Stale, or RuleBroken when it was not decided by somebody else, or she is somebody's work.
    """
    work.needs(May.DESTROY_RECORD)
    row = of_kind(held(work, command.request_id))
    if row.state == RequestState.GRANTED:
        return work.session.get_one(Tombstone, row.patient_id)
    row = held(work, command.request_id, command.seen)
    check(work, row, command)
    ids = numbers_of(work.session, lock_patient(work, row.patient_id).id)
    if not restores.unconfirmed_since(work.session.connection()):  # until then no letter leaves
        refuse_while_on_its_way(work, ids)
    write_down_outside(work, ids, instance)
    stone = carry_out(work, row, ids)
    row.state, row.answer, row.settled_at, row.settled_by = (
        RequestState.GRANTED.value, command.answer.strip(), work.now, work.actor.id,
    )  # fmt: skip
    work.note(Action.RECORD_DESTROYED, row.patient_id, f"request:{row.id}", {"rows": sum(stone.rows.values())})
    work.commit()
    empty_journal(work.session.get_bind().engine)
    return stone


def release(work: Work, request_id: int, because: str) -> None:
    """Let the numbers of a destroyed record be registered again: she came back, or they were given to somebody else."""
    work.needs(May.DESTROY_RECORD)
    row = of_kind(held(work, request_id))
    stones = work.session.scalars(select(Tombstone).where(Tombstone.request_id == row.id).with_for_update()).all()
    waiting = [stone for stone in stones if stone.released_at is None]
    if not stones:
        raise LookupError(request_id)
    if not waiting:
        return  # pressed twice
    if not because.strip():
        raise RuleBroken("because", "reason_missing")
    for stone in waiting:
        stone.released_at, stone.released_by, stone.released_because = work.now, work.actor.id, because.strip()
    work.note(Action.NUMBER_RELEASED, row.patient_id, f"request:{row.id}")
    work.commit()


def check(work: Work, row: RightsRequest, command: Destroy) -> None:
    """Decided by somebody else, the right number, and what she is told."""
    if row.decided_by is None:
        raise RuleBroken("number", "destruction_undecided")
    if row.decided_by == work.actor.id:
        raise RuleBroken("number", "destruction_two_people")
    if command.number.strip() != row.number:
        raise RuleBroken("number", "destruction_number")
    if not command.answer.strip():
        raise RuleBroken("answer", "request_answer")


def refuse_while_on_its_way(work: Work, ids: Sequence[int]) -> None:
    """A letter that is signed and has not left is sent or withdrawn first: else a page would leave of nobody."""
    query = select(Letter.id).where(Letter.patient_id.in_(ids), Letter.state.in_(ON_ITS_WAY)).limit(1)
    if work.session.scalar(query) is not None:
        raise RuleBroken("number", "destruction_letter")


def write_down_outside(work: Work, ids: Sequence[int], instance: Path) -> None:
    """Beside the outbox: that her keys are destroyed, by key and time alone, and no line with her address any more."""
    own = {row.reference for row in work.session.scalars(select(Letter).where(Letter.patient_id.in_(ids))) if row.hers}
    to_her = (StandingCopy.patient_id.in_(ids), StandingCopy.gp_id.is_(None))
    copies = set(work.session.scalars(select(StandingCopy.id).where(*to_her)))
    try:
        outbox.blot_out(instance, lambda told: told["copy"] in copies if "copy" in told else told["reference"] in own)
        for key in ids:
            outbox.write_down(instance, {"destroyed": key, "at": work.now.isoformat()})
    except outbox.NotNow as problem:
        raise RuleBroken("number", "destruction_journal") from problem


def carry_out(work: Work, row: RightsRequest, ids: Sequence[int]) -> Tombstone:
    """Rows, and what receipts of imports quote of her; one tombstone for each of her numbers."""
    people = work.session.scalars(select(Patient).where(Patient.id.in_(ids))).all()
    numbers = {person.id: person.number for person in people}
    last, own = (dossier.last_letter(work.session, table, ids) for table in (Letter, PatientLetter))
    quoted = {text for one in people for name in QUOTED if (text := getattr(one, name))}
    told = {"request_id": row.id, "ground": row.ground, "decided_by": row.decided_by, "destroyed_at": work.now,
            "destroyed_by": work.actor.id, "last_letter_id": last, "last_patient_letter_id": own}  # fmt: skip
    counted = dossier.erase(work.session, ids)
    unquote(work, quoted)
    stones = [Tombstone(patient_id=key, number=number, rows=counted if key == row.patient_id else {}, **told)
              for key, number in numbers.items()]  # fmt: skip
    work.session.add_all(stones)
    return next(stone for stone in stones if stone.patient_id == row.patient_id)


def unquote(work: Work, quoted: set[str]) -> None:
    """Receipts of imports keep what was wrong with a row; of hers the place stays and the words go."""
    for receipt in work.session.scalars(select(ImportReceipt)):
        cleaned = {name: without(held, quoted) for name, held in receipt.complaints.items()}
        if cleaned != receipt.complaints:
            receipt.complaints = cleaned
            flag_modified(receipt, "complaints")


def without(held: Any, quoted: set[str]) -> Any:
    """A list of complaints in which the texts of a line that names her are dashes."""
    if not isinstance(held, list):
        return held
    return [erased(line) if isinstance(line, list) and names(line, quoted) else line for line in held]


def names(value: Any, quoted: set[str]) -> bool:
    """Whether something in a line has one of these texts as words of its own: Bos is not Bosch."""
    if isinstance(value, dict):
        return any(names(one, quoted) for one in value.values())
    if isinstance(value, list):
        return any(names(one, quoted) for one in value)
    return isinstance(value, str) and any(re.search(rf"(?<!\w){re.escape(text)}(?!\w)", value) for text in quoted)


def erased(line: list[Any]) -> list[Any]:
    """Row, column, level and code stay (the page needs them); what was quoted goes."""
    return [dict.fromkeys(part, ERASED) if isinstance(part, dict) else part for part in line]


def past_term(work: Work) -> Sequence[Any]:
    """Records whose last change is twenty years ago: number, day of the last change; whose they are is written down."""
    work.needs(May.READ_LOG)
    found = retention.unchanged_since(work.session, add_months(work.today, -TERM_MONTHS))
    if found:
        work.note(Action.PATIENT_LISTED, subject="list:past_term", shown=[row.id for row in found])
    return found
