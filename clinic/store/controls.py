"""Controls as recorded, their drafts, and what was agreed with the patient."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from clinic.domain.vocabulary import AgreementWhat, ControlKind
from clinic.store.base import Base, Fact, Json, envelope_rules, one_of

INTAKE = ("fasting", "water", "wait", "upright", "fixed_day", "calcium_apart")


class Control(Fact, Base):
    """One control: heights in mm, weight in g; an unanswered question is null, which is not "no"."""

    __tablename__ = "controls"
    __table_args__ = (
        *envelope_rules(),
        one_of("kind", ControlKind),
        CheckConstraint("height_mm IS NULL OR height_mm BETWEEN 1000 AND 2300", name="height_possible"),
        CheckConstraint("weight_g IS NULL OR weight_g BETWEEN 25000 AND 250000", name="weight_possible"),
        CheckConstraint("missed_doses IS NULL OR missed_doses BETWEEN 0 AND 84", name="missed_possible"),
        CheckConstraint("falls IS NULL OR falls BETWEEN 0 AND 365", name="falls_possible"),
        Index("ix_controls_patient_on", "patient_id", "on_date"),
        Index("ix_controls_on", "on_date"),
        Index(
            "ix_controls_alarm_left", "patient_id", sqlite_where=text("alarm_left_at IS NOT NULL"),
            postgresql_where=text("alarm_left_at IS NOT NULL"),
        ),
    )  # fmt: skip

    on_date: Mapped[date]
    kind: Mapped[str] = mapped_column(default="clinic")
    counts_as_full: Mapped[bool | None]
    heights_mm: Mapped[list[Any]] = mapped_column(default=list)
    height_mm: Mapped[int | None]
    height_not_measured: Mapped[str | None]
    weight_g: Mapped[int | None]
    weight_not_measured: Mapped[str | None]
    intake_fasting: Mapped[bool | None]
    intake_water: Mapped[bool | None]
    intake_wait: Mapped[bool | None]
    intake_upright: Mapped[bool | None]
    intake_fixed_day: Mapped[bool | None]
    intake_calcium_apart: Mapped[bool | None]
    missed_doses: Mapped[int | None]
    doubts: Mapped[bool | None]
    unanswerable: Mapped[str | None]
    side_effects: Mapped[Json] = mapped_column(default=dict)
    """Side effect to severity (mild, moderate, severe)."""
    symptoms: Mapped[Json] = mapped_column(default=dict)
    """Alarm symptom to {"present": bool, "side": left|right|both|None, "weeks": int|None}."""
    alarm_at: Mapped[datetime | None]
    """Since when its draft told of an alarm symptom; null when no draft did before it was saved."""
    alarm_left_at: Mapped[datetime | None]
    """When it was corrected or voided while a doctor had to see an alarm symptom of it: her note alone ends that.

    So is what was taken out of a draft after it had reached her: a row that never stood.
    """
    new_back_pain: Mapped[bool | None]
    percussion_pain: Mapped[bool | None]
    new_fracture: Mapped[bool | None]
    """Whether she told of one; each one that broke is a fact of its own."""
    rib_pelvis_fingers: Mapped[int | None]
    occiput_wall_mm: Mapped[int | None]
    dairy_portions: Mapped[int | None]
    calcium_mg: Mapped[int | None]
    vitamin_d_ie: Mapped[int | None]
    lifestyle_changes: Mapped[str | None]
    falls: Mapped[int | None]
    dental: Mapped[str | None]
    note: Mapped[str | None]
    note_in_letter: Mapped[bool] = mapped_column(default=False)
    caller: Mapped[str | None]
    """Who called, of an interim contact."""
    caller_phone: Mapped[str | None]
    measured_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    form_token: Mapped[str] = mapped_column(unique=True)
    """One form is one control, however often the button is pressed."""


class ControlDraft(Base):
    """What was typed and not yet finished; kept on the server, one per patient and nurse."""

    __tablename__ = "control_drafts"
    __table_args__ = (
        Index("ix_control_drafts_by", "by", "saved_at"),
        Index("ix_control_drafts_alarm_at", "alarm_at"),
        CheckConstraint("(taken_at IS NULL) = (taken_by IS NULL)", name="taken_when_and_by_whom"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"), index=True)
    by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    started_at: Mapped[datetime]
    saved_at: Mapped[datetime]
    alarm_at: Mapped[datetime | None]
    """Since when an alarm symptom stands in what was typed."""
    typed: Mapped[Json]
    form_token: Mapped[str] = mapped_column(unique=True)
    measured_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """Who began it, when that was somebody else."""
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    taken_at: Mapped[datetime | None]
    """Taken over: what was typed went along, and the form of before can no longer be saved."""
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}


class Agreement(Fact, Base):
    """What was agreed with the patient: what, for when, why (protocol K6)."""

    __tablename__ = "agreements"
    __table_args__ = (*envelope_rules(), one_of("what", AgreementWhat))

    what: Mapped[str]
    on_date: Mapped[date]
    made_on: Mapped[date]
    why: Mapped[str | None]
    control_id: Mapped[int | None] = mapped_column(ForeignKey("controls.id"))
    review_id: Mapped[int | None] = mapped_column(ForeignKey("reviews.id"))
