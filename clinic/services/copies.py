"""Standing copies of a patient's letters, and the copies of one letter, each a disclosure of its own."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import PatientStatus
from clinic.letters import cause, channels
from clinic.letters.outbox import CannotLeave, NotNow, hand_over, has_left, write_down
from clinic.letters.render import CannotSet, can_stand, pdf_of
from clinic.letters.sentences import document
from clinic.letters.text import sha256, text_of
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import restrictions
from clinic.services.facts import lock_patient
from clinic.services.lapsed import marked, successor
from clinic.services.letter_facts import joined, mailed_to, person, problem, recipient
from clinic.services.letter_logo import logo_of
from clinic.services.letter_post import number_of, with_people
from clinic.services.mandates import doctor_behind
from clinic.services.next_try import put_off
from clinic.services.work import Work, local_time
from clinic.store import copies
from clinic.store.base import Json
from clinic.store.copies import COPY_OUT, LetterCopy, StandingCopy
from clinic.store.letters import OUT, Letter
from clinic.store.patients import Patient
from clinic.store.practices import Gp

ENVELOPE = ("name", "practice", "lines", "channel")
LONGEST_REASON = 200
log = logging.getLogger("clinic.letters")
STAY = (*COPY_OUT, "ended")
LAPSED, STOPPED = cause.kept("copy_lapsed"), cause.kept("copy_stopped")


@dataclass(frozen=True, slots=True)
class AddCopy:
    """Who receives a copy of each letter from now on, and why; no `gp_id` is the patient herself."""

    patient_id: int
    gp_id: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Going:
    """A copy as it would leave now, or why it cannot."""

    standing_copy_id: int
    name: str
    envelope: Json
    seal: str
    problem: str | None


def of_patient(work: Work, patient_id: int) -> Sequence[Any]:
    """Who receives copies now."""
    work.needs(May.READ_PATIENT)
    return copies.standing(work.session, patient_id)


def add(work: Work, command: AddCopy) -> None:
    """Let somebody receive copies from the next letter on; said twice it is once."""
    work.needs(May.EDIT_PATIENT)
    patient = lock_patient(work, command.patient_id)
    gp = work.session.get(Gp, command.gp_id) if command.gp_id else None
    if command.gp_id and gp is None:
        raise RuleBroken("gp_id", "gp_unknown")
    if gp is not None and gp.id == patient.gp_id:
        raise RuleBroken("gp_id", "copy_is_recipient")
    if not command.reason.strip():
        raise RuleBroken("reason", "copy_reason")
    if any(row.StandingCopy.gp_id == command.gp_id for row in copies.standing(work.session, patient.id)):
        return
    row = StandingCopy(
        patient_id=patient.id, gp_id=command.gp_id, since=work.today, reason=command.reason.strip(),
        entered_at=work.now, entered_by=work.actor.id,
    )  # fmt: skip
    patient.has_copies = True
    work.session.add(row)
    work.session.flush()
    work.note(Action.COPY_CHANGED, patient.id, f"standing_copy:{row.id}")
    work.commit()


def end(work: Work, patient_id: int, copy_id: int) -> None:
    """No copy from now on, also of letters that were authorised and have not left; said twice it is once.

    LookupError when there is none.
    """
    work.needs(May.EDIT_PATIENT)
    patient = lock_patient(work, patient_id)
    row = work.session.get(StandingCopy, copy_id)
    if row is None or row.patient_id != patient_id:
        raise LookupError(copy_id)
    if row.ended_at is not None:
        return
    row.ended_at, row.ended_by = work.now, work.actor.id
    work.session.flush()
    patient.has_copies = bool(copies.standing(work.session, patient_id))
    work.note(Action.COPY_CHANGED, patient_id, f"standing_copy:{copy_id}", {"ended": True})
    work.commit()


def going(work: Work, letter: Letter, patient: Patient) -> list[Going]:
    """The copies that a frozen letter names, as they would leave now; one that ended meanwhile is a problem."""
    named = letter.facts.get("copies", [])
    holds = {row.StandingCopy.id: row for row in copies.standing(work.session, patient.id)} if named else {}
    return [one(work, patient, told, holds.get(told["id"])) for told in named]


def one(work: Work, patient: Patient, told: Json, row: Any | None) -> Going:
    """One of them; nothing goes to the address of who died."""
    if row is None or (row.Gp is None and patient.status == PatientStatus.DECEASED):
        return Going(told["id"], told["name"], {}, "", "copy_ended")
    envelope, stopped = to_gp(work, row.Gp) if row.Gp is not None else to_herself(patient)
    stopped = stopped or (None if can_stand(" ".join(envelope["lines"])) else "copy_sign")
    return Going(told["id"], told["name"], envelope, sha256(json.dumps(envelope, sort_keys=True)), stopped)


def to_gp(work: Work, gp: Gp) -> tuple[Json, str | None]:
    """The envelope of a copy for another recipient, and why it cannot leave."""
    said = recipient(gp, work.today) or {}
    envelope = {name: said[name] for name in ENVELOPE} | mailed_to(work, gp)
    return envelope, "copy_no_address" if problem(gp, work.today) else None


def to_herself(patient: Patient) -> tuple[Json, str | None]:
    """The envelope of a copy for the patient: by post, to where she lives."""
    told = person(patient)
    street, town = joined(patient.street, patient.house_number), f"{patient.postcode}  {(patient.town or '').upper()}"
    lines = [told["name"][:1].upper() + told["name"][1:], street, town]
    known = patient.street and patient.postcode and patient.town
    envelope = {"name": told["name"], "practice": "", "lines": lines, "channel": "post"}
    return envelope, None if known else "copy_no_address"


def queue(work: Work, letter: Letter, leaving: Sequence[Going]) -> None:
    """Freeze the envelopes of the copies, in the transaction of the letter's own; tried again, the last one counts.

    Of a letter that came back the copies that left stay as they are: each is the proof of a disclosure. So does one
    that was ended.
    """
    stay = {copy.standing_copy_id for copy in copies.of_letter(work.session, letter.id) if copy.state in STAY}
    for copy in leaving:
        if copy.standing_copy_id in stay:
            continue
        row = LetterCopy(
            letter_id=letter.id, standing_copy_id=copy.standing_copy_id, patient_id=letter.patient_id,
            channel=copy.envelope["channel"], envelope=copy.envelope, envelope_sha256=copy.seal, state="queued",
            queued_at=work.now, tries=0, next_try_at=None,
        )  # fmt: skip
        work.session.merge(row)


def hold(work: Work, copy: LetterCopy) -> None:
    """A copy does not leave after all; of one that came back before it is kept, so that no name is used twice."""
    if copy.came_back:
        copy.state = "failed"
    else:
        work.session.delete(copy)


def lapse(work: Work, letter: Letter) -> None:
    """End what did not arrive of the copies of a letter that another replaced: that one brings its own.

    What waits in the queue ends in its turn (`hand_on`): the outbox alone knows whether it left. Commits nothing.
    """
    for copy in copies.of_letter(work.session, letter.id):
        if copy.state == "failed":
            copy.state, copy.ended_because = "ended", LAPSED
            note(work, copy, Action.COPY_ENDED)


def send_rest(work: Work, letter_id: int, outbox: Path) -> None:
    """Hand over the copies of a sent letter that have not left; LookupError when there is no such letter."""
    work.needs(May.SEND_LETTER)
    letter = work.session.get(Letter, letter_id)
    if letter is None:
        raise LookupError(letter_id)
    if letter.state in OUT:
        deliver(work, letter, outbox, early=True)


def deliver(work: Work, letter: Letter, outbox: Path, early: bool = False) -> None:
    """Hand over each copy whose turn it is; on paper it was printed with its letter. Each is a line in the log.

    One that failed waits for a person (`copy_failures`). A person asks for it `early`. A fault that nobody foresaw is
    told by its kind, because its words could name a patient.
    """
    for copy in copies.of_letter(work.session, letter.id):
        if not early and copy.next_try_at is not None and copy.next_try_at > work.now:
            continue
        try:
            done = hand_on(work, letter, copy, outbox)
        except NotNow:
            continue  # it stays in the queue, as its letter would
        except CannotLeave as why:
            done = fails(copy, str(why))
        except CannotSet as why:
            done = fails(copy, why.cause)
        except DBAPIError:
            raise
        except Exception as fault:
            log.error("a copy of a letter is not handed over: %s", type(fault).__name__)
            work.session.rollback()
            done = counted(work, letter, copy, outbox, type(fault).__name__)
        if done is not None:
            note(work, copy, done)
            work.commit()


def counted(work: Work, letter: Letter, copy: LetterCopy, outbox: Path, fault: str) -> Action | None:
    """A try that ended in a fault is a try, as of its letter: after the usual number a copy waits for a person."""
    if not waits(work, copy):
        return None
    why = cause.kept("unforeseen", fault=fault)
    gone = copy.channel != "post" and has_left(outbox, copy.channel, key_of(letter, copy))
    return Action.COPY_FAILED if put_off(copy, work.now, why, gone) else fails(copy, why)


def hand_on(work: Work, letter: Letter, copy: LetterCopy, outbox: Path) -> Action | None:
    """Let one copy go, or end it when it or its letter ended meanwhile and it has not left; None: nothing to do."""
    if not waits(work, copy):
        return None
    if copy.channel != "post":
        stopped = LAPSED if letter.state == "replaced" else STOPPED if ended(work, copy) else None
        if stopped is not None and not has_left(outbox, copy.channel, key_of(letter, copy)):
            copy.state, copy.ended_because = "ended", stopped
            return Action.COPY_ENDED
        stay_when_closed(work, letter)
        leave(work, letter, copy, outbox)
    write_down(outbox.parent, journal_line(work, letter, copy))
    copy.state, copy.sent_on, copy.failure, copy.next_try_at = "sent", work.today, None, None
    return Action.COPY_SENT


def waits(work: Work, copy: LetterCopy) -> bool:
    """Whether a copy still waits, with the patient locked: somebody else may have let it go meanwhile."""
    lock_patient(work, copy.patient_id)
    work.session.refresh(copy)
    return copy.state == "queued"


def ended(work: Work, copy: LetterCopy) -> bool:
    """Whether its recipient receives none any more."""
    return work.session.get_one(StandingCopy, copy.standing_copy_id, populate_existing=True).ended_at is not None


def fails(copy: LetterCopy, why: str) -> Action:
    """A copy that a person has to look at."""
    copy.state, copy.failure, copy.next_try_at = "failed", why, None
    return Action.COPY_FAILED


def note(work: Work, copy: LetterCopy, done: Action) -> None:
    """A line of the log about one copy: to whom, and by which channel; the log knows a patient by her key alone."""
    name = "the patient" if for_herself(work, copy) else copy.envelope["name"]
    to: Json = {"to": name, "channel": copy.channel}
    if copy.state == "queued" and copy.tries:
        to |= {"state": copy.state, "try": copy.tries}
    sent = done is Action.COPY_SENT
    behalf = doctor_behind(work, work.session.get_one(Letter, copy.letter_id)) if sent else None
    work.note(done, copy.patient_id, f"letter:{copy.letter_id}", to, behalf=behalf)


def stay_when_closed(work: Work, letter: Letter) -> None:
    """Of a restricted record a copy is mailed by who may open it, as its letter is."""
    if restrictions.closed_among(work, [letter.patient_id]):
        raise CannotLeave(cause.kept("copy_closed"))


def key_of(letter: Letter, copy: LetterCopy) -> str:
    """Its name in the outbox; a copy that came back leaves under another, as a letter does (`letter_post.key_of`)."""
    name = f"{letter.reference}-A{copy.standing_copy_id}"
    return f"{name}-{copy.came_back + 1}" if copy.came_back else name


def leave(work: Work, letter: Letter, copy: LetterCopy, outbox: Path) -> None:
    """Let a copy go by its channel, under its letter's reference."""
    facts = copy_facts(letter, copy.envelope)
    said = document(facts, letter.reference or "", facts["signed"])
    key, control = key_of(letter, copy), f"{number_of(letter)}A{copy.standing_copy_id}"
    control += f"R{copy.came_back}" if copy.came_back else ""
    post = with_people(work, letter, key, control, text_of(said), page(work, letter, copy.envelope), copy.envelope)
    post = post._replace(at=local_time(copy.queued_at))  # sent again it is of another day than its letter
    hand_over(outbox, copy.channel, key, channels.files_of(copy.channel, post))


