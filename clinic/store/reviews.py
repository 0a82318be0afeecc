"""What a doctor decided and signed: reviews, waivers, notes on alerts, overrides."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric
from sqlalchemy.orm import Mapped, mapped_column

from clinic.domain.vocabulary import AlarmOutcome, Drug, ReviewOutcome, StopKind
from clinic.store.base import Base, Fact, Json, envelope_rules, one_of

TAKEN_OVER = "import"  # the function of who signed a decision that came with an old list: nobody signed it here


class Review(Fact, Base):
    """A signed review of treatment duration, with its reason; superseded, never edited."""

    __tablename__ = "reviews"
    __table_args__ = (
        *envelope_rules(),
        one_of("outcome", ReviewOutcome),
        one_of("next_drug", Drug, nullable=True),
        one_of("stop_kind", StopKind, nullable=True),
        CheckConstraint(
            "outcome NOT IN ('continue', 'postpone', 'break_on') OR until_on IS NOT NULL",
            name="outcome_has_until",
        ),
        CheckConstraint("outcome NOT IN ('stop', 'switch') OR effective_on IS NOT NULL", name="outcome_has_effective"),
        CheckConstraint("stop_kind IS NULL OR outcome = 'stop'", name="stop_kind_of_a_stop"),
        CheckConstraint("length(reason) > 0", name="reason_given"),
        Index("ix_reviews_on", "on_date"),
    )

    on_date: Mapped[date]
    course_id: Mapped[int | None] = mapped_column(ForeignKey("courses.id"))
    outcome: Mapped[str]
    until_on: Mapped[date | None]
    effective_on: Mapped[date | None]
    next_drug: Mapped[str | None]
    next_years: Mapped[Decimal | None] = mapped_column(Numeric(3, 1))
    stop_kind: Mapped[str | None]
    """A treatment break or the end; null for another outcome, and where an old list or version did not say."""
    reason: Mapped[str]
    prescriber: Mapped[str | None]
    signed_function: Mapped[str]
    seen: Mapped[Json] = mapped_column(default=dict)
    """What the doctor had before her: facts version, protocol version."""
    form_token: Mapped[str] = mapped_column(unique=True)


class Waiver(Fact, Base):
    """A doctor lets one item lapse (protocol S11)."""

    __tablename__ = "waivers"
    __table_args__ = (*envelope_rules(), CheckConstraint("length(reason) > 0", name="reason_given"))

    code: Mapped[str]
    due_on: Mapped[date]
    on_date: Mapped[date]
    reason: Mapped[str]


class AlertNote(Fact, Base):
    """A doctor's signed note that clears an alert (protocol section 5)."""

    __tablename__ = "alert_notes"
    __table_args__ = (
        *envelope_rules(),
        one_of("outcome", AlarmOutcome, nullable=True),
        CheckConstraint("length(text) > 0", name="text_given"),
        CheckConstraint(
            "(outcome IS NOT NULL AND outcome = 'referred') = (back_on IS NOT NULL)", name="referred_is_back"
        ),
    )

    alert: Mapped[str]
    on_date: Mapped[date]
    text: Mapped[str]
    outcome: Mapped[str | None]
    """What was done with an alarm symptom; null for any other alert."""
    back_on: Mapped[date | None]


class Override(Fact, Base):
    """A doctor moves one item; the computed date stays beside the chosen one."""

    __tablename__ = "overrides"
    __table_args__ = (*envelope_rules(), CheckConstraint("length(reason) > 0", name="reason_given"))

    code: Mapped[str]
    subject: Mapped[date | None]
    computed_on: Mapped[date]
    chosen_on: Mapped[date]
    on_date: Mapped[date]
    reason: Mapped[str]
