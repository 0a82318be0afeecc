"""What a patient asks of the clinic about her own data: requests with their date, her statement, and a tombstone."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Connection, ForeignKey, Index, event, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from clinic.domain.vocabulary import RequestKind, RequestState
from clinic.store.base import Base, Fact, Json, envelope_rules, one_of
from clinic.store.letters import Letter
from clinic.store.patient_letters import PatientLetter
from clinic.store.patients import Patient
from clinic.store.users import User

MOST = 200


class RightsRequest(Base):
    """One request of a patient (AVG art. 12-21, BW 7:454-456) and its answer; it outlives her record."""

    __tablename__ = "rights_requests"
    __table_args__ = (
        one_of("kind", RequestKind),
        one_of("state", RequestState),
        CheckConstraint("due_on > received_on", name="due_after_received"),
        CheckConstraint(
            "(state = 'open') = (settled_at IS NULL) AND (settled_at IS NULL) = (settled_by IS NULL) "
            "AND (settled_at IS NULL) = (answer IS NULL)",
            name="settled_whole",
        ),
        CheckConstraint(
            "(decided_at IS NULL) = (decided_by IS NULL) AND (decided_at IS NULL) = (ground IS NULL)",
            name="decided_whole",
        ),
        CheckConstraint("decided_at IS NULL OR kind = 'destruction'", name="destruction_is_decided"),
        Index("ix_rights_requests_state", "state", "due_on", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    patient_id: Mapped[int] = mapped_column(index=True)
    """Her key; no reference, because the request stays when she is gone."""
    number: Mapped[str]
    kind: Mapped[str]
    received_on: Mapped[date]
    due_on: Mapped[date]
    """The day before which she has an answer: one month, two more with a reason (AVG art. 12, third paragraph)."""
    extended_because: Mapped[str | None]
    note: Mapped[str | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    ground: Mapped[str | None]
    """Why a doctor found that nothing stands in the way of destruction (BW 7:455, second paragraph)."""
    state: Mapped[str] = mapped_column(default="open")
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    answer: Mapped[str | None]
    form_token: Mapped[str] = mapped_column(unique=True)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}


class Statement(Fact, Base):
    """What a patient wants to stand in her record in her own words (BW 7:454, second paragraph)."""

    __tablename__ = "statements"
    __table_args__ = (*envelope_rules(), CheckConstraint("length(text) > 0", name="text_given"))

    on_date: Mapped[date]
    text: Mapped[str]


class Tombstone(Base):
    """That a record was destroyed: of which number, when, by which two people, how many rows; none of its content."""

    __tablename__ = "tombstones"
    __table_args__ = (
        CheckConstraint("decided_by <> destroyed_by", name="two_people"),
        CheckConstraint(
            "(released_at IS NULL) = (released_by IS NULL) AND (released_at IS NULL) = (released_because IS NULL)",
            name="released_whole",
        ),
    )

    patient_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[str] = mapped_column(index=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("rights_requests.id"))
    ground: Mapped[str]
    decided_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    destroyed_at: Mapped[datetime]
    destroyed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    rows: Mapped[Json]
    """How many rows of each table."""
    last_letter_id: Mapped[int | None]
    """The highest number of a letter that went: it is never given to another one."""
    last_patient_letter_id: Mapped[int | None]
    """The same of the letters to her herself."""
    released_at: Mapped[datetime | None]
    """When the privacy officer let the number be registered again; until then a file or a form meets this stone."""
    released_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    released_because: Mapped[str | None]


def stones_of(session: Session, numbers: Collection[str]) -> dict[str, datetime]:
    """Which of these numbers are of a record that was destroyed, and when; those that were released aside."""
    query = select(Tombstone.number, Tombstone.destroyed_at)
    found = session.execute(query.where(Tombstone.number.in_(numbers), Tombstone.released_at.is_(None)))
    return {row.number: row.destroyed_at for row in found}


def requests(session: Session, only_open: bool) -> Sequence[Any]:
    """Requests with who recorded them: the open ones by their date, then the settled ones, newest first."""
    query = select(RightsRequest, User.name).join(User, User.id == RightsRequest.recorded_by)
    waiting = query.where(RightsRequest.state == RequestState.OPEN.value)
    found = list(session.execute(waiting.order_by(RightsRequest.due_on, RightsRequest.id)).all())
    if only_open:
        return found
    settled = query.where(RightsRequest.state != RequestState.OPEN.value)
    return found + list(session.execute(settled.order_by(RightsRequest.settled_at.desc()).limit(MOST)).all())


def requests_of(session: Session, patient_id: int) -> Sequence[RightsRequest]:
    """What one patient asked, the latest first."""
    query = select(RightsRequest).where(RightsRequest.patient_id == patient_id)
    return session.scalars(query.order_by(RightsRequest.received_on.desc(), RightsRequest.id.desc())).all()


def statements_of(session: Session, patient_id: int, stands: bool = True) -> Sequence[Statement]:
    """Her statements that stand, or those that no longer do, the latest first."""
    query = select(Statement).where(Statement.patient_id == patient_id, Statement.stands.is_(stands))
    return session.scalars(query.order_by(Statement.on_date.desc(), Statement.id.desc())).all()


HIGHEST = {
    # asked by each new letter, so put together once
    column.key: select(func.max(column))
    for column in (Tombstone.patient_id, Tombstone.last_letter_id, Tombstone.last_patient_letter_id)
}


# SQLite gives the highest number again once its row is gone; PostgreSQL never does. The log, the marks of the outbox
# and the references of letters name patients and letters by number, so those of a destroyed record are not used again.
@event.listens_for(Patient, "before_insert")
def a_patients_number_is_not_used_again(_mapper: Any, connection: Connection, patient: Patient) -> None:
    """A new patient comes after every patient who was destroyed."""
    if patient.id is None:
        patient.id = beyond(connection, Patient, Tombstone.patient_id)


@event.listens_for(Letter, "before_insert")
def a_letters_number_is_not_used_again(_mapper: Any, connection: Connection, letter: Letter) -> None:
    """A new letter comes after every letter that was destroyed."""
    if letter.id is None:
        letter.id = beyond(connection, Letter, Tombstone.last_letter_id)


@event.listens_for(PatientLetter, "before_insert")
def nor_is_that_of_a_letter_to_a_patient(_mapper: Any, connection: Connection, letter: PatientLetter) -> None:
    """A new letter to a patient comes after every one that was destroyed."""
    if letter.id is None:
        letter.id = beyond(connection, PatientLetter, Tombstone.last_patient_letter_id)


def beyond(connection: Connection, table: type[Any], destroyed: Any) -> Any:
    """The next number when the highest was destroyed; else None, and the database gives one."""
    if connection.dialect.name != "sqlite":
        return None
    highest: int | None = connection.scalar(HIGHEST[destroyed.key])
    if highest is None:
        return None
    given = connection.info.setdefault("given", {})  # several of one flush get their number before any is stored
    last = max(connection.scalar(select(func.max(table.id))) or 0, highest, given.get(table.__tablename__, 0))
    given[table.__tablename__] = last + 1
    return last + 1
