"""Every table, imported once, so that the metadata is complete."""

from clinic.store.absences import Absence, Mandate
from clinic.store.activations import Activation
from clinic.store.appointments import Appointment
from clinic.store.audit import AuditEntry
from clinic.store.base import Base
from clinic.store.calendar_feeds import CalendarFeed
from clinic.store.calls import Call, Calling
from clinic.store.controls import Agreement, Control, ControlDraft
from clinic.store.corrections import BreachTask, CorrectionNotice
from clinic.store.decision_changes import DecisionChange
from clinic.store.due import DueItem, RedAlert
from clinic.store.figures import FigureCase, FigureRun
from clinic.store.imports import EarlierLetter, ImportedFact
from clinic.store.letters import Letter, LetterPage, LetterSubject
from clinic.store.log_reviews import LogFinding, LogReview
from clinic.store.merges import Merge, MergeRow
from clinic.store.passkeys import Passkey, PasskeyChallenge
from clinic.store.patient_letters import PatientLetter
from clinic.store.patients import ContactPerson, Glucocorticoid, Patient, PatientChange, PatientName
from clinic.store.practices import Gp, Practice
from clinic.store.print_runs import PrintedLetter, PrintRun
from clinic.store.proposals import Proposal
from clinic.store.protocols import ProtocolTrial, ProtocolVersion, TrialChange, TrialPart
from clinic.store.reported_deaths import ReportedDeath
from clinic.store.restores import Restore
from clinic.store.restrictions import Admitted, EmergencyOpening, Restriction
from clinic.store.review_drafts import ReviewDraft
from clinic.store.review_skips import ReviewSkip
from clinic.store.reviews import AlertNote, Override, Review, Waiver
from clinic.store.rights import RightsRequest, Statement, Tombstone
from clinic.store.scans import Fracture, Lab, Scan, ScanValue, SpineImage
from clinic.store.seals import AuditSeal
from clinic.store.settings import ClinicSettings, Closure, DayClosing, Duty, ImportReceipt, Logo
from clinic.store.text_blocks import TextBlock
from clinic.store.treatments import Course, CourseStop, Dose, Pause
from clinic.store.users import RecoveryCode, SignInFailure, User, UserSession

__all__ = [
    "Absence", "Activation", "Admitted", "Agreement", "AlertNote", "Appointment", "AuditEntry", "AuditSeal",
    "Base", "BreachTask", "CalendarFeed", "Call", "Calling", "ClinicSettings", "Closure", "ContactPerson",
    "Control", "ControlDraft", "CorrectionNotice", "Course", "CourseStop", "DayClosing", "DecisionChange", "Dose",
    "DueItem", "Duty", "EarlierLetter", "EmergencyOpening", "FigureCase", "FigureRun", "Fracture",
    "Glucocorticoid", "Gp", "ImportReceipt", "ImportedFact", "Lab", "Letter", "LetterPage", "LetterSubject",
    "LogFinding", "LogReview", "Logo", "Mandate", "Merge", "MergeRow", "Override", "Passkey", "PasskeyChallenge",
    "Patient", "PatientChange", "PatientLetter", "PatientName", "Pause", "Practice", "PrintRun", "PrintedLetter",
    "Proposal", "ProtocolTrial", "ProtocolVersion", "RecoveryCode", "RedAlert", "ReportedDeath", "Restore",
    "Restriction", "Review", "ReviewDraft", "ReviewSkip", "RightsRequest", "Scan", "ScanValue", "SignInFailure",
    "SpineImage", "Statement", "TextBlock", "Tombstone", "TrialChange", "TrialPart", "User", "UserSession",
    "Waiver",
]  # fmt: skip
