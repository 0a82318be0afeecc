"""What reaches outside: how the GP hears of a correction, and which letters the privacy officer looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any, cast

from sqlalchemy import select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import BreachState, LetterAbout, TellChoice
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import items, letters, letters_held
from clinic.services.letter_facts import versions
from clinic.services.work import Stale, Work, local_day
from clinic.store import corrections, print_runs
from clinic.store.base import Fact, Json
from clinic.store.controls import Control
from clinic.store.corrections import BreachTask, CorrectionNotice
from clinic.store.letters import Letter
from clinic.store.patients import Patient
from clinic.store.records import Known
from clinic.store.reviews import Review
from clinic.store.scans import Scan
from clinic.store.treatments import Course, CourseStop

WITHIN = timedelta(hours=72)  # AVG art. 33: from the moment it was known
SOON = timedelta(hours=24)
KINDS: Mapping[type[Fact], str] = MappingProxyType({
    Scan: "scan", Course: "course", CourseStop: "stop", Review: "review",
})  # fmt: skip
"""What the log calls the facts of which a letter tells besides a control."""


def tell(
    work: Work, patient: Patient, old: Control, new: Control, said: tuple[str, str], known: Known, owed: bool
) -> None:
    """The GP hears of a correction as was chosen, `said` being the choice and the reason for none. Commits nothing.

    Raises RuleBroken when a letter about the control had left and nothing was chosen.
    """
    left = letters_about(work, old)
    if not left:
        tell_now(work, patient, old, new, known)
        return
    check_told(left, said)
    choice, because = said[0], said[1].strip()
    told = None
    if choice == TellChoice.LETTER or owed:
        told = tell_now(work, patient, old, new, known)
    work.session.add(
        CorrectionNotice(
            patient_id=patient.id,
            control_id=new.id,
            letter_id=left[0].id,
            choice=choice,
            because=because if choice == TellChoice.NONE else None,
            by=work.actor.id,
            at=work.now,
            told_in=told,
        )
    )
    work.note(Action.CORRECTION_TOLD, patient.id, f"control:{new.id}", {"choice": choice})
    if told is None and new.on_date != old.on_date:
        letters.stands_for(work, left[0], LetterAbout.CONTROL, new.on_date, new.id)
        items.refresh(work, patient)


def tell_now(work: Work, patient: Patient, old: Control, new: Control, known: Known) -> int | None:
    """The letter that tells of the newer version.

    A contact in between of which none left is told in none, nor is what it was before.
    """
    told = letters.draft_for(work, patient, LetterAbout.CONTROL, new.on_date, new.id, known)
    if told is None:
        letters.withdraw_for(work, patient, LetterAbout.CONTROL, old.on_date, old.id)
    return told


def check_told(left: Sequence[Letter], said: tuple[str, str]) -> None:
    """Once a letter left, how the GP hears of the correction is chosen; not at all, with a reason."""
    choice, because = said
    if left and choice not in set(TellChoice):
        raise RuleBroken("tell", "tell_unchosen")
    if left and choice == TellChoice.NONE and not because.strip():
        raise RuleBroken("tell_because", "tell_because")


def letters_about(work: Work, row: Control | Scan) -> Sequence[Letter]:
    """The letters to the GP that left and told of this very control or DXA, in any version, the last one first."""
    about = LetterAbout.CONTROL if isinstance(row, Control) else LetterAbout.DXA
    return corrections.letters_that_left(work.session, row.patient_id, about, versions(work, about, row.id))


def still_owed(work: Work, control_id: int | None) -> bool:
    """Whether a letter that is still here tells the GP of the version before: it must not leave as it was.

    Asked before the correction is kept, which withdraws that letter when it moves the day. What lies on the printer or
    in the queue may have left; whether it did is known later (`overtaken`).
    """
    told = [] if control_id is None else letters.telling(work, LetterAbout.CONTROL, control_id)
    here = (letter.id for letter in told if letter.state in (*letters.OPEN, *letters.UNSENT))
    return any(print_runs.lying(work.session, letter_id) is None for letter_id in here)


def possible_breach(work: Work, control: Control) -> None:
    """A voided control of which a letter had left asks for the privacy officer; once a letter. Commits nothing."""
    for letter in letters_about(work, control):
        look_at(work, control, letter)


def look_at(work: Work, control: Control, letter: Letter) -> None:
    """A task for the privacy officer about one letter, once; it left before the void, or although it was voided."""
    if corrections.task_of(work.session, control.id, letter.id) is None:
        ask(work, letter, control.void_reason or "", control.voided_by, {"control": control.id})


def scan_breach(work: Work, scan: Scan) -> None:
    """The same of a voided DXA: of letters to the GP, and to the patient herself with its result."""
    if scan.made_on is None:
        return
    fact_breach(work, scan, LetterAbout.DXA)
    for letter in corrections.results_that_left(work.session, scan.patient_id, scan.made_on):
        if letters_held.tells_of(work, letter, scan):
            look_at_fact(work, scan, letter)


def fact_breach(work: Work, fact: Fact, about: LetterAbout) -> None:
    """The same of a voided start, stop, decision or DXA: of letters that told of it in any version."""
    ids = versions(work, about, fact.id)
    for letter in corrections.letters_that_left(work.session, fact.patient_id, about, ids):
        look_at_fact(work, fact, letter)


def look_at_fact(work: Work, fact: Fact, letter: Letter) -> None:
    """A task about one letter that told of such a fact, once: it left before the void, or although it was voided."""
    reason = fact.void_reason or ""
    if not corrections.asked_before(work.session, letter.id, fact.voided_by, reason):
        ask(work, letter, reason, fact.voided_by, {KINDS[type(fact)]: fact.id})


def read_by_another(work: Work, letter: Letter, reason: str) -> None:
    """A letter that somebody else read, or may have: whatever it tells, it is a patient's. Commits nothing."""
    ask(work, letter, reason.strip(), work.actor.id, {"read_by_another": True})


