"""A letter that told of what was corrected or voided while it lay on the printer or waited in the queue.

In the queue it is held back as long as it has not left. Nobody could hold back one that did, so what follows is what
follows a letter that had left before: the GP hears of the correction, or the privacy officer looks at it, in the
transaction in which the letter is said to have left.
"""

from __future__ import annotations

from sqlalchemy import select

from clinic.domain.vocabulary import LetterAbout, TellChoice
from clinic.security.audit import Action
from clinic.services import background_letters, corrections, course_letters, letters, letters_held, scans
from clinic.services.letter_clock import clock_of
from clinic.services.letter_facts import day_of, fact_of, is_of_another, subjects, takes_place, versions
from clinic.services.said import newest
from clinic.services.work import Work
from clinic.store import corrections as store
from clinic.store.base import Fact
from clinic.store.controls import Control
from clinic.store.corrections import CorrectionNotice
from clinic.store.letters import GP, Letter, LetterSubject
from clinic.store.patients import Patient
from clinic.store.reviews import Review
from clinic.store.scans import Scan
from clinic.store.treatments import Course, CourseStop

CAME_BACK = ("failed", "returned_by_post")
Told = Control | Scan | Review | Course | CourseStop


def follow(work: Work, letter: Letter) -> None:
    """Of each fact that a letter told when it left and that no longer stands: what is owed now. Commits nothing."""
    result = letters_held.scan_told(work, letter)  # to the patient herself
    if result is not None and not (now := newest(work, result)).stands:
        corrections.look_at_fact(work, now, letter)
    for told in subjects(work, letter.id):
        was = fact_of(work, told)
        if was is not None and not was.stands:
            owe(work, letter, was, newest(work, was))
    give_way(work, letter)
    course_letters.correct_left(work, work.session.get_one(Patient, letter.patient_id), letter)


def give_way(work: Work, left: Letter) -> None:
    """What another letter of hers is for now that one left.

    One that came back is not drafted again for what this one told: that the GP has. A draft that corrects this one,
    and could not know that it would leave, tells all else that it told.
    """
    patient = work.session.get_one(Patient, left.patient_id)
    told = subjects(work, left.id)
    for letter in letters.live_letters(work, patient) if told else ():
        its = subjects(work, letter.id)
        if letter.state in CAME_BACK:
            has = [one for one in its if any(tells_of(work, mine, one) for mine in told)]
            if has:
                letters.let_go(work, patient, letter, has)
        elif letter.state in letters.OPEN and any(takes_place(work, one, mine) for one in its for mine in told):
            letters.complete(work, patient, letter)


def tells_of(work: Work, mine: LetterSubject, other: LetterSubject) -> bool:
    """Whether it is that very fact, in the same version or a later one; not another of its kind and day."""
    return other.fact_id in versions(work, mine.about, mine.fact_id) and takes_place(work, mine, other)


def in_queue(work: Work, letter: Letter) -> bool:
    """Whether an earlier letter about the same facts waits in the queue: whether it left has to be known first."""
    told = subjects(work, letter.id)
    waiting = select(Letter).where(
        Letter.patient_id == letter.patient_id, Letter.state == "queued", Letter.kind == GP, Letter.id != letter.id
    )
    return any(
        fell(work, other) or any(takes_place(work, mine, its) for its in subjects(work, other.id) for mine in told)
        for other in work.session.scalars(waiting)
    )


def fell(work: Work, letter: Letter) -> bool:
    """Whether the GP must not have a letter any more: what it tells was corrected or voided, or her treatment was.

    Nor one that names her otherwise than the record does.
    """
    if letter.hers:
        return False
    if is_of_another(letter, work.session.get_one(Patient, letter.patient_id)):
        return True
    told = subjects(work, letter.id)
    if any(told_no_more(work, letter, one) for one in told) or course_letters.outdated(work, letter):
        return True
    return background_letters.outdated(work, letter)


def told_no_more(work: Work, letter: Letter, told: LetterSubject) -> bool:
    """The same of one fact; what changes no letter holds none back (protocol S7)."""
    if told.about in (LetterAbout.END, LetterAbout.NO_SHOW):
        patient = work.session.get_one(Patient, letter.patient_id)
        return clock_of(work, patient, LetterAbout(told.about), told.about_on, told.fact_id or 0) != told.about_on
    was = fact_of(work, told)
    if was is None or was.stands:
        return False
    now = newest(work, was)
    if isinstance(was, Course) and isinstance(now, Course) and now.stands:
        return course_letters.tells_otherwise(was, now)
    if isinstance(was, Scan) and isinstance(now, Scan) and now.stands:
        return now.received_on is None or scans.tells_otherwise(was, now)
    return True


def owe(work: Work, letter: Letter, was: Fact, now: Fact) -> None:
    """A correction letter; of what was voided a look of the privacy officer."""
    if isinstance(now, Control):
        control(work, letter, now)
    elif not now.stands:
        corrections.look_at_fact(work, now, letter)
    elif isinstance(now, Scan) and isinstance(was, Scan) and now.made_on and scans.tells_otherwise(was, now):
        draft(work, letter, LetterAbout.DXA, now)
    elif isinstance(now, Review):
        draft(work, letter, LetterAbout.REVIEW, now)
    elif isinstance(was, Course) and isinstance(now, Course) and course_letters.tells_otherwise(was, now):
        draft(work, letter, LetterAbout.START, now)
    elif isinstance(now, CourseStop):
        draft(work, letter, LetterAbout.STOP, now)


def control(work: Work, letter: Letter, now: Control) -> None:
    """Corrected: as somebody chose after an earlier letter, else by a letter. Voided: a possible breach."""
    if not now.stands:
        corrections.look_at(work, now, letter)
        return
    notice = store.notice_of(work.session, now.id)
    if notice is not None and notice.choice != TellChoice.LETTER:
        return
    told_in = draft(work, letter, LetterAbout.CONTROL, now)
    if notice is None and told_in is not None:
        notice = CorrectionNotice(
            patient_id=letter.patient_id, control_id=now.id, letter_id=letter.id, choice=TellChoice.LETTER.value,
            by=now.recorded_by, at=work.now, told_in=told_in,
        )  # fmt: skip
        work.session.add(notice)
        work.note(Action.CORRECTION_TOLD, letter.patient_id, f"control:{now.id}", {"choice": TellChoice.LETTER.value})


def draft(work: Work, letter: Letter, about: LetterAbout, now: Told) -> int | None:
    """The letter that corrects what left: it was begun with the correction, or it is begun now."""
    patient = work.session.get_one(Patient, letter.patient_id)
    on = day_of(now)
    return letters.draft_for(work, patient, about, on, now.id) if on is not None else None
