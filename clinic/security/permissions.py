"""Who may what: roles, permissions and the table between them; what is not in it is refused."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """The five kinds of account, each with one sentence."""

    NURSE = "nurse"  # records controls and proposes treatment
    DOCTOR = "doctor"  # reviews treatment duration, decides, signs
    SECRETARY = "secretary"  # plans appointments and gets letters out
    MANAGER = "manager"  # keeps accounts and settings, imports; no clinical work
    PRIVACY_OFFICER = "privacy_officer"  # reads who looked and what changed


class May(StrEnum):
    """Everything that can be permitted."""

    FIND_PATIENT = "patient.find"
    READ_PATIENT = "patient.read"
    READ_NOTES = "patient.read_notes"
    EDIT_PATIENT = "patient.edit"
    SHOW_BSN = "patient.show_bsn"
    MERGE_PATIENTS = "patient.merge"
    EDIT_PRACTICE = "practice.edit"
    RECORD_CONTROL = "control.record"
    RECORD_CONTACT = "contact.record"
    RECORD_RESULT = "result.record"
    RECORD_RECEIVED = "result.received"
    RECORD_DOSE = "dose.record"
    PROPOSE_COURSE = "course.propose"
    INTERRUPT_COURSE = "course.interrupt"
    DECIDE_COURSE = "course.decide"
    SIGN_REVIEW = "review.sign"
    WAIVE_ITEM = "item.waive"
    MOVE_ITEM = "item.move"
    PLAN_APPOINTMENT = "appointment.plan"
    READ_LISTS = "list.read"
    READ_FORECAST = "forecast.read"
    READ_FIGURES = "figures.read"
    WRITE_LETTER = "letter.write"
    AUTHORISE_LETTER = "letter.authorise"
    SEND_LETTER = "letter.send"
    RECORD_REQUEST = "request.record"
    COPY_RECORD = "record.copy"
    RECORD_STATEMENT = "statement.record"
    READ_REQUESTS = "request.read"
    SETTLE_REQUEST = "request.settle"
    DECIDE_DESTRUCTION = "destruction.decide"
    DESTROY_RECORD = "record.destroy"
    ENTER_ABSENCE = "absence.enter"
    IMPORT = "import.run"
    EDIT_SETTINGS = "settings.edit"
    TRY_PROTOCOL = "protocol.try"
    APPROVE_PROTOCOL = "protocol.approve"
    EDIT_ACCOUNTS = "account.edit"
    RESTRICT_RECORD = "record.restrict"
    READ_LOG = "log.read"
    READ_PATIENT_LOG = "log.read_patient"


CARE = {Role.NURSE, Role.DOCTOR, Role.SECRETARY}
CLINICAL = {Role.NURSE, Role.DOCTOR}

GRANTS: dict[May, set[Role]] = {
    May.FIND_PATIENT: CARE,
    May.READ_PATIENT: CARE,
    May.READ_NOTES: CLINICAL,
    May.EDIT_PATIENT: CARE,
    May.SHOW_BSN: CARE,
    May.MERGE_PATIENTS: {Role.SECRETARY},  # who keeps the register; a manager sees no patient
    May.EDIT_PRACTICE: CARE | {Role.MANAGER},
    May.RECORD_CONTROL: CLINICAL,
    May.RECORD_CONTACT: CARE,
    May.RECORD_RESULT: CLINICAL,
    May.RECORD_RECEIVED: CARE,
    May.RECORD_DOSE: CARE,
    May.PROPOSE_COURSE: CLINICAL,
    May.INTERRUPT_COURSE: CLINICAL,
    May.DECIDE_COURSE: {Role.DOCTOR},
    May.SIGN_REVIEW: {Role.DOCTOR},
    May.WAIVE_ITEM: {Role.DOCTOR},
    May.MOVE_ITEM: {Role.DOCTOR},
    May.PLAN_APPOINTMENT: CARE,
    May.READ_LISTS: CARE,
    May.READ_FORECAST: CARE | {Role.MANAGER},  # counts, and nobody by name
    May.READ_FIGURES: {Role.DOCTOR, Role.MANAGER},  # the patients behind them ask for READ_LISTS besides
    May.WRITE_LETTER: CLINICAL,
    May.AUTHORISE_LETTER: CLINICAL,  # a nurse only by the clinic's mandate: services.mandates asks
    May.SEND_LETTER: {Role.DOCTOR, Role.SECRETARY},
    May.RECORD_REQUEST: CARE,
    May.COPY_RECORD: CLINICAL,  # notes are in it
    May.RECORD_STATEMENT: CLINICAL,
    May.READ_REQUESTS: CARE | {Role.PRIVACY_OFFICER},  # numbers, and nobody by name
    May.SETTLE_REQUEST: {Role.DOCTOR, Role.PRIVACY_OFFICER},
    May.DECIDE_DESTRUCTION: {Role.DOCTOR},
    May.DESTROY_RECORD: {Role.PRIVACY_OFFICER},  # never who weighed it: services.destruction and the table refuse
    May.ENTER_ABSENCE: CARE | {Role.MANAGER},  # a nurse or doctor her own: services.absences asks
    May.IMPORT: {Role.MANAGER},
    May.EDIT_SETTINGS: {Role.MANAGER},
    May.TRY_PROTOCOL: {Role.DOCTOR, Role.MANAGER},
    May.APPROVE_PROTOCOL: {Role.DOCTOR},
    May.EDIT_ACCOUNTS: {Role.MANAGER},
    May.RESTRICT_RECORD: {Role.PRIVACY_OFFICER},
    May.READ_LOG: {Role.PRIVACY_OFFICER},
    May.READ_PATIENT_LOG: CLINICAL | {Role.PRIVACY_OFFICER},
}


def allows(role: Role, act: May) -> bool:
    """Whether the table grants this act to this role; silence is refusal."""
    return role in GRANTS.get(act, set())
