"""The list of blueprints: one per job."""

from __future__ import annotations

from flask import Flask

from clinic.web import (
    account,
    accounts,
    alerts,
    appointments,
    auth,
    calendar_feed,
    calls,
    contacts,
    control_drafts,
    controls,
    courses,
    day_list,
    days,
    doses,
    fractures,
    home,
    import_compare,
    import_receipts,
    imports,
    labs,
    letters,
    log,
    patients,
    practices,
    proposals,
    reported,
    reviews,
    scans,
    settings,
    spine_images,
    waivers,
    worklists,
)


def register(app: Flask) -> None:
    """Every blueprint of the app."""
    for module in (
        account,
        accounts,
        alerts,
        appointments,
        auth,
        calendar_feed,
        calls,
        contacts,
        control_drafts,
        controls,
        courses,
        day_list,
        days,
        doses,
        fractures,
        home,
        imports,
        import_compare,
        import_receipts,
        labs,
        letters,
        log,
        patients,
        practices,
        proposals,
        reported,
        reviews,
        scans,
        settings,
        spine_images,
        waivers,
        worklists,
    ):
        app.register_blueprint(module.bp)
