"""GP practices, GPs and other recipients of letters."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.store.base import Base, one_of

CHANNELS = ("post", "secure_mail", "edifact", "none")
CHARSETS = ("latin_1", "ascii")
"""With what signs a message is written: with accents as in Latin-1, or none but the plain letters of ASCII."""


class Practice(Base):
    """Where a GP works and how its letters travel."""

    __tablename__ = "practices"
    __table_args__ = (
        one_of("channel", CHANNELS),
        one_of("charset", CHARSETS, nullable=True),
        CheckConstraint("agb IS NULL OR length(agb) = 8", name="agb_has_eight_digits"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    agb: Mapped[str | None] = mapped_column(index=True)
    street: Mapped[str | None]
    house_number: Mapped[str | None]
    postcode: Mapped[str | None]
    town: Mapped[str | None]
    phone: Mapped[str | None]
    channel: Mapped[str] = mapped_column(default="post")
    mailbox: Mapped[str | None]
    charset: Mapped[str | None]
    """What its system reads of an EDIFACT message; what the hospital usually sends when nobody said so."""
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}

    @property
    def has_address(self) -> bool:
        """A letter can be put in an envelope."""
        return bool(self.street and self.postcode and self.town)


class Gp(Base):
    """A GP, or another recipient such as a specialist in elderly care, at a practice."""

    __tablename__ = "gps"
    __table_args__ = (
        one_of("kind", ("gp", "elderly_care", "other")),
        CheckConstraint("agb IS NULL OR length(agb) = 8", name="agb_has_eight_digits"),
        CheckConstraint("successor_id IS NULL OR stopped_on IS NOT NULL", name="successor_after_stop"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    practice_id: Mapped[int] = mapped_column(ForeignKey("practices.id"), index=True)
    kind: Mapped[str] = mapped_column(default="gp")
    initials: Mapped[str | None]
    prefix: Mapped[str | None]
    family_name: Mapped[str]
    sex: Mapped[str | None]
    agb: Mapped[str | None] = mapped_column(unique=True)
    import_key: Mapped[str | None] = mapped_column(unique=True)
    stopped_on: Mapped[date | None]
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("gps.id"))
    practice: Mapped[Practice] = relationship(lazy="joined")