def ask(work: Work, letter: Letter, reason: str, by: int | None, how: Json) -> None:
    """A task for the privacy officer; of a voided control it says which."""
    task = BreachTask(
        patient_id=letter.patient_id, control_id=how.get("control"), letter_id=letter.id, found_at=work.now,
        found_by=by, reason=reason, state=BreachState.OPEN.value,
    )  # fmt: skip
    work.session.add(task)
    work.note(Action.BREACH_FOUND, letter.patient_id, f"letter:{letter.id}", how)


def left_on(task: Any) -> date | None:
    """The day on which the letter of a task left; of one that came back it stands in its envelope alone."""
    if task.sent_on is not None or task.queued_at is None:
        return cast("date | None", task.sent_on)
    return local_day(task.queued_at)


def hours_left(found_at: datetime, now: datetime) -> int:
    """Whole hours until 72 hours have passed; negative when they have."""
    return int((found_at + WITHIN - now) // timedelta(hours=1))


def settle(work: Work, task_id: int, state: BreachState, remark: str) -> None:
    """The privacy officer's answer; said twice it is one. Raises Stale when somebody answered otherwise."""
    work.needs(May.READ_LOG)
    task = work.session.get(BreachTask, task_id, with_for_update=True)
    if task is None:
        raise LookupError(task_id)
    if (task.state, task.remark) == (state.value, remark.strip()):
        return
    if task.state != BreachState.OPEN:
        raise Stale(task.id)
    if state is BreachState.OPEN:
        raise RuleBroken("state", "breach_unchosen")
    if not remark.strip():
        raise RuleBroken("remark", "breach_remark")
    task.state, task.remark, task.settled_at, task.settled_by = state.value, remark.strip(), work.now, work.actor.id
    work.note(Action.BREACH_SETTLED, task.patient_id, f"breach:{task.id}", {"state": state.value})
    work.commit()


def open_tasks(work: Work, only_open: bool = True) -> list[Any]:
    """What the privacy officer has to look at, or every task there was; whose they are is written down as shown."""
    work.needs(May.READ_LOG)
    found = list(corrections.tasks(work.session, only_open))
    if found:
        shown = sorted({row.BreachTask.patient_id for row in found})
        work.note(Action.PATIENT_LISTED, subject="list:breaches", shown=shown)
    return found


def told_of(work: Work, control_id: int) -> tuple[CorrectionNotice, Letter] | None:
    """What was chosen when this version of a control came, with the letter that had left."""
    notice = corrections.notice_of(work.session, control_id)
    if notice is None:
        return None
    return notice, work.session.scalars(select(Letter).where(Letter.id == notice.letter_id)).one()
