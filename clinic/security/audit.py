"""The closed list of what the log can say."""

from __future__ import annotations

from enum import StrEnum

from clinic.security.permissions import Role


class Action(StrEnum):
    """One member per thing that is written down; `services` and `web` use no other."""

    SIGNED_IN = "session.signed_in"
    SIGN_IN_FAILED = "session.sign_in_failed"
    SIGNED_OUT = "session.signed_out"
    SESSION_UNLOCKED = "session.unlocked"
    SESSION_CONFIRMED = "session.confirmed"
    SESSION_ENDED = "session.ended"
    REFUSED = "access.refused"
    PATIENT_OPENED = "patient.opened"
    PATIENT_LISTED = "patient.listed"
    PATIENT_SEARCHED = "patient.searched"
    BSN_SHOWN = "patient.bsn_shown"
    PATIENT_REGISTERED = "patient.registered"
    PATIENT_CHANGED = "patient.changed"
    PATIENT_STATUS_CHANGED = "patient.status_changed"
    PATIENTS_MERGED = "patient.merged"
    PATIENTS_SPLIT = "patient.split"
    PRACTICE_SAVED = "practice.saved"
    COURSE_SAVED = "course.saved"
    COURSE_STOPPED = "course.stopped"
    COURSE_SWITCHED = "course.switched"
    PROPOSAL_CONFIRMED = "proposal.confirmed"
    PROPOSAL_RETURNED = "proposal.returned"
    PAUSE_SAVED = "pause.saved"
    DOSE_SAVED = "dose.saved"
    CONTROL_SAVED = "control.saved"
    CONTACT_SAVED = "contact.saved"
    CALL_SAVED = "call.saved"
    CALL_CLAIMED = "call.claimed"
    CONTROL_CORRECTED = "control.corrected"
    CORRECTION_TOLD = "correction.told"
    RESTRICTION_CHANGED = "restriction.changed"
    EMERGENCY_OPENED = "emergency.opened"
    EMERGENCY_JUDGED = "emergency.judged"
    BREACH_FOUND = "breach.found"
    BREACH_SETTLED = "breach.settled"
    DRAFT_SAVED = "control.draft_saved"
    DRAFT_TAKEN = "control.draft_taken"
    REQUEST_RECORDED = "request.recorded"
    REQUEST_EXTENDED = "request.extended"
    REQUEST_SETTLED = "request.settled"
    DESTRUCTION_DECIDED = "destruction.decided"
    RECORD_COPIED = "record.copied"
    RECORD_DESTROYED = "record.destroyed"
    NUMBER_RELEASED = "number.released"
    FACT_SAVED = "fact.saved"
    FACT_CORRECTED = "fact.corrected"
    FACT_VOIDED = "fact.voided"
    REVIEW_SIGNED = "review.signed"
    REVIEW_SKIPPED = "review.skipped"
    DECISION_STANDS = "review.stands"
    REVIEW_UNDONE = "review.undone"
    ALERT_NOTED = "alert.noted"
    ITEM_WAIVED = "item.waived"
    ITEM_MOVED = "item.moved"
    APPOINTMENT_BOOKED = "appointment.booked"
    APPOINTMENT_MOVED = "appointment.moved"
    APPOINTMENT_SETTLED = "appointment.settled"
    APPOINTMENT_MATCHED = "appointment.matched"
    APPOINTMENT_MISSING = "appointment.missing"
    DAY_CLOSED = "day.closed"
    APPOINTMENT_KEPT = "appointment.kept"
    DEATH_REPORTED = "death.reported"
    DEATH_REJECTED = "death.rejected"
    LETTER_DRAFTED = "letter.drafted"
    LETTER_EDITED = "letter.edited"
    LETTER_AUTHORISED = "letter.authorised"
    LETTER_RETURNED = "letter.returned"
    COPY_CHANGED = "copy.changed"
    COPY_SENT = "copy.sent"
    COPY_FAILED = "copy.failed"
    COPY_READIED = "copy.readied"
    COPY_DELIVERED = "copy.delivered"
    COPY_ENDED = "copy.ended"
    LETTER_SENT = "letter.sent"
    LETTER_FAILED = "letter.failed"
    LETTER_OPENED = "letter.opened"
    LETTER_TO_PATIENT = "letter.to_patient"
    LIST_EXPORTED = "list.exported"
    LIST_PRINTED = "list.printed"
    PAPER_WRITTEN = "paper.written"
    IMPORTED = "import.run"
    IMPORT_UNDONE = "import.undone"
    ABSENCE_CHANGED = "absence.changed"
    SETTINGS_CHANGED = "settings.changed"
    PROTOCOL_CHANGED = "protocol.changed"
    PROTOCOL_TRIED = "protocol.tried"
    PROTOCOL_OFFERED = "protocol.offered"
    PROTOCOL_APPROVED = "protocol.approved"
    PROTOCOL_ACTIVATED = "protocol.activated"
    ACCOUNT_CHANGED = "account.changed"
    LOG_READ = "log.read"
    LOG_REVIEWED = "log.reviewed"
    CALENDAR_READ = "calendar.read"
    FIGURES_COMPUTED = "figures.computed"
    ITEMS_REBUILT = "due.rebuilt"
    BACKED_UP = "register.backed_up"
    RESTORED = "register.restored"
    CLOCK_CONFIRMED = "clock.confirmed"
    RESTORE_CONFIRMED = "register.restore_confirmed"
    LOG_MERGED = "log.merged"


