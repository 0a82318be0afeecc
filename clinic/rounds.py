"""Something done again and again beside the requests of a worker, until it is ended."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

log = logging.getLogger("clinic.rounds")


def begin(name: str, once: Callable[[], object], every: float) -> threading.Event:
    """Start; a round that fails is followed by the next one. The event that is handed back ends it."""
    ended = threading.Event()

    def rounds() -> None:
        while not ended.wait(every):
            try:
                once()
            except Exception as fault:  # whatever it was, the next round may do; its words could name a patient
                log.error("a round of the %s failed: %s", name, type(fault).__name__)

    threading.Thread(target=rounds, name=name, daemon=True).start()
    return ended
