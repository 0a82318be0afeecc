"""Letters to the patients themselves: made and frozen in one act, printed, kept as they were."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from clinic.store.base import Base, Json, one_of

KINDS = ("control", "dxa", "missed", "result", "treatment")


class PatientLetter(Base):
    """A letter to a patient with its facts, words, page and hashes; a second print has the same bytes."""

    __tablename__ = "patient_letters"
    __table_args__ = (
        one_of("kind", KINDS),
        Index("ix_patient_letters_patient", "patient_id", "id"),
        Index(
            "ix_patient_letters_to_file", "id", sqlite_where=sql("filed_at IS NULL"),
            postgresql_where=sql("filed_at IS NULL"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    kind: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    form_token: Mapped[str] = mapped_column(unique=True)
    template: Mapped[str]
    facts: Mapped[Json]
    text: Mapped[str]
    text_sha256: Mapped[str]
    pdf: Mapped[bytes] = mapped_column(deferred=True)
    pdf_sha256: Mapped[str]
    filed_at: Mapped[datetime | None]
    """When it went into the hospital's record."""

    @property
    def reference(self) -> str:
        """By which the letter is known."""
        return f"P{self.made_at:%Y}-{self.id:06d}"
