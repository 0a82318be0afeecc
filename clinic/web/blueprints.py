"""The list of blueprints: one per job."""

from __future__ import annotations

from flask import Flask

from clinic.web import (
    account,
    accounts,
    auth,
    controls,
    courses,
    home,
    imports,
    letters,
    log,
    patients,
    settings,
    worklists,
)


def register(app: Flask) -> None:
    """Every blueprint of the app."""
    for module in (
        account,
        accounts,
        auth,
        controls,
        courses,
        home,
        imports,
        letters,
        log,
        patients,
        settings,
        worklists,
    ):
        app.register_blueprint(module.bp)
