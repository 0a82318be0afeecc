"""The calendar of a member of staff as a feed: who has one, whose it is, what is in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from clinic.security.permissions import CARE
from clinic.store.appointments import Appointment
from clinic.store.base import Base
from clinic.store.users import User


class CalendarFeed(Base):
    """A person's feed, at most one; its address holds the token, of which only the hash is kept."""

    __tablename__ = "calendar_feeds"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    made_at: Mapped[datetime]


def end(session: Session, user_id: int) -> bool:
    """The feed of this person answers no more; whether there was one."""
    gone = delete(CalendarFeed).where(CalendarFeed.user_id == user_id).returning(CalendarFeed.user_id)
    return session.scalar(gone) is not None


def owner(session: Session, token_hash: str) -> User | None:
    """Whose feed this is, while her account is open and her role has appointments."""
    return session.scalar(
        select(User)
        .join(CalendarFeed, CalendarFeed.user_id == User.id)
        .where(CalendarFeed.token_hash == token_hash, User.active.is_(True), User.role.in_(sorted(CARE)))
    )


def appointments(session: Session, user_id: int, first: date, last: date) -> Sequence[Appointment]:
    """What she has from a day up to another, what fell through included."""
    of_hers = select(Appointment).where(Appointment.staff_id == user_id, Appointment.on_date.between(first, last))
    return session.scalars(of_hers.order_by(Appointment.on_date, Appointment.at_time, Appointment.id)).all()
