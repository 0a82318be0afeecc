"""The log: who did or saw what, of whom, when, on whose behalf (NEN 7513)."""

from __future__ import annotations

from datetime import datetime
from importlib.metadata import version
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from clinic.store.base import Base, Json

SOURCE = f"botwacht {version('botwacht')}"


class AuditEntry(Base):
    """One line of the log; appended, never changed. `shown` lists patients shown on a list, apart from opened."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_patient_at", "patient_id", "at"),
        Index("ix_audit_entries_actor_at", "actor_id", "at"),
        Index("ix_audit_entries_action_at", "action", "at"),
        Index("ix_audit_entries_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    action: Mapped[str]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    role: Mapped[str | None]
    on_behalf_of: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    patient_id: Mapped[int | None]
    shown: Mapped[list[Any] | None]
    subject: Mapped[str | None]
    """What it was about, as kind:id (control:12)."""
    details: Mapped[Json | None]
    address: Mapped[str | None]
    outcome: Mapped[str] = mapped_column(default="done")
    actor_name: Mapped[str | None]
    """What the account was called at that moment; of a command who typed it, as the operating system knows her."""
    actor_function: Mapped[str | None]
    """Her function at that moment, in words; lines of before it was kept have her role alone."""
    on_behalf_name: Mapped[str | None]
    """What the doctor was called for whom she acted."""
    purpose: Mapped[str | None]
    trace: Mapped[str | None]
    """The request, shared with the technical log."""
    source: Mapped[str | None] = mapped_column(default=SOURCE)
    """Which program at which version wrote this, and by which table of permissions; of a command also who typed it."""
