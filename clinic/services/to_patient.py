"""Letters to the patient herself: what can be written to her now, and one begun, made anew, and kept as it was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select

from clinic.domain.calendar import add_working_days
from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import PatientStatus
from clinic.letters.render import TO_PATIENT as LOOK
from clinic.letters.text import text_of
from clinic.letters.to_patient import KINDS, Kind, document, lacking
from clinic.security.audit import Action
from clinic.security.permissions import May, allows
from clinic.services import letter_ends, letter_states, letters, letters_held
from clinic.services.facts import lock_patient, need_reason
from clinic.services.letter_facts import source_of
from clinic.services.letter_moves import INVITES
from clinic.services.letter_states import find, stays_on_the_printer
from clinic.services.patient_letter_facts import facts_of, outdated, tells, told
from clinic.services.work import Work
from clinic.store import print_runs
from clinic.store.base import Json
from clinic.store.letters import TO_PATIENT, Letter
from clinic.store.patient_letters import PatientLetter
from clinic.store.patients import Patient

CLINICAL = {"result": May.RECORD_RESULT, "treatment": May.WRITE_LETTER}  # the others ask for planning alone


class Written(NamedTuple):
    """A letter to a patient as it would be made now, and what keeps it from being made."""

    kind: Kind
    facts: Json
    text: str
    lacking: list[str]
    tells: bool

    @property
    def invites(self) -> bool:
        """It tells nothing clinical, so it is ready once it is made; every other is authorised first."""
        return f"{TO_PATIENT}{self.kind.code}" in INVITES


def may(kind: str) -> May:
    """What writing such a letter asks for."""
    return CLINICAL.get(kind, May.PLAN_APPOINTMENT)


def of_patient(work: Work, patient_id: int) -> Sequence[PatientLetter]:
    """The letters that were made and printed for her in one act, newest first."""
    work.needs(May.READ_PATIENT)
    query = select(PatientLetter).where(PatientLetter.patient_id == patient_id)
    return work.session.scalars(query.order_by(PatientLetter.id.desc())).all()


def offered(work: Work, patient: Patient) -> list[Kind]:
    """The letters that this person may write to her, and for which there is something to tell."""
    if patient.status != PatientStatus.ACTIVE:
        return []
    source = source_of(work, patient.id)
    mine = [kind for kind in KINDS.values() if allows(work.actor.role, may(kind.code))]
    return [kind for kind in mine if kind.tells(facts_of(work, source, kind.code))]


def holds(work: Work, patient_id: int) -> list[Letter]:
    """The letters with a result that she has at home and that the record no longer says."""
    work.needs(May.READ_PATIENT)
    held = letters_held.results(work, patient_id)
    source = source_of(work, patient_id) if held else None
    return [one.letter for one in held if source is not None and outdated(work, source, one)]


def went_before(work: Work, patient_id: int, kind: str) -> Letter | None:
    """The last letter of this kind that left to her."""
    work.needs(may(kind))
    return next(iter(letters_held.of_kind(work, patient_id, kind)), None)


def write(work: Work, patient_id: int, kind: str) -> Written:
    """The letter as it would be made now."""
    work.needs(may(kind))
    return written(work, patient_id, kind)


def written(work: Work, patient_id: int, kind: str) -> Written:
    """The same for who makes it anew."""
    source = source_of(work, patient_id)
    facts = facts_of(work, source, kind)
    something = tells(source, facts)
    return Written(KINDS[kind], facts, text_of(document(facts)) if something else "", lacking(facts), something)


def make(work: Work, patient_id: int, kind: str) -> int:
    """Begin a letter and say its number: an invitation or reminder is frozen at once, the others wait to be authorised.

    One that says the same and has not left is that letter, so pressed twice it is one; one that says something else
    is withdrawn. RuleBroken when nothing of the kind can be told now, or her address or the clinic's number is not
    known.
    """
    work.needs(may(kind))
    patient = lock_patient(work, patient_id)
    letter = begun(work, patient, kind)
    work.commit()
    return letter.id


def begun(work: Work, patient: Patient, kind: str) -> Letter:
    """The letter, within a unit of work that holds the patient."""
    found = written(work, patient.id, kind)
    if not found.tells:
        raise RuleBroken("kind", "to_patient_nothing")
    if found.lacking:
        raise RuleBroken("kind", f"to_patient_{found.lacking[0]}")
    for letter in (one for one in letters.live_to_her(work, patient) if one.to_patient == kind):
        if letter.state in letters.OPEN or (told(letter.facts) == told(found.facts) and not_overtaken(work, letter)):
            return letter
        letter_ends.take_out(work, letter)
    letter = blank(work, patient, found)
    work.session.add(letter)
    work.session.flush()
    work.note(Action.LETTER_TO_PATIENT, patient.id, f"letter:{letter.id}", {"kind": kind})
    if found.invites:
        letter_states.freeze(work, letter, found.facts)
    return letter


def not_overtaken(work: Work, letter: Letter) -> bool:
    """Whether nothing overtook it while it lay on the printer: such a letter ends when it was not printed."""
    lies = print_runs.lying(work.session, letter.id)
    return lies is None or lies.overtaken_at is None


def blank(work: Work, patient: Patient, found: Written) -> Letter:
    """The draft of a letter to her, due as soon as one to the GP."""
    due_on = add_working_days(work.today, work.protocol.letter_days, work.protocol.extra_holidays)
    return Letter(
        patient_id=patient.id, kind=f"{TO_PATIENT}{found.kind.code}", state="draft", due_on=due_on, template=LOOK,
        facts=found.facts, text=found.text, drafted_at=work.now, drafted_by=work.actor.id,
    )  # fmt: skip


def redraft(work: Work, letter_id: int, version: int, reason: str) -> Letter | None:
    """Withdraw a frozen letter, to the GP or to the patient, and make it anew; None when nothing is left to tell her.

    RuleBroken when the new one lacks an address or the clinic's number.
    """
    work.needs(May.SEND_LETTER)
    letter = find(work, letter_id, version)
    if not letter.hers:
        return work.session.get_one(Letter, letter_states.redraft(work, letter_id, version, reason))
    need_reason(reason)
    stays_on_the_printer(work, letter)
    if letter.state != "withdrawn":
        letter_ends.withdraw(work, letter, reason.strip())
    patient = work.session.get_one(Patient, letter.patient_id)
    new = begun(work, patient, letter.to_patient) if written(work, patient.id, letter.to_patient).tells else None
    work.commit()
    return new


def opened(work: Work, patient_id: int, letter_id: int) -> PatientLetter:
    """A letter that was made and printed in one act, noted as opened; LookupError when she has no such letter."""
    work.needs(May.READ_PATIENT)
    row = work.session.get(PatientLetter, letter_id)
    if row is None or row.patient_id != patient_id:
        raise LookupError(letter_id)
    work.note(Action.LETTER_OPENED, patient_id, f"patient_letter:{row.id}")
    return row
