"""The list of blueprints: one per job."""

from __future__ import annotations

from flask import Flask

from clinic.web import (
    absences,
    account,
    accounts,
    activations,
    alarm_watch,
    alerts,
    appointments,
    auth,
    breaches,
    calendar_feed,
    calls,
    contacts,
    control_drafts,
    controls,
    courses,
    day_list,
    days,
    doses,
    figures,
    forecast,
    fractures,
    health,
    home,
    import_compare,
    import_receipts,
    imports,
    instructions,
    labs,
    letter_proof,
    letter_queue,
    letter_series,
    letter_waits,
    letters,
    locks,
    log,
    log_reviews,
    merges,
    overrides,
    own_factor,
    own_passkeys,
    passkeys,
    patient_letters,
    patients,
    practices,
    print_runs,
    proposals,
    protocol,
    protocol_versions,
    provider,
    reported,
    requests,
    restricted,
    restrictions,
    review_queue,
    reviews,
    rights,
    scans,
    second_factor,
    settings,
    spine_images,
    text_blocks,
    to_patient,
    trials,
    waivers,
    worklists,
)

MODULES = (
    absences, account, accounts, activations, alarm_watch, alerts, appointments, auth, breaches, calendar_feed, calls,
    contacts, control_drafts, controls, courses, day_list, days, doses, figures, forecast, fractures, health, home,
    import_compare, import_receipts, imports, instructions, labs, letter_proof, letter_queue, letter_series,
    letter_waits, letters, locks, log, log_reviews, merges, overrides, own_factor, own_passkeys, passkeys,
    patient_letters, patients, practices, print_runs, proposals, protocol, protocol_versions, provider, reported,
    requests, restricted, restrictions, review_queue, reviews, rights, scans, second_factor, settings, spine_images,
    text_blocks, to_patient, trials, waivers, worklists,
)  # fmt: skip


def register(app: Flask) -> None:
    """Every blueprint of the app."""
    for module in MODULES:
        app.register_blueprint(module.bp)
