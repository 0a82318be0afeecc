"""What is done at the machine itself, where nobody signs in: the line of the log says who typed the command."""

from __future__ import annotations

import os
import pwd
from datetime import datetime
from pathlib import Path
from typing import Any

from clinic.security.audit import Action, purpose
from clinic.store.audit import SOURCE, AuditEntry
from clinic.store.base import Json

LOGIN = Path("/proc/self/loginuid")
NO_LOGIN = 2**32 - 1
"""What Linux says of a process that no login began: a service, a container."""


def operator() -> str:
    """The operating system's user; of whoever took another's place (sudo) also as whom she came in."""
    acting, began = called(os.getuid()), login()
    came_in = acting if began is None else called(began)
    return acting if came_in == acting else f"{came_in} as {acting}"


def login() -> int | None:
    """As whom somebody came in to the machine, which sudo leaves as it was; None when the system does not say."""
    try:
        number = int(LOGIN.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return None if number == NO_LOGIN else number


def called(number: int) -> str:
    """The name of a user of this machine; the number of one who has none here, as in a container."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def source() -> str:
    """By which program, and who typed it: also where a command works in the name of an account."""
    return f"{SOURCE}, command line of {operator()}"


def by_command(at: datetime, action: Action, details: Json | None = None, **about: Any) -> AuditEntry:
    """The line of the log of a command that works in nobody's name but that of who typed it."""
    return AuditEntry(
        at=at, action=action, actor_name=operator(), purpose=purpose(action, None), source=source(),
        details={"by": "command line"} | (details or {}), **about,
    )  # fmt: skip


def by_program(at: datetime, action: Action, **about: Any) -> AuditEntry:
    """The line of the log of what the program does by itself, as its rounds come."""
    return AuditEntry(at=at, action=action, purpose=purpose(action, None), **about)
