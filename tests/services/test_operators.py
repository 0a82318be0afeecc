"""What is done at the machine itself says in the log who typed it, as far as the operating system knows."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from clinic.security.audit import Action, Purpose
from clinic.services import operators
from tests.conftest import MONDAY_MORNING

ME = pwd.getpwuid(os.getuid()).pw_name
NOBODY_HERE = 3_999_999_999


@pytest.mark.parametrize(
    ("login", "user", "said"),
    [
        (None, None, ME),  # a system that keeps no such thing
        ("", None, ME),
        (str(operators.NO_LOGIN), None, ME),
        (str(os.getuid()), None, ME),
        (str(NOBODY_HERE), None, f"{NOBODY_HERE} as {ME}"),  # sudo
        (str(operators.NO_LOGIN), NOBODY_HERE, str(NOBODY_HERE)),  # a container without a list of users
    ],
)
def test_who_typed_it_also_behind_sudo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, login: str | None, user: int | None, said: str
) -> None:
    file = tmp_path / "loginuid"
    if login is not None:
        file.write_text(login)
    monkeypatch.setattr(operators, "LOGIN", file)
    if user is not None:
        monkeypatch.setattr(os, "getuid", lambda: user)
    assert operators.operator() == said
    line = operators.by_command(MONDAY_MORNING, Action.BACKED_UP, {"file": "x"}, subject="backup:x")
    assert (line.actor_id, line.actor_name, line.purpose) == (None, said, Purpose.ADMINISTRATION)
    assert (line.details, line.subject) == ({"by": "command line", "file": "x"}, "backup:x")
    assert line.source == operators.source()
    assert line.source.endswith(f", command line of {said}")


def test_what_the_program_does_by_itself_is_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    line = operators.by_program(MONDAY_MORNING, Action.LOG_MERGED, subject="emergency_log:x")
    assert (line.actor_name, line.purpose, line.details) == (None, Purpose.AUDIT, None)