LOOKS = frozenset(
    (
        Action.SIGNED_IN,
        Action.SIGN_IN_FAILED,
        Action.SIGNED_OUT,
        Action.SESSION_UNLOCKED,
        Action.SESSION_CONFIRMED,
        Action.SESSION_ENDED,
        Action.REFUSED,
        Action.PATIENT_OPENED,
        Action.PATIENT_LISTED,
        Action.PATIENT_SEARCHED,
        Action.BSN_SHOWN,
        Action.EMERGENCY_OPENED,
        Action.LIST_EXPORTED,
        Action.LIST_PRINTED,
        Action.PAPER_WRITTEN,
        Action.LETTER_OPENED,
        Action.RECORD_COPIED,
        Action.LOG_READ,
        Action.LOG_REVIEWED,
        Action.LOG_MERGED,
        Action.CALENDAR_READ,
        Action.FIGURES_COMPUTED,
    )
)
"""What leaves the register as it was; everything else may have moved somebody on a list."""


OF_ONE_PATIENT = frozenset((Action.CONTROL_SAVED, Action.DRAFT_SAVED, Action.LETTER_DRAFTED))
"""What a nurse does all day: it moves nobody on a list but the patient of its line."""


WITH_ANY_CLOCK = LOOKS | {
    Action.ACCOUNT_CHANGED,  # who comes in sets up an app, or chooses a language
    Action.BACKED_UP,
    Action.RESTORED,
    Action.RESTORE_CONFIRMED,
    Action.PROTOCOL_TRIED,
}
"""What people and operators go on with while the clock is wrong; no date of the register rests on its day."""


class Purpose(StrEnum):
    """Why somebody acted, as NEN 7513 has it."""

    TREATMENT = "TREAT"
    ADMINISTRATION = "ADMIN"
    AUDIT = "AUDIT"
    EMERGENCY = "EMERGENCY"


AUDITS = frozenset((Action.LOG_READ, Action.LOG_REVIEWED, Action.LOG_MERGED))
CARING = frozenset((Role.NURSE, Role.DOCTOR, Role.SECRETARY))


def purpose(action: Action, role: Role | None) -> Purpose:
    """What an act was for, when nobody said that it was an emergency; whoever has no role here keeps the register."""
    if action in AUDITS or role is Role.PRIVACY_OFFICER:
        return Purpose.AUDIT
    return Purpose.TREATMENT if role in CARING else Purpose.ADMINISTRATION


CREATES = ("registered", "booked", "drafted", "run", "reported")
DELETES = ("voided", "undone", "destroyed")
EXECUTES = ("session.", "access.", "due.", "log.merged", "protocol.tried")


def action_code(action: str) -> str:
    """EventActionCode: C made, R read, U changed, D made invalid, E a function of the program."""
    if action.startswith(EXECUTES):
        return "E"
    if action in LOOKS:
        return "R"
    how = action.partition(".")[2]
    return "C" if how in CREATES else "D" if how in DELETES else "U"


KINDS = {
    "session.": "login", "access.": "refusal", "patient.searched": "search", "list.exported": "export",
    "record.copied": "export", "list.printed": "print", "paper.written": "print", "emergency.opened": "breakglass",
    "log.": "audit",
}  # fmt: skip


def type_code(action: str) -> str:
    """EventTypeCode: by which way of the program it was done; whatever is none of these is done on a screen."""
    return next((kind for begins, kind in KINDS.items() if action.startswith(begins)), "screen")


def outcome_code(action: str, outcome: str) -> str:
    """EventOutcomeIndicator: 0 done, 8 refused or failed."""
    return "0" if outcome == "done" and action != Action.SIGN_IN_FAILED else "8"
