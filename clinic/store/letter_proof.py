"""Of each fact that the GP must hear of: when its letter left; in SQL, for a period and for one patient."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, Select, String, and_, case, cast, column, exists, func, or_, select, values
from sqlalchemy.orm import Session

from clinic.domain.vocabulary import (
    ControlKind,
    DueCode,
    LetterAbout,
    PatientStatus,
    ReviewOutcome,
    StopKind,
    StopReason,
)
from clinic.store.controls import Control
from clinic.store.copies import LetterCopy, StandingCopy
from clinic.store.imports import EarlierLetter
from clinic.store.letters import GP, OUT, Letter, LetterSubject
from clinic.store.patients import Patient
from clinic.store.reviews import Review, Waiver
from clinic.store.scans import Scan
from clinic.store.treatments import Course, CourseStop

CODES = {
    LetterAbout.CONTROL: DueCode.LETTER_AFTER_CONTROL,
    LetterAbout.DXA: DueCode.LETTER_AFTER_DXA,
    LetterAbout.REVIEW: DueCode.LETTER_AFTER_REVIEW,
    LetterAbout.END: DueCode.LETTER_AFTER_END,
}
"""The facts that ask for a letter by themselves (protocol S7 and S8), with the items that ask."""
MEASURED = (LetterAbout.CONTROL, LetterAbout.DXA, LetterAbout.REVIEW, LetterAbout.STOP, LetterAbout.END)
"""These, and a stop or switch that no signed review tells of: the protocol makes no item of it, the GP hears of it."""
STATES = ("in_time", "late", "missing", "open", "waived")
Days = Sequence[tuple[date, date]]
Place = tuple[date, int]


def facts(about: LetterAbout) -> Any:
    """The facts of a kind: whose, of which day, and from which day the letter is owed."""
    asked = {
        LetterAbout.CONTROL: (Control.patient_id, Control.on_date, Control.on_date,
                              and_(Control.stands.is_(True), Control.kind != ControlKind.INTERIM)),
        LetterAbout.DXA: (Scan.patient_id, Scan.made_on, Scan.received_on,
                          and_(Scan.stands.is_(True), Scan.received_on.is_not(None), Scan.made_on.is_not(None))),
        LetterAbout.REVIEW: (Review.patient_id, Review.on_date, Review.on_date, Review.stands.is_(True)),
        LetterAbout.START: (Course.patient_id, Course.started_on, Course.started_on,
                            and_(Course.stands.is_(True), ~start_decided())),
        LetterAbout.STOP: (CourseStop.patient_id, CourseStop.stopped_on, CourseStop.stopped_on,
                           and_(CourseStop.stands.is_(True), ~decided())),
        LetterAbout.END: (Patient.id, Patient.status_on, Patient.status_on,
                          Patient.status.not_in((PatientStatus.ACTIVE, PatientStatus.DECEASED))),
    }  # fmt: skip
    whose, fact_on, clock, holds = asked[about]
    query = select(whose.label("patient_id"), fact_on.label("fact_on"), clock.label("clock")).where(holds)
    return query.distinct().subquery(f"{about}_facts")


def start_decided() -> ColumnElement[bool]:
    """Whether a signed review to switch or to start again says of a start which drug began that day."""
    return exists().where(
        Review.patient_id == Course.patient_id, Review.stands.is_(True), Review.next_drug == Course.drug,
        Review.outcome.in_((ReviewOutcome.SWITCH, ReviewOutcome.RESTART)), Review.effective_on == Course.started_on,
    )  # fmt: skip


def decided() -> ColumnElement[bool]:
    """Whether a signed review says of a stop what was done: from that day, and when it was a switch to which drug.

    Of a stop also whether a treatment break began; what was signed before that was asked does not say.
    """
    begun = exists().where(
        Course.patient_id == CourseStop.patient_id, Course.stands.is_(True), Course.drug == Review.next_drug,
        Course.started_on >= CourseStop.stopped_on,
    )  # fmt: skip
    switched = CourseStop.reason == StopReason.SWITCH
    pauses = CourseStop.reason == StopReason.PLANNED_BREAK
    as_kind = or_(
        Review.stop_kind.is_(None),
        and_(Review.stop_kind == StopKind.BREAK, pauses),
        and_(Review.stop_kind == StopKind.END, ~pauses),
    )
    same = or_(
        and_(Review.outcome == ReviewOutcome.STOP, ~switched, as_kind),
        and_(Review.outcome == ReviewOutcome.SWITCH, switched, begun),
    )
    return exists().where(
        Review.patient_id == CourseStop.patient_id, Review.stands.is_(True),
        Review.effective_on == CourseStop.stopped_on, same,
    )  # fmt: skip


def tells_itself(session: Session, stop_id: int) -> bool:
    """Whether the GP must hear of a stop by itself, because no signed review says the same."""
    return session.scalar(select(CourseStop.id).where(CourseStop.id == stop_id, ~decided())) is not None


def left(about: LetterAbout, found: Any) -> Any:
    """When the first letter about a fact left, of before the register or from here; None while none did.

    Protocol S7: it is satisfied when a letter about that fact is sent, whichever of the two was first.
    """
    before = select(func.min(EarlierLetter.sent_on)).where(
        EarlierLetter.patient_id == found.c.patient_id, EarlierLetter.about == about,
        EarlierLetter.about_on == found.c.fact_on, EarlierLetter.stands.is_(True),
    )  # fmt: skip
    here = (
        select(func.min(Letter.sent_on))
        .join(LetterSubject, LetterSubject.letter_id == Letter.id)
        .where(
            LetterSubject.patient_id == found.c.patient_id, LetterSubject.about == about,
            LetterSubject.about_on == found.c.fact_on, Letter.state.in_(OUT),
        )
    )  # fmt: skip
    if about == LetterAbout.STOP:
        here = says(found)
    earlier, ours = before.scalar_subquery(), here.scalar_subquery()
    return case((earlier <= ours, earlier), else_=func.coalesce(ours, earlier))


def says(found: Any) -> Any:
    """The same of a stop: a letter is about it, or says of her treatment that it ended on that day (protocol S7)."""
    about_it = exists().where(
        LetterSubject.letter_id == Letter.id, LetterSubject.about == LetterAbout.STOP,
        LetterSubject.about_on == found.c.fact_on,
    )  # fmt: skip
    so = Letter.facts["stopped"]["stopped_on"].as_string() == cast(found.c.fact_on, String)
    return select(func.min(Letter.sent_on)).where(
        Letter.patient_id == found.c.patient_id, Letter.kind == GP, Letter.state.in_(OUT), or_(about_it, so)
    )


def owed(about: LetterAbout) -> tuple[Any, Select[Any]]:
    """The facts of a kind for which a letter was owed here: after she was registered, and before she left."""
    found = facts(about)
    query = (
        select(found.c.patient_id, found.c.fact_on, found.c.clock, left(about, found).label("sent_on"))
        .join(Patient, Patient.id == found.c.patient_id)
        .where(
            Patient.merged_into_id.is_(None), found.c.clock >= Patient.registered_on,
            or_(Patient.status_on.is_(None), found.c.fact_on <= Patient.status_on),
        )
    )  # fmt: skip
    return found, query


def cases(about: LetterAbout, days: Days, today: date) -> Any:
    """The facts of a period, each with the day on which its letter was due and what came of it."""
    due = values(column("clock", Date), column("due_on", Date), name="due_days").data(list(days)).cte()
    found, query = owed(about)
    told = query.add_columns(due.c.due_on).join(due, due.c.clock == found.c.clock)
    one = told.where(found.c.clock.between(days[0][0], days[-1][0])).subquery("cases")
    waived = exists().where(
        Waiver.patient_id == one.c.patient_id, Waiver.code == CODES.get(about, ""), Waiver.due_on == one.c.due_on,
        Waiver.stands.is_(True),
    )  # fmt: skip
    state = case(
        (waived, "waived"), (one.c.sent_on <= one.c.due_on, "in_time"), (one.c.sent_on.is_not(None), "late"),
        (one.c.due_on < today, "missing"), else_="open",
    ).label("state")  # fmt: skip
    return select(one, state).subquery("told")


def counts(session: Session, about: LetterAbout, days: Days, today: date) -> Sequence[Any]:
    """How many facts of each day came to what."""
    told = cases(about, days, today)
    return session.execute(select(told.c.clock, told.c.state, func.count()).group_by(told.c.clock, told.c.state)).all()


def behind(
    session: Session, about: LetterAbout, days: Days, today: date, state: str, after: Place | None, most: int
) -> Sequence[Any]:
    """The facts behind a number with their patients, the oldest first."""
    told = cases(about, days, today)
    query = select(told, Patient).join(Patient, Patient.id == told.c.patient_id).where(told.c.state == state)
    if after is not None:
        later = and_(told.c.clock == after[0], told.c.patient_id > after[1])
        query = query.where(or_(told.c.clock > after[0], later))
    return session.execute(query.order_by(told.c.clock, told.c.patient_id).limit(most)).all()


def of_patient(session: Session, about: LetterAbout, patient_id: int) -> Sequence[Any]:
    """The facts of one patient that the GP should know of, the latest first."""
    found, query = owed(about)
    return session.execute(query.where(found.c.patient_id == patient_id).order_by(found.c.fact_on.desc())).all()


def waived_of(session: Session, patient_id: int) -> set[tuple[str, date]]:
    """Which letters of a patient a doctor let lapse, by code and day."""
    query = select(Waiver.code, Waiver.due_on).where(Waiver.patient_id == patient_id, Waiver.stands.is_(True))
    return {(row.code, row.due_on) for row in session.execute(query)}


def sent(session: Session, first: date, last: date, most: int) -> Sequence[Any]:
    """What left in a period, in the order in which it left, with its patient's number; never a BSN."""
    query = (
        select(Letter, Patient.number)
        .join(Patient, Patient.id == Letter.patient_id)
        .where(Letter.sent_on.between(first, last), Letter.state.in_(OUT))
        .order_by(Letter.sent_on, Letter.id)
        .limit(most)
    )
    return session.execute(query).all()


def sent_copies(session: Session, first: date, last: date, most: int) -> Sequence[Any]:
    """The copies that left in a period, and for whom: no GP is the patient herself."""
    query = (
        select(LetterCopy, Letter, Patient.number, StandingCopy.gp_id)
        .join(Letter, Letter.id == LetterCopy.letter_id)
        .join(StandingCopy, StandingCopy.id == LetterCopy.standing_copy_id)
        .join(Patient, Patient.id == Letter.patient_id)
        .where(LetterCopy.sent_on.between(first, last))
        .order_by(LetterCopy.sent_on, LetterCopy.letter_id)
        .limit(most)
    )
    return session.execute(query).all()
