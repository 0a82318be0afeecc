"""Sign a review of treatment duration, with what the doctor had before her; dates and letter follow at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from clinic.domain import decision as rules
from clinic.domain import review as weighed
from clinic.domain.calendar import add_days, add_months
from clinic.domain.decision import Decision
from clinic.domain.errors import RuleBroken
from clinic.domain.facts import Facts
from clinic.domain.record import Record
from clinic.domain.vocabulary import AgreementWhat, Drug, LetterAbout, MissingFact, ReviewOutcome, StopKind
from clinic.security.audit import LOOKS, Action
from clinic.security.permissions import May
from clinic.services import agreements, corrections, course_letters, decision_changes, items, letters, review_drafts
from clinic.services.effects import Effects, tried
from clinic.services.facts import correct, lock_patient, void
from clinic.services.said import own, place
from clinic.services.work import Stale, Work
from clinic.store import records
from clinic.store.audit import AuditEntry
from clinic.store.base import Json
from clinic.store.controls import Agreement
from clinic.store.letters import SENT_OFF, Letter, LetterSubject
from clinic.store.patients import Patient
from clinic.store.reviews import Review
from clinic.store.treatments import Course, CourseStop, row_of
from clinic.store.users import User

AGREED_MONTHS = 60  # an agreement further ahead is a wrong year
UNDO = timedelta(minutes=30)
UNDONE = "Ongedaan gemaakt door wie ondertekende, binnen 30 minuten."


@dataclass(frozen=True, slots=True)
class SignReview:
    """A decision with its reason and what was agreed; `version` is that of the facts the doctor had before her."""

    patient_id: int
    form_token: str
    version: int
    protocol: str
    decision: Decision
    reason: str
    next_control: date
    next_dxa: date
    prescriber: str
    suffices: frozenset[MissingFact] = frozenset()

    def agreed(self) -> dict[AgreementWhat, date]:
        """What was agreed, by kind."""
        return {AgreementWhat.CONTROL: self.next_control, AgreementWhat.DXA: self.next_dxa}


def sign(work: Work, command: SignReview) -> int:
    """Keep a signed review and say its id; the same form twice is one review.

    Raises Stale when the facts or the protocol changed since the page was opened, RuleBroken with the field.
    """
    work.needs(May.SIGN_REVIEW)
    patient = lock_patient(work, command.patient_id)
    known = already(work, command)
    return keep(work, patient, command, None, "").id if known is None else known


def correct_review(work: Work, review_id: int, command: SignReview, why: str) -> int:
    """Let another text stand for a signed review, on the day it was decided; signed anew."""
    work.needs(May.SIGN_REVIEW)
    patient = lock_patient(work, command.patient_id)
    old = own(work, Review, patient.id, review_id)
    known = already(work, command)
    if known is not None:
        return known
    return keep(work, patient, command, old, why).id


def void_review(work: Work, patient_id: int, review_id: int, reason: str) -> None:
    """Let a review and what was agreed at it count nowhere; both stay readable, and no unsent letter tells of it."""
    work.needs(May.SIGN_REVIEW)
    patient = lock_patient(work, patient_id)
    review = own(work, Review, patient_id, review_id)
    if review.voided_at is None:
        annul(work, patient, review, reason)
        corrections.fact_breach(work, review, LetterAbout.REVIEW)
        work.note(Action.FACT_VOIDED, patient_id, f"review:{review_id}")
        work.commit()


def annul(work: Work, patient: Patient, review: Review, reason: str) -> None:
    """The review and what was agreed at it count nowhere; an end it told of is told by itself. The caller commits.

    What had been agreed that day before it, and gave way to it, holds again.
    """
    ends = course_letters.decided_stops(work, patient.id)
    void(work, review, reason)
    review_drafts.drop_all(work, review.id)
    for agreement in agreed_at(work, review).values():
        agreements.take_back(work, agreement, reason)
    items.refresh(work, patient)
    tell_of_others(work, patient, review)
    course_letters.follow_decisions(work, patient, ends)
    course_letters.take_back_outdated(work, patient)


def may_undo(work: Work, review: Review) -> bool:
    """Whether who signed it can still undo it: just signed, no correction, and no letter that told of it left."""
    left = (
        select(Letter.id)
        .join(LetterSubject, LetterSubject.letter_id == Letter.id)
        .where(LetterSubject.about == LetterAbout.REVIEW.value, LetterSubject.fact_id == review.id)
        .where(Letter.state.in_(SENT_OFF))
    )
    mine = review.recorded_by == work.actor.id and review.supersedes_id is None
    return review.stands and mine and work.now - review.recorded_at <= UNDO and work.session.scalar(left) is None


def undo_review(work: Work, patient_id: int, review_id: int) -> None:
    """Take back what was just signed, as if voided; RuleBroken when it is too late or the letter left."""
    work.needs(May.SIGN_REVIEW)
    patient = lock_patient(work, patient_id)
    review = own(work, Review, patient.id, review_id)
    if review.voided_at is not None:
        return
    if review.supersedes_id is not None:
        raise RuleBroken("reason", "undo_correction")
    if not may_undo(work, review):
        raise RuleBroken("reason", "undo_too_late")
    annul(work, patient, review, UNDONE)
    work.note(Action.REVIEW_UNDONE, patient_id, f"review:{review_id}")
    work.commit()


def already(work: Work, command: SignReview) -> int | None:
    """The id of what this form became when it was sent before.

    LookupError when that is another patient's; Stale when it says something else, or counts no more: who goes back to
    a form after she signed or undid it decides anew.
    """
    known = work.session.scalar(select(Review).where(Review.form_token == command.form_token))
    if known is None:
        return None
    if known.patient_id != command.patient_id:
        raise LookupError(command.form_token)
    if not known.stands or not says(work, known, command):
        raise Stale(known.id)
    return known.id


def says(work: Work, review: Review, command: SignReview) -> bool:
    """Whether a signed review is what a form asks for."""
    agreed = {what: found.on_date for what, found in agreed_at(work, review).items()}
    signed = (decision_of(review), review.reason, review.prescriber, agreed)
    return signed == (command.decision, command.reason.strip(), command.prescriber.strip(), command.agreed())


def decision_of(review: Review) -> Decision:
    """The outcome that was signed, with its details."""
    return Decision(
        outcome=ReviewOutcome(review.outcome),
        until=review.until_on,
        effective_on=review.effective_on,
        next_drug=Drug(review.next_drug) if review.next_drug else None,
        next_years=review.next_years,
        stop_kind=StopKind(review.stop_kind) if review.stop_kind else None,
    )


def keep(work: Work, patient: Patient, command: SignReview, old: Review | None, why: str) -> Review:
    """Check and keep a review, new or in the place of an old one, and all that follows."""
    review = write(work, patient, command, old, why)
    action = Action.REVIEW_SIGNED if old is None else Action.FACT_CORRECTED
    review_drafts.drop(work, patient.id, old.id if old else None)
    if old is not None:
        review_drafts.follow(work, old.id, review.id)
    work.note(action, patient.id, f"review:{review.id}", {"outcome": review.outcome})
    work.commit()
    return review


def write(work: Work, patient: Patient, command: SignReview, old: Review | None, why: str) -> Review:
    """The review with its agreements, items and letter, not yet kept."""
    if (command.version, command.protocol) != (patient.facts_version, work.protocol.name):
        raise Stale(patient.id)
    if old is not None and not old.stands:
        raise Stale(old.id)
    if old is not None and not why.strip():
        raise RuleBroken("change_reason", "reason_missing")
    facts = known(work, records.load(work.session, patient.id), old)
    if old is None:
        first_of_day(work, patient.id, facts)
    rules.check(facts, command.decision, work.protocol)
    lacking = weighed.missing(facts.record, facts.on, work.protocol)
    check(command, facts.on, lacking)
    ends = course_letters.decided_stops(work, patient.id)
    review = place(work, row(work, command, facts, lacking), patient.id, old, why)
    agree(work, review, command, old, why)
    decision_changes.decided_anew(work, patient.id, old)
    items.refresh(work, patient)
    letters.draft_for(work, patient, LetterAbout.REVIEW, review.on_date, review.id)
    course_letters.follow_decisions(work, patient, ends)
    course_letters.take_back_outdated(work, patient)
    return review


def first_of_day(work: Work, patient_id: int, facts: Facts) -> None:
    """Refuse a second decision of one day about a course, for no day says which is the latest (S4b): correct it."""
    about = Review.course_id.is_not_distinct_from(course_id(work, patient_id, facts))
    query = select(Review.id).where(Review.patient_id == patient_id, Review.on_date == facts.on, about)
    if (first := work.session.scalar(query.where(Review.stands.is_(True)))) is not None:
        raise RuleBroken("change_reason", "decided_today", review_id=first)


@dataclass(frozen=True, slots=True)
class Consequences:
    """What a decision would do if it were signed now: to the items, and the letter as it would read."""

    effects: Effects
    letter: str


def consequences(work: Work, command: SignReview, old: Review | None, why: str) -> Consequences:
    """Try a decision by the very rules that would follow it, and take it back; nothing is kept or noted.

    Raises Stale and RuleBroken as signing would.
    """
    work.needs(May.SIGN_REVIEW)
    noted, told = list(work.entries), ""

    def change() -> None:
        nonlocal told
        review = write(work, lock_patient(work, command.patient_id), command, old, why)
        about = (LetterSubject.about == LetterAbout.REVIEW.value, LetterSubject.fact_id == review.id)
        query = select(Letter.text).join(LetterSubject, LetterSubject.letter_id == Letter.id).where(*about)
        told = work.session.scalar(query) or ""

    try:
        found = tried(work, command.patient_id, change)
    finally:
        work.entries[:] = noted
    return Consequences(found, told)


def known(work: Work, record: Record, old: Review | None) -> Facts:
    """What is known today; for a correction, on the day of the decision and without the decision itself."""
    return Facts(record, work.today) if old is None else decision_changes.without(work, record, old)


def check(command: SignReview, on: date, lacking: tuple[MissingFact, ...]) -> None:
    """Reason, prescriber and agreements are there; what is missing suffices, or the decision is postponed."""
    if command.decision.outcome is not ReviewOutcome.POSTPONE:
        for fact in lacking:
            if fact not in command.suffices:
                raise RuleBroken(f"suffices_{fact}", "missing_open")
    for field in ("reason", "prescriber"):
        if not getattr(command, field).strip():
            raise RuleBroken(field, f"review_{field}_missing")
    low, high = add_days(on, 1), add_months(on, AGREED_MONTHS)
    for what, day in command.agreed().items():
        rules.between(f"next_{what}", day, low, high)


def row(work: Work, command: SignReview, facts: Facts, lacking: tuple[MissingFact, ...]) -> Review:
    """The row of a review."""
    decision = command.decision
    return Review(
        on_date=facts.on,
        course_id=course_id(work, command.patient_id, facts),
        outcome=decision.outcome.value,
        until_on=decision.until,
        effective_on=decision.effective_on,
        next_drug=decision.next_drug.value if decision.next_drug else None,
        next_years=decision.next_years,
        stop_kind=decision.stop_kind.value if decision.stop_kind else None,
        reason=command.reason.strip(),
        prescriber=command.prescriber.strip(),
        signed_function=work.actor.function,
        seen=seen(work, command, facts, lacking),
        form_token=command.form_token,
    )


def seen(work: Work, command: SignReview, facts: Facts, lacking: tuple[MissingFact, ...]) -> Json:
    """What the doctor had before her: versions, each criterion's answer and value, what was missing and sufficed."""
    return {
        "facts": command.version,
        "protocol": command.protocol,
        **decision_changes.kept(facts, work.protocol),
        "missing": {str(fact): fact in command.suffices for fact in lacking},
    }


