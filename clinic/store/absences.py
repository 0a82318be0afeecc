"""Who is away and who takes her place; for which letters nurses have the clinic's mandate."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, bindparam, exists, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from clinic.store.base import Base, one_of
from clinic.store.users import User

MANDATED = ("control", "dxa", "end", "treatment")
"""What a letter may tell of and a nurse authorise, the last the treatment sheet; a decision asks for a doctor (S8)."""


class Absence(Base):
    """Somebody is away from one day to another, perhaps with a deputy; withdrawn, it stays readable."""

    __tablename__ = "absences"
    __table_args__ = (
        CheckConstraint("until_on >= from_on", name="ends_after_start"),
        CheckConstraint("deputy_id <> user_id", name="deputy_is_another"),
        Index("ix_absences_until", "until_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    deputy_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    from_on: Mapped[date]
    until_on: Mapped[date]
    entered_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    entered_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class Mandate(Base):
    """A doctor lets nurses authorise letters of one kind, from one day, perhaps until another; withdrawn, it ended."""

    __tablename__ = "mandates"
    __table_args__ = (
        one_of("about", MANDATED),
        CheckConstraint("until_on >= from_on", name="ends_after_start"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    about: Mapped[str]
    given_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    entered_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    entered_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


AWAY, DEPUTY = aliased(User), aliased(User)
ABSENCES = (
    select(Absence, AWAY.name.label("name"), AWAY.role.label("role"), DEPUTY.name.label("deputy"))
    .join(AWAY, AWAY.id == Absence.user_id)
    .outerjoin(DEPUTY, DEPUTY.id == Absence.deputy_id)
    .where(Absence.withdrawn_at.is_(None))
    .order_by(Absence.from_on, Absence.id)
)
# asked by every list of one's own, so put together once
ON_DAY = ABSENCES.where(Absence.from_on <= bindparam("day"), Absence.until_on >= bindparam("day"))
AT_WORK = select(User.id).where(User.role == bindparam("role"), User.active.is_(True))


def coming(session: Session, first: date) -> Sequence[Any]:
    """Absences that are not over, the first first, with both names."""
    return session.execute(ABSENCES.where(Absence.until_on >= first)).all()


def away(session: Session, day: date) -> Sequence[Any]:
    """Who is away on a day, with both names."""
    return session.execute(ON_DAY, {"day": day}).all()


def on_day(absence: Any, day: date) -> tuple[ColumnElement[bool], ...]:
    """What says that an absence stands and holds a day."""
    return absence.withdrawn_at.is_(None), absence.from_on <= day, absence.until_on >= day


def is_away(user_id: Any, day: date) -> ColumnElement[bool]:
    """Whether the person of a row is away on a day."""
    hers = aliased(Absence)
    return exists().where(hers.user_id == user_id, *on_day(hers, day))


def at_work(session: Session, role: str) -> set[int]:
    """Whose account of a role is open."""
    return set(session.scalars(AT_WORK, {"role": role}))


def mandates(session: Session, first: date) -> Sequence[Any]:
    """Mandates that are not over, with the doctor's name, in the order of the kinds."""
    return session.execute(
        select(Mandate, User.name)
        .join(User, User.id == Mandate.given_by)
        .where(Mandate.withdrawn_at.is_(None), (Mandate.until_on.is_(None)) | (Mandate.until_on >= first))
        .order_by(Mandate.about, Mandate.from_on, Mandate.id)
    ).all()


def giver(session: Session, kinds: Collection[str], day: date, at: datetime) -> tuple[int, str] | None:
    """The doctor who gave the mandate that held at a moment for these kinds; of several the first, in their order."""
    held = Mandate.withdrawn_at.is_(None) | (Mandate.withdrawn_at > at)
    until = Mandate.until_on.is_(None) | (Mandate.until_on >= day)
    found = select(User.id, User.name).join(Mandate, Mandate.given_by == User.id)
    found = found.where(Mandate.about.in_(kinds), Mandate.from_on <= day, until, held)
    row = session.execute(found.order_by(Mandate.about, Mandate.id).limit(1)).one_or_none()
    return None if row is None else (row[0], row[1])


def mandated(session: Session, day: date) -> set[str]:
    """The kinds of letter that a nurse with the mandate authorises on a day."""
    return {row.Mandate.about for row in mandates(session, day) if row.Mandate.from_on <= day}
