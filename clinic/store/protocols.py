"""The clinic's own versions of the protocol, and what a version would change on the register as a trial found it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from clinic.store.base import Base, Json, one_of

STATES = ("draft", "withdrawn", "active", "retired")
EFFECTS = ("late", "open", "not_yet", "new", "moved", "gone", "reason", "alert_new", "alert_gone")


class ProtocolVersion(Base):
    """A numbered version: a draft until a doctor approves it, then as it was for good.

    The one that came with the program was made by nobody here, and nobody here approved it.
    """

    __tablename__ = "protocols"
    __table_args__ = (
        one_of("state", STATES),
        CheckConstraint("reason <> ''", name="reason_given"),
        CheckConstraint(
            "(approved_at IS NULL) = (approved_by IS NULL) AND (approved_at IS NULL) = (active_from IS NULL)",
            name="approved_when_and_by_whom",
        ),
        CheckConstraint(
            "state NOT IN ('active', 'retired') OR approved_at IS NOT NULL OR made_by IS NULL",
            name="active_is_approved",
        ),
        Index(
            "uq_protocols_one_active",
            "state",
            unique=True,
            sqlite_where=text("state = 'active'"),
            postgresql_where=text("state = 'active'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(index=True)
    toml: Mapped[str]
    reason: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    form_token: Mapped[str] = mapped_column(unique=True)
    active_from: Mapped[date | None]
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}


class ProtocolTrial(Base):
    """One run of a version over the whole register: how far it is, and what it found; it changes nothing else."""

    __tablename__ = "protocol_trials"
    __table_args__ = (
        CheckConstraint("done <= total", name="done_within_total"),
        CheckConstraint("failed IS NULL OR finished_at IS NOT NULL", name="failed_is_finished"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    protocol_id: Mapped[int] = mapped_column(ForeignKey("protocols.id"), index=True)
    toml: Mapped[str]
    on_date: Mapped[date]
    started_at: Mapped[datetime]
    started_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    against_id: Mapped[int] = mapped_column(ForeignKey("protocols.id"))
    form_token: Mapped[str] = mapped_column(unique=True)
    total: Mapped[int]
    done: Mapped[int]
    seen_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    failed: Mapped[str | None]


class TrialPart(Base):
    """Which patients a trial compared, each with the state of her facts: who has another since is looked at anew."""

    __tablename__ = "trial_parts"

    id: Mapped[int] = mapped_column(primary_key=True)
    trial_id: Mapped[int] = mapped_column(ForeignKey("protocol_trials.id"), index=True)
    states: Mapped[Json]


class TrialChange(Base):
    """One due item or alert of a patient that a version would change."""

    __tablename__ = "trial_changes"
    __table_args__ = (
        one_of("effect", EFFECTS),
        Index(None, "trial_id", "effect", "code", "month", "patient_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    trial_id: Mapped[int] = mapped_column(ForeignKey("protocol_trials.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    effect: Mapped[str]
    code: Mapped[str]
    month: Mapped[date]
    before_on: Mapped[date | None]
    after_on: Mapped[date | None]
