"""A version on its way into force: offered, approved for a day, carried through the register in batches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from clinic.store.base import Base, one_of
from clinic.store.protocols import ProtocolVersion
from clinic.store.users import User

STATES = ("offered", "approved", "running", "done", "withdrawn")
OPEN = ("offered", "approved", "running")


class Activation(Base):
    """Who offered and approved a version, from when it binds, and up to which patient the register follows it."""

    __tablename__ = "activations"
    __table_args__ = (
        one_of("state", STATES),
        CheckConstraint(
            "(approved_at IS NULL) = (approved_by IS NULL) AND (approved_at IS NULL) = (binds_on IS NULL)",
            name="approved_when_and_by_whom",
        ),
        CheckConstraint("state NOT IN ('approved', 'running', 'done') OR approved_at IS NOT NULL", name="is_approved"),
        CheckConstraint(
            "(state IN ('running', 'done')) = (began_at IS NOT NULL) AND (began_at IS NULL) = (former_id IS NULL)",
            name="began_after_another",
        ),
        CheckConstraint("(state = 'done') = (finished_at IS NOT NULL)", name="done_when"),
        CheckConstraint("(state = 'withdrawn') = (withdrawn_by IS NOT NULL)", name="withdrawn_by_whom"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    protocol_id: Mapped[int] = mapped_column(ForeignKey("protocols.id"), index=True)
    trial_id: Mapped[int] = mapped_column(ForeignKey("protocol_trials.id"))
    state: Mapped[str] = mapped_column(index=True)
    form_token: Mapped[str] = mapped_column(unique=True)
    offered_at: Mapped[datetime]
    offered_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    binds_on: Mapped[date | None]
    withdrawn_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    former_id: Mapped[int | None] = mapped_column(ForeignKey("protocols.id"))
    began_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    reached: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)


def open_one(session: Session) -> Activation | None:
    """The one that is under way; there is never a second."""
    return session.scalar(select(Activation).where(Activation.state.in_(OPEN)).order_by(Activation.id).limit(1))


def carried_out(session: Session) -> Sequence[Any]:
    """Each time that a version came in force, in order: the activation, the former, the new, and who approved it."""
    former, then = aliased(ProtocolVersion), aliased(ProtocolVersion)
    query = (
        select(Activation, former, then, User.name)
        .join(former, former.id == Activation.former_id)
        .join(then, then.id == Activation.protocol_id)
        .join(User, User.id == Activation.approved_by)
    )
    return session.execute(query.order_by(Activation.began_at, Activation.id)).all()


def latest(session: Session, protocol_id: int) -> Activation | None:
    """The last one of a version that nobody withdrew."""
    mine = select(Activation).where(Activation.protocol_id == protocol_id, Activation.state != "withdrawn")
    return session.scalar(mine.order_by(Activation.id.desc()).limit(1))
