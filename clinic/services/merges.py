"""Two numbers that are one woman: everything of one comes to hang on the other, and what came along is written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import insert, select, update

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import PatientStatus, RequestState, StartPrecision
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import items
from clinic.services.facts import need_reason
from clinic.services.merge_person import copy_calling, hand_bsn, take
from clinic.services.patients import check_born
from clinic.services.treatments import courses_of
from clinic.services.work import Stale, Work
from clinic.store.controls import ControlDraft
from clinic.store.copies import LetterCopy, standing
from clinic.store.form_drafts import FormDraft
from clinic.store.letters import OUT, Letter, LetterSubject
from clinic.store.merges import MOVES, Key, Merge, MergeRow, open_merge, rows_of
from clinic.store.patients import Patient
from clinic.store.reported_deaths import OPEN_DEATHS, ReportedDeath
from clinic.store.review_drafts import ReviewDraft
from clinic.store.rights import RightsRequest
from clinic.store.treatments import Course, CourseStop
from clinic.store.users import User

LEFT = (*OUT, "withdrawn")
"""The states in which a letter is nobody's work any more."""


@dataclass(frozen=True, slots=True)
class MergePatients:
    """Which number stays, which is merged into it; `birth_date` is typed, `seen` is what the page showed."""

    kept_id: int
    losing_id: int
    seen: str
    birth_date: date | None
    reason: str
    birth_precision: StartPrecision = StartPrecision.DAY


def merge(work: Work, command: MergePatients) -> Merge:
    """Let everything of one number hang on the other; done before between these two, nothing happens twice.

    Raises LookupError when a number is not there, RuleBroken when the two cannot be one, Stale when one changed.
    """
    work.needs(May.MERGE_PATIENTS)
    kept, losing = held(work, command.kept_id, command.losing_id)
    done = open_merge(work.session, losing.id)
    if done is not None and done.kept_id == kept.id:
        return done
    if broken := problems(work, kept, losing):
        raise broken[0]
    if command.seen != seen(kept, losing):
        raise Stale
    check_born(kept, command.birth_date, command.birth_precision)
    need_reason(command.reason)
    found = Merge(kept_id=kept.id, losing_id=losing.id, at=work.now, by=work.actor.id, reason=command.reason.strip(),
                  bsn_moved=losing.bsn is not None and kept.bsn is None, taken={})  # fmt: skip
    work.session.add(found)
    work.session.flush()
    bring(work, found)
    if found.bsn_moved:
        hand_bsn(work, losing, kept, found.reason)
    found.taken = take(work, kept, losing, found.reason)
    copy_calling(work, losing, kept)
    losing.merged_into_id = kept.id
    follow(work, kept, losing)
    for patient in (kept, losing):
        work.note(Action.PATIENTS_MERGED, patient.id, f"merge:{found.id}")
    work.commit()
    return found


def follow(work: Work, *patients: Patient) -> None:
    """Let what is derived from the rows follow them."""
    for patient in patients:
        patient.has_copies = bool(standing(work.session, patient.id))
    items.refresh_all(work, patients)


def held(work: Work, *ids: int) -> list[Patient]:
    """These patients in this order, held until the commit; always locked in one order, so that nobody waits for ever.

    Raises LookupError when one is not there.
    """
    query = select(Patient).where(Patient.id.in_(ids)).order_by(Patient.id).with_for_update(of=Patient)
    found = {patient.id: patient for patient in work.session.scalars(query.execution_options(populate_existing=True))}
    if set(found) != set(ids):
        raise LookupError(ids)
    return [found[patient_id] for patient_id in ids]


def seen(*patients: Patient) -> str:
    """Two patients as a page showed them: each fact and each change of their data makes another version."""
    return "-".join(str(patient.version) for patient in patients)


def problems(work: Work, kept: Patient, losing: Patient) -> list[RuleBroken]:
    """Why these numbers cannot be merged now, each with what to put right first; empty when they can."""
    if kept.id == losing.id:
        return [RuleBroken("number", "merge_itself")]
    if merged := next((patient for patient in (losing, kept) if patient.merged_into_id is not None), None):
        return [RuleBroken("number", "merged_already", number=merged.number)]
    return [*differ(kept, losing), *statuses(kept, losing), *overlapping(work, kept, losing),
            *twice_copied(work, kept, losing),
            *(problem for patient in (kept, losing) for problem in unfinished(work, patient))]  # fmt: skip


def differ(kept: Patient, losing: Patient) -> list[RuleBroken]:
    """What one woman has one of."""
    found = []
    if kept.birth_date != losing.birth_date:
        found.append(RuleBroken("birth_date", "merge_birth_dates"))
    if kept.sex != losing.sex:
        found.append(RuleBroken("number", "merge_sexes"))
    if kept.bsn and losing.bsn and kept.bsn != losing.bsn:
        found.append(RuleBroken("number", "merge_bsns"))
    return found


