"""The technical log: a line of JSON for each event, with nothing of a patient in it, to standard error.

What a library says is told by its sentence alone, never by what was filled in: an address, a statement of SQL or an
error of the database may hold a name or a BSN. Of an exception its kind and its places in the code are told.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from traceback import extract_tb
from typing import Any

OURS = "clinic"
PLACES = 12


class JsonLines(logging.Formatter):
    """An event as one line; what we add ourselves stands under its own name. Times are UTC."""

    converter = time.gmtime  # type: ignore[assignment]

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        told: dict[str, Any] = {
            "at": f"{self.formatTime(record, '%Y-%m-%dT%H:%M:%S')}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "log": record.name,
            "event": sentence(record),
            "process": record.process,
            **getattr(record, "told", {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            told |= of_exception(record.exc_info[1])
        return json.dumps(told, ensure_ascii=False)


def sentence(record: logging.LogRecord) -> str:
    """What happened: our own words whole; of a library those that stand in its code, if it keeps them apart."""
    if record.exc_info:
        return "exception"  # Flask puts the address into its sentence
    if record.name.partition(".")[0] == OURS:
        return record.getMessage()
    return str(record.msg) if record.args else "something was said"


def of_exception(error: BaseException | None) -> dict[str, Any]:
    """Its kind, what caused it, and where it came from; never its words."""
    kinds, places, seen = [], [], error
    while seen is not None:
        kinds.append(f"{type(seen).__module__}.{type(seen).__qualname__}")
        places += [f"{frame.filename.rpartition('site-packages/')[2]}:{frame.lineno} {frame.name}"
                   for frame in extract_tb(seen.__traceback__)]  # fmt: skip
        seen = seen.__cause__ or seen.__context__
    return {"error": kinds, "where": places[-PLACES:]}


def handler() -> logging.Handler:
    """To standard error, where systemd or the container takes it."""
    made = logging.StreamHandler(sys.stderr)
    made.setFormatter(JsonLines())
    return made


def begin(level: int = logging.INFO) -> None:
    """Everything that is logged in this process goes out as lines; warnings of libraries too."""
    logging.captureWarnings(True)
    root = logging.getLogger()
    root.handlers = [handler()]
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(level)
    for name in (OURS, "gunicorn.error", "gunicorn.access"):  # Flask and gunicorn bring handlers that say everything
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
