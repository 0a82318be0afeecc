"""Courses and what happens to them: pauses, stops, doses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from clinic.domain import record as domain
from clinic.domain.vocabulary import ControlsBy, Drug, StartPrecision, StopReason
from clinic.store.base import Base, Fact, envelope_rules, one_of


class Course(Fact, Base):
    """One drug from its start, with a planned duration (protocol C1)."""

    __tablename__ = "courses"
    __table_args__ = (
        *envelope_rules(),
        one_of("drug", Drug),
        one_of("start_precision", StartPrecision),
        one_of("controls_by", ControlsBy),
        CheckConstraint("planned_years IS NULL OR planned_years BETWEEN 0.5 AND 10", name="years_offered"),
        Index("ix_courses_patient_start", "patient_id", "started_on"),
    )

    drug: Mapped[str]
    dose: Mapped[str | None]
    schedule: Mapped[str | None]
    started_on: Mapped[date]
    start_precision: Mapped[str] = mapped_column(default="day")
    start_source: Mapped[str | None]
    planned_years: Mapped[Decimal | None] = mapped_column(Numeric(3, 1))
    """Null: not recorded before referral; counted as the drug's first duration and marked so."""
    planned_years_reason: Mapped[str | None]
    indication: Mapped[str | None]
    controls_by: Mapped[str] = mapped_column(default="clinic")


class CourseStop(Fact, Base):
    """The end of a course, with its reason."""

    __tablename__ = "course_stops"
    __table_args__ = (*envelope_rules(), one_of("reason", StopReason), one_of("stop_precision", StartPrecision))

    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"), index=True)
    stopped_on: Mapped[date]
    stop_precision: Mapped[str] = mapped_column(default="day")
    reason: Mapped[str]
    explanation: Mapped[str | None]


def row_of(course: domain.Course, rows: Iterable[Course], stops: Iterable[CourseStop]) -> Course | None:
    """The row of a course that the rules know, among those that stand.

    Two of one drug that began on one stored day (D3) are told apart by their end; one that is not known yet lies ahead.
    """
    ended = {stop.course_id: stop.stopped_on for stop in stops}
    same = [row for row in rows if (row.drug, row.started_on) == (course.drug, course.started_on)]
    return max(
        same,
        key=lambda row: (ended.get(row.id) == course.stopped_on, ended.get(row.id, date.max), row.id),
        default=None,
    )


class Pause(Fact, Base):
    """An interruption within a course; open while `until_on` is empty (protocol C2)."""

    __tablename__ = "pauses"
    __table_args__ = (
        *envelope_rules(),
        CheckConstraint("until_on IS NULL OR until_on >= from_on", name="ends_after_start"),
    )

    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"), index=True)
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    counts: Mapped[bool] = mapped_column(default=False)
    check_on: Mapped[date | None]
    reason: Mapped[str | None]


class Dose(Fact, Base):
    """An infusion or injection that was given, here or elsewhere; given elsewhere, somebody there confirmed it."""

    __tablename__ = "doses"
    __table_args__ = (
        *envelope_rules(),
        Index("ix_doses_course_on", "course_id", "on_date"),
        CheckConstraint("(confirmed_on IS NULL) = (confirmed_by IS NULL)", name="confirmed_when_and_by_whom"),
    )

    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"))
    on_date: Mapped[date]
    place: Mapped[str | None]
    given_by: Mapped[str | None]
    reaction: Mapped[str | None]
    confirmed_on: Mapped[date | None]
    confirmed_by: Mapped[str | None]
    """Who told the clinic that it was given elsewhere."""
