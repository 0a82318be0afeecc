"""Beside the requests of a worker: every few seconds the emergency log is brought in and the log is sealed."""

from __future__ import annotations

import logging
import threading

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from clinic import rounds
from clinic.services import sealing
from clinic.services.anchors import Anchors
from clinic.services.emergency import EmergencyLog
from clinic.web.units import now
from config import Settings

EVERY_SECONDS = 5  # so long a line could be taken out again unseen; with two workers half of that
log = logging.getLogger("clinic.sealer")


def once(engine: Engine, settings: Settings) -> bool:
    """One round; what cannot be done now is done the next time, and the technical log says so.

    An emergency log that does not come in holds up no seal.
    """
    key, whole = settings.audit_key.encode(), True
    try:
        merged = EmergencyLog(settings.instance_dir, key).merge(engine, now())
        if merged.refused:
            log.error("%s lines of the emergency log were refused and stand aside in its folder", merged.refused)
            whole = False
    except (DBAPIError, OSError) as problem:
        log.error("the emergency log could not be brought in: %s", type(problem).__name__)
        whole = False
    try:
        sealing.seal(engine, key, now(), Anchors(settings.anchors_dir))
    except (DBAPIError, OSError) as problem:
        log.error("the log could not be sealed: %s", type(problem).__name__)
        whole = False
    return whole


def start(engine: Engine, settings: Settings, every: float = EVERY_SECONDS) -> threading.Event | None:
    """Begin; None without a key. The event that is handed back ends it."""
    if not settings.audit_key:
        return None
    return rounds.begin("sealer", lambda: once(engine, settings), every)