def for_herself(work: Work, copy: LetterCopy) -> bool:
    """Whether a copy is for the patient, so that its envelope is her name and address."""
    return work.session.get_one(StandingCopy, copy.standing_copy_id).gp_id is None


def journal_line(work: Work, letter: Letter, copy: LetterCopy) -> Json:
    """What a restored register needs in order to know that this copy has left; nothing of the patient."""
    return {
        "reference": letter.reference or str(letter.id),
        "copy": copy.standing_copy_id,
        "came_back": copy.came_back,
        "sent_at": work.now.isoformat(),
        "channel": copy.channel,
        "envelope": None if for_herself(work, copy) else copy.envelope,
        "envelope_sha256": copy.envelope_sha256,
        "text_sha256": letter.text_sha256,
    }


def copy_facts(letter: Letter, envelope: Json) -> Json:
    """The frozen facts with another address in the window, and the word that this is a copy."""
    to = letter.facts["recipient"]
    return letter.facts | {"recipient": to | {"lines": envelope["lines"]}, "copy_of": to["name"]}


def page(work: Work, letter: Letter, envelope: Json) -> bytes:
    """The page of a copy; the same letter and envelope give the same bytes, marked once another replaced the letter."""
    facts = copy_facts(letter, envelope)
    said = document(facts, letter.reference or "", facts["signed"])
    facts = marked(facts, successor(work, letter))
    return pdf_of(letter.template, said, facts, letter.authorised_at or letter.drafted_at, logo_of(work, facts))
