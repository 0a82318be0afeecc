"""How the clinic does, computed at night: one row a run, one row a case, counted by period without the rules."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from clinic.domain.figures import CaseState, Figure
from clinic.store.base import Base, Json, one_of


class FigureRun(Base):
    """One computation over the whole register, with the four figures of the first page as they were that moment."""

    __tablename__ = "figure_runs"
    __table_args__ = (
        CheckConstraint("done <= total", name="done_within_total"),
        CheckConstraint("failed IS NULL OR finished_at IS NOT NULL", name="failed_is_finished"),
        CheckConstraint("since_on <= on_date", name="since_before_day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    since_on: Mapped[date]
    on_date: Mapped[date]
    protocol: Mapped[str]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    failed: Mapped[str | None]
    total: Mapped[int]
    done: Mapped[int]
    first_page: Mapped[Json] = mapped_column(default=dict)
    """Figure to [met, n] of the year before, so that the first page counts nothing."""


class FigureCase(Base):
    """One case of a patient in a figure."""

    __tablename__ = "figure_cases"
    __table_args__ = (
        one_of("figure", Figure),
        one_of("state", CaseState),
        Index(None, "run_id", "figure", "on_date", "state", "patient_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("figure_runs.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    figure: Mapped[str]
    on_date: Mapped[date]
    state: Mapped[str]
    done_on: Mapped[date | None]
