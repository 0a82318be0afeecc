"""Copies that did not arrive: why, and what would mend it; sent again under another name, or ended with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services.copies import deliver, going, note, page
from clinic.services.facts import need_reason
from clinic.services.letter_states import find
from clinic.services.work import Stale, Work
from clinic.store import copies
from clinic.store.base import Json
from clinic.store.copies import COPY_OUT, LetterCopy, Place, StandingCopy
from clinic.store.letters import OUT, Letter
from clinic.store.patients import Patient
from clinic.store.practices import Gp

PAGE = 50


@dataclass(frozen=True, slots=True)
class CopyFailure:
    """A copy and its recipient, none being the patient herself; the envelope it would get now, or what keeps it."""

    copy: LetterCopy
    letter: Letter
    patient: Patient
    gp: Gp | None
    envelope: Json
    seal: str
    problem: str | None

    @property
    def mended(self) -> bool:
        """Whether the recipient's details changed since it was tried."""
        return self.problem is None and self.seal != self.copy.envelope_sha256

    @property
    def seen(self) -> str:
        """What the page showed, in short: what is pressed on an older page is refused."""
        return mark(self.copy, self.seal)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of them; `after` is the place of its last line when more follow."""

    lines: list[CopyFailure]
    after: Place | None


def listed(work: Work, after: Place | None = None, most: int = PAGE) -> Page:
    """Those of the oldest letter first; whose they are is written down as shown."""
    work.needs(May.SEND_LETTER)
    rows = copies.failed(work.session, after, most + 1)
    here = rows[:most]
    if here:
        work.note(Action.PATIENT_LISTED, subject="letters:copies", shown=sorted({row.Patient.id for row in here}))
    last = (here[-1].LetterCopy.letter_id, here[-1].LetterCopy.standing_copy_id) if len(rows) > most else None
    return Page([failure(work, row.LetterCopy, row.Letter, row.Patient, row.Gp) for row in here], last)


def count(work: Work) -> int:
    """How many copies did not arrive."""
    work.needs(May.SEND_LETTER)
    return copies.count_failed(work.session)


def failure(work: Work, copy: LetterCopy, letter: Letter, patient: Patient, gp: Gp | None) -> CopyFailure:
    """A copy with the envelope of this moment; one that its letter does not name any more was ended.

    What came back of a letter that another replaced is not sent again: that one brought its own.
    """
    if letter.state == "replaced":
        return CopyFailure(copy, letter, patient, gp, {}, "", "copy_lapsed")
    now = next((one for one in going(work, letter, patient) if one.standing_copy_id == copy.standing_copy_id), None)
    if now is None:
        return CopyFailure(copy, letter, patient, gp, {}, "", "copy_ended")
    return CopyFailure(copy, letter, patient, gp, now.envelope, now.seal, now.problem)


def of_copy(work: Work, copy: LetterCopy, letter: Letter) -> CopyFailure:
    """The same of one that was found by its letter."""
    standing = work.session.get_one(StandingCopy, copy.standing_copy_id)
    gp = work.session.get(Gp, standing.gp_id) if standing.gp_id else None
    return failure(work, copy, letter, work.session.get_one(Patient, copy.patient_id), gp)


def mark(copy: LetterCopy, seal: str) -> str:
    """How often a copy came back, and the envelope that was shown with it."""
    return f"{copy.came_back}-{seal[:16]}"


def found(work: Work, letter_id: int, copy_id: int) -> tuple[LetterCopy, Letter]:
    """A copy and its letter with the patient locked; LookupError when there is no such copy of it."""
    letter = find(work, letter_id)
    copy = work.session.get(LetterCopy, (letter_id, copy_id), populate_existing=True)
    if copy is None:
        raise LookupError(copy_id)
    return copy, letter


def again(work: Work, letter_id: int, copy_id: int, seen: str, outbox: Path) -> LetterCopy:
    """Freeze the envelope that was shown, and hand the copy over under a name of its own; pressed twice it is once.

    Stale when the recipient's details changed since; RuleBroken when it cannot leave. On paper the secretary printed
    it herself.
    """
    work.needs(May.SEND_LETTER)
    copy, letter = found(work, letter_id, copy_id)
    if copy.state in ("queued", *COPY_OUT):
        return copy
    now = still_failed(work, copy, letter, seen)
    if letter.state not in OUT:
        raise RuleBroken("state", "copy_goes_along")
    if now.problem is not None:
        raise RuleBroken("state", now.problem)
    copy.channel, copy.envelope, copy.envelope_sha256 = now.envelope["channel"], now.envelope, now.seal
    copy.state, copy.queued_at, copy.tries, copy.next_try_at = "queued", work.now, 0, None
    note(work, copy, Action.COPY_READIED)
    work.commit()  # stopped from here on, the postman lets it go
    deliver(work, letter, outbox)
    return copy


def end(work: Work, letter_id: int, copy_id: int, seen: str, why: str) -> None:
    """A copy that did not arrive is not wanted any more; said twice it is once."""
    work.needs(May.SEND_LETTER)
    need_reason(why)
    copy, letter = found(work, letter_id, copy_id)
    if copy.state == "ended":
        return
    still_failed(work, copy, letter, seen)
    copy.state, copy.ended_because = "ended", why.strip()
    note(work, copy, Action.COPY_ENDED)
    work.commit()


def still_failed(work: Work, copy: LetterCopy, letter: Letter, seen: str) -> CopyFailure:
    """The copy as it waits for a person, when that is what the page showed; else Stale."""
    now = of_copy(work, copy, letter)
    if copy.state != "failed" or seen != now.seen:
        raise Stale(letter.id)
    return now


def came_back(work: Work, letter_id: int, copy_id: int, seen: str, why: str) -> None:
    """A copy that left did not arrive: it waits for a person."""
    work.needs(May.SEND_LETTER)
    need_reason(why)
    copy, letter = found(work, letter_id, copy_id)
    if copy.state not in COPY_OUT or seen != mark(copy, copy.envelope_sha256):
        raise Stale(letter.id)
    bounce(work, copy, why.strip())
    work.commit()


def bounce(work: Work, copy: LetterCopy, why: str) -> None:
    """It leaves under another name the next time; the caller commits."""
    copy.state, copy.failure, copy.sent_on, copy.came_back = "failed", why, None, copy.came_back + 1
    note(work, copy, Action.COPY_FAILED)


def arrived(work: Work, copy: LetterCopy) -> None:
    """Its receiver's system has it; the caller commits."""
    copy.state = "delivered"
    note(work, copy, Action.COPY_DELIVERED)


def printed(work: Work, letter_id: int, copy_id: int) -> bytes | None:
    """The page of a copy for the printer, in the envelope it would get now when it did not arrive; None without one."""
    work.needs(May.SEND_LETTER)
    copy, letter = work.session.get(LetterCopy, (letter_id, copy_id)), work.session.get(Letter, letter_id)
    if copy is None or letter is None or letter.authorised_at is None:
        return None
    envelope = of_copy(work, copy, letter).envelope if copy.state == "failed" else copy.envelope
    if not envelope.get("lines"):
        return None
    work.note(Action.LETTER_OPENED, letter.patient_id, f"letter:{letter.id}", {"printed": True, "copy": copy_id})
    return page(work, letter, envelope)
