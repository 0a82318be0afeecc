"""What the clinic says of itself: hospital, department, phone, letter window; import receipts."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.store.base import Base, Json, one_of
from clinic.store.practices import CHARSETS
from clinic.store.users import User


class ClinicSettings(Base):
    """One row: how letters and screens name the clinic."""

    __tablename__ = "clinic_settings"
    __table_args__ = (one_of("charset", CHARSETS),)

    id: Mapped[int] = mapped_column(primary_key=True)
    hospital: Mapped[str] = mapped_column(default="")
    department: Mapped[str] = mapped_column(default="")
    street: Mapped[str] = mapped_column(default="")
    postcode_town: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    phone_hours: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    mailbox: Mapped[str] = mapped_column(default="")
    """The clinic's own mailbox, from which EDIFACT messages come."""
    charset: Mapped[str] = mapped_column(default="latin_1")
    """The signs of an EDIFACT message to a practice of which nobody said what its system reads."""
    logo_svg: Mapped[bytes | None]
    window_x_mm: Mapped[int] = mapped_column(default=25)
    window_y_mm: Mapped[int] = mapped_column(default=60)
    window_w_mm: Mapped[int] = mapped_column(default=85)
    window_h_mm: Mapped[int] = mapped_column(default=35)
    responsible_doctor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    authorise_own: Mapped[bool] = mapped_column(default=False)
    """Whether a nurse with the mandate also authorises the letters that she wrote herself."""
    version: Mapped[int] = mapped_column(default=1)
    responsible_doctor: Mapped[User | None] = relationship(lazy="joined", viewonly=True)
    __mapper_args__ = {"version_id_col": version}


class Closure(Base):
    """Days on which the clinic is closed; when it is open after all the row is withdrawn and stays readable."""

    __tablename__ = "closures"
    __table_args__ = (CheckConstraint("until_on >= from_on", name="ends_after_start"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    from_on: Mapped[date]
    until_on: Mapped[date] = mapped_column(index=True)
    reason: Mapped[str]
    withdrawn_at: Mapped[datetime | None]


class DayClosing(Base):
    """A day that somebody closed: how much was left of each kind, and why; closed again, the last one counts."""

    __tablename__ = "day_closings"

    id: Mapped[int] = mapped_column(primary_key=True)
    on_date: Mapped[date] = mapped_column(index=True)
    closed_at: Mapped[datetime]
    closed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    left: Mapped[Json]
    because: Mapped[str | None]
    form_token: Mapped[str] = mapped_column(unique=True)


class Logo(Base):
    """Every logo the clinic had, by its fingerprint: a frozen letter shows the one it was frozen with."""

    __tablename__ = "logos"

    fingerprint: Mapped[str] = mapped_column(primary_key=True)
    svg: Mapped[bytes]


class Duty(Base):
    """Who is the doctor on duty from one day to another, and under which number; withdrawn, it stays readable."""

    __tablename__ = "duties"
    __table_args__ = (CheckConstraint("until_on >= from_on", name="ends_after_start"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    doctor_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    phone: Mapped[str | None]
    from_on: Mapped[date]
    until_on: Mapped[date] = mapped_column(index=True)
    withdrawn_at: Mapped[datetime | None]


IMPORTS = ("practices", "patients", "courses", "appointments", "changes", "history", "channels")


class ImportReceipt(Base):
    """What an import brought in, by whom, and what it left out."""

    __tablename__ = "import_receipts"
    __table_args__ = (
        one_of("kind", IMPORTS),
        CheckConstraint(
            "(undone_at IS NULL) = (undone_by IS NULL) AND (undone_at IS NULL) = (undone_because IS NULL)",
            name="undone_is_whole",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    file_name: Mapped[str]
    file_sha256: Mapped[str]
    at: Mapped[datetime]
    by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    added: Mapped[int]
    changed: Mapped[int]
    unchanged: Mapped[int]
    refused: Mapped[int]
    complaints: Mapped[Json]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    undone_because: Mapped[str | None]
