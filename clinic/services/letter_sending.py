"""Letters leave: each with its envelope frozen, once, and with its outcome."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.letters import cause, channels
from clinic.letters.outbox import CannotLeave, NotNow, write_down
from clinic.letters.render import CannotSet
from clinic.letters.text import sha256
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import copies, items, overtaken, restrictions
from clinic.services.addressed import envelope
from clinic.services.copies import Going
from clinic.services.held_back import hold_back
from clinic.services.letter_post import gone, handed_over, leave
from clinic.services.letter_states import find, frozen_page, move
from clinic.services.next_try import put_off
from clinic.services.work import Stale, Work
from clinic.store import print_runs
from clinic.store.base import Json
from clinic.store.letters import OUT, SENT_OFF, Letter
from clinic.store.patients import Patient

READY = ("authorised", "failed")
WHERE_TO = ("gp_id", "channel", "mailbox")
"""What of an envelope makes a letter that has not left the wrong one to hand over, when it is another by now."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A letter as it would leave now, or why it cannot; `seal` is the envelope's hash, confirmed by who sends it."""

    letter: Letter
    patient: Patient
    envelope: Json
    seal: str
    problem: str | None
    copies: tuple[Going, ...] = ()
    run_id: int | None = None
    """The print run in which it lies: there it is said whether it was printed, and nobody prints it once more."""

    @property
    def lines(self) -> list[str]:
        """The lines of its address."""
        return list(self.envelope.get("lines", []))

    @property
    def confirmed(self) -> str:
        """What who sends it confirms: the envelope of the letter and those of its copies."""
        return sha256("".join((self.seal, *(copy.seal for copy in self.copies)))) if self.copies else self.seal


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of sending one letter: sent, or the code of what kept it, with the words of a failure."""

    letter_id: int
    sent: bool
    problem: str = ""
    words: str = ""


def parcels(work: Work, letter_ids: Iterable[int]) -> list[Parcel]:
    """The chosen letters with the envelopes they would get."""
    work.needs(May.SEND_LETTER)
    letters = [found for letter_id in letter_ids if (found := work.session.get(Letter, letter_id)) is not None]
    closed = restrictions.closed_among(work, {letter.patient_id for letter in letters})
    lying = print_runs.runs_of(work.session, [letter.id for letter in letters])
    return [parcel(work, letter, closed, lying) for letter in letters]


def parcel(
    work: Work, letter: Letter, closed: Collection[int] | None = None, lying: Mapping[int, int] | None = None
) -> Parcel:
    """A letter with the envelope of this moment; the frozen page must carry the same address.

    Of a record that is closed to this person no letter leaves, on paper neither: she marks as sent what she may not
    print. What was printed is in the post, whoever says so (`print_runs.answer`).
    """
    if closed is None:
        closed = restrictions.closed_among(work, [letter.patient_id])
    lying = print_runs.runs_of(work.session, [letter.id]) if lying is None else lying
    patient = work.session.get_one(Patient, letter.patient_id)
    made, kept = envelope(work, letter, patient)
    stopped = None if letter.state in READY else "letter_state"
    stopped = stopped or ("letter_on_printer" if letter.id in lying else None)
    stopped = stopped or kept
    if stopped is None and letter.patient_id in closed:
        stopped = "letter_restricted"
    leaving = tuple(copies.going(work, letter, patient))
    stopped = stopped or next((copy.problem for copy in leaving if copy.problem), None)
    return Parcel(letter, patient, made, seal_of(made), stopped, leaving, lying.get(letter.id))


def seal_of(envelope: Json) -> str:
    """The hash of an envelope."""
    return sha256(json.dumps(envelope, sort_keys=True))


def send(work: Work, letter_id: int, seal: str, outbox: Path, printed: bool = True) -> Outcome:
    """Send one letter: freeze its envelope, hand it over, and say what came of it; each step is kept at once.

    Paper is not sent by the program: such a letter leaves when a person says that it is printed and in the post.
    """
    work.needs(May.SEND_LETTER)
    try:
        letter = find(work, letter_id)
        going = parcel(work, letter)
        if kept := going.problem or unconfirmed(going, seal, printed):
            return Outcome(letter_id, False, kept)
        queue(work, going)
        return deliver(work, letter_id, outbox)
    except (Stale, RuleBroken):
        work.session.rollback()
        return Outcome(letter_id, False, "letter_state")


def unconfirmed(going: Parcel, seal: str, printed: bool) -> str | None:
    """What of a letter that can leave nobody confirmed: that it is printed, or the envelope that it would get now."""
    if going.envelope["channel"] == "post" and not printed:
        return "letter_not_printed"
    return "letter_gp_changed" if going.confirmed != seal else None


def queue_all(work: Work, seals: Mapping[int, str]) -> list[Outcome]:
    """Freeze the envelopes of many letters in one act; they leave behind the page. Those that cannot leave stay."""
    work.needs(May.SEND_LETTER)
    mine = select(Letter.patient_id, Letter.id).where(Letter.id.in_(seals)).order_by(Letter.patient_id, Letter.id)
    kept: list[Outcome] = []
    for _patient_id, letter_id in work.session.execute(mine).all():  # in one order, so that two people never wait
        letter = find(work, letter_id)
        if letter.state in SENT_OFF:
            continue  # pressed twice
        going = parcel(work, letter)
        if going.problem is None and going.confirmed == seals[letter_id]:
            freeze_envelope(work, going)
        else:
            kept.append(Outcome(letter_id, False, going.problem or "letter_gp_changed"))
    if work.entries:
        work.commit()
    return kept


def queue(work: Work, going: Parcel) -> None:
    """Freeze the envelope of one letter; whoever comes second finds the letter gone."""
    freeze_envelope(work, going)
    work.commit()


def freeze_envelope(work: Work, going: Parcel) -> None:
    """Recipient, address and channel with their hash, and those of the copies; the caller commits."""
    move(
        work, going.letter, "queued", Action.LETTER_SENT, envelope=going.envelope, envelope_sha256=going.seal,
        channel=going.envelope["channel"], queued_at=work.now, queued_by=work.actor.id, failure=None, tries=0,
        next_try_at=work.now,
    )  # fmt: skip
    copies.queue(work, going.letter, going.copies)


def deliver(work: Work, letter_id: int, outbox: Path) -> Outcome:
    """Hand a queued letter over, in the one transaction that also says so.

    The letter stays locked meanwhile: of two who try, the second finds it gone, and nobody cancels what is leaving.
    Stopped after the hand-over and before the commit, the letter is still queued; the outbox then knows that it left.
    On paper the secretary herself sent it, and confirmed that. What is gone never fails: nobody may write it anew.
    What was corrected or voided since does not leave, nor what would go to a GP or a mailbox of before.
    """
    letter = find(work, letter_id)
    if letter.state != "queued":
        return Outcome(letter_id, letter.state in OUT, "letter_state")
    kept = None if gone(letter, outbox) else kept_back(work, letter)
    if kept is not None:
        return kept
    try:
        stay_when_closed(work, letter)
        page = frozen_page(work, letter)
        if page is None or sha256(letter.text or "") != letter.text_sha256:
            raise CannotLeave(cause.kept("page_damaged"))
        leave(work, letter, page, outbox)
        write_down(outbox.parent, journal_line(work, letter))
    except NotNow as why:
        return again(work, letter, str(why), gone(letter, outbox))
    except (CannotLeave, CannotSet) as fault:
        told = fault.cause if isinstance(fault, CannotSet) else str(fault)
        return again(work, letter, told, True) if handed_over(letter, outbox) else fail(work, letter, told)
    settle(work, letter)
    copies.deliver(work, letter, outbox)
    return Outcome(letter_id, True)


def kept_back(work: Work, letter: Letter) -> Outcome | None:
    """What comes of a letter in the queue that must not leave any more; None when it may."""
    if overtaken.fell(work, letter):
        hold_back(work, letter)
        work.commit()
        return Outcome(letter.id, False, "letter_overtaken")
    now, _problem = envelope(work, letter, work.session.get_one(Patient, letter.patient_id))
    if any(now.get(name) != (letter.envelope or {}).get(name) for name in WHERE_TO):
        return fail(work, letter, cause.kept("readdressed"))
    return None


def stay_when_closed(work: Work, letter: Letter) -> None:
    """A record that was restricted after somebody sent the letter: the letter waits for who may open it."""
    by_itself = letter.channel in channels.CHANNELS
    if by_itself and restrictions.closed_among(work, [letter.patient_id]):
        raise CannotLeave(cause.kept("letter_closed"))


def again(work: Work, letter: Letter, why: str, out: bool) -> Outcome:
    """Let a letter wait for another try; after the last it failed, unless it is out already."""
    if not put_off(letter, work.now, why, out):
        return fail(work, letter, why)
    work.note(Action.LETTER_FAILED, letter.patient_id, f"letter:{letter.id}", {"state": "queued", "try": letter.tries})
    work.commit()
    return Outcome(letter.id, False, "letter_waits", why)


def fail(work: Work, letter: Letter, why: str) -> Outcome:
    """A letter that a person has to look at."""
    move(work, letter, "failed", Action.LETTER_FAILED, failure=why, next_try_at=None)
    work.commit()
    return Outcome(letter.id, False, "letter_failed", why)


def journal_line(work: Work, letter: Letter) -> Json:
    """What a restored register needs in order to know that this letter has left; nothing of the patient.

    The envelope of a letter to herself is her name and address: its hash stands for it, and the record knows it.
    """
    return {
        "reference": letter.reference or str(letter.id),
        "sent_at": work.now.isoformat(),
        "channel": letter.channel,
        "envelope": None if letter.hers else letter.envelope,
        "envelope_sha256": letter.envelope_sha256,
        "text_sha256": letter.text_sha256,
    }


def settle(work: Work, letter: Letter) -> None:
    """The letter has left: what it told of no longer asks for one, and what it replaces is marked as replaced.

    What no longer stood when it left is corrected, as after any letter that left.
    """
    move(work, letter, "sent", Action.LETTER_SENT, sent_on=work.today, sent_at=work.now, failure=None, next_try_at=None)
    replaced = [told["reference"] for told in letter.facts.get("replaces", [])]
    query = select(Letter).where(Letter.patient_id == letter.patient_id, Letter.reference.in_(replaced))
    for old in work.session.scalars(query.where(Letter.state.in_(("sent", "delivered")))).all() if replaced else ():
        move(work, old, "replaced", Action.LETTER_EDITED)
        copies.lapse(work, old)
    overtaken.follow(work, letter)
    items.refresh(work, work.session.get_one(Patient, letter.patient_id))
    work.commit()


def finish(work: Work, letter_id: int, outbox: Path) -> Outcome:
    """Take up a letter that waits in the queue, or was on its way when the program was stopped."""
    work.needs(May.SEND_LETTER)
    if work.session.get_one(Letter, letter_id).state != "queued":
        return Outcome(letter_id, False, "letter_state")
    return deliver(work, letter_id, outbox)
