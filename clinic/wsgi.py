"""What a server imports: the app over the settings of the environment."""

from __future__ import annotations

import fcntl
import gc
from typing import TextIO

from flask import Flask

from clinic import postman, sealer
from clinic.app import create_app
from clinic.web import clock
from config import HALF_RESTORED, RESTORING, SERVING, Settings

YOUNG = 20_000  # objects between collections; a record page makes some thousands and drops them all


def hold(settings: Settings) -> TextIO:
    """As long as this worker lives nobody restores under it; the lock goes with the process, however it ends."""
    settings.instance_dir.mkdir(parents=True, exist_ok=True)
    handle = (settings.instance_dir / SERVING).open("a")
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        raise SystemExit("A backup is being restored here; Botwacht starts when that is done.") from None
    if (settings.instance_dir / RESTORING).exists():
        handle.close()
        raise SystemExit(HALF_RESTORED)
    return handle


def application() -> Flask:
    """A new app; `gunicorn "clinic.wsgi:application()"`.

    What lives as long as the worker is taken out of the collector's sight, else each page pays for looking it over.
    """
    settings = Settings.from_env()
    held = hold(settings)
    app = create_app(settings)
    app.extensions["held"] = held
    sealer.start(app.extensions["engine"], settings)
    postman.start(app.extensions["engine"], settings, watch=clock.begin(app))
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)
    return app
