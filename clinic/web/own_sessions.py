"""Where one is signed in, on one's own page; ended there, here or everywhere else."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app
from flask_login import current_user

from clinic.security.accounts import hashed
from clinic.services import sessions
from clinic.services.work import Work, local_time
from clinic.store.users import UserSession

PROGRAMS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (("Windows", "Windows"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"),
           ("Macintosh", "macOS"), ("Linux", "Linux"))  # fmt: skip
"""What stands in the name that a browser gives itself, the telling ones first, and what people call it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A session as its owner knows it again."""

    mark: str
    here: bool
    device: str
    address: str
    since: str
    seen: str


def lines(work: Work) -> list[Line]:
    """Where she is signed in, this browser first."""
    limit = work.now - current_app.config["SETTINGS"].idle_end
    own = hashed(current_user.token)
    found = [line(row, row.token_hash == own) for row in sessions.open_ones(work, limit)]
    return sorted(found, key=lambda one: not one.here)


def line(row: UserSession, here: bool) -> Line:
    """Device, address and times by the clinic's clock."""
    since, seen = (local_time(at).strftime("%d-%m-%Y %H:%M") for at in (row.created_at, row.seen_at))
    return Line(sessions.mark(row), here, device(row.agent or ""), row.address or "", since, seen)


def device(agent: str) -> str:
    """The browser and the system that a session runs in; empty when neither is known."""
    known = [next((said for sign, said in names if sign in agent), "") for names in (PROGRAMS, SYSTEMS)]
    return ", ".join(filter(None, known))
