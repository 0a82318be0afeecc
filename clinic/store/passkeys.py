"""Passkeys: the public half of keys that people keep on a phone, a computer or a stick, and what a device was asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, UniqueConstraint, exists, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from clinic.store.base import Base


class Passkey(Base):
    """A key by which its owner comes in; the secret half never leaves her device."""

    __tablename__ = "passkeys"
    __table_args__ = (
        UniqueConstraint("user_id", "name"),
        CheckConstraint("name <> ''", name="passkey_is_called_something"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str]
    """What its owner calls it."""
    credential: Mapped[str] = mapped_column(unique=True)
    """What the device calls it, in base64url."""
    public_key: Mapped[bytes]
    sign_count: Mapped[int] = mapped_column(BigInteger)
    """How often it was used, says the device; one that is kept on several devices does not count and says 0."""
    added_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class PasskeyChallenge(Base):
    """What a device was asked to sign in one session, for some minutes; asked once, answered once."""

    __tablename__ = "passkey_challenges"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(index=True)
    challenge: Mapped[bytes]
    made_at: Mapped[datetime]
    name: Mapped[str | None]
    """Of the passkey that is being made with it; none when one is only shown."""


def passkeys_of(session: Session, user_id: int) -> Sequence[Passkey]:
    """Somebody's passkeys, the first one first."""
    return session.scalars(select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.id)).all()


def has_any(session: Session, user_id: int) -> bool:
    """Whether somebody has a passkey."""
    return bool(session.scalar(select(exists().where(Passkey.user_id == user_id))))
