"""A value that a signed decision rested on was corrected: the decision goes back to its doctor."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select, update

from clinic.domain import record as domain
from clinic.domain import review as weighed
from clinic.domain.errors import RuleBroken
from clinic.domain.facts import Facts
from clinic.domain.grounds import values as measured
from clinic.domain.protocol import Protocol
from clinic.domain.vocabulary import CriterionCode, ReviewOutcome
from clinic.letters.text import sha256
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import in_force
from clinic.services.absences import queue
from clinic.services.facts import lock_patient
from clinic.services.work import Stale, Work
from clinic.store import decision_changes as store
from clinic.store.base import Json
from clinic.store.decision_changes import DecisionChange
from clinic.store.reviews import Review
from clinic.store.treatments import Course


def without(work: Work, record: domain.Record, review: Review) -> Facts:
    """What is known of the day of a decision, but for the decision itself and what was done by it that day."""
    told = domain.Review(review.on_date, ReviewOutcome(review.outcome), review.until_on, review.effective_on)
    others = list(record.reviews)
    if told in others:
        others.remove(told)
    course = work.session.get(Course, review.course_id) if review.course_id is not None else None
    courses = undone(record.courses, course, review)
    return Facts(replace(record, courses=courses, reviews=tuple(others)), review.on_date)


def undone(courses: Sequence[domain.Course], course: Course | None, review: Review) -> tuple[domain.Course, ...]:
    """The courses as they were at a decision: the one it was about, if any, ran, and none had begun that day."""
    on, about = review.on_date, (course.drug, course.started_on) if course is not None else None
    return tuple(
        replace(one, stopped_on=None, stop_reason=None) if mine and one.stopped_on == on else one
        for one in courses
        if (mine := (one.drug, one.started_on) == about) or one.started_on != on
    )


ASKED = "complaints_asked"
"""Signed when a no on thigh or jaw complaints took that they were asked about. Before that whoever was seen at all had
it, and whoever was referred: that it is answered otherwise since is no fact that changed."""
Ground = tuple[bool | None, str | None]
"""The answer to a criterion and the value it was given on; what is no criterion has a value alone."""


def grounds(facts: Facts, protocol: Protocol) -> dict[str, Ground]:
    """What a decision rests on, as far as the rules know it."""
    return of_criteria(facts, protocol) | {code: (None, one) for code, one in measured(facts, protocol).items()}


def of_criteria(facts: Facts, protocol: Protocol) -> dict[str, Ground]:
    """Each criterion with its answer and value."""
    return {
        str(one.code): (one.met, None if one.fact is None else str(one.fact))
        for one in weighed.from_facts(facts, protocol)
    }


def kept(facts: Facts, protocol: Protocol) -> Json:
    """What of the grounds is kept with a decision: the answers of the criteria, and every value."""
    found = of_criteria(facts, protocol)
    return {
        "criteria": {code: met for code, (met, _value) in found.items()},
        "values": {code: value for code, (_met, value) in found.items()} | measured(facts, protocol),
        ASKED: True,
    }


def changed(answers: Json, values: Json, now: Mapping[str, Ground]) -> Json:
    """Answer then and now, value then and now, of each ground that became another; only what was kept is compared."""
    found: Json = {}
    for code, (met, value) in now.items():
        other_answer = code in answers and answers[code] != met
        if other_answer or (code in values and values[code] != value):
            found[code] = [answers.get(code), met, values.get(code), value]
    return found


def look(work: Work, patient_id: int, record: domain.Record) -> None:
    """After a correction: is what the decision rested on still what was signed? The caller commits."""
    query = select(Review).where(Review.patient_id == patient_id, Review.stands.is_(True))
    review = work.session.scalar(query.order_by(Review.on_date.desc(), Review.id.desc()).limit(1))
    if review is None or "criteria" not in review.seen:
        return
    now = grounds(without(work, record, review), signed_under(work, review))
    if not review.seen.get(ASKED):
        del now[CriterionCode.AFP_OR_ONJ]
    what = changed(review.seen["criteria"], review.seen.get("values", {}), now)
    last, answered = asked_before(work, review)
    asks = bool(what) and what != answered
    if last is not None and not asks:  # it was put right again, or is what the doctor let stand
        work.session.delete(last)
    elif last is not None:
        last.what = what
    elif asks:
        new = DecisionChange(patient_id=patient_id, review_id=review.id, found_at=work.now, found_by=work.actor.id)
        new.what = what
        work.session.add(new)


def asked_before(work: Work, review: Review) -> tuple[DecisionChange | None, Json | None]:
    """What is open about a decision, and of what its doctor said last that it stands all the same.

    What a newer decision answered has no reason: when that one is undone, it is asked again.
    """
    query = select(DecisionChange).where(DecisionChange.review_id == review.id).order_by(DecisionChange.id.desc())
    rows = work.session.scalars(query.limit(2)).all()
    settled = next((row for row in rows if row.settled_at is not None), None)
    found = next((row for row in rows if row.settled_at is None), None)
    return found, settled.what if settled is not None and settled.reason is not None else None


def signed_under(work: Work, review: Review) -> Protocol:
    """The version by which a decision was signed: that another is in force since is no fact that changed."""
    return in_force.named(work.session, review.seen.get("protocol"))


def decided_anew(work: Work, patient_id: int, old: Review | None) -> None:
    """A newer decision answers what was open about the ones before; the caller commits.

    A correction answers what was open about the decision it stands for, and of no other.
    """
    table = DecisionChange
    which = table.patient_id == patient_id if old is None else table.review_id == old.id
    open_ones = (which, table.settled_at.is_(None))
    work.session.execute(update(table).where(*open_ones).values(settled_at=work.now, settled_by=work.actor.id))


def waiting(work: Work) -> Sequence[Any]:
    """What waits for the doctor who asks, or whose place she takes: change, decision, patient; listed in the log."""
    work.needs(May.SIGN_REVIEW)
    rows = work.session.execute(store.waiting(queue(work).elsewhere)).all()
    if rows:
        work.note(Action.PATIENT_LISTED, subject="list:decisions_changed", shown=[row.Patient.id for row in rows])
    return rows


def count(work: Work) -> int:
    """How many wait for the doctor who asks."""
    return store.count(work.session, queue(work).elsewhere)


def digest(what: Json) -> str:
    """What was on the screen, in short: a doctor settles the difference that she saw and no other."""
    return sha256(json.dumps(what, sort_keys=True))


def stands(work: Work, patient_id: int, change_id: int, reason: str, seen: str) -> None:
    """The doctor looked at what changed, of which `seen` is the digest: the decision stands, because.

    Raises LookupError for another patient's change, RuleBroken without a reason, Stale when it is another difference
    by now; said twice is once.
    """
    work.needs(May.SIGN_REVIEW)
    lock_patient(work, patient_id)
    row = work.session.get(DecisionChange, change_id)
    if row is None or row.patient_id != patient_id:
        raise LookupError(change_id)
    if row.settled_at is not None:
        return
    if not reason.strip():
        raise RuleBroken("reason", "reason_missing")
    if digest(row.what) != seen:
        raise Stale(change_id)
    row.settled_at, row.settled_by, row.reason = work.now, work.actor.id, reason.strip()
    work.note(Action.DECISION_STANDS, patient_id, f"review:{row.review_id}")
    work.commit()
