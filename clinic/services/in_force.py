"""The rules in force: the clinic's active version of the protocol, read once in a transaction."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from sqlalchemy import event, select
from sqlalchemy.orm import Session, SessionTransaction

from clinic.domain.protocol import Protocol
from clinic.interop import protocols as toml
from clinic.store.protocols import ProtocolVersion

# asked by each unit that writes, so put together once
VERSIONS = ProtocolVersion.__table__.c
ACTIVE = select(VERSIONS.toml, VERSIONS.name).where(VERSIONS.state == "active")
HELD = ACTIVE.with_for_update(read=True)


def rules(session: Session) -> Protocol:
    """The version in force; a unit that writes holds it, so that no other comes in force before it is done."""
    known: Protocol | None = session.info.get("rules")
    if known is None:
        # who waited while another version came in force finds that the old row is active no longer, and looks again
        row = active(session) or active(session)
        if row is None:
            raise LookupError("no version of the protocol is in force")
        known = session.info["rules"] = read(*row)
    return known


def active(session: Session) -> tuple[str, str] | None:
    """Text and name of the active version; shared with other writers, and with nobody who changes which it is."""
    session.flush()  # a version that this very unit puts in force
    writes = session.get_bind().get_execution_options().get("writes", True)
    row = session.execute(HELD if writes else ACTIVE).first()
    return None if row is None else (row.toml, row.name)


def named(session: Session, name: str | None) -> Protocol:
    """The version of this name, by which something was counted or signed; if it is not here, the rules in force."""
    now = rules(session)
    if name in (None, now.name):
        return now
    version = select(ProtocolVersion.toml, ProtocolVersion.name).where(ProtocolVersion.name == name)
    row = session.execute(version).first()
    return now if row is None else read(row.toml, row.name)


@lru_cache(maxsize=16)
def read(text: str, name: str) -> Protocol:
    """The rules that a file tells of, under the name of their version."""
    return replace(toml.load(text), name=name)


@event.listens_for(Session, "after_transaction_end")
def look_again(session: Session, ended: SessionTransaction) -> None:
    """What was in force in one transaction need not be in the next; a flush within one ends none."""
    if ended.parent is None:
        session.info.pop("rules", None)
