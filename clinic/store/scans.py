"""DXA scans, spine images, fractures and laboratory values."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.domain.vocabulary import FractureSite, ScanSite
from clinic.store.base import Base, Fact, envelope_rules, one_of


class Scan(Fact, Base):
    """A DXA from request to discussion; a fact for the rules once made, its values once received."""

    __tablename__ = "scans"
    __table_args__ = (
        *envelope_rules(),
        CheckConstraint(
            "requested_on IS NOT NULL OR booked_on IS NOT NULL OR made_on IS NOT NULL", name="scan_has_a_date"
        ),
        CheckConstraint(
            "received_on IS NULL OR (made_on IS NOT NULL AND received_on >= made_on)",
            name="received_after_made",
        ),
        Index("ix_scans_patient_made", "patient_id", "made_on"),
        Index("ix_scans_awaited", "received_on", "made_on"),
    )

    requested_on: Mapped[date | None]
    booked_on: Mapped[date | None]
    made_on: Mapped[date | None]
    received_on: Mapped[date | None]
    discussed_on: Mapped[date | None]
    device: Mapped[str | None]
    form_token: Mapped[str | None] = mapped_column(unique=True)
    sites: Mapped[list[ScanValue]] = relationship(
        lazy="selectin", cascade="save-update, merge", order_by="ScanValue.site"
    )


class ScanValue(Base):
    """What one DXA says of one site: BMD in 0.001 g/cm2, T and Z as decimals."""

    __tablename__ = "scan_values"
    __table_args__ = (
        one_of("site", ScanSite),
        CheckConstraint("bmd_mg_cm2 IS NULL OR bmd_mg_cm2 BETWEEN 100 AND 2500", name="bmd_possible"),
        CheckConstraint("t_score IS NULL OR t_score BETWEEN -8 AND 8", name="t_score_possible"),
        CheckConstraint("z_score IS NULL OR z_score BETWEEN -8 AND 8", name="z_score_possible"),
    )

    scan_id: Mapped[int] = mapped_column(ForeignKey("scans.id"), primary_key=True)
    site: Mapped[str] = mapped_column(primary_key=True)
    bmd_mg_cm2: Mapped[int | None]
    t_score: Mapped[Decimal | None] = mapped_column(Numeric(3, 1))
    z_score: Mapped[Decimal | None] = mapped_column(Numeric(3, 1))


class SpineImage(Fact, Base):
    """A spine image (VFA, X-ray, CT) and the vertebral fractures seen on it; a fact for the rules once made."""

    __tablename__ = "spine_images"
    __table_args__ = (
        *envelope_rules(),
        one_of("technique", ("vfa", "x_ray", "ct", "mri"), nullable=True),
        CheckConstraint("requested_on IS NOT NULL OR on_date IS NOT NULL", name="image_has_a_date"),
        Index(
            "ix_spine_images_requested", "requested_on", sqlite_where=text("on_date IS NULL"),
            postgresql_where=text("on_date IS NULL"),
        ),
    )  # fmt: skip

    requested_on: Mapped[date | None]
    on_date: Mapped[date | None]
    technique: Mapped[str | None]
    new_fracture: Mapped[bool | None]
    findings: Mapped[list[Any]] = mapped_column(default=list)
    """[{"level": "Th12", "genant": 2, "new": true}, …]"""
    note: Mapped[str | None]
    form_token: Mapped[str | None] = mapped_column(unique=True)


class Fracture(Fact, Base):
    """A fracture; `low_energy` null is unknown and counts as low-energy (protocol S3)."""

    __tablename__ = "fractures"
    __table_args__ = (
        *envelope_rules(),
        one_of("site", FractureSite),
        one_of("precision", ("day", "month", "year")),
        CheckConstraint("genant IS NULL OR genant BETWEEN 1 AND 3", name="genant_grade"),
    )

    on_date: Mapped[date]
    precision: Mapped[str] = mapped_column(default="day")
    site: Mapped[str]
    low_energy: Mapped[bool | None]
    level: Mapped[str | None]
    genant: Mapped[int | None]
    note: Mapped[str | None]
    form_token: Mapped[str | None] = mapped_column(unique=True)


class Lab(Fact, Base):
    """Laboratory values: calcium 0.01 mmol/l, 25-OH-D nmol/l, creatinine µmol/l, eGFR ml/min, PTH 0.1 pmol/l."""

    __tablename__ = "labs"
    __table_args__ = (
        *envelope_rules(),
        CheckConstraint(
            "creatinine_umol_l IS NULL OR creatinine_umol_l BETWEEN 10 AND 2000", name="creatinine_possible"
        ),
    )

    on_date: Mapped[date]
    calcium_mmol_l: Mapped[Decimal | None] = mapped_column(Numeric(4, 2))
    vitamin_d_nmol_l: Mapped[int | None]
    creatinine_umol_l: Mapped[int | None]
    egfr: Mapped[int | None]
    pth_pmol_l: Mapped[Decimal | None] = mapped_column(Numeric(5, 1))
    form_token: Mapped[str | None] = mapped_column(unique=True)
