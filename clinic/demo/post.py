"""The letters of the made-up patients, made by the services: recent ones step by step, older ones without a page."""

from __future__ import annotations

from datetime import timedelta

from clinic.demo.story import Asked, Story
from clinic.domain.calendar import add_working_days
from clinic.domain.vocabulary import LetterAbout
from clinic.letters.sentences import document
from clinic.letters.text import sha256, text_of
from clinic.security.audit import Action
from clinic.services.letter_facts import Source, facts_of, source_of
from clinic.services.letter_sending import parcel
from clinic.services.letter_states import freeze, move, signature
from clinic.services.letters import TEMPLATE, draft_for, withdraw
from clinic.services.work import Work
from clinic.store.letters import Letter, LetterSubject

RECENT = timedelta(days=60)  # of older letters the demo keeps facts, text and hash, not the page
REMARK = "Wilt u de lengte van vorig jaar erbij zetten?"
FAILURE = "De postbus van de praktijk nam het bericht niet aan."
STEPS = {
    "to_authorise": ("offer",),
    "returned": ("offer", "give_back"),
    "authorised": ("authorise",),
    "queued": ("authorise", "queue"),
    "failed": ("authorise", "queue", "fail"),
    "sent": ("authorise", "queue", "sent"),
    "withdrawn": ("withdraw",),
    "draft": (),
}


def write(story: Story) -> None:
    """Every letter the story asked for, in the order of the days."""
    story.session.flush()
    source = source_of(story.on(story.today, story.cast.nurse), story.patient.id)
    for asked in sorted(story.letters):
        old = asked.day < story.today - RECENT or story.patient.gp is None
        if asked.state == "sent" and old:
            archive(story, asked, source)
        else:
            by_steps(story, asked)


def archive(story: Story, asked: Asked, source: Source) -> None:
    """A letter that was sent long ago: its facts, text and hash."""
    work = story.on(asked.day + timedelta(days=1), story.cast.doctor)
    letter = Letter(
        patient_id=story.patient.id, kind="gp", state="draft", due_on=add_working_days(asked.day, 5),
        template=TEMPLATE, facts={}, drafted_at=work.now, drafted_by=story.cast.nurse.id,
    )  # fmt: skip
    story.session.add(letter)
    story.session.flush()
    story.session.add(
        LetterSubject(
            letter_id=letter.id, about=asked.about, about_on=asked.about_on, fact_id=asked.fact_id,
            patient_id=story.patient.id,
        )
    )  # fmt: skip
    letter.reference = f"B{asked.day:%Y}-{letter.id:06d}"
    letter.facts = facts_of(work, letter, source) | {"signed": signature(work)}
    letter.text = text_of(document(letter.facts, letter.reference, letter.facts["signed"]))
    letter.text_sha256 = sha256(letter.text)
    letter.authorised_at, letter.authorised_by = work.now, work.actor.id
    envelope = parcel(work, letter)
    letter.envelope, letter.envelope_sha256 = envelope.envelope, envelope.seal
    letter.channel = envelope.envelope.get("channel", "post")
    letter.state, letter.queued_at = "sent", work.now
    letter.sent_on, letter.sent_at = work.today, work.now


def by_steps(story: Story, asked: Asked) -> None:
    """Draft it as the fact did, and take it on to its state."""
    nurse = story.on(asked.day, story.cast.nurse)
    letter_id = draft_for(nurse, story.patient, LetterAbout(asked.about), asked.about_on, asked.fact_id)
    keep(nurse)
    for step in STEPS[asked.state] if letter_id is not None else ():
        take(story, asked, step, story.session.get_one(Letter, letter_id))


def take(story: Story, asked: Asked, step: str, letter: Letter) -> None:
    """One step, by whoever takes it, on the day it would be taken."""
    cast = story.cast
    nurse = story.on(asked.day, cast.nurse)
    doctor = story.on(asked.day + timedelta(days=1), cast.doctor)
    secretary = story.on(asked.day + timedelta(days=2), cast.secretary)
    if step == "offer":
        move(nurse, letter, "to_authorise", Action.LETTER_EDITED)
    elif step == "give_back":
        move(doctor, letter, "returned", Action.LETTER_RETURNED, remark=REMARK)
    elif step == "authorise":
        freeze(doctor, letter, facts_of(doctor, letter))
    elif step == "queue":
        going = parcel(secretary, letter)
        move(
            secretary, letter, "queued", Action.LETTER_SENT, envelope=going.envelope, envelope_sha256=going.seal,
            channel=going.envelope["channel"], queued_at=secretary.now,
        )  # fmt: skip
    elif step == "fail":
        move(secretary, letter, "failed", Action.LETTER_FAILED, failure=FAILURE)
    elif step == "sent":
        move(secretary, letter, "sent", Action.LETTER_SENT, sent_on=secretary.today, sent_at=secretary.now)
    else:
        withdraw(nurse, letter, "Dubbel opgesteld.")
    for work in (nurse, doctor, secretary):
        keep(work)


def keep(work: Work) -> None:
    """Write the log's lines with the letter, in the demo's one transaction."""
    work.session.add_all(work.entries)
    work.entries = []
