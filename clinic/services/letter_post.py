"""A letter made ready for its channel: its envelope, the names as a message has them, and its name in the outbox."""

from __future__ import annotations

from pathlib import Path

from clinic.interop.medspe import Person
from clinic.letters import channels
from clinic.letters.addressed import document
from clinic.letters.channels import Post
from clinic.letters.outbox import hand_over, has_left
from clinic.letters.text import conclusion
from clinic.services import settings
from clinic.services.work import Work, local_time
from clinic.store import restores
from clinic.store.base import Json
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.practices import Gp

CALLED = {
    "control": "uitnodiging controle", "dxa": "uitnodiging DXA", "missed": "herinnering", "result": "uitslag DXA",
    "treatment": "behandelblad",
}  # fmt: skip
"""What the hospital's record calls each letter to a patient: not a screen's words, so in Dutch alone."""
SEX = {"female": "V", "male": "M"}
ABOUT = ("number", "bsn", "street", "house_number", "postcode", "town")
CLINIC = ("hospital", "department", "email", "mailbox")


def key_of(letter: Letter) -> str:
    """Its name in the outbox; a letter that came back leaves under another."""
    name = letter.reference or str(letter.id)
    return f"{name}-{letter.came_back + 1}" if letter.came_back else name


def handed_over(letter: Letter, outbox: Path) -> bool:
    """Whether the outbox let a letter go, under the name that it has now."""
    return has_left(outbox, letter.channel or "", key_of(letter))


def gone(letter: Letter, outbox: Path) -> bool:
    """Whether a letter in the queue can no longer be held back.

    On paper it cannot: whoever queued it said that it was printed and sent.
    """
    return letter.channel == "post" or handed_over(letter, outbox)


def reference_for(work: Work, letter: Letter) -> str:
    """A name that no letter had before: after a restore keys are given out again, numbers of letters are not."""
    return f"B{work.today:%Y}-{restores.letters_used(work.session) + letter.id:06d}"


def number_of(letter: Letter) -> str:
    """The number in its reference, which is the control number of its message."""
    return str(number_in(letter.reference or str(letter.id)))


def number_in(reference: str) -> int:
    """The number that a reference ends with; 0 when it ends with none."""
    tail = reference.rpartition("-")[2]
    return int(tail) if tail.isdecimal() else 0


def post_of(work: Work, letter: Letter, page: bytes) -> Post:
    """The letter itself as it leaves."""
    control = f"{number_of(letter)}R{letter.came_back}" if letter.came_back else number_of(letter)
    return with_people(work, letter, key_of(letter), control, letter.text or "", page, letter.envelope or {})


def with_people(work: Work, letter: Letter, key: str, control: str, text: str, page: bytes, envelope: Json) -> Post:
    """A letter or a copy with who is who; its moment is the envelope's, so that a second try is the same."""
    clinic = settings.current(work.session)
    patient = work.session.get_one(Patient, letter.patient_id)
    gp = work.session.get(Gp, envelope.get("gp_id") or 0)
    doctor = letter.facts["people"]["responsible"] if "people" in letter.facts and not letter.hers else None
    about = {name: getattr(patient, name) for name in ABOUT}
    return Post(
        key=key, control=control, reference=letter.reference or str(letter.id), text=text, page=page,
        envelope=envelope, clinic={name: getattr(clinic, name) for name in CLINIC}, gp=gp_name(gp, envelope),
        patient=patient_name(patient), about=about | {"sex": SEX.get(patient.sex, ""), "born": patient.birth_date},
        doctor=doctor["name"] if doctor else "", at=local_time(letter.queued_at or work.now),
        conclusion=concluded(letter, envelope), copies=[copy["name"] for copy in letter.facts.get("copies", ())],
    )  # fmt: skip


def concluded(letter: Letter, envelope: Json) -> list[str]:
    """The lines for the rubric of an EDIFACT message that is kept for the conclusion; no other channel has one."""
    return conclusion(document(letter.facts)) if envelope.get("channel") == "edifact" else []


def gp_name(gp: Gp | None, envelope: Json) -> Person:
    """The recipient's name in parts, as the register has it; else as the envelope does."""
    if gp is None:
        return Person(own=envelope.get("name") or "")
    return Person(own=gp.family_name, own_prefix=gp.prefix or "", initials=gp.initials or "")


def patient_name(patient: Patient) -> Person:
    """The patient's name in parts."""
    return Person(
        patient.partner_name or "", patient.partner_prefix or "", patient.own_name, patient.own_prefix or "",
        patient.first_name or "", patient.initials or "",
    )  # fmt: skip


def called(letter: Letter) -> str:
    """What the index of the hospital's record calls it."""
    return CALLED[letter.to_patient] if letter.hers else "huisartsbrief"


def leave(work: Work, letter: Letter, page: bytes, outbox: Path) -> None:
    """The letter goes by its channel, on paper by hand, and into the hospital's record; each of them once."""
    post = post_of(work, letter, page)
    if letter.channel is not None and letter.channel in channels.CHANNELS:
        hand_over(outbox, letter.channel, post.key, channels.files_of(letter.channel, post))
    hand_over(outbox, channels.RECORD, post.reference, channels.as_document(post, called(letter)))
