"""What somebody typed in a form and did not send: kept on the server, one for each form and person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from clinic.store.base import Base, Json, one_of

FORMS = ("contact", "statement", "letter")


class FormDraft(Base):
    """Nothing of it counts; `number` is the statement or the letter whose words it changes, 0 for something new."""

    __tablename__ = "form_drafts"
    __table_args__ = (
        one_of("form", FORMS),
        UniqueConstraint("patient_id", "by", "form", "number"),
        Index("ix_form_drafts_alarm_at", "alarm_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    form: Mapped[str]
    number: Mapped[int]
    saved_at: Mapped[datetime]
    alarm_at: Mapped[datetime | None]
    """Since when an alarm symptom stands in what was typed in a contact."""
    typed: Mapped[Json]
