"""Print runs: the letters that were printed together, in which order, the file itself, and what came of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from clinic.store.base import Base, Json
from clinic.store.letters import GP, Letter
from clinic.store.patients import Patient


class PrintRun(Base):
    """One file for the printer, kept so that a second print has the same bytes; settled once."""

    __tablename__ = "print_runs"
    __table_args__ = (
        CheckConstraint("(pdf IS NULL) = (sha256 IS NULL)", name="file_has_hash"),
        CheckConstraint("(settled_at IS NULL) = (settled_by IS NULL)", name="settled_when_and_by_whom"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    made_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    form_token: Mapped[str] = mapped_column(unique=True)
    done: Mapped[int] = mapped_column(default=0)
    pdf: Mapped[bytes | None] = mapped_column(deferred=True)
    sha256: Mapped[str | None]
    failed: Mapped[str | None]
    settled_at: Mapped[datetime | None] = mapped_column(index=True)
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class PrintedLetter(Base):
    """A letter in a run: its place, and the envelopes that were confirmed with it: its own and those of its copies."""

    __tablename__ = "printed_letters"

    run_id: Mapped[int] = mapped_column(ForeignKey("print_runs.id"), primary_key=True)
    letter_id: Mapped[int] = mapped_column(ForeignKey("letters.id"), primary_key=True, index=True)
    place: Mapped[int]
    seal: Mapped[str]
    envelope: Mapped[Json | None]
    copies: Mapped[list[Any] | None]
    """Neither is known of a run from before they were kept."""
    overtaken_at: Mapped[datetime | None]
    """When what it tells changed while it lay here; not printed it is withdrawn, printed another letter follows it."""


BEGINNING = 0x7072696E74  # "print": the key on which whoever begins a run waits; no row need exist for it


def take_turns(session: Session) -> None:
    """Wait until nobody else is beginning a run; SQLite's one writer has waited already."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(BEGINNING)))


def hold(session: Session, letter_ids: Collection[int]) -> Sequence[Letter]:
    """These letters as they are now, their patients locked in one order, so that two people never wait."""
    session.expire_all()
    mine = select(Letter.patient_id).where(Letter.id.in_(letter_ids))
    whose = select(Patient).where(Patient.id.in_(mine)).order_by(Patient.id).with_for_update(of=Patient)
    session.scalars(whose).all()
    return session.scalars(select(Letter).where(Letter.id.in_(letter_ids))).all()


def in_open_runs() -> Any:
    """The letters that lie on the printer: a run with them waits for its answer."""
    return (
        select(PrintedLetter.letter_id)
        .join(PrintRun, PrintRun.id == PrintedLetter.run_id)
        .where(PrintRun.settled_at.is_(None), PrintRun.failed.is_(None))
    )


def lying(session: Session, letter_id: int) -> PrintedLetter | None:
    """A letter that lies on the printer, and may be in the post before anybody says so."""
    query = select(PrintedLetter).join(PrintRun, PrintRun.id == PrintedLetter.run_id)
    waits = (PrintRun.settled_at.is_(None), PrintRun.failed.is_(None))
    return session.scalars(query.where(PrintedLetter.letter_id == letter_id, *waits)).first()


def runs_of(session: Session, letter_ids: Collection[int]) -> dict[int, int]:
    """Of these letters those that lie on the printer, each with its run."""
    query = select(PrintedLetter.letter_id, PrintedLetter.run_id).join(PrintRun, PrintRun.id == PrintedLetter.run_id)
    waits = (PrintRun.settled_at.is_(None), PrintRun.failed.is_(None))
    found = session.execute(query.where(PrintedLetter.letter_id.in_(letter_ids), *waits))
    return {row.letter_id: row.run_id for row in found}


def overtaken(session: Session, patient_id: int) -> bool:
    """Whether a letter about a patient lies there of which another letter tells by now."""
    query = select(PrintedLetter.letter_id).join(Letter, Letter.id == PrintedLetter.letter_id)
    hers = (Letter.patient_id == patient_id, Letter.kind == GP, PrintedLetter.overtaken_at.is_not(None))
    return session.scalars(query.where(*hers, PrintedLetter.letter_id.in_(in_open_runs())).limit(1)).first() is not None


def of_run(session: Session, run_id: int) -> Sequence[Any]:
    """The letters of a run in their order, with their patients."""
    query = (
        select(PrintedLetter, Letter, Patient)
        .join(Letter, Letter.id == PrintedLetter.letter_id)
        .join(Patient, Patient.id == Letter.patient_id)
        .where(PrintedLetter.run_id == run_id)
        .order_by(PrintedLetter.place)
    )
    return session.execute(query).all()


def open_runs(session: Session) -> Sequence[PrintRun]:
    """The runs that wait for their answer, the newest first."""
    query = select(PrintRun).where(PrintRun.settled_at.is_(None), PrintRun.failed.is_(None))
    return session.scalars(query.order_by(PrintRun.id.desc())).all()
