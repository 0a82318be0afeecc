"""Patients, how to reach them, and every change to what is written of them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.domain.vocabulary import PatientStatus, Sex
from clinic.store.base import IN_BYTES, Base, Fact, Json, envelope_rules, one_of
from clinic.store.practices import Gp

NAME_ORDERS = ("own", "partner", "partner_own", "own_partner")


class Patient(Base):
    """A person the clinic follows. Her demographics change in place; `patient_changes` keeps what was there."""

    __tablename__ = "patients"
    __table_args__ = (
        one_of("sex", Sex),
        one_of("status", PatientStatus),
        one_of("name_order", NAME_ORDERS),
        one_of("birth_precision", ("day", "month", "year")),
        one_of("language", ("nl", "en"), nullable=True),
        CheckConstraint("bsn IS NULL OR length(bsn) = 9", name="bsn_has_nine_digits"),
        CheckConstraint("partner_prefix IS NULL OR partner_name IS NOT NULL", name="partner_prefix_has_name"),
        CheckConstraint("name_order = 'own' OR partner_name IS NOT NULL", name="order_has_partner_name"),
        CheckConstraint("(status = 'active') = (status_on IS NULL)", name="status_has_date"),
        CheckConstraint(
            "recalled_max_height_mm IS NULL OR recalled_max_height_mm BETWEEN 1000 AND 2300",
            name="recalled_height_possible",
        ),
        Index("ix_patients_sort", "sort_key", "id"),
        Index("ix_patients_birth_date", "birth_date"),
        Index("ix_patients_refresh", "refresh_on"),
        Index("ix_patients_regular_nurse_id", "regular_nurse_id"),
        Index(
            "ix_patients_unplanned",
            "registered_on",
            sqlite_where=text("nothing_planned IS 1"),
            postgresql_where=text("nothing_planned IS true"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    bsn: Mapped[str | None] = mapped_column(unique=True)
    no_bsn_because: Mapped[str | None]
    initials: Mapped[str | None]
    first_name: Mapped[str | None]
    own_prefix: Mapped[str | None]
    own_name: Mapped[str]
    partner_prefix: Mapped[str | None]
    partner_name: Mapped[str | None]
    name_order: Mapped[str] = mapped_column(default="own")
    sort_key: Mapped[str] = mapped_column(IN_BYTES)
    birth_date: Mapped[date]
    birth_precision: Mapped[str] = mapped_column(default="day")
    sex: Mapped[str]
    street: Mapped[str | None]
    house_number: Mapped[str | None]
    postcode: Mapped[str | None]
    town: Mapped[str | None]
    phone: Mapped[str | None]
    phone_other: Mapped[str | None]
    email: Mapped[str | None]
    language: Mapped[str | None]
    needs_interpreter: Mapped[str | None]
    needs_wheelchair: Mapped[bool] = mapped_column(default=False)
    hard_of_hearing: Mapped[bool] = mapped_column(default=False)
    comes_with: Mapped[str | None]
    planning_note: Mapped[str | None]
    recalled_max_height_mm: Mapped[int | None]
    recalled_max_height_source: Mapped[str | None]
    prescriber: Mapped[str | None]
    regular_nurse_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    regular_doctor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    gp_id: Mapped[int | None] = mapped_column(ForeignKey("gps.id"), index=True)
    status: Mapped[str] = mapped_column(default="active")
    status_on: Mapped[date | None]
    status_source: Mapped[str | None]
    registered_on: Mapped[date]
    handover_confirmed_on: Mapped[date | None]
    handover_next_on: Mapped[date | None]
    handover_by: Mapped[str | None]
    has_copies: Mapped[bool] = mapped_column(default=False)
    """Whether anybody else receives copies of her letters; the letter then asks who."""
    import_key: Mapped[str | None] = mapped_column(unique=True)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("patients.id"), index=True)
    """The number under which she goes on; everything but who looked hangs there (`clinic.store.merges`)."""
    refresh_on: Mapped[date | None]
    """The first day on which a fact recorded ahead becomes known, so that the items are built anew (D5)."""
    nothing_planned: Mapped[bool] = mapped_column(default=False)
    """S12: active, and without any item but letters."""
    facts_version: Mapped[int] = mapped_column(default=0)
    """Grows with every fact: a decision names the version it was based on."""
    version: Mapped[int] = mapped_column(default=1)
    gp: Mapped[Gp | None] = relationship(lazy="joined")
    __mapper_args__ = {"version_id_col": version}


class PatientName(Base):
    """Every way to look a patient up by name: one normalised key per surname form, prefix first and without."""

    __tablename__ = "patient_names"
    __table_args__ = (Index("ix_patient_names_key", "key", "patient_id"),)

    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"), primary_key=True)
    key: Mapped[str] = mapped_column(IN_BYTES, primary_key=True)


class PatientChange(Base):
    """What was changed in a patient's own data: field, old and new, who, when and why."""

    __tablename__ = "patient_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str | None]
    changes: Mapped[Json]


class ContactPerson(Base):
    """Somebody to call about the patient."""

    __tablename__ = "contact_persons"

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patients.id"), index=True)
    name: Mapped[str]
    relation: Mapped[str | None]
    phone: Mapped[str | None]


class Glucocorticoid(Fact, Base):
    """A period on glucocorticoids, in mg prednisone equivalent a day."""

    __tablename__ = "glucocorticoids"
    __table_args__ = (
        *envelope_rules(),
        CheckConstraint("until_on IS NULL OR until_on >= from_on", name="ends_after_start"),
        CheckConstraint("mg_per_day > 0", name="dose_above_zero"),
    )

    from_on: Mapped[date]
    until_on: Mapped[date | None]
    mg_per_day: Mapped[Decimal] = mapped_column(Numeric(5, 1))
