"""Work behind a page: a command of the clinic in a process of its own, which goes on when this worker ends."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = "from clinic.cli import main; main()"


def start(*words: str) -> None:
    """Begin `clinic` with these words; how far it is, the command itself writes down."""
    subprocess.Popen([sys.executable, "-c", PROGRAM, *words], start_new_session=True, stdin=subprocess.DEVNULL)  # noqa: S603 - our own words
