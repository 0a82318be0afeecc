"""Two patient numbers that are one woman: which became which, and every row that came along, so that it can go back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from clinic.store.appointments import Appointment
from clinic.store.base import Base, Json
from clinic.store.calls import Call
from clinic.store.controls import Agreement, Control
from clinic.store.copies import StandingCopy
from clinic.store.corrections import BreachTask, CorrectionNotice
from clinic.store.decision_changes import DecisionChange
from clinic.store.imports import EarlierLetter
from clinic.store.letters import Letter
from clinic.store.patient_letters import PatientLetter
from clinic.store.patients import Glucocorticoid, Patient
from clinic.store.proposals import Proposal
from clinic.store.restrictions import EmergencyOpening, Restriction
from clinic.store.reviews import AlertNote, Override, Review, Waiver
from clinic.store.rights import Statement
from clinic.store.scans import Fracture, Lab, Scan, SpineImage
from clinic.store.treatments import Course, CourseStop, Dose, Pause
from clinic.store.users import User

Key = tuple[str, int]
"""The table and the number of a row."""


class Merge(Base):
    """One number became another; while `split_at` is empty `patients.merged_into_id` says the same."""

    __tablename__ = "merges"
    __table_args__ = (
        CheckConstraint("kept_id <> losing_id", name="two_numbers"),
        CheckConstraint("length(reason) > 0", name="reason_given"),
        CheckConstraint(
            "(split_at IS NULL) = (split_by IS NULL) AND (split_at IS NULL) = (split_reason IS NULL)",
            name="split_is_whole",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kept_id: Mapped[int] = mapped_column(ForeignKey("patients.id"), index=True)
    losing_id: Mapped[int] = mapped_column(ForeignKey("patients.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str]
    bsn_moved: Mapped[bool]
    """The number that stays had no BSN and took over that of the other."""
    taken: Mapped[Json]
    """What of her own data was filled in at the number that stays; contact persons by name, relation and phone."""
    split_at: Mapped[datetime | None]
    split_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    split_reason: Mapped[str | None]


class MergeRow(Base):
    """A row that hung on one of the two numbers: it came along, or it was there already."""

    __tablename__ = "merge_rows"

    merge_id: Mapped[int] = mapped_column(ForeignKey("merges.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    """The table of the row; `patients` for a number that had been merged into the losing one before."""
    row_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    moved: Mapped[bool]


MOVES: dict[type[Any], str] = {
    Course: "started_on", CourseStop: "stopped_on", Pause: "from_on", Dose: "on_date", Control: "on_date",
    Agreement: "on_date", Scan: "made_on", SpineImage: "on_date", Fracture: "on_date", Lab: "on_date",
    Glucocorticoid: "from_on", Review: "on_date", Waiver: "on_date", AlertNote: "on_date", Override: "chosen_on",
    EarlierLetter: "sent_on", Appointment: "on_date", Letter: "due_on", PatientLetter: "made_at", Call: "at",
    Proposal: "proposed_at", CorrectionNotice: "at", BreachTask: "found_at", StandingCopy: "since",
    DecisionChange: "found_at", Statement: "on_date", Restriction: "marked_at", EmergencyOpening: "opened_at",
}  # fmt: skip
"""What comes along, with the column that says of which day it is."""

STAYS = {
    "patient_names": "search leads from the names of a merged number to the number that stayed",
    "patient_changes": "what was changed of the data that were written under a number",
    "contact_persons": "whom to call is copied, and what was copied is taken out at a split",
    "control_drafts": "none is open when numbers are merged",
    "review_drafts": "none is open when numbers are merged",
    "form_drafts": "what somebody typed and did not send; it counts nowhere, and no alarm stands in one at a merge",
    "review_skips": "a doctor's order of one day, kept under the number she passed over",
    "reported_deaths": "a report names the number that the file named; none is open when numbers are merged",
    "calling": "a day to call back is copied",
    "letter_subjects": "goes with its letter",
    "letter_copies": "goes with its letter",
    "due_items": "built anew from the facts",
    "alerts": "built anew from the facts",
    "figure_cases": "what counted in a figure on one day; computed anew at night",
    "trial_changes": "what a trial of a protocol found on one day",
    "merges": "says itself which number became which",
    "patients": "a number that was merged before points to the number that stays now",
    "log_findings": "a look that was laid before the privacy officer stays at the number of then",
    "rights_requests": "a request names the number under which it was made; none is open when numbers are merged",
    "tombstones": "a number that was destroyed is merged with none",
    "audit_entries": "who looked at a number stays written at that number",
}
"""What does not come along, and why; a law asks that every table about a patient stands here or above."""

LOOSE = {("correction_notices", "told_in")}  # a letter tells of more than the correction it mentions


@dataclass(frozen=True, slots=True)
class Row:
    """A row about a patient: what it is, of which day, whether it counts, and what it hangs on."""

    kind: str
    id: int
    patient_id: int
    day: date | datetime | None
    stands: bool
    on: tuple[Key, ...]

    @property
    def key(self) -> Key:
        """The table and the number."""
        return self.kind, self.id


def links(table: type[Any]) -> list[tuple[str, str]]:
    """The columns by which a row hangs on another one about the same patient, and the tables of those."""
    moving = {kind.__tablename__ for kind in MOVES}
    found = [
        (key.parent.name, key.column.table.name)
        for key in table.__table__.foreign_keys
        if key.column.table.name in moving and (table.__tablename__, key.parent.name) not in LOOSE
    ]
    return sorted(found)


def rows_of(session: Session, patient_ids: Sequence[int]) -> list[Row]:
    """Everything that would come along with these patients, kind by kind and day by day."""
    found = []
    for table, day in MOVES.items():
        hangs = links(table)
        columns = [table.id, table.patient_id, getattr(table, day), getattr(table, "stands", table.id.is_not(None))]
        query = select(*columns, *(getattr(table, name) for name, _target in hangs))
        for row in session.execute(query.where(table.patient_id.in_(patient_ids)).order_by(getattr(table, day))):
            on = tuple(
                (target, value) for (_name, target), value in zip(hangs, row[4:], strict=True) if value is not None
            )
            found.append(Row(table.__tablename__, row[0], row[1], row[2], bool(row[3]), on))
    return found


def open_merge(session: Session, losing_id: int) -> Merge | None:
    """The merge by which a number is no longer used."""
    return session.scalar(select(Merge).where(Merge.losing_id == losing_id, Merge.split_at.is_(None)))


def merged_into(session: Session, kept_id: int) -> Sequence[Any]:
    """Merges that stand into this number: each with the other number and who did it."""
    query = (
        select(Merge, Patient.number, User.name)
        .join(Patient, Patient.id == Merge.losing_id)
        .join(User, User.id == Merge.by)
        .where(Merge.kept_id == kept_id, Merge.split_at.is_(None))
    )
    return session.execute(query.order_by(Merge.id)).all()
