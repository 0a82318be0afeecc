"""The letters of the made-up patients: the services draft them and take the recent ones on, step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from types import MappingProxyType

from clinic.demo.stage import Stage
from clinic.letters.sentences import document
from clinic.letters.text import sha256, text_of
from clinic.security.audit import Action
from clinic.services import copy_failures
from clinic.services import letter_states as states
from clinic.services.addressed import facts_of
from clinic.services.letter_queue import came_back, confirm
from clinic.services.letter_sending import parcel, queue, settle
from clinic.services.letter_waits import Wait, wait
from clinic.services.letters import live_letters, open_letter
from clinic.services.work import Work
from clinic.store.copies import of_letter
from clinic.store.letters import Letter
from clinic.store.patients import Patient

RECENT = timedelta(days=60)  # of older letters the demo keeps facts, text and hash, not the page
CAME_BACK = "Retour: geadresseerde verhuisd, nieuw adres onbekend."
REMARK = "Wilt u de lengte van vorig jaar erbij zetten?"
FAILURE = "De postbus van de praktijk nam het bericht niet aan."
NO_MAILBOX = "Postbus bestaat niet meer."
Step = Callable[[Stage, date, Letter], None]


def write(stage: Stage, patient_id: int, day: date, state: str) -> None:
    """Take the letter that a fact of this day drafted on to its state; none is owed for some facts."""
    work = stage.on(day, stage.cast.nurse)
    letter = open_letter(live_letters(work, work.session.get_one(Patient, patient_id)))
    if letter is None:
        return
    if state == "sent" and day < stage.today - RECENT:
        archive(stage.on(day + timedelta(days=1), stage.cast.doctor), letter)
        return
    take_on(stage, day, letter, state)


def take_on(stage: Stage, day: date, letter: Letter, state: str) -> None:
    """Step by step to its state."""
    for step in STEPS[state]:
        step(stage, day, letter)


def archive(work: Work, letter: Letter) -> None:
    """A letter that was sent long ago: its facts, text and hash."""
    letter.reference = f"B{letter.drafted_at:%Y}-{letter.id:06d}"
    signed = states.signature(work)
    letter.facts = letter.facts | {"signed": signed}
    letter.text = text_of(document(letter.facts, letter.reference, signed))
    letter.text_sha256 = sha256(letter.text)
    letter.authorised_at, letter.authorised_by = work.now, work.actor.id
    going = parcel(work, letter)
    letter.envelope, letter.envelope_sha256 = going.envelope, going.seal
    letter.channel = going.envelope["channel"]
    letter.state, letter.queued_at = "sent", work.now
    letter.sent_on, letter.sent_at = work.today, work.now
    work.note(Action.LETTER_SENT, letter.patient_id, f"letter:{letter.id}", {"state": "sent"})
    work.commit()


def offer(stage: Stage, day: date, letter: Letter) -> None:
    """The nurse puts it before the doctor."""
    states.offer(stage.on(day, stage.cast.nurse), letter.id, letter.version)


def let_wait(stage: Stage, day: date, letter: Letter) -> None:
    """The nurse lets it wait for the decision."""
    command = Wait("decision", day + timedelta(days=28), "Samen met het besluit versturen.")
    wait(stage.on(day, stage.cast.nurse), letter.id, letter.version, command)


def give_back(stage: Stage, day: date, letter: Letter) -> None:
    """The doctor wants something in it."""
    states.give_back(doctor(stage, day), letter.id, letter.version, REMARK)


def authorise(stage: Stage, day: date, letter: Letter) -> None:
    """The doctor signs what she sees."""
    work = doctor(stage, day)
    states.authorise(work, letter.id, letter.version, states.digest(facts_of(work, letter)))


def enqueue(stage: Stage, day: date, letter: Letter) -> None:
    """The secretary freezes its envelope."""
    work = secretary(stage, day)
    queue(work, parcel(work, letter))


def send(stage: Stage, day: date, letter: Letter) -> None:
    """It has left."""
    settle(secretary(stage, day), letter)


def fail(stage: Stage, day: date, letter: Letter) -> None:
    """It could not leave."""
    work = secretary(stage, day)
    states.move(work, letter, "failed", Action.LETTER_FAILED, failure=FAILURE)
    work.commit()


def deliver(stage: Stage, day: date, letter: Letter) -> None:
    """The receiver's system has it."""
    confirm(secretary(stage, day), letter.id, letter.version)


def come_back(stage: Stage, day: date, letter: Letter) -> None:
    """The post brings it back a week later."""
    came_back(secretary(stage, day + timedelta(days=7)), letter.id, letter.version, CAME_BACK)


def copy_comes_back(stage: Stage, day: date, letter: Letter) -> None:
    """Its copy left with it, and is returned a week later."""
    work = secretary(stage, day + timedelta(days=7))
    for copy in of_letter(work.session, letter.id):
        copy.state, copy.sent_on = "sent", letter.sent_on
        seen = copy_failures.mark(copy, copy.envelope_sha256)
        copy_failures.came_back(work, letter.id, copy.standing_copy_id, seen, NO_MAILBOX)


def withdraw(stage: Stage, day: date, letter: Letter) -> None:
    """It will not be sent."""
    states.stop(doctor(stage, day), letter.id, letter.version, "Dubbel opgesteld.")


def doctor(stage: Stage, day: date) -> Work:
    """The doctor, the day after."""
    return stage.on(day + timedelta(days=1), stage.cast.doctor)


def secretary(stage: Stage, day: date) -> Work:
    """The secretary, two days after."""
    return stage.on(day + timedelta(days=2), stage.cast.secretary)


STEPS: Mapping[str, tuple[Step, ...]] = MappingProxyType(
    {
        "draft": (),
        "waits": (let_wait,),
        "to_authorise": (offer,),
        "returned": (offer, give_back),
        "authorised": (authorise,),
        "queued": (authorise, enqueue),
        "failed": (authorise, enqueue, fail),
        "sent": (authorise, enqueue, send),
        "delivered": (authorise, enqueue, send, deliver),
        "returned_by_post": (authorise, enqueue, send, come_back),
        "copy_failed": (authorise, enqueue, send, copy_comes_back),
        "withdrawn": (withdraw,),
    }
)