def statuses(kept: Patient, losing: Patient) -> list[RuleBroken]:
    """Nobody who is followed may fall off the lists by a merge, and a death is known at both numbers."""
    dead = [patient.status == PatientStatus.DECEASED for patient in (kept, losing)]
    if any(dead) and not all(dead):
        return [RuleBroken("number", "merge_one_deceased")]
    if kept.status != PatientStatus.ACTIVE and losing.status == PatientStatus.ACTIVE:
        return [RuleBroken("number", "merge_kept_left", number=kept.number)]
    return []


def overlapping(work: Work, kept: Patient, losing: Patient) -> list[RuleBroken]:
    """Courses of one woman do not overlap (C1): the first pair that does."""
    stops = select(CourseStop).where(CourseStop.patient_id.in_((kept.id, losing.id)), CourseStop.stands.is_(True))
    ends = {stop.course_id: stop.stopped_on for stop in work.session.scalars(stops)}

    def until(course: Course) -> date:
        return ends.get(course.id, date.max)

    for one in courses_of(work, kept.id):
        for other in courses_of(work, losing.id):
            if one.started_on < until(other) and other.started_on < until(one):
                days = {"one": f"{one.started_on:%d-%m-%Y}", "other": f"{other.started_on:%d-%m-%Y}"}
                return [RuleBroken("number", "merge_courses", **days)]
    return []


def twice_copied(work: Work, kept: Patient, losing: Patient) -> list[RuleBroken]:
    """Nobody receives two copies of one letter."""
    there, other = (
        {row.StandingCopy.gp_id for row in standing(work.session, patient.id)} for patient in (kept, losing)
    )
    return [RuleBroken("number", "merge_copies")] if there & other else []


def unfinished(work: Work, patient: Patient) -> list[RuleBroken]:
    """What somebody has in hand of this number: a letter that did not leave, a draft, a call, a death, a request."""
    # only who typed it finishes it or throws it away: nobody waits for whose account is closed; but an alarm symptom
    # would stand at a number that is used no more, so a colleague takes that contact over first
    at_work, alarms = User.active.is_(True), FormDraft.alarm_at.is_not(None)
    theirs = {
        "merge_review_draft": select(User.name).join(ReviewDraft).where(ReviewDraft.patient_id == patient.id, at_work),
        "merge_form": select(User.name)
        .join(FormDraft)
        .where(FormDraft.patient_id == patient.id, FormDraft.form.in_(("contact", "statement")), at_work | alarms),
    }
    waits = {
        "merge_letter": select(Letter.id).where(Letter.patient_id == patient.id, Letter.state.not_in(LEFT)),
        "merge_draft": select(ControlDraft.id).where(
            ControlDraft.patient_id == patient.id, ControlDraft.taken_at.is_(None)
        ),
        **{code: query.order_by(User.name) for code, query in theirs.items()},
        "merge_death": select(ReportedDeath.id).where(ReportedDeath.patient_id == patient.id, OPEN_DEATHS),
        "merge_request": select(RightsRequest.id).where(
            RightsRequest.patient_id == patient.id, RightsRequest.state == RequestState.OPEN.value
        ),
    }
    found = {code: work.session.scalar(query.limit(1)) for code, query in waits.items()}
    return [
        RuleBroken("number", code, number=patient.number, **({"name": first} if code in theirs else {}))
        for code, first in found.items() if first is not None
    ]  # fmt: skip


def bring(work: Work, found: Merge) -> None:
    """Hang every row on the number that stays, and write down which came along and which were there."""
    rows = rows_of(work.session, [found.kept_id, found.losing_id])
    before = work.session.scalars(select(Patient.id).where(Patient.merged_into_id == found.losing_id)).all()
    moved = [*(row.key for row in rows if row.patient_id == found.losing_id), *(("patients", one) for one in before)]
    there = [row.key for row in rows if row.patient_id == found.kept_id]
    written = [
        {"merge_id": found.id, "kind": kind, "row_id": row_id, "moved": came}
        for came, keys in ((True, moved), (False, there)) for kind, row_id in keys
    ]  # fmt: skip
    if written:
        work.session.execute(insert(MergeRow), written)
    hang(work, moved, found.kept_id)


def hang(work: Work, keys: Sequence[Key], patient_id: int) -> None:
    """Let these rows be about this patient; what the session holds of them is read anew."""
    work.session.flush()
    for table in MOVES:
        ids = [row_id for kind, row_id in keys if kind == table.__tablename__]
        rehang(work, table, table.id.in_(ids), {"patient_id": patient_id})
        for part in (LetterSubject, LetterCopy) if table is Letter else ():
            rehang(work, part, part.letter_id.in_(ids), {"patient_id": patient_id})
    numbers = [row_id for kind, row_id in keys if kind == "patients"]
    rehang(work, Patient, Patient.id.in_(numbers), {"merged_into_id": patient_id})
    work.session.expire_all()


def rehang(work: Work, table: type[Any], which: Any, values: dict[str, Any]) -> None:
    """Write past the session; a page that showed the old version of a row notices."""
    if "version" in table.__table__.c:
        values = values | {"version": table.version + 1}
    work.session.execute(update(table).where(which).values(**values).execution_options(synchronize_session=False))