def course_id(work: Work, patient_id: int, facts: Facts) -> int | None:
    """The course that is decided about; none in a break or without treatment."""
    if facts.current is None:
        return None
    begun = select(Course).where(Course.patient_id == patient_id, Course.stands.is_(True))
    ended = select(CourseStop).where(CourseStop.patient_id == patient_id, CourseStop.stands.is_(True))
    row = row_of(facts.current, work.session.scalars(begun), work.session.scalars(ended))
    return None if row is None else row.id


def agree(work: Work, review: Review, command: SignReview, old: Review | None, why: str) -> None:
    """What was agreed becomes facts; at a correction they take the place of those of the old version."""
    earlier = agreed_at(work, old) if old else {}
    for what, on in command.agreed().items():
        new = Agreement(what=what.value, on_date=on, made_on=review.on_date, review_id=review.id)
        if what in earlier:
            correct(work, earlier[what], new, why)
        else:
            agreements.agree(work, review.patient_id, new)


def agreed_at(work: Work, review: Review) -> dict[AgreementWhat, Agreement]:
    """What was agreed at a review and stands, by kind."""
    query = select(Agreement).where(Agreement.review_id == review.id, Agreement.stands.is_(True))
    return {AgreementWhat(found.what): found for found in work.session.scalars(query)}


def tell_of_others(work: Work, patient: Patient, fell: Review) -> None:
    """The letter of a day tells of the decision that still stands on it, if there is one."""
    on = fell.on_date
    query = select(Review.id).where(Review.patient_id == patient.id, Review.on_date == on, Review.stands.is_(True))
    other = work.session.scalar(query.order_by(Review.id.desc()).limit(1))
    if other is None:
        letters.withdraw_for(work, patient, LetterAbout.REVIEW, on, fell.id)
    else:
        letters.draft_for(work, patient, LetterAbout.REVIEW, on, other)


def last_change(work: Work, patient_id: int) -> tuple[datetime, str, Action] | None:
    """When, by whom and what the record was changed last: what a page opened before it does not show."""
    passed_over = sorted({*LOOKS, Action.LETTER_DRAFTED})
    query = (
        select(AuditEntry.at, User.name, AuditEntry.action)
        .outerjoin(User, User.id == AuditEntry.actor_id)
        .where(AuditEntry.patient_id == patient_id, AuditEntry.action.not_in(passed_over))
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(1)
    )
    found = work.session.execute(query).first()
    return (found.at, found.name or "", Action(found.action)) if found else None
