"""What goes on beside a test is over before the test is."""

from __future__ import annotations

import threading

NAMES = {"postman", "sealer"}


def end(*events: threading.Event) -> None:
    """End these rounds and wait for the one that is under way: it still holds a connection."""
    for event in events:
        event.set()
    for thread in threading.enumerate():
        if thread.name in NAMES:
            thread.join(30)
            assert not thread.is_alive()
