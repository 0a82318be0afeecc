"""Beside the requests of a worker: once a minute the letters whose turn it is leave, and receipts are read.

Files of imports that were tried out and not brought in go in the same round.

Every worker of the server does so, and `clinic letters send` may besides: each letter is locked while it is handed
over, and the outbox knows what left, so of all who try one letter one lets it go.
"""

from __future__ import annotations

import logging
import threading

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from clinic import rounds
from clinic.services import letter_queue, letter_receipts, patient_letters, tried_files
from clinic.services.clock import Watch
from clinic.services.letter_sending import Outcome
from clinic.web import clock
from clinic.web.units import now
from config import Settings

EVERY_SECONDS = 60
log = logging.getLogger("clinic.postman")


def tour(engine: Engine, settings: Settings, watch: Watch | None = None) -> list[Outcome] | None:
    """One round: what came of each letter; None when the database or the folder is away, or the clock is wrong.

    A letter carries its day.
    """
    try:
        if wrong := clock.found(engine, watch or Watch()):
            log.error("the letters stay in the queue: the clock of this machine is %s", wrong.value)
            return None
        letter_receipts.take_in(engine, settings.outbox, now)
        outcomes = letter_queue.run(engine, settings.outbox, now)
        patient_letters.file_all(engine, settings.outbox, now)
    except (DBAPIError, OSError) as problem:
        log.error("the letters stay in the queue: %s", type(problem).__name__)
        return None
    return outcomes


def once(engine: Engine, settings: Settings, watch: Watch | None = None) -> int:
    """One round: how many left. A letter that stays is named by its key, and the reason stands with the letter."""
    outcomes = tour(engine, settings, watch) or []
    for outcome in outcomes:
        if not outcome.sent:
            log.warning("letter %s stays: %s", outcome.letter_id, outcome.problem)
    tried_files.sweep(settings.instance_dir, now())
    return sum(outcome.sent for outcome in outcomes)


def start(
    engine: Engine, settings: Settings, every: float = EVERY_SECONDS, watch: Watch | None = None
) -> threading.Event:
    """Begin, with what this worker knows of its clock; the event that is handed back ends it."""
    watch = watch or Watch()
    return rounds.begin("postman", lambda: once(engine, settings, watch), every)
