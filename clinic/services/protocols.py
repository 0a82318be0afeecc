"""The clinic's versions of the protocol: which one is in force, and drafts that a manager makes from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic.domain.errors import RuleBroken
from clinic.domain.numbers import ALL, Values, Wrong, changed, reshaped, values, wrongs
from clinic.domain.protocol import Protocol
from clinic.interop import protocols as toml
from clinic.security.audit import Action
from clinic.security.permissions import May
from clinic.services import in_force as rules
from clinic.services.work import Stale, Work
from clinic.store import activations
from clinic.store.base import Json
from clinic.store.protocols import ProtocolVersion
from clinic.store.users import User


class BadNumbers(Exception):
    """Numbers that are no protocol; each with what is wrong."""

    def __init__(self, found: list[Wrong]) -> None:
        super().__init__(found)
        self.wrongs = found


class InForce(NamedTuple):
    """The version by which the clinic works; of the one that came with the program nobody approved since when."""

    protocol: Protocol
    since: date | None
    approved_by: str | None


class Holds(NamedTuple):
    """From which day a number is what it is, and which doctor approved that; neither since the register began."""

    since: date | None
    approved_by: str | None


class Listed(NamedTuple):
    """A version with who made it; nobody here made the one that came with the program."""

    row: ProtocolVersion
    made_by: str | None


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A draft: why it is made, its name and numbers."""

    reason: str
    protocol: Protocol
    form_token: str


@dataclass(frozen=True, slots=True)
class ChangeDraft:
    """What the manager typed in a draft that she opened at a version of it."""

    protocol_id: int
    version: int
    reason: str
    numbers: Values


def protocol_of(row: ProtocolVersion) -> Protocol:
    """The rules of a version."""
    return rules.read(row.toml, row.name)


def in_force(session: Session) -> InForce:
    """The version by which the clinic works; the one that came with the program until another is activated."""
    active = select(ProtocolVersion, User.name).outerjoin(User, User.id == ProtocolVersion.approved_by)
    row, approved_by = session.execute(active.where(ProtocolVersion.state == "active")).one()
    return InForce(protocol_of(row), row.active_from, approved_by)


def holding(session: Session) -> dict[str, Holds]:
    """Of every number since when it is what it is and who approved that: the last time that it became another."""
    found = dict.fromkeys(ALL, Holds(None, None))
    for row, former, then, approved_by in activations.carried_out(session):
        was, became = (values(rules.read(one.toml, one.name)) for one in (former, then))
        found |= {key: Holds(row.binds_on, approved_by) for key in ALL if was[key] != became[key]}
    return found


def active_row(session: Session) -> ProtocolVersion:
    """The row of the version in force."""
    return session.scalars(select(ProtocolVersion).where(ProtocolVersion.state == "active")).one()


def listed(session: Session) -> Sequence[Listed]:
    """Every version but withdrawn drafts, the newest first."""
    query = select(ProtocolVersion, User.name).outerjoin(User, User.id == ProtocolVersion.made_by)
    kept = query.where(ProtocolVersion.state != "withdrawn").order_by(ProtocolVersion.id.desc())
    return [Listed(row, name) for row, name in session.execute(kept)]


def found(session: Session, protocol_id: int) -> ProtocolVersion:
    """A version that is there, or LookupError."""
    row = session.get(ProtocolVersion, protocol_id)
    if row is None:
        raise LookupError(protocol_id)
    return row


def make(work: Work, command: NewVersion) -> int:
    """Keep a draft; posted twice it is one."""
    work.needs(May.EDIT_SETTINGS)
    twice = select(ProtocolVersion.id).where(ProtocolVersion.form_token == command.form_token)
    if (known := work.session.scalar(twice)) is not None:
        return known
    check(command.protocol)
    name = command.protocol.name
    named = select(ProtocolVersion.id).where(ProtocolVersion.name == name)
    if work.session.scalar(named) is not None:
        raise RuleBroken("name", "protocol_name_taken")
    row = ProtocolVersion(
        name=name, state="draft", toml=toml.dump(command.protocol), reason=command.reason.strip(),
        made_at=work.now, made_by=work.actor.id, form_token=command.form_token,
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    note(work, row, {"draft": [None, name]})
    return row.id


def change(work: Work, command: ChangeDraft) -> None:
    """Put other numbers in a draft; what is active or was is never changed."""
    work.needs(May.EDIT_SETTINGS)
    row = draft(work, command.protocol_id)
    if row.version != command.version:
        raise Stale(row.name)
    old = protocol_of(row)
    if wrong := wrongs({**values(old), **command.numbers}):
        raise BadNumbers(wrong)
    new, reason = changed(old, command.numbers), command.reason.strip()
    changes = differences({**values(old), "reason": row.reason}, {**values(new), "reason": reason})
    if changes:
        row.toml, row.reason = toml.dump(new), reason
        note(work, row, changes)


def withdraw(work: Work, protocol_id: int) -> None:
    """Put a draft away; done twice it is away."""
    work.needs(May.EDIT_SETTINGS)
    if found(work.session, protocol_id).state == "withdrawn":
        return
    row = draft(work, protocol_id)
    row.state = "withdrawn"
    note(work, row, {"draft": [row.name, None]})


def draft(work: Work, protocol_id: int) -> ProtocolVersion:
    """A version that may still be changed; nobody else changes it meanwhile."""
    row = work.session.get(ProtocolVersion, protocol_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise LookupError(protocol_id)
    if row.state != "draft":
        raise RuleBroken("name", "protocol_no_draft")
    under_way = activations.open_one(work.session)
    if under_way is not None and under_way.protocol_id == protocol_id:
        raise RuleBroken("name", "protocol_offered")
    return row


def check(protocol: Protocol) -> None:
    """Refuse a file's numbers outside their bounds or in contradiction to each other."""
    if wrong := reshaped(protocol) or wrongs(values(protocol)):
        raise BadNumbers(wrong)


def differences(before: Mapping[str, object], after: Mapping[str, object]) -> Json:
    """Old and new of whatever is another now, as text: a fraction stays as it was typed."""
    return {key: [str(before[key]), str(after[key])] for key in after if before[key] != after[key]}


def note(work: Work, row: ProtocolVersion, changes: Json) -> None:
    """Write down what became of a version, and keep it."""
    work.note(Action.PROTOCOL_CHANGED, subject=f"protocol:{row.id}", details={"changes": changes})
    work.commit()
