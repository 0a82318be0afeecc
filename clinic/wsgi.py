"""What a server imports: the app over the settings of the environment."""

from __future__ import annotations

import gc

from flask import Flask

from clinic.app import create_app
from config import Settings

YOUNG = 20_000  # objects between collections; a record page makes some thousands and drops them all


def application() -> Flask:
    """A new app; `gunicorn "clinic.wsgi:application()"`.

    What lives as long as the worker is taken out of the collector's sight, else each page pays for looking it over.
    """
    app = create_app(Settings.from_env())
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)
    return app
