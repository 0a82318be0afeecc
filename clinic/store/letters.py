"""Letters: what they are about, their state, their frozen body and their frozen envelope."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from clinic.domain.vocabulary import LetterAbout
from clinic.store.base import Base, Json, one_of

STATES = (
    "draft", "waits", "to_authorise", "returned", "authorised", "queued", "sent", "delivered", "failed",
    "returned_by_post", "replaced", "withdrawn",
)  # fmt: skip
WAITS_FOR = ("decision", "dxa", "other")
GP, TO_PATIENT = "gp", "patient."  # for whom a letter is: a kind to the patient is named behind the second
KINDS = (GP, *(f"{TO_PATIENT}{kind}" for kind in ("control", "dxa", "missed", "result", "treatment")))
ON_ITS_WAY = ("authorised", "queued", "failed")  # it is whole and has not left yet
OUT = ("sent", "delivered", "replaced")  # the GP has it, as far as anybody knows; each has its day
SENT_OFF = ("queued", *OUT)  # or it is on its way


class Letter(Base):
    """A letter to the GP, or to the patient herself.

    The body is frozen with its hash at authorising, the envelope at sending.
    """

    __tablename__ = "letters"
    __table_args__ = (
        one_of("kind", KINDS),
        one_of("state", STATES),
        CheckConstraint(
            "state NOT IN ('authorised', 'queued', 'sent', 'delivered', 'failed', 'returned_by_post', 'replaced') OR "
            "(authorised_by IS NOT NULL AND authorised_at IS NOT NULL "
            "AND text IS NOT NULL AND text_sha256 IS NOT NULL)",
            name="authorised_is_frozen",
        ),
        CheckConstraint(
            "state NOT IN ('queued', 'sent', 'delivered', 'failed', 'returned_by_post', 'replaced') OR "
            "(envelope IS NOT NULL AND channel IS NOT NULL)",
            name="queued_has_envelope",
        ),
        CheckConstraint("(state IN ('sent', 'delivered', 'replaced')) = (sent_on IS NOT NULL)", name="sent_has_day"),
        CheckConstraint("state NOT IN ('failed', 'returned_by_post') OR failure IS NOT NULL", name="failed_because"),
        CheckConstraint("state <> 'returned' OR remark IS NOT NULL", name="returned_because"),
        CheckConstraint(
            "state <> 'waits' OR (waits_for IS NOT NULL AND waits_until IS NOT NULL)",
            name="waits_for_something",
        ),
        CheckConstraint("waits_for IN ('decision', 'dxa', 'other')", name="waits_for_known"),
        Index("ix_letters_state_due", "state", "due_on", "id"),
        Index("ix_letters_patient", "patient_id", "id"),
        Index("ix_letters_sent", "sent_on", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str | None] = mapped_column(unique=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default="draft")
    due_on: Mapped[date]
    template: Mapped[str]
    facts: Mapped[Json]
    """The facts the sentences were made from; composed anew while a draft, frozen at authorising."""
    added_text: Mapped[str | None]
    edited: Mapped[Json | None]
    """Marked paragraphs in somebody's own words, by code: the words, and those of the record they were made of."""
    edited_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """Whose own words, paragraphs or beside them, it carries: who put them there the last time."""
    text: Mapped[str | None]
    text_sha256: Mapped[str | None]
    pdf_sha256: Mapped[str | None]
    drafted_at: Mapped[datetime]
    drafted_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    offered_at: Mapped[datetime | None]
    """When it was put before who may authorise it, the last time."""
    waits_for: Mapped[str | None]
    waits_until: Mapped[date | None]
    """The day on which a letter that waits becomes a draft again, whatever came or did not."""
    remark: Mapped[str | None]
    authorised_at: Mapped[datetime | None]
    authorised_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    channel: Mapped[str | None]
    envelope: Mapped[Json | None]
    envelope_sha256: Mapped[str | None]
    queued_at: Mapped[datetime | None]
    queued_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None]
    """When the program tries again by itself to hand over a letter that waits in the queue."""
    came_back: Mapped[int] = mapped_column(default=0)
    """How often it left and came back: the next time it leaves under a name of its own."""
    sent_on: Mapped[date | None]
    sent_at: Mapped[datetime | None]
    failure: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    @property
    def hers(self) -> bool:
        """Whether it is to the patient herself."""
        return self.kind != GP

    @property
    def to_patient(self) -> str:
        """Which letter to the patient it is."""
        return self.kind.removeprefix(TO_PATIENT)


class LetterSubject(Base):
    """A fact a letter tells of; one letter may carry several (protocol S7)."""

    __tablename__ = "letter_subjects"
    __table_args__ = (
        one_of("about", LetterAbout),
        Index("ix_letter_subjects_patient", "patient_id", "about_on"),
    )

    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id"), primary_key=True)
    about: Mapped[str] = mapped_column(primary_key=True)
    about_on: Mapped[date] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, default=1, server_default="1")
    """Which of its kind on a day: somebody may have two controls, or miss two appointments."""
    fact_id: Mapped[int | None]
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"))


class LetterPage(Base):
    """The page of an authorised letter, apart so that lists never load it."""

    __tablename__ = "letter_pages"

    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id"), primary_key=True)
    pdf: Mapped[bytes]
