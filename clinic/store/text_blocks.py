"""The clinic's own words for each kind of letter, version by version; what was used is never changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, Select, UniqueConstraint, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from clinic.store.audit import AuditEntry
from clinic.store.base import Base
from clinic.store.letters import Letter


class TextBlock(Base):
    """A version of the words of one kind, of which one at most holds."""

    __tablename__ = "text_blocks"
    __table_args__ = (
        UniqueConstraint("kind", "number"),
        CheckConstraint("(used_at IS NULL) = (used_by IS NULL)", name="used_when_and_by_whom"),
        CheckConstraint("NOT holds OR used_at IS NOT NULL", name="holds_once_used"),
        Index("ux_text_blocks_holds", "kind", unique=True, sqlite_where=text("holds"), postgresql_where=text("holds")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    number: Mapped[int]
    words: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    form_token: Mapped[str] = mapped_column(unique=True)
    holds: Mapped[bool] = mapped_column(default=False)
    used_at: Mapped[datetime | None]
    used_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


def of_kind(session: Session, kind: str) -> Sequence[TextBlock]:
    """Every version of a kind, the newest first."""
    return session.scalars(select(TextBlock).where(TextBlock.kind == kind).order_by(TextBlock.number.desc())).all()


BLOCKS = TextBlock.__table__.c
# asked by each letter, so put together once
WORDS_IN_USE = select(BLOCKS.kind, BLOCKS.number, BLOCKS.words).where(BLOCKS.holds.is_(True))


def words_in_use(session: Session) -> Sequence[Any]:
    """What the version that holds for each kind says, for a letter to freeze."""
    return session.execute(WORDS_IN_USE).all()


def in_use(session: Session) -> dict[str, TextBlock]:
    """The version that holds for each kind."""
    return {row.kind: row for row in session.scalars(select(TextBlock).where(TextBlock.holds.is_(True)))}


def letters_made(session: Session, kind: ColumnElement[bool], closed: Select[int], most: int) -> Sequence[Letter]:
    """The latest letters to such a reader that were authorised, none of a record that is closed to who asks."""
    query = select(Letter).where(kind, Letter.authorised_at.is_not(None), Letter.patient_id.not_in(closed))
    return session.scalars(query.order_by(Letter.id.desc()).limit(most)).all()


def last_look(session: Session, actor_id: int, patient_id: int, subject: str) -> datetime | None:
    """When somebody last looked at this of a patient, by the log."""
    looks = AuditEntry.patient_id == patient_id, AuditEntry.actor_id == actor_id, AuditEntry.subject == subject
    return session.scalar(select(func.max(AuditEntry.at)).where(*looks))
