"""What a server imports: the app over the settings of the environment."""

from __future__ import annotations

from flask import Flask

from clinic.app import create_app
from config import Settings


def application() -> Flask:
    """A new app; `gunicorn "clinic.wsgi:application()"`."""
    return create_app(Settings.from_env())
