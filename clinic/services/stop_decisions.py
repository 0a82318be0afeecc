"""What was signed about the end of a course beside the end that is recorded: the two do not contradict each other."""

from __future__ import annotations

from datetime import date

from sqlalchemy import and_, or_, select

from clinic.domain.errors import RuleBroken
from clinic.domain.vocabulary import ReviewOutcome, StopKind, StopReason
from clinic.services.work import Work
from clinic.store.reviews import Review
from clinic.store.treatments import Course, CourseStop

OUTGOING = (ReviewOutcome.STOP, ReviewOutcome.SWITCH)
DECISIONS = (ReviewOutcome.CONTINUE, *OUTGOING)
COMPARED = (StopReason.PLANNED_BREAK, StopReason.OTHER)
"""The reasons that only carry out a decision; any other says what happened, whatever was decided before."""


def signed_end(work: Work, course: Course) -> Review | None:
    """The signed decision that a course ends: the latest in it, when that is a stop or a switch (protocol S4b).

    One that an old list brought in names no course and is known by its day.
    """
    stop = select(CourseStop.stopped_on).where(CourseStop.course_id == course.id, CourseStop.stands.is_(True))
    until = work.session.scalar(stop) or date.max
    by_day = and_(Review.course_id.is_(None), Review.on_date > course.started_on, Review.on_date <= until)
    query = select(Review).where(
        Review.patient_id == course.patient_id, Review.stands.is_(True), Review.outcome.in_(DECISIONS),
        or_(Review.course_id == course.id, by_day),
    )  # fmt: skip
    last = work.session.scalar(query.order_by(Review.on_date.desc(), Review.id.desc()).limit(1))
    return last if last is not None and last.outcome in OUTGOING else None


def check_kind(work: Work, course: Course, reason: StopReason) -> None:
    """Refuse a treatment break where the end was signed, and no break where one was: the dates rest on the stop."""
    signed = signed_end(work, course) if reason in COMPARED else None
    if signed is None or signed.stop_kind is None:
        return
    pauses = signed.stop_kind == StopKind.BREAK
    if pauses != (reason is StopReason.PLANNED_BREAK):
        code = "break_was_decided" if pauses else "end_was_decided"
        raise RuleBroken("stop_reason", code, day=signed.on_date.strftime("%d-%m-%Y"))
