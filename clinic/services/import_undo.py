"""An import is taken back as a whole, as long as nobody built on what it wrote; every fact stays readable."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import LetterAbout
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import facts, import_letters, items
from clinic.services.import_rows import chunks
from clinic.services.work import Work
from clinic.store.appointments import Appointment
from clinic.store.base import Base, Fact
from clinic.store.controls import Agreement
from clinic.store.imports import ImportedFact
from clinic.store.letters import Letter, LetterSubject
from clinic.store.patients import Patient
from clinic.store.proposals import Proposal
from clinic.store.reviews import AlertNote, Override, Review, Waiver
from clinic.store.settings import ImportReceipt
from clinic.store.treatments import Course, CourseStop, Dose, Pause

UNDOABLE = ("courses", "history")
"""The kinds that only write facts; patients, practices and bookings are changed in place."""
TABLES: dict[str, type[Any]] = {
    str(mapper.local_table): mapper.class_ for mapper in Base.registry.mappers if issubclass(mapper.class_, Fact)
}
# what a row may hang on: table, its column, and the table that the column points into
CHILDREN: tuple[tuple[type[Any], str, str], ...] = (
    (CourseStop, "course_id", "courses"), (Pause, "course_id", "courses"), (Dose, "course_id", "courses"),
    (Review, "course_id", "courses"), (Agreement, "control_id", "controls"), (Agreement, "review_id", "reviews"),
)  # fmt: skip
ABOUT: dict[str, str] = {
    LetterAbout.CONTROL: "controls", LetterAbout.DXA: "scans", LetterAbout.REVIEW: "reviews",
    LetterAbout.START: "courses", LetterAbout.STOP: "course_stops",
}  # fmt: skip
DRAFTED = (LetterAbout.START, LetterAbout.STOP)
"""Of these an import itself drafts: a draft in which nobody wrote goes with what it tells."""
SIGNED: tuple[type[Any], ...] = (Review, Waiver, AlertNote, Override)


@dataclass(frozen=True, slots=True, order=True)
class Hanging:
    """Why an import stays: on this patient, this was built on it."""

    patient_id: int
    code: str


@dataclass(frozen=True, slots=True)
class UndoImport:
    """Which import is taken back, and why."""

    receipt_id: int
    reason: str


def undo(work: Work, command: UndoImport) -> None:
    """Void every fact of an import that still stands; taken back before, nothing is left to do.

    Raises LookupError when there is no such import, RuleBroken when it cannot be taken back.
    """
    work.needs(May.IMPORT)
    receipt = work.session.get(ImportReceipt, command.receipt_id, with_for_update=True, populate_existing=True)
    if receipt is None:
        raise LookupError(command.receipt_id)
    if receipt.undone_at is not None:
        return
    if receipt.kind not in UNDOABLE:
        raise RuleBroken("reason", "import_changes_in_place")
    written = written_by(work, receipt)
    patients = locked(work, {fact.patient_id for rows in written.values() for fact in rows})
    if hanging(work, receipt, written):
        raise RuleBroken("reason", "import_built_on")
    decided = import_letters.decided(work, [patient.id for patient in patients])
    fallen = [fact for rows in written.values() for fact in rows if fact.stands]
    for fact in fallen:
        facts.void(work, fact, command.reason)
    import_letters.void(work, {patient.id: patient for patient in patients}, fallen)
    import_letters.follow(work, patients, decided)
    receipt.undone_at, receipt.undone_by, receipt.undone_because = work.now, work.actor.id, command.reason.strip()
    for chunk in chunks(patients):
        items.refresh_all(work, chunk)
    told = f"import:{receipt.id}"
    work.note(Action.IMPORT_UNDONE, subject=told)
    for patient_id in sorted({fact.patient_id for fact in fallen}):
        work.note(Action.IMPORT_UNDONE, patient_id, told)
    work.commit()


def locked(work: Work, ids: Iterable[int]) -> list[Patient]:
    """The patients, held until the commit, always in one order so that two who hold many never wait for each other."""
    found: list[Patient] = []
    for chunk in chunks(sorted(ids)):
        query = select(Patient).where(Patient.id.in_(chunk)).order_by(Patient.id)
        found += work.session.scalars(query.with_for_update(of=Patient))
    return found


Written = dict[str, list[Any]]


def written_by(work: Work, receipt: ImportReceipt) -> Written:
    """The facts of an import, by table."""
    found: Written = defaultdict(list)
    ids: dict[str, list[int]] = defaultdict(list)
    for row in work.session.scalars(select(ImportedFact).where(ImportedFact.receipt_id == receipt.id)):
        ids[row.kind].append(row.fact_id)
    for kind, known in ids.items():
        for chunk in chunks(known):
            found[kind] += work.session.scalars(select(TABLES[kind]).where(TABLES[kind].id.in_(chunk)))
    return found


def hanging_on(work: Work, receipt: ImportReceipt, most: int) -> list[tuple[str, str]]:
    """What was built on an import that could be taken back: patient number and what, each once."""
    if receipt.kind not in UNDOABLE or receipt.undone_at is not None:
        return []
    found = hanging(work, receipt, written_by(work, receipt))[:most]
    ids = {one.patient_id for one in found}
    numbers = {row.id: row.number for row in work.session.execute(
        select(Patient.id, Patient.number).where(Patient.id.in_(ids))
    )}  # fmt: skip
    return [(numbers[one.patient_id], one.code) for one in found]


def hanging(work: Work, receipt: ImportReceipt, written: Written) -> list[Hanging]:
    """What was built on these facts, each once."""
    ids = {kind: {fact.id for fact in rows} for kind, rows in written.items()}
    patients = sorted({fact.patient_id for rows in written.values() for fact in rows})
    found = {
        Hanging(fact.patient_id, "built_corrected")
        for rows in written.values() for fact in rows if not fact.stands and fact.voided_at is None
    }  # fmt: skip
    found.update(children(work, ids), elsewhere(work, ids), signed_since(work, receipt, ids, patients))
    found.update(running_on(work, written.get("course_stops", []), ids))
    return sorted(found)


def children(work: Work, ids: dict[str, set[int]]) -> Iterator[Hanging]:
    """Facts that hang on a fact of the import and did not come with it."""
    for table, column, parent in CHILDREN:
        own = ids.get(table.__tablename__, set())
        for row in pointing(work, table, getattr(table, column), ids.get(parent, set()), table.stands.is_(True)):
            if row.id not in own:
                yield Hanging(row.patient_id, f"built_{table.__tablename__}")


def running_on(work: Work, ends: Sequence[CourseStop], ids: dict[str, set[int]]) -> Iterator[Hanging]:
    """Courses that stand beside one that would run on without its end of the import (protocol C1)."""
    gone, own = ids.get("courses", set()), {stop.id for stop in ends}
    open_again = {stop.course_id for stop in ends if stop.stands} - gone
    patients = {stop.patient_id for stop in ends if stop.course_id in open_again}
    stops = pointing(work, CourseStop, CourseStop.patient_id, patients, CourseStop.stands.is_(True))
    until = {stop.course_id: stop.stopped_on for stop in stops if stop.id not in own}
    courses: dict[int, list[Course]] = defaultdict(list)
    for course in pointing(work, Course, Course.patient_id, patients, Course.stands.is_(True)):
        courses[course.patient_id].append(course)
    for patient_id, of_her in courses.items():
        for one in of_her:
            others = (other for other in of_her if other is not one and other.id not in gone)
            if one.id in open_again and any(until.get(other.id, date.max) > one.started_on for other in others):
                yield Hanging(patient_id, "built_courses")


def elsewhere(work: Work, ids: dict[str, set[int]]) -> Iterator[Hanging]:
    """Proposals, appointments that a control settled, and letters that tell of a fact of the import."""
    courses, stops = ids.get("courses", set()), ids.get("course_stops", set())
    for row in (*pointing(work, Proposal, Proposal.course_id, courses),
                *pointing(work, Proposal, Proposal.stop_id, stops)):  # fmt: skip
        yield Hanging(row.patient_id, "built_proposals")
    for booking in pointing(work, Appointment, Appointment.control_id, ids.get("controls", set())):
        yield Hanging(booking.patient_id, "built_appointments")
    for about, kind in ABOUT.items():
        built = Letter.state != "withdrawn"
        if about in DRAFTED:
            built = and_(built, or_(Letter.state != "draft", Letter.edited_by.is_not(None)))
        lives = LetterSubject.letter_id.in_(select(Letter.id).where(built))
        rule = and_(LetterSubject.about == about, lives)
        for subject in pointing(work, LetterSubject, LetterSubject.fact_id, ids.get(kind, set()), rule):
            yield Hanging(subject.patient_id, "built_letters")


def pointing(
    work: Work, table: type[Any], column: Any, ids: set[int], rule: ColumnElement[bool] | None = None
) -> Iterator[Any]:
    """The rows of a table that point at one of these."""
    for chunk in chunks(sorted(ids)):
        query = select(table).where(column.in_(chunk))
        yield from work.session.scalars(query if rule is None else query.where(rule))


def signed_since(
    work: Work, receipt: ImportReceipt, ids: dict[str, set[int]], patients: Sequence[int]
) -> Iterator[Hanging]:
    """What a doctor signed for these patients with the imported facts before her."""
    for table in SIGNED:
        own = ids.get(table.__tablename__, set())
        since = and_(table.stands.is_(True), table.recorded_at >= receipt.at)
        for row in pointing(work, table, table.patient_id, set(patients), since):
            if row.id not in own:
                yield Hanging(row.patient_id, "built_signed")
