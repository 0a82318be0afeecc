"""Whatever the database refuses by name, a test makes it refuse."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, Table, insert
from sqlalchemy.exc import IntegrityError

from tests.laws.register import DAY, DAY_BEFORE, TIME, plain, rules

ENVELOPE: dict[str, dict[str, Any]] = {
    "void_is_whole": {"voided_at": TIME, "stands": False},
    "voided_counts_nowhere": {"voided_at": TIME, "voided_by": 1, "void_reason": "wrong patient", "stands": True},
    "correction_has_reason": {"supersedes_id": 1},
}

# table and rule -> what one would have to store to break that rule and no other
TRIPS: dict[str, dict[str, Any]] = {
    "rights_requests.state_known": {"state": "nonsense", "settled_at": TIME, "settled_by": 1, "answer": "x"},
    "rights_requests.due_after_received": {"due_on": DAY_BEFORE},
    "rights_requests.settled_whole": {"settled_at": TIME},
    "rights_requests.decided_whole": {"kind": "destruction", "decided_at": TIME},
    "rights_requests.destruction_is_decided": {"decided_at": TIME, "decided_by": 1, "ground": "x"},
    "log_reviews.signed_whole": {"signed_at": TIME},
    "statements.text_given": {"text": ""},
    "tombstones.released_whole": {"released_at": TIME},
    "tombstones.two_people": {"destroyed_by": 1},
    "practices.agb_has_eight_digits": {"agb": "123"},
    "gps.agb_has_eight_digits": {"agb": "123"},
    "gps.successor_after_stop": {"successor_id": 1},
    "passkeys.passkey_is_called_something": {"name": ""},
    "users.username_is_lower": {"username": "Nurse"},
    "users.code_has_end": {"code_hash": "x"},
    "users.factor_has_start": {"factor_seed": "x"},
    "users.factor_code_has_end": {"factor_code_hash": "x"},
    "patients.status_has_date": {"status": "deceased"},
    "patients.status_known": {"status": "nonsense", "status_on": DAY},
    "patients.name_order_known": {"name_order": "nonsense", "partner_name": "x"},
    "patients.recalled_height_possible": {"recalled_max_height_mm": 165},
    "patients.partner_prefix_has_name": {"partner_prefix": "de"},
    "patients.order_has_partner_name": {"name_order": "partner"},
    "patients.bsn_has_nine_digits": {"bsn": "99999001"},
    "alert_notes.text_given": {"text": ""},
    "alerts.holds_a_while": {"holds_from": DAY, "holds_until": DAY_BEFORE},
    "restores.confirmed_after_restore": {"confirmed_at": TIME - timedelta(1)},
    "controls.height_possible": {"height_mm": 165},
    "controls.weight_possible": {"weight_g": 65},
    "controls.missed_possible": {"missed_doses": 85},
    "controls.falls_possible": {"falls": -1},
    "courses.years_offered": {"planned_years": 11},
    "due_items.opens_before_late": {"opens_on": DAY, "late_after": DAY_BEFORE},
    "due_items.late_before_very_late": {"late_after": DAY, "very_late_after": DAY_BEFORE},
    "control_drafts.taken_when_and_by_whom": {"taken_at": TIME},
    "standing_copies.ended_when_and_by_whom": {"ended_at": TIME},
    "letter_copies.state_known": {"state": "nonsense"},
    "letter_copies.sent_has_day": {"state": "queued", "sent_on": DAY},
    "letter_copies.failed_because": {"state": "failed", "sent_on": None},
    "letter_copies.ended_because": {"ended_because": "x"},
    "absences.ends_after_start": {"until_on": DAY_BEFORE},
    "absences.deputy_is_another": {"deputy_id": 1},
    "mandates.about_known": {"about": "review"},
    "mandates.ends_after_start": {"until_on": DAY_BEFORE},
    "duties.ends_after_start": {"until_on": DAY_BEFORE},
    "alert_notes.referred_is_back": {"back_on": DAY},
    "calls.outcome_known": {"outcome": "nonsense"},
    "calls.call_back_has_day": {"call_back_on": DAY},
    "calling.claimed_when_and_by_whom": {"claimed_at": TIME},
    "calling.called_back_when": {"called_on": DAY},
    "merges.two_numbers": {"losing_id": 1},
    "merges.reason_given": {"reason": ""},
    "merges.split_is_whole": {"split_at": TIME},
    "protocols.state_known": {"state": "nonsense"},
    "protocols.reason_given": {"reason": ""},
    "protocols.approved_when_and_by_whom": {"approved_at": TIME},
    "protocols.active_is_approved": {"state": "active", "made_by": 1},
    "protocol_trials.done_within_total": {"done": 2},
    "activations.state_known": {"state": "nonsense"},
    "activations.approved_when_and_by_whom": {"approved_at": TIME},
    "activations.is_approved": {"state": "approved"},
    "activations.began_after_another": {"began_at": TIME},
    "activations.done_when": {"finished_at": TIME},
    "activations.withdrawn_by_whom": {"withdrawn_by": 1},
    "protocol_trials.failed_is_finished": {"failed": "x"},
    "figure_runs.done_within_total": {"done": 2},
    "figure_runs.failed_is_finished": {"failed": "x", "finished_at": None},
    "figure_runs.since_before_day": {"on_date": DAY_BEFORE},
    "figure_cases.figure_known": {"figure": "nonsense"},
    "figure_cases.state_known": {"state": "nonsense"},
    "trial_changes.effect_known": {"effect": "nonsense"},
    "correction_notices.choice_known": {"choice": "nonsense"},
    "correction_notices.none_because": {"because": "x"},
    "restrictions.kind_known": {"kind": "nonsense"},
    "restrictions.lifted_whole": {"lifted_at": None},
    "emergency_openings.reason_known": {"reason": "nonsense"},
    "emergency_openings.verdict_known": {"verdict": "nonsense", "judged_at": TIME, "judged_by": 1},
    "emergency_openings.words_given": {"words": "te kort"},
    "emergency_openings.ends_after_start": {"ends_at": TIME},
    "emergency_openings.judged_whole": {"judged_at": TIME},
    "breach_tasks.state_known": {"state": "nonsense", "settled_at": TIME, "settled_by": 1, "remark": "x"},
    "breach_tasks.settled_whole": {"settled_at": TIME},
    "closures.ends_after_start": {"until_on": DAY_BEFORE},
    "doses.confirmed_when_and_by_whom": {"confirmed_on": DAY},
    "appointments.minutes_possible": {"minutes": 0},
    "proposals.state_known": {"state": "nonsense", "decided_at": TIME, "decided_by": 1},
    "print_runs.file_has_hash": {"pdf": b"x"},
    "text_blocks.holds_once_used": {"holds": True},
    "text_blocks.used_when_and_by_whom": {"used_at": TIME},
    "print_runs.settled_when_and_by_whom": {"settled_at": TIME},
    "proposals.about_something": {"course_id": None},
    "proposals.decided_when_and_by_whom": {"decided_at": TIME},
    "proposals.returned_because": {"state": "returned", "decided_at": TIME, "decided_by": 1},
    "fractures.genant_grade": {"genant": 4},
    "glucocorticoids.ends_after_start": {"until_on": DAY_BEFORE},
    "glucocorticoids.dose_above_zero": {"mg_per_day": 0},
    "labs.creatinine_possible": {"creatinine_umol_l": 3},
    "letters.queued_has_envelope": {
        "state": "queued", "authorised_by": 1, "authorised_at": TIME, "text": "x", "text_sha256": "x",
    },
    "letters.kind_known": {"kind": "nonsense"},
    "letters.sent_has_day": {"sent_on": DAY},
    "letters.authorised_is_frozen": {"state": "authorised"},
    "letters.waits_for_something": {"state": "waits"},
    "letters.waits_for_known": {"waits_for": "nonsense"},
    "letters.returned_because": {"state": "returned"},
    "letters.failed_because": {
        "state": "failed", "authorised_by": 1, "authorised_at": TIME, "text": "x", "text_sha256": "x",
        "envelope": {}, "channel": "post",
    },
    "overrides.reason_given": {"reason": ""},
    "waivers.reason_given": {"reason": ""},
    "scans.scan_has_a_date": {"made_on": None},
    "scans.received_after_made": {"received_on": DAY_BEFORE},
    "appointments.cancelled_because": {"state": "cancelled", "settled_at": TIME},
    "appointments.missing_was_in_agenda": {"missing_since": TIME},
    "import_receipts.undone_is_whole": {"undone_at": TIME},
    "earlier_letters.about_of_a_day": {"about_on": DAY},
    "earlier_letters.about_known": {"about": "nonsense", "about_on": DAY},
    "reported_deaths.settled_when_and_by_whom": {"settled_at": TIME},
    "reported_deaths.rejected_is_settled": {"rejected_because": "x"},
    "appointments.state_known": {"state": "nonsense", "settled_at": TIME},
    "appointments.settled_has_time": {"settled_at": TIME},
    "pauses.ends_after_start": {"until_on": DAY_BEFORE},
    "reviews.outcome_has_effective": {"outcome": "stop"},
    "reviews.outcome_has_until": {"outcome": "continue"},
    "decision_changes.settled_when_and_by_whom": {"settled_at": TIME},
    "decision_changes.reason_when_settled": {"reason": "x"},
    "review_skips.reason_given": {"reason": ""},
    "reviews.stop_kind_of_a_stop": {"stop_kind": "end"},
    "reviews.reason_given": {"reason": ""},
    "spine_images.image_has_a_date": {"on_date": None},
    "scan_values.z_score_possible": {"z_score": -9},
    "scan_values.t_score_possible": {"t_score": -9},
    "scan_values.bmd_possible": {"bmd_mg_cm2": 1},
}  # fmt: skip


def trip(table: Table, short: str) -> dict[str, Any] | None:
    """What breaks this rule, if somebody wrote it down."""
    written = TRIPS.get(f"{table.name}.{short}") or ENVELOPE.get(short)
    if written is None and short.endswith("_known"):
        return {short.removesuffix("_known"): "nonsense"}
    return written


RULES = {f"{table.name}.{short}": (table, short) for table, short, _rule in rules()}


def refusal(database: Engine, table: Table, row: dict[str, Any]) -> str:
    """What the database says to this row; nothing is kept."""
    with database.connect() as connection:
        try:
            connection.execute(insert(table).values(**row))
        except IntegrityError as said:
            return str(said.orig)
        finally:
            connection.rollback()
    return ""


def test_every_rule_of_the_database_has_a_trip_and_no_trip_is_left_of_a_rule_that_went() -> None:
    assert len(RULES) > 50
    assert [name for name, (table, short) in RULES.items() if trip(table, short) is None] == []
    assert sorted(set(TRIPS) - set(RULES)) == []


@pytest.mark.both
def test_every_rule_refuses_by_its_name(database: Engine) -> None:
    wrong = []
    for name, (table, short) in RULES.items():
        broken = trip(table, short)
        if broken is None:
            continue
        said = refusal(database, table, plain(table) | broken)
        if f"ck_{table.name}_{short}" not in said:
            wrong.append(f"{name}: {said or 'stored'}")
    assert wrong == []


@pytest.mark.both
def test_a_plain_row_breaks_no_rule(database: Engine) -> None:
    said = {table.name: refusal(database, table, plain(table)) for table, _short, _rule in rules()}
    assert {name: words for name, words in said.items() if "ck_" in words} == {}
