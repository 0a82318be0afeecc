"""What gunicorn does around the workers: lines of JSON, counts of who is gone taken along, the log sealed at the end.

A new release: `kill -HUP` of the first process starts new workers and lets the old ones answer what they have begun.
"""

from __future__ import annotations

import logging
from typing import Any

from prometheus_client import multiprocess

from clinic import plain_log, sealer

workers, threads = 2, 4
graceful_timeout = 30
accesslog = None  # the app writes its own line, without the address


def on_starting(_server: Any) -> None:
    """Before the first worker."""
    plain_log.begin()


def post_worker_init(worker: Any) -> None:
    """In each worker, after gunicorn set up its own logging; a demo is quiet about what goes well."""
    plain_log.begin(logging.WARNING if worker.wsgi.config["SETTINGS"].demo else logging.INFO)


def child_exit(_server: Any, worker: Any) -> None:
    """Its gauges no longer count, its counters do."""
    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def worker_exit(_server: Any, worker: Any) -> None:
    """Nothing that this worker wrote waits for another to seal it."""
    app = getattr(worker, "wsgi", None)
    if app is not None and app.config["SETTINGS"].audit_key:
        sealer.once(app.extensions["engine"], app.config["SETTINGS"])
