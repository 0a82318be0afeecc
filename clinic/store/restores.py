"""Restores: that the register came back from a backup, and whether a person has said that it may be written again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Connection, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from clinic.store.base import Base


class Unconfirmed(Exception):
    """Nothing is written yet: the register came back from a backup, and nobody has said that it may be."""


class Restore(Base):
    """One restore. Until it is confirmed nothing is written but looks and sign-ins."""

    __tablename__ = "restores"
    __table_args__ = (
        CheckConstraint("confirmed_at IS NULL OR confirmed_at >= restored_at", name="confirmed_after_restore"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    restored_at: Mapped[datetime]
    taken_at: Mapped[datetime]
    """When the backup was made: what was saved later is not there."""
    letters_settled: Mapped[list[Any]]
    """References of letters that had left since, and are sent here too now."""
    letters_unknown: Mapped[list[Any]]
    """References of letters that had left since and are not in this register."""
    letters_used: Mapped[int] = mapped_column(default=0, server_default="0")
    """Up to this number a letter may have left under a reference that this register does not know."""
    confirmed_at: Mapped[datetime | None]


def letters_used(session: Session) -> int:
    """Up to where the numbers of letters were used before the last restore."""
    return session.scalar(select(func.max(Restore.letters_used))) or 0


OPEN = select(Restore.restored_at, Restore.taken_at).where(Restore.confirmed_at.is_(None)).limit(1)


def unconfirmed_since(connection: Connection) -> datetime | None:
    """When the backup was made that nobody has confirmed yet; None in a clinic at work."""
    row = connection.execute(OPEN).first()
    return row.taken_at if row else None


def need_confirmed(connection: Connection) -> None:
    """Raise Unconfirmed when a restore waits for its confirmation."""
    if unconfirmed_since(connection):
        raise Unconfirmed
