"""A letter by its reader: its facts as the record stands now, what keeps it here, and the envelope it would get."""

from __future__ import annotations

from clinic.domain.vocabulary import PatientStatus
from clinic.letters.to_patient import lacking
from clinic.services import letter_facts, patient_letter_facts
from clinic.services.letter_facts import mailed_to, recipient, source_of
from clinic.services.patient_letter_facts import tells, told
from clinic.services.work import Work
from clinic.store.base import Json
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.users import User

ENVELOPE = ("gp_id", "name", "practice", "lines", "channel")


def facts_of(work: Work, letter: Letter) -> Json:
    """The facts of a letter as the record stands now; one to a patient whose fact fell says that there is none."""
    if not letter.hers:
        return letter_facts.facts_of(work, letter)
    source = source_of(work, letter.patient_id)
    wrote = work.session.get_one(User, letter.drafted_by)
    contact = {"name": wrote.name, "function": wrote.function}
    now = patient_letter_facts.facts_of(work, source, letter.to_patient, contact)
    return now if tells(source, now) else letter.facts | {"untold": [letter.to_patient]}


def problem(work: Work, letter: Letter, patient: Patient, now: Json | None = None) -> str | None:
    """Why a letter cannot leave; None when it can.

    What tells a patient something else than is recorded stays here, and to a GP what names the patient otherwise.
    """
    if not letter.hers:
        stopped = letter_facts.problem(patient.gp, work.today)
        return stopped or ("letter_record_changed" if letter_facts.is_of_another(letter, patient) else None)
    if patient.status != PatientStatus.ACTIVE:
        return "to_patient_left"
    now = now or facts_of(work, letter)
    for code in lacking(now):
        return f"to_patient_{code}"
    return "letter_record_changed" if letter.authorised_at and told(now) != told(letter.facts) else None


def envelope(work: Work, letter: Letter, patient: Patient) -> tuple[Json, str | None]:
    """The envelope of this moment, and what keeps the letter; the frozen page must carry the same address."""
    if letter.hers:
        now = facts_of(work, letter)
        return to_her(now), problem(work, letter, patient, now)
    found = recipient(patient.gp, work.today)
    made = {name: found[name] for name in ENVELOPE} if found else {}
    made |= mailed_to(work, patient.gp) if patient.gp is not None else {}
    stopped = problem(work, letter, patient)
    if stopped is None and addressee(found) != addressee(letter.facts.get("recipient")):
        stopped = "letter_gp_changed"
    return made, stopped


def to_her(facts: Json) -> Json:
    """The envelope of a letter to the patient: the address that her page carries."""
    lines = facts["recipient"]["lines"]
    return {"name": lines[0], "practice": "", "lines": lines, "channel": "post"}


def addressee(recipient: Json | None) -> Json:
    """To whom and where a letter is; by which channel it goes is of its envelope, confirmed when it leaves."""
    return {name: value for name, value in (recipient or {}).items() if name != "channel"}
