"""Which waiting letters may say otherwise by now: the log knows whose record changed after the words were made."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import CompoundSelect, Select, String, and_, cast, func, literal, select, union_all
from sqlalchemy.orm import Session

from clinic.security.audit import LOOKS, Action
from clinic.store.audit import AuditEntry
from clinic.store.base import Json
from clinic.store.controls import Agreement, Control
from clinic.store.imports import ImportedFact
from clinic.store.letters import Letter
from clinic.store.patients import Patient, PatientChange
from clinic.store.practices import Gp
from clinic.store.reviews import Review
from clinic.store.scans import Fracture, Lab, Scan, SpineImage
from clinic.store.treatments import Course, CourseStop, Dose, Pause

QUIET = LOOKS | {
    Action.LETTER_AUTHORISED, Action.LETTER_RETURNED, Action.LETTER_SENT, Action.LETTER_FAILED, Action.COPY_SENT,
    Action.COPY_FAILED, Action.CALL_SAVED, Action.CALL_CLAIMED, Action.DRAFT_SAVED, Action.DRAFT_TAKEN,
    Action.CORRECTION_TOLD, Action.BREACH_FOUND, Action.BREACH_SETTLED, Action.REVIEW_SKIPPED, Action.ALERT_NOTED,
}  # fmt: skip
"""What changes no word of any letter that waits."""
WRITTEN = (Action.LETTER_DRAFTED, Action.LETTER_EDITED, Action.LETTER_TO_PATIENT)
"""What is done to a letter itself; some of it makes its words anew from the record."""
FACTS = (Course, CourseStop, Pause, Dose, Control, Agreement, Scan, SpineImage, Fracture, Lab, Review)
"""The facts that an import writes and of which letters tell."""
ANEW = {"about", "kind", "taken_over", "without"}


def changed_since(session: Session, letter_ids: Collection[int]) -> set[int]:
    """Those of these open letters whose patient, GP or practice was changed after their words were last made.

    Three questions, however many letters. It may name one too many: whether its words changed is seen by making them.
    """
    made: dict[int, datetime] = {}
    changed: dict[int, datetime] = {}
    for line in session.execute(told(letter_ids)):
        if line.action not in WRITTEN:
            changed[line.id] = line.at
        elif line.subject == f"letter:{line.id}" and ANEW & (line.details or {}).keys():
            made[line.id] = line.at
    for row in (*session.execute(of_gps(letter_ids)), *session.execute(by_imports(letter_ids))):
        changed[row.id] = max(row.at, changed.get(row.id, row.at))
    return {letter_id for letter_id, at in changed.items() if letter_id not in made or at > made[letter_id]}


def told(letter_ids: Collection[int]) -> Select[int, datetime, str, str | None, Json | None]:
    """What the log says of their patients since each was drafted, oldest first."""
    hers = and_(AuditEntry.patient_id == Letter.patient_id, AuditEntry.at >= Letter.drafted_at)
    query = select(Letter.id, AuditEntry.at, AuditEntry.action, AuditEntry.subject, AuditEntry.details)
    query = query.join(AuditEntry, hers).where(Letter.id.in_(letter_ids), AuditEntry.action.not_in(QUIET))
    return query.order_by(AuditEntry.at, AuditEntry.id)


def by_imports(letter_ids: Collection[int]) -> CompoundSelect[Any]:
    """When an import wrote or took back a fact of each one's patient, or something was changed of her, since its draft.

    The rows say it of an import before each patient had a line of the log, and when.
    """
    facts = (imported(table) for table in FACTS)
    hers = select(Letter.id, PatientChange.at).join(PatientChange, PatientChange.patient_id == Letter.patient_id)
    since = hers.where(PatientChange.at >= Letter.drafted_at)
    return union_all(*(query.where(Letter.id.in_(letter_ids)) for query in (since, *facts)))


def imported(table: Any) -> Select[Any]:
    """The same for one kind of fact; one that is undone or voided was changed when that was done."""
    at = func.coalesce(table.voided_at, table.recorded_at)
    came = and_(ImportedFact.kind == table.__tablename__, ImportedFact.fact_id == table.id)
    query = select(Letter.id, at.label("at")).join(table, table.patient_id == Letter.patient_id)
    return query.join(ImportedFact, came).where(at >= Letter.drafted_at)


def of_gps(letter_ids: Collection[int]) -> Select[int, datetime]:
    """When the GP of each, or the practice, was last saved since it was drafted."""
    theirs = (literal("gp:") + cast(Gp.id, String), literal("practice:") + cast(Gp.practice_id, String))
    saved = and_(
        AuditEntry.action == Action.PRACTICE_SAVED, AuditEntry.at > Letter.drafted_at, AuditEntry.subject.in_(theirs)
    )
    query = select(Letter.id, func.max(AuditEntry.at).label("at")).join(Patient, Patient.id == Letter.patient_id)
    query = query.join(Gp, Gp.id == Patient.gp_id).join(AuditEntry, saved)
    return query.where(Letter.id.in_(letter_ids)).group_by(Letter.id)
