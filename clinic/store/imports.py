"""What came with an import: the facts it wrote, and the letters that were sent before the register was."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from clinic.domain.vocabulary import LetterAbout
from clinic.store.base import Base, Fact, envelope_rules, one_of

KINDS_OF_FACT = (
    "controls", "courses", "course_stops", "pauses", "doses", "agreements", "scans", "spine_images", "fractures",
    "labs", "reviews", "earlier_letters",
)  # fmt: skip
BY_IMPORT = "history:"
"""So the form token of a control or review begins that an import wrote, for it had no form."""


class ImportedFact(Base):
    """A fact that an import wrote: by it the import is undone, and another time known."""

    __tablename__ = "imported_facts"
    __table_args__ = (one_of("kind", KINDS_OF_FACT), Index("ix_imported_facts_receipt", "receipt_id"))

    kind: Mapped[str] = mapped_column(primary_key=True)
    """The table of the fact."""
    fact_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    receipt_id: Mapped[int] = mapped_column(ForeignKey("import_receipts.id"))


class EarlierLetter(Fact, Base):
    """A letter of before the register: the day on which it left, and of which fact it told when that is known."""

    __tablename__ = "earlier_letters"
    __table_args__ = (
        *envelope_rules(),
        one_of("about", LetterAbout, nullable=True),
        CheckConstraint("(about IS NULL) = (about_on IS NULL)", name="about_of_a_day"),
    )

    sent_on: Mapped[date]
    about: Mapped[str | None]
    about_on: Mapped[date | None]
