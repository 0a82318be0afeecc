"""A version comes into force: a manager offers it with its what-if, a doctor approves it for a day, the day comes.

From the moment it is in force every save is reckoned by it; `activation_run` carries it through the register. The
former version comes back in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.domain.calendar import add_months
from clinic.domain.errors import RuleBroken
from clinic.security.audit import Action, purpose
from clinic.security.permissions import May, Role
from clinic.services import protocols, trials
from clinic.services.work import Work, by
from clinic.store import activations as store
from clinic.store import restores
from clinic.store.activations import Activation
from clinic.store.audit import AuditEntry
from clinic.store.protocols import ProtocolTrial, ProtocolVersion
from clinic.store.users import User

MOST_MONTHS = 12  # further ahead the what-if says nothing any more
MAY_COME = ("draft", "retired")


@dataclass(frozen=True, slots=True)
class Offer:
    """Which version, with the what-if that was run last."""

    protocol_id: int
    form_token: str


@dataclass(frozen=True, slots=True)
class Approve:
    """Which offer, and the day from which it binds."""

    activation_id: int
    binds_on: date


def offer(work: Work, command: Offer) -> int:
    """Offer a version to the doctors and say the id; posted twice it is one.

    Raises RuleBroken when another is under way, or when it was not tried as it is beside the one in force.
    """
    work.needs(May.EDIT_SETTINGS)
    twice = select(Activation.id).where(Activation.form_token == command.form_token)
    if (known := work.session.scalar(twice)) is not None:
        return known
    former = in_force(work.session)
    version = protocols.found(work.session, command.protocol_id)
    if version.state not in MAY_COME:
        raise RuleBroken("trial", "activation_no_draft")
    if store.open_one(work.session) is not None:
        raise RuleBroken("trial", "activation_open")
    trial = trials.latest(work.session, version.id)
    if trial is None or not is_whole(trial, version, former):
        raise RuleBroken("trial", "activation_needs_trial")
    row = Activation(
        protocol_id=version.id, trial_id=trial.id, state="offered", form_token=command.form_token,
        offered_at=work.now, offered_by=work.actor.id,
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    note(work, row, Action.PROTOCOL_OFFERED)
    return row.id


def is_whole(trial: ProtocolTrial, version: ProtocolVersion, former: ProtocolVersion) -> bool:
    """Whether a trial went to its end, on these numbers, beside the version that is in force now."""
    ended = trial.finished_at is not None and trial.failed is None
    return ended and trial.toml == version.toml and trial.against_id == former.id


def in_force(session: Session) -> ProtocolVersion:
    """The version in force, held: nobody else offers, approves or begins meanwhile."""
    query = select(ProtocolVersion).where(ProtocolVersion.state == "active").with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def approve(work: Work, command: Approve) -> None:
    """A doctor signs that the version binds from a day on; signed twice it is signed."""
    work.needs(May.APPROVE_PROTOCOL)
    in_force(work.session)
    row = found(work.session, command.activation_id)
    if row.state == "approved" and row.approved_by == work.actor.id and row.binds_on == command.binds_on:
        return
    if row.state != "offered":
        raise RuleBroken("binds_on", "activation_not_offered")
    last = add_months(work.today, MOST_MONTHS)
    if not work.today <= command.binds_on <= last:
        raise RuleBroken("binds_on", "day_between", low=f"{work.today:%d-%m-%Y}", high=f"{last:%d-%m-%Y}")
    row.state, row.binds_on = "approved", command.binds_on
    row.approved_at, row.approved_by = work.now, work.actor.id
    note(work, row, Action.PROTOCOL_APPROVED)


def take_back(work: Work, activation_id: int) -> None:
    """End an offer or an approval before the version is in force; done twice it is ended."""
    work.needs(May.TRY_PROTOCOL)  # who offers and who approves
    in_force(work.session)
    row = found(work.session, activation_id)
    if row.state == "withdrawn":
        return
    if row.state not in ("offered", "approved"):
        raise RuleBroken("binds_on", "activation_not_offered")
    row.state, row.withdrawn_by = "withdrawn", work.actor.id
    note(work, row, Action.PROTOCOL_OFFERED)


def found(session: Session, activation_id: int) -> Activation:
    """An activation as it is now, or LookupError."""
    row = session.get(Activation, activation_id, populate_existing=True)
    if row is None:
        raise LookupError(activation_id)
    return row


def waiting(session: Session, now: datetime, today: date) -> Activation | None:
    """What has to be run: approved and its day has come, or begun by a run that died.

    Nothing of a restored register that nobody has looked at yet.
    """
    row = store.open_one(session)
    if row is None or row.binds_on is None or row.binds_on > today:
        return None
    if restores.unconfirmed_since(session.connection()):
        return None
    return None if row.state == "running" and is_running(row, now) else row


def is_running(row: Activation, now: datetime) -> bool:
    """Whether somebody is still at it."""
    return row.state == "running" and row.seen_at is not None and now - row.seen_at < trials.SILENT


def begin(session: Session, row: Activation, now: datetime) -> None:
    """Put the version in force and the former one out of it, in one act; what follows is for the run."""
    former, row = in_force(session), found(session, row.id)
    if row.state != "approved":
        return
    version = session.get_one(ProtocolVersion, row.protocol_id)
    former.state = "retired"
    session.flush()  # one version at a time: the database refuses two
    version.state, version.active_from = "active", row.binds_on
    version.approved_at, version.approved_by = row.approved_at, row.approved_by
    row.state, row.former_id, row.began_at, row.seen_at = "running", former.id, now, now
    tell(session, row, now, {"version": [former.name, version.name]})
    session.commit()


def tell(session: Session, row: Activation, now: datetime, details: dict[str, object]) -> None:
    """A line in the log of what the program did on the approval of a doctor; it also says that lists changed."""
    session.add(
        AuditEntry(
            at=now, action=Action.PROTOCOL_ACTIVATED, **by(session.get_one(User, row.approved_by)),
            subject=f"activation:{row.id}", details=details, purpose=purpose(Action.PROTOCOL_ACTIVATED, Role.DOCTOR),
        )
    )  # fmt: skip


def note(work: Work, row: Activation, action: Action) -> None:
    """Write down what became of an offer, and keep it."""
    told = {"state": row.state, "binds_on": str(row.binds_on) if row.binds_on else None}
    work.note(action, subject=f"protocol:{row.protocol_id}", details=told)
    work.commit()
