"""What a file, or taking it back, does to the letters to the GP: what the same act by hand does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select

from clinic.domain.vocabulary import LetterAbout
from clinic.services import background_letters, course_letters
from clinic.services.import_rows import Decided, chunks
from clinic.services.letters import FROZEN
from clinic.services.work import Work
from clinic.store import letter_proof
from clinic.store.base import Fact
from clinic.store.letters import GP, Letter, LetterSubject
from clinic.store.patients import Patient
from clinic.store.treatments import Course, CourseStop


def decided(work: Work, patient_ids: Iterable[int]) -> Decided:
    """By patient the ends that a signed decision alone tells; asked before the courses change."""
    found: Decided = {}
    for chunk in chunks(sorted(patient_ids)):
        query = select(CourseStop).where(CourseStop.patient_id.in_(chunk), CourseStop.stands.is_(True))
        for ended in work.session.scalars(query.where(letter_proof.decided()).order_by(CourseStop.id)):
            found.setdefault(ended.patient_id, []).append(ended)
    return found


def follow(
    work: Work, patients: Sequence[Patient], before: Decided | None = None, ended: Iterable[CourseStop] = ()
) -> None:
    """No authorised letter says otherwise than the record by now, and the GP hears of what ended; commits nothing.

    `before` is what `decided` said when the courses stood as they did. The patients are locked.
    """
    work.session.flush()
    by_id = {patient.id: patient for patient in patients}
    now: Mapping[int, list[CourseStop]] = {} if before is None else decided(work, by_id)
    for number in sorted(by_id):
        was = (before or {}).get(number, [])
        if was != now.get(number, []):
            course_letters.follow_decisions(work, by_id[number], was)
    for number in with_frozen(work, by_id):
        course_letters.take_back_outdated(work, by_id[number])
        background_letters.take_back(work, by_id[number])
    for stop in ended:
        course_letters.tell_stop(work, by_id[stop.patient_id], stop, course_letters.begun_untold(work, stop))


def with_frozen(work: Work, patient_ids: Iterable[int]) -> list[int]:
    """Of whom an authorised letter to the GP has not left: most of a file have none."""
    found: set[int] = set()
    for chunk in chunks(sorted(patient_ids)):
        query = select(Letter.patient_id).where(Letter.patient_id.in_(chunk), Letter.kind == GP)
        found.update(work.session.scalars(query.where(Letter.state.in_(FROZEN))))
    return sorted(found)


def void(work: Work, patients: Mapping[int, Patient], fallen: Sequence[Fact]) -> None:
    """No letter that has not left tells of a start or stop that was voided."""
    starts = {fact.id: fact for fact in fallen if isinstance(fact, Course)}
    ends = {fact.id: fact for fact in fallen if isinstance(fact, CourseStop)}
    for number in told(work, LetterAbout.START, starts):
        course_letters.void_start(work, patients[starts[number].patient_id], starts[number])
    for number in told(work, LetterAbout.STOP, ends):
        course_letters.void_stop(work, patients[ends[number].patient_id], ends[number])


def told(work: Work, about: LetterAbout, fact_ids: Iterable[int]) -> list[int]:
    """The facts of which any letter tells."""
    found: set[int | None] = set()
    for chunk in chunks(sorted(fact_ids)):
        query = select(LetterSubject.fact_id).where(LetterSubject.about == about.value)
        found.update(work.session.scalars(query.where(LetterSubject.fact_id.in_(chunk))))
    return sorted(number for number in found if number is not None)
